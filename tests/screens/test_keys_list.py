"""Keys of the list in the explorer: moving, marking, sorting, columns, filtering."""

from __future__ import annotations

import pytest

from tests.screens.explorers import User, exploring, presses
from tests.screens.world import World, cluster


def names(user: User) -> list[str]:
    return [row.ref.name for row in user.explorer.table.shown]


@presses(
    "table.down",
    "table.up",
    "table.top",
    "table.bottom",
    "table.half-page-down",
    "table.half-page-up",
    "table.page-down",
    "table.page-up",
)
@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["j", "j"], 2),
        (["down"], 1),
        (["j", "j", "k"], 1),
        (["down", "up"], 0),
        (["G"], 41),
        (["end", "home"], 0),
        (["G", "g"], 0),
        (["ctrl+d"], 10),
        (["ctrl+d", "ctrl+u"], 0),
        (["pagedown"], 20),
        (["pagedown", "pageup"], 0),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
async def test_the_cursor_moves_and_the_detail_follows_it(keys: list[str], index: int) -> None:
    async with exploring(World(cluster(workers=40)), size=(140, 25)) as user:
        await user.press("6", *keys)
        assert user.explorer.table.cursor_index == index
        assert user.row.ref.name in user.detail
        assert user.row.ref.name in user.lines[user.explorer.cursor_line]


@presses("table.open")
async def test_enter_opens_the_detail_of_the_row() -> None:
    async with exploring() as user:
        await user.press("j", "enter")
        assert user.explorer.text.has_focus
        assert "container main runs privileged" in user.detail


@presses("table.mark", "table.clear-marks")
async def test_space_marks_and_goes_on_and_marks_are_counted_and_cleared() -> None:
    async with exploring() as user:
        await user.press("6", "space", "space")
        assert "2 marked" in user.lines[2]
        assert user.explorer.table.cursor_index == 2
        assert [row.ref.name for row in user.explorer.table.marked_rows()] == ["cron", "api"]
        await user.press("ctrl+backslash")
        assert "marked" not in user.lines[2]


@presses("table.range")
async def test_v_marks_a_range_until_pressed_again() -> None:
    async with exploring() as user:
        await user.press("6", "v", "j", "j", "v", "j")
        assert [row.ref.name for row in user.explorer.table.marked_rows()] == ["cron", "api", "worker-00"]


@presses("table.column-left", "table.column-right", "table.sort")
async def test_shift_arrows_choose_a_column_and_capital_o_orders_by_it_and_reverses() -> None:
    async with exploring() as user:
        await user.press("6", *["shift+right"] * 4, "O")  # the fourth column is the name
        assert user.explorer.table.sort_column == "name"
        assert names(user) == sorted(names(user))
        await user.press("O")
        assert names(user) == sorted(names(user), reverse=True)
        await user.press("shift+left", "O")
        assert user.explorer.table.sort_column == "kind"


async def test_severity_is_ordered_by_how_bad_it_is() -> None:
    async with exploring() as user:
        await user.press("6", "shift+right", "O")
        assert user.explorer.table.sort_column == "risk"
        order = [row.severity for row in user.explorer.table.shown]
        assert order == sorted(order, key=lambda severity: -int(severity or 0))
        assert names(user)[0] == "api"


@presses("table.wide", "table.scroll-left", "table.scroll-right")
async def test_ctrl_w_shows_every_column_and_h_and_l_scroll_to_it() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.press("6")
        assert "IMAGES" not in user.screen
        await user.press("ctrl+w")
        for _ in range(12):
            await user.press("L")
        assert "IMAGES" in user.screen
        assert "worker-00:1.0" in user.screen
        for _ in range(12):
            await user.press("H")
        assert "NAMESPACE" in user.screen
        await user.press("ctrl+w")
        assert "WORST" in user.screen


@presses("filter.risky")
async def test_an_exclamation_mark_leaves_what_is_risky_and_says_so() -> None:
    async with exploring() as user:
        everything = user.explorer.table.shown_count
        await user.press("exclamation_mark")
        assert 0 < user.explorer.table.shown_count < everything
        assert all("risky" in row.facet("is") for row in user.explorer.table.shown)
        assert "risky only" in user.lines[2]
        await user.press("exclamation_mark")
        assert user.explorer.table.shown_count == everything
