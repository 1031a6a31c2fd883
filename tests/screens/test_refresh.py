"""Through loading and refreshing, everything stays where the user has put it."""

from __future__ import annotations

import threading

from ksec_tui.cluster.ingest import Document
from tests.screens.explorers import User, exploring
from tests.screens.world import API, World, cluster, deployment


def more() -> list[Document]:
    """The cluster with Deployments that stand before all others, and without one from their middle."""
    kept = [tree for tree in cluster(workers=30) if tree["metadata"]["name"] != "worker-03"]
    return [*kept, *(deployment(f"aaa-{number}") for number in range(5))]


def at_cursor(user: User) -> str:
    return user.lines[user.explorer.cursor_line]


async def test_cursor_filter_marks_order_and_scope_survive_a_refresh_that_moves_every_row() -> None:
    async with exploring(World(cluster(workers=30), more()), size=(140, 24)) as user:
        await user.press("6")
        await user.command("ns shop")
        await user.filter("!kube-proxy")
        await user.find(name="worker-01")
        await user.press("space")
        await user.find(name="worker-25")
        await user.press(*["shift+right"] * 4, "O", "R")
        await user.loaded()
        assert any(row.ref.name == "aaa-0" for row in user.explorer.table.shown)
        assert user.row.ref.name == "worker-25"
        assert "worker-25" in at_cursor(user)
        assert [row.ref.name for row in user.explorer.table.marked_rows()] == ["worker-01"]
        assert (user.explorer.filter_text, user.explorer.scope) == ("!kube-proxy", "shop")
        assert user.explorer.table.sort_column == "name"


async def test_when_the_row_under_the_cursor_is_gone_its_neighbour_takes_its_place() -> None:
    async with exploring(World(cluster(workers=30), more())) as user:
        await user.press("6")
        await user.find(name="worker-03")
        index = user.explorer.table.cursor_index
        await user.press("R")
        await user.loaded()
        assert user.explorer.table.cursor_index == index
        assert user.row.ref.name in at_cursor(user)
        assert user.row.ref.name in user.detail


async def test_the_detail_stays_scrolled_where_one_reads() -> None:
    async with exploring(World(cluster(), more()), size=(80, 24)) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("y", "enter", "ctrl+d", "ctrl+d")
        before = (user.explorer.text.cursor_index, round(user.explorer.text.scroll_y))
        await user.press("R")
        await user.loaded()
        assert (user.explorer.text.cursor_index, round(user.explorer.text.scroll_y)) == before
        assert user.explorer.text.has_focus


async def test_what_is_looked_at_beside_the_list_stays_through_a_refresh() -> None:
    async with exploring(World(cluster(), more())) as user:
        await user.press("6")
        await user.find(name="api")
        await user.press("u")
        index = next(i for i, line in enumerate(user.explorer.text.lines) if "Service shop/api" in line.text)
        user.explorer.text.move_to_index(index)
        await user.press("enter", "R")
        await user.loaded()
        assert user.row.ref.kind == "Service"


async def test_staged_fixes_stay_staged() -> None:
    async with exploring(World(cluster(), more())) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.press("R")
        await user.loaded()
        assert at_cursor(user).split()[1] == "+"


async def test_while_loading_the_worst_is_on_top_until_a_key_is_pressed_and_then_the_cursor_holds() -> None:
    gate = threading.Event()
    async with exploring(World(gate=gate), wait=False) as user:
        await user.until(lambda: user.explorer.table.shown_count > 3)
        assert user.explorer.table.cursor_index == 0
        gate.set()
        await user.loaded()
        assert user.explorer.table.cursor_index == 0
        assert user.row.severity is max(
            row.severity for row in user.explorer.table.shown if row.severity is not None
        )
    gate = threading.Event()
    async with exploring(World(gate=gate), wait=False) as user:
        await user.until(lambda: user.explorer.table.shown_count > 3)
        await user.press("j", "j")
        key = user.row.key
        gate.set()
        await user.loaded()
        assert user.row.key == key


async def test_an_object_held_in_part_is_fetched_whole_for_its_yaml_and_its_fix() -> None:
    whole = deployment("api", securityContext={"privileged": True})
    whole["metadata"]["annotations"] = {"only-in": "the-whole"}
    source = World(whole={API: whole})
    async with exploring(source) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("y")
        assert "only-in: the-whole" in user.detail
        await user.press("D", "y")
        assert source.fetched == [API]
        await user.find(name="worker-00")
        await user.until(lambda: "Only the fields that are analysed" in user.detail)
