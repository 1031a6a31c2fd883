"""What is typed at the bottom: filters, searches and commands, with history and completion."""

from __future__ import annotations

import pytest

from ksec_tui.screens.commands import COMMANDS
from ksec_tui.screens.lines import Bar
from ksec_tui.sources.base import SourceError
from tests.screens.explorers import User, exploring, presses
from tests.screens.world import World, cluster


def hint(user: User) -> str:
    return user.explorer.query_one("#prompt-hint", Bar).words


@presses("filter")
async def test_the_list_narrows_while_one_types_and_tells_how_many_are_left() -> None:
    async with exploring() as user:
        total = user.explorer.table.total_count
        await user.press("slash")
        await user.type("privileged")
        shown = user.explorer.table.shown_count
        assert 0 < shown < total
        assert f" {shown}/{total} " in user.lines[2]
        assert "[privileged]" in hint(user)
        await user.press(*["backspace"] * 9)
        assert user.explorer.table.shown_count > shown
        await user.type("rivileged")
        await user.press("enter")
        assert user.explorer.table.shown_count == shown
        assert user.explorer.table.has_focus
        assert "/ privileged" in user.lines[2]


async def test_an_invalid_filter_shows_a_caret_and_keeps_the_last_good_result() -> None:
    async with exploring() as user:
        await user.press("slash")
        await user.type("api sev:")
        shown = user.explorer.table.shown_count
        await user.type("bogus")
        line = hint(user)
        assert line.lstrip().startswith("^")
        assert "bogus" in line
        assert user.explorer.table.shown_count == shown
        await user.press("enter")
        assert user.explorer.filter_text != "api sev:bogus"
        assert user.explorer.table.shown_count == shown


async def test_esc_gives_back_the_filter_from_before() -> None:
    async with exploring() as user:
        await user.filter("ns:shop")
        shown = user.explorer.table.shown_count
        await user.press("slash")
        await user.type(" name:api")
        assert user.explorer.table.shown_count < shown
        await user.press("escape")
        assert (user.explorer.filter_text, user.explorer.table.shown_count) == ("ns:shop", shown)


async def test_the_arrows_bring_back_what_was_typed_before() -> None:
    async with exploring() as user:
        await user.filter("ns:shop")
        await user.press("escape")
        await user.filter("ns:quiet")
        await user.press("escape", "slash", "up")
        assert user.explorer.prompt.input.value == "ns:quiet"
        await user.press("up")
        assert user.explorer.prompt.input.value == "ns:shop"
        await user.press("down")
        assert user.explorer.prompt.input.value == "ns:quiet"


async def test_tab_completes_fields_and_values() -> None:
    async with exploring() as user:
        await user.press("slash")
        await user.type("ns:sh")
        await user.press("tab")
        assert user.explorer.prompt.input.value.startswith("ns:shop")
        assert {row.ref.namespace or row.ref.name for row in user.explorer.table.shown} == {"shop"}


async def test_a_filter_given_at_the_start_is_applied_and_a_broken_one_can_be_mended() -> None:
    async with exploring(filter="name:api") as user:
        assert {row.ref.name for row in user.explorer.table.shown} == {"api"}
    async with exploring(filter="sev:bogus") as user:
        assert any("bogus" in text for text in user.said)
        assert user.explorer.filter_text == ""
        await user.filter("name:api")
        assert {row.ref.name for row in user.explorer.table.shown} == {"api"}


# Commands


@presses("command")
async def test_panes_are_commands_and_a_filter_may_follow() -> None:
    async with exploring() as user:
        await user.command("workloads /name:api")
        assert user.explorer.pane.id == "workloads"
        assert [row.ref.name for row in user.explorer.table.shown] == ["api"]
        await user.command("ns")
        assert user.explorer.pane.id == "workloads"
        await user.command("crb")
        assert user.explorer.pane.id == "rbac"


async def test_ns_looks_at_some_namespaces_and_refuses_what_is_no_list_of_them() -> None:
    async with exploring() as user:
        await user.command("ns shop,!kube-*")
        assert "ns shop,!kube-*" in user.lines[0]
        assert {row.ref.namespace or row.ref.name for row in user.explorer.table.shown} == {"shop"}
        await user.command("ns")
        assert user.explorer.scope == ""


async def test_filter_check_and_go_find_things() -> None:
    async with exploring() as user:
        await user.command("filter name:api")
        assert user.explorer.filter_text == "name:api"
        await user.command("filter sev:bogus")
        assert "bogus" in user.said[-1]
        assert user.explorer.filter_text == "name:api"
        await user.command("check wl-privileged")
        assert {row.finding.check for row in user.explorer.table.shown if row.finding} == {"wl-privileged"}
        await user.command("go deployment shop/api")
        assert (user.explorer.pane.id, user.row.ref.path) == ("workloads", "shop/api")
        await user.command("go deployment shop/none")
        assert user.said[-1] == "deployment shop/none: not in this list"


async def test_theme_changes_the_colours_and_names_those_there_are() -> None:
    async with exploring() as user:
        await user.command("theme day")
        assert user.app.theme == "day"
        await user.command("theme nope")
        assert user.said[-1].startswith("there is no theme nope; there are ")
        assert user.app.theme == "day"


async def test_refresh_log_help_and_quit_do_what_their_keys_do() -> None:
    world = World()
    async with exploring(world) as user:
        await user.command("refresh")
        await user.loaded()
        assert world.readings == 2
        await user.command("log")
        assert "no API server was asked anything" in user.screen
        await user.press("escape")
        await user.command("help")
        assert "Help: Findings" in user.screen
        await user.press("escape")
        await user.command("quit")
        await user.until(lambda: not user.app.is_running)


async def test_export_without_a_folder_asks_for_one() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.command("export")
        # What may break something is asked about first.
        await user.until(lambda: "1 fix needs a review first" in user.screen)
        await user.press("down", "down", "enter")
        await user.until(lambda: "to which folder?" in user.screen)


async def test_every_command_is_completed_by_tab() -> None:
    async with exploring() as user:
        for command in COMMANDS:
            await user.press("colon")
            await user.type(command.name[:-1] if len(command.name) > 2 else command.name)
            await user.press("tab")
            assert command.name in hint(user) or user.explorer.prompt.input.value == command.name
            await user.press("escape")
        await user.press("colon")
        await user.type("theme ni")
        await user.press("tab")
        assert user.explorer.prompt.input.value == "theme night"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("thme day", "unknown command thme; did you mean theme?"),
        ("xyzzy", "unknown command xyzzy; :help lists them"),
    ],
)
async def test_an_unknown_command_names_the_nearest(typed: str, answer: str) -> None:
    async with exploring() as user:
        await user.command(typed)
        assert user.said == [answer]


# Other clusters


async def test_ctx_opens_another_cluster_or_says_why_not() -> None:
    other = World(cluster(workers=1))

    def opener(name: str) -> World:
        if name == "down":
            raise SourceError("down does not answer")
        return other

    async with exploring(contexts=lambda: ["here", "down"], opener=opener) as user:
        await user.command("ctx nowhere")
        assert user.said[-1] == "there is no context nowhere"
        await user.command("ctx down")
        assert user.said[-1] == "down does not answer"
        await user.command("ctx")
        assert "here" in user.screen
        await user.press("enter")
        await user.loaded()
        assert other.readings == 1
        await user.press("6")
        assert user.explorer.table.shown_count == 3


async def test_ctx_without_a_kubeconfig_says_so() -> None:
    async with exploring() as user:
        await user.command("ctx prod")
        assert user.said == ["there is no kubeconfig here to choose a context from"]


async def test_another_cluster_is_not_opened_over_fixes_that_were_not_exported() -> None:
    async with exploring(contexts=lambda: ["here"], opener=lambda _: World()) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.command("ctx here")
        assert "1 staged fix was not exported. Open here all the same?" in user.screen
        await user.press("enter")
        assert user.explorer.view.plan.staged


# The palette


async def test_the_palette_finds_keys_and_objects() -> None:
    async with exploring() as user:
        await user.press("ctrl+p")
        await user.type("workloads")
        await user.until(lambda: "Go to Workloads" in user.screen)
        await user.press("enter")
        await user.until(lambda: user.explorer.pane.id == "workloads")
        await user.rests()
        await user.press("ctrl+p")
        await user.type("worker-02")
        await user.until(lambda: "Deployment shop/worker-02" in user.screen)
        await user.press("down", "enter")
        await user.until(lambda: user.row.ref.name == "worker-02")
