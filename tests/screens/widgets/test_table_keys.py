"""Every key and click of the table does what the key map says."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.events import MouseScrollDown
from textual.message import Message

from ksec_tui.screens.widgets.table import VirtualTable
from tests.screens.widgets.tables import Pod, TableApp, painted, pods, shown


def last(app: TableApp, kind: type[Message]) -> Message:
    return [message for message in app.heard if isinstance(message, kind)][-1]


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "j", "k"], 1),
        (["down", "up"], 0),
        (["k"], 0),
        (["G"], 99),
        (["end"], 99),
        (["G", "j"], 99),
        (["G", "g"], 0),
        (["end", "home"], 0),
        (["ctrl+d"], 9),
        (["ctrl+d", "ctrl+d", "ctrl+u"], 9),
        (["pagedown"], 19),
        (["pagedown", "pagedown", "pageup"], 19),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
async def test_keys_move_the_cursor_and_keep_it_in_view(keys: list[str], index: int) -> None:
    app = TableApp(pods(100))
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press(*keys)
        assert app.table.cursor_index == index
        assert app.table.cursor_key == f"pod-{index}"
        assert any(f"pod-{index} " in f"{line} " for line in shown(app.table))


async def test_moving_the_cursor_tells_the_row_under_it() -> None:
    app = TableApp(pods(5))
    async with app.run_test() as pilot:
        await pilot.press("j")
        message = last(app, VirtualTable.CursorMoved)
        assert isinstance(message, VirtualTable.CursorMoved)
        assert message.row == Pod("pod-1", 1)
        assert message.control is app.table


async def test_enter_opens_the_row_under_the_cursor() -> None:
    app = TableApp(pods(5))
    async with app.run_test() as pilot:
        await pilot.press("j", "j", "enter")
        message = last(app, VirtualTable.RowOpened)
        assert isinstance(message, VirtualTable.RowOpened)
        assert message.row.name == "pod-2"


async def test_enter_on_an_empty_table_opens_nothing() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        await pilot.press("enter", "space", "v", "j", "G", "O", "shift+right")
        assert not any(isinstance(message, VirtualTable.RowOpened) for message in app.heard)
        assert app.table.cursor_row is None


async def test_space_marks_and_goes_on() -> None:
    app = TableApp(pods(5))
    async with app.run_test() as pilot:
        await pilot.press("space", "space")
        assert app.table.marks == {"pod-0", "pod-1"}
        assert app.table.cursor_index == 2
        assert "●" in shown(app.table)[1]
        assert "●" not in shown(app.table)[3]
        await pilot.press("g", "space")
        assert app.table.marks == {"pod-1"}
        message = last(app, VirtualTable.MarksChanged)
        assert isinstance(message, VirtualTable.MarksChanged)


@pytest.mark.parametrize("key", ["v", "ctrl+space", "ctrl+@"])
async def test_a_range_marks_what_the_cursor_passes_and_gives_back_what_it_leaves(key: str) -> None:
    app = TableApp(pods(9))
    async with app.run_test() as pilot:
        await pilot.press("j", "j", key, "j", "j")
        assert app.table.marks == {"pod-2", "pod-3", "pod-4"}
        await pilot.press("k", "k", "k")
        assert app.table.marks == {"pod-1", "pod-2"}
        await pilot.press(key, "j", "j", "j", "j")
        assert app.table.marks == {"pod-1", "pod-2"}
        assert not app.table.in_range


async def test_control_backslash_clears_marks_and_ends_the_range() -> None:
    app = TableApp(pods(9))
    async with app.run_test() as pilot:
        await pilot.press("space", "v", "j", "ctrl+backslash")
        assert app.table.marks == frozenset()
        await pilot.press("j")
        assert app.table.marks == frozenset()


async def test_columns_are_chosen_with_shift_and_arrows_and_sorted_with_shift_o() -> None:
    app = TableApp(pods(12))
    async with app.run_test() as pilot:
        await pilot.press("shift+right", "shift+right", "O")
        assert (app.table.sort_column, app.table.sort_reverse) == ("name", False)
        await pilot.press("O")
        assert (app.table.sort_column, app.table.sort_reverse) == ("name", True)
        assert [pod.name for pod in app.table.shown][:3] == ["pod-11", "pod-10", "pod-9"]
        await pilot.press("shift+left", "O")
        assert (app.table.sort_column, app.table.sort_reverse) == ("risk", False)
        assert isinstance(last(app, VirtualTable.SortChanged), VirtualTable.SortChanged)


async def test_the_chosen_column_shows_in_the_header_without_colour() -> None:
    app = TableApp(pods(3))
    async with app.run_test() as pilot:
        await pilot.press("shift+right", "shift+right")
        header = painted(app.table)[0]
        reversed_words = [part.text.strip() for part in header if part.style and part.style.reverse]
        assert reversed_words == ["NAME"]


async def test_control_w_shows_wide_columns_and_shift_h_l_scroll_over_them() -> None:
    app = TableApp(pods(3))
    async with app.run_test(size=(60, 10)) as pilot:
        assert "WIDE" not in shown(app.table)[0]
        await pilot.press("ctrl+w")
        assert "WIDE" in shown(app.table)[0]
        await pilot.press("space", "L", "L")
        assert app.table.scroll_x == 16
        assert "RISK" not in shown(app.table)[0]
        assert shown(app.table)[1].startswith("●")
        await pilot.press("H", "H")
        assert "RISK" in shown(app.table)[0]
        await pilot.press("ctrl+w")
        assert "WIDE" not in shown(app.table)[0]


async def test_a_click_moves_the_cursor_and_a_double_click_opens() -> None:
    app = TableApp(pods(9))
    async with app.run_test() as pilot:
        await pilot.click(app.table, offset=(10, 4))
        assert app.table.cursor_key == "pod-3"
        assert not any(isinstance(message, VirtualTable.RowOpened) for message in app.heard)
        await pilot.click(app.table, offset=(10, 5), times=2)
        message = last(app, VirtualTable.RowOpened)
        assert isinstance(message, VirtualTable.RowOpened)
        assert message.row.name == "pod-4"


async def test_a_click_below_the_last_row_moves_nothing() -> None:
    app = TableApp(pods(3))
    async with app.run_test() as pilot:
        await pilot.click(app.table, offset=(10, 12))
        assert app.table.cursor_index == 0


async def test_a_click_on_the_header_sorts_and_a_second_one_reverses() -> None:
    app = TableApp(pods(12))
    async with app.run_test() as pilot:
        await pilot.click(app.table, offset=(3, 0))
        assert (app.table.sort_column, app.table.sort_reverse) == ("risk", False)
        assert "RISK▲" in shown(app.table)[0]
        await pilot.click(app.table, offset=(3, 0))
        assert (app.table.sort_column, app.table.sort_reverse) == ("risk", True)
        assert "RISK▼" in shown(app.table)[0]
        await pilot.click(app.table, offset=(0, 0))
        assert app.table.sort_column == "risk"


async def test_the_wheel_scrolls_and_leaves_the_cursor_on_its_row() -> None:
    app = TableApp(pods(100))
    async with app.run_test(size=(80, 20)) as pilot:
        wheel = MouseScrollDown(app.table, 5, 5, 0, 1, 0, shift=False, meta=False, ctrl=False)
        app.table.post_message(wheel)
        await pilot.wait_for_animation()
        await pilot.pause()
        assert app.table.scroll_y > 0
        assert app.table.cursor_key == "pod-0"


def test_every_binding_has_an_id_that_a_key_map_can_name() -> None:
    bindings = [binding for binding in VirtualTable.BINDINGS if isinstance(binding, Binding)]
    ids = [binding.id for binding in bindings]
    assert len(bindings) == len(VirtualTable.BINDINGS)
    assert len(set(ids)) == len(ids)
    assert all(name and name.startswith("table.") for name in ids)
