"""What outlives a sitting: where one was, what one typed, bookmarks, saved views; tried over two sittings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.state.store import load, state_file
from ksec_tui.state.values import Look
from tests.screens.explorers import User, exploring, presses
from tests.screens.world import World, cluster


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State of its own for each test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def sitting(**options: Any) -> Any:
    """A sitting whose state lasts, which starts where it starts."""
    return exploring(options.pop("source", None), keeps=True, pane="", **options)


def names(user: User) -> set[str]:
    return {row.ref.name for row in user.explorer.table.shown}


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_one_starts_where_one_left() -> None:
    async with sitting(size=(140, 45)) as user:
        await user.press("6")
        await user.filter("ns:shop")
        await user.press("O", "O", "ctrl+w", "P", "right_curly_bracket")
        await user.command("ns shop,!kube-*")
        await user.press("G")
        left = (user.explorer.place, user.explorer.tab.id)
        row = user.row.key
        await user.press("q")
        await user.until(lambda: not user.app.is_running)
    async with sitting(size=(140, 45)) as user:
        assert (user.explorer.place, user.explorer.tab.id) == left
        assert user.row.key == row
        assert user.explorer.scope == "shop,!kube-*"
        assert user.explorer.table.wide
        assert user.explorer.has_class("-below")
        assert user.explorer.table.sort_column is not None
        assert user.said == ["as you left it: only shop,!kube-*, /ns:shop"]


async def test_every_pane_is_as_it_was_left() -> None:
    async with sitting() as user:
        await user.press("4", "right_parenthesis")
        await user.filter("robot")
        await user.press("O", "2")
        await user.press("q")
    async with sitting() as user:
        assert user.explorer.pane.id == "findings"
        await user.press("4")
        assert user.explorer.listing_of[user.explorer.pane_index] == 1
        assert user.explorer.filter_text == "robot"
        assert user.explorer.table.sort_column is not None


@pytest.mark.parametrize("way", ["ctrl+q", "q", "quit", "ctrl+c"])
async def test_whichever_way_one_leaves(way: str) -> None:
    async with sitting() as user:
        await user.press("6", "j")
        row = user.row.key
        if way == "quit":
            await user.command("quit")
        else:
            await user.press(*([way, way] if way == "ctrl+c" else [way]))
        await user.until(lambda: not user.app.is_running)
    async with sitting() as user:
        assert user.row.key == row


async def test_the_filter_of_the_command_line_is_where_one_starts() -> None:
    async with sitting() as user:
        await user.press("6")
        await user.filter("worker")
        await user.press("q")
    async with sitting(filter="rule:wl-privileged") as user:
        assert user.explorer.filter_text == "rule:wl-privileged"
        assert {row.finding.check for row in user.explorer.table.shown if row.finding} == {"wl-privileged"}


async def test_who_moves_while_it_loads_is_not_taken_back_to_where_they_were() -> None:
    async with sitting() as user:
        await user.press("6", "G", "q")
    async with sitting(wait=False) as user:
        await user.press("j")
        await user.loaded()
        assert user.explorer.table.cursor_index <= 1


async def test_where_the_row_is_gone_one_starts_at_the_top() -> None:
    async with sitting(source=World(cluster(workers=3))) as user:
        await user.press("6")
        await user.find(name="worker-02")
        await user.press("q")
    async with sitting(source=World(cluster(workers=1))) as user:
        assert user.explorer.pane.id == "workloads"
        assert user.explorer.table.cursor_index == 0
        assert user.said == []


async def test_nothing_is_kept_of_a_sitting_that_keeps_nothing(state_home: Path) -> None:
    async with exploring() as user:
        await user.press("6", "b")
        await user.command("view save mine")
        await user.press("q")
    assert not files(state_home)


async def test_each_context_has_a_state_of_its_own() -> None:
    def opened(name: str) -> World:
        return World(info=SourceInfo(kind="live", label=name, today="2026-11-21"))

    async with sitting(source=opened("a"), contexts=lambda: ("a", "b"), opener=opened) as user:
        await user.press("6", "b")
        await user.command("ctx b")
        await user.loaded()
        assert user.explorer.pane.id != "workloads"
        await user.press("4", "q")
    async with sitting(source=opened("a")) as user:
        assert user.explorer.pane.id == "workloads"
        assert len(user.explorer.keeper.kept.bookmarks) == 1
    async with sitting(source=opened("b")) as user:
        assert user.explorer.pane.id == "rbac"
        assert not user.explorer.keeper.kept.bookmarks


@presses("prompt.earlier", "prompt.later")
async def test_filters_and_commands_are_offered_again_and_searches_are_not() -> None:
    async with sitting() as user:
        await user.filter("rule:wl-*")
        await user.press("escape")
        await user.command("check wl-privileged")
        await user.press("escape", "y", "f", "slash")
        await user.type("hunter2")
        await user.press("enter", "q", "q")
    async with sitting() as user:
        await user.press("slash", "up")
        assert user.explorer.query_one(Input).value == "rule:wl-*"
        await user.press("escape", "colon", "up")
        assert user.explorer.query_one(Input).value == "check wl-privileged"
        await user.press("down")
        assert user.explorer.query_one(Input).value == ""
        path = state_file(user.app.session.source.info)
    assert "hunter2" not in path.read_text()


@presses("bookmark", "bookmark.list")
async def test_a_bookmark_leads_back_to_its_object_in_the_next_sitting() -> None:
    async with sitting() as user:
        await user.press("apostrophe")
        assert user.said == ["there are no bookmarks"]
        await user.press("6")
        await user.find(name="worker-00")
        key = user.row.key
        await user.press("b")
        assert user.said[-1] == "bookmarked: Deployment shop/worker-00"
        await user.press("2", "g", "q")
    async with sitting() as user:
        await user.press("apostrophe")
        assert "Deployment shop/worker-00" in user.screen
        await user.press("enter")
        assert (user.explorer.pane.id, user.row.key) == ("workloads", key)
        await user.press("b")
        assert user.said[-1] == "bookmark taken away: Deployment shop/worker-00"
        await user.press("apostrophe")
        assert user.said[-1] == "there are no bookmarks"


async def test_where_the_list_is_filtered_b_asks_whether_the_object_or_the_list_is_meant() -> None:
    async with sitting() as user:
        await user.press("2")
        await user.filter("rule:wl-privileged")
        await user.press("b")
        assert "mark wl-privileged on Deployment shop/api" in user.screen
        await user.press("j", "enter")
        said = user.said[-1]
        assert said.startswith("bookmarked: list Findings ")
        assert said.endswith(" /rule:wl-privileged")
        await user.press("b", "enter")
        assert user.said[-1] == "bookmarked: wl-privileged on Deployment shop/api"
        await user.press("escape", "4", "apostrophe", "enter")
        assert (user.explorer.pane.id, user.explorer.filter_text) == ("findings", "rule:wl-privileged")
        await user.press("escape", "4", "apostrophe", "j", "enter")
        assert user.row.finding is not None
        assert (user.row.finding.check, user.explorer.filter_text) == ("wl-privileged", "")


@presses("bookmarks.drop")
async def test_d_in_the_list_of_bookmarks_takes_one_away() -> None:
    async with sitting() as user:
        await user.command("bookmark")
        await user.press("6", "b")
        first = user.explorer.keeper.kept.bookmarks[0]
        await user.command("bookmarks")
        await user.press("j", "d")
        assert user.explorer.keeper.kept.bookmarks == (first,)
        await user.press("d")
        assert user.explorer.keeper.kept.bookmarks == ()
        assert user.app.screen is user.explorer


async def test_a_bookmark_of_what_is_gone_says_so() -> None:
    async with sitting(source=World(cluster(workers=2))) as user:
        await user.press("6")
        await user.find(name="worker-01")
        await user.press("b", "g", "q")
    async with sitting(source=World(cluster(workers=1))) as user:
        await user.press("apostrophe", "enter")
        await user.rests()
        assert user.explorer.row is not None
        assert user.explorer.row.ref == ObjectRef("shop", "Deployment", "worker-01", "apps")
        assert "in no list" in user.said[-1]


async def test_two_sittings_at_once_keep_each_others_bookmarks() -> None:
    async with sitting() as one, sitting() as two:
        await one.press("6", "b")
        await two.press("4", "b")
        await two.press("q")
        await one.press("j", "b", "q")
    kept = load(state_file(one.app.session.source.info))
    assert len(kept.bookmarks) == 3


async def test_a_saved_view_shows_its_list_again_and_can_be_deleted() -> None:
    async with sitting() as user:
        await user.press("6", "O", "O")
        await user.filter("worker")
        await user.command("ns shop")
        await user.press("exclamation_mark")
        await user.command("view save my workers")
        assert user.said[-1] == "saved: :view my workers shows it again"
        shown, place = names(user), user.explorer.place
        await user.press("escape", "escape", "escape", "2", "q")
    async with sitting() as user:
        await user.command("view my workers")
        assert (user.explorer.pane.id, user.explorer.scope, user.explorer.risky_only) == (
            "workloads",
            "shop",
            True,
        )
        assert names(user) == shown
        assert user.explorer.place.sort == place.sort
        await user.press("minus")
        assert user.explorer.pane.id == "findings"
        await user.command("view my worker")
        assert user.said[-1] == "there is no view my worker; did you mean my workers?"
        await user.command("view")
        assert "my workers" in user.screen
        await user.press("enter")
        assert user.explorer.pane.id == "workloads"
        await user.command("view delete my workers")
        await user.command("view")
        assert user.said[-1].startswith("no view is saved")


async def test_views_of_the_settings_are_there_and_are_not_deleted_here() -> None:
    async with sitting(views={"people": Look("rbac", "subjects", "kind:user")}) as user:
        await user.command("view people")
        assert (user.explorer.pane.id, user.explorer.filter_text) == ("rbac", "kind:user")
        await user.command("view delete people")
        assert "settings file" in user.said[-1]
        await user.command("view delete nobody")
        await user.command("view save")
        assert user.said[-2:] == [
            "there is no view nobody: view save NAME makes one of what is shown",
            "view save NAME is expected",
        ]
        await user.press("colon")
        await user.type("view p")
        await user.press("tab")
        assert user.explorer.query_one(Input).value == "view people"


async def test_a_broken_state_is_told_of_and_costs_nothing_else(state_home: Path) -> None:
    path = state_file(World().info)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x1b[2J{")
    async with sitting() as user:
        assert "set aside" in user.said[0]
        assert user.said[0].isprintable()
        await user.press("b", "q")
    assert len(load(path).bookmarks) == 1
    assert path.with_name(f"{path.name}.broken").exists()


async def test_a_state_of_other_panes_views_columns_and_filters_is_taken_as_far_as_it_goes() -> None:
    path = state_file(World().info)
    path.parent.mkdir(parents=True)
    look = '{"pane":"workloads","view":"none","filter":"sev:>=","namespaces":"\\"","sort":"none","blast":"x"}'
    where = (
        f'{{"look":{look},"row":"none","tab":"none","views":{{"rbac":"none","none":"x"}},'
        '"filters":{"rbac":"/(/","none":"x"},"sorts":{"rbac/none":["name",true],"none/x":["y",true],"workloads/workloads":["z",false]}}'
    )
    path.write_text(
        f'{{"schema":"ksec-state/1","kept":{{"where":{where},"views":{{"v":{look},"w":{{"pane":"gone"}}}},'
        f'"bookmarks":[{{"words":"m","look":{{"pane":"gone"}},"row":"r","object":"x"}}]}}}}'
    )
    async with sitting() as user:
        assert user.explorer.pane.id == "workloads"
        assert (user.explorer.filter_text, user.explorer.scope) == ("", "")
        await user.press("4")
        assert (user.explorer.filter_text, user.explorer.listing_of[user.explorer.pane_index]) == ("", 0)
        await user.command("view v")
        await user.command("view w")
        assert user.said[-1] == "there is no pane gone"
        await user.press("apostrophe", "enter")
        assert user.app.is_running


async def test_what_cannot_be_kept_is_said_and_nothing_else_happens(state_home: Path) -> None:
    async with sitting() as user:
        (state_home / "ksec-tui").write_text("in the way")
        await user.press("b")
        await user.until(lambda: any("not kept" in text for text in user.said))
        assert len(user.explorer.keeper.kept.bookmarks) == 1
