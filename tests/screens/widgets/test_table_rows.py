"""The cursor stays on its object, whatever happens to the rows around it."""

from __future__ import annotations

import pytest
from rich.text import Text
from textual.strip import Strip

from ksec_tui.screens.widgets.table import Column
from tests.screens.widgets.tables import COLUMNS, Pod, TableApp, painted, pods, shown


async def test_a_refresh_keeps_cursor_scrolling_marks_sort_and_filter() -> None:
    app = TableApp(pods(200))
    async with app.run_test(size=(80, 20)) as pilot:
        table = app.table
        table.set_sort("name", reverse=True)
        table.set_filter(lambda pod: pod.risk != 0)
        assert table.move_to_key("pod-100")
        await pilot.press("space", "k")
        scrolled = table.scroll_y
        assert scrolled > 0
        table.set_rows([Pod(f"pod-{number}", number % 3, age="2d") for number in range(200)])
        await pilot.pause()
        assert table.cursor_key == "pod-100"
        assert table.cursor_row == Pod("pod-100", 1, "2d")
        assert table.scroll_y == scrolled
        assert table.marks == {"pod-100"}
        assert (table.sort_column, table.sort_reverse) == ("name", True)
        assert all(pod.risk for pod in table.shown)
        assert "2d" in shown(table)[1]


async def test_the_cursor_follows_its_row_when_rows_come_before_it() -> None:
    app = TableApp(pods(10))
    async with app.run_test(size=(80, 8)) as pilot:
        assert app.table.move_to_key("pod-4")
        app.table.set_rows([*(Pod(f"new-{number}") for number in range(50)), *pods(10)])
        await pilot.pause()
        assert app.table.cursor_key == "pod-4"
        assert app.table.cursor_index == 54
        assert any("pod-4" in line for line in shown(app.table))


async def test_when_its_row_is_gone_the_cursor_stays_at_its_place() -> None:
    app = TableApp(pods(10))
    async with app.run_test() as pilot:
        assert app.table.move_to_key("pod-4")
        app.table.set_rows([pod for pod in pods(10) if pod.name != "pod-4"])
        await pilot.pause()
        assert app.table.cursor_key == "pod-5"
        app.table.set_rows(pods(2))
        assert app.table.cursor_key == "pod-1"


async def test_an_empty_list_while_loading_does_not_forget_the_cursor() -> None:
    app = TableApp(pods(10))
    async with app.run_test() as pilot:
        assert app.table.move_to_key("pod-4")
        app.table.set_rows([])
        await pilot.pause()
        assert app.table.cursor_row is None
        app.table.set_rows(pods(10))
        assert app.table.cursor_key == "pod-4"


async def test_the_cursor_follows_its_row_when_the_order_changes() -> None:
    app = TableApp(pods(50))
    async with app.run_test(size=(80, 10)) as pilot:
        assert app.table.move_to_key("pod-7")
        app.table.set_sort("name", reverse=True)
        await pilot.pause()
        assert app.table.cursor_key == "pod-7"
        assert app.table.cursor_index == 42
        assert any("pod-7" in line for line in shown(app.table))
        app.table.set_sort(None)
        assert app.table.cursor_index == 7


async def test_a_filter_keeps_the_cursor_on_its_row_and_counts() -> None:
    app = TableApp(pods(90))
    async with app.run_test():
        table = app.table
        assert table.move_to_key("pod-31")
        table.set_filter(lambda pod: pod.risk == 1)
        assert (table.shown_count, table.total_count) == (30, 90)
        assert table.cursor_key == "pod-31"
        table.set_filter(lambda pod: pod.name.endswith("1"), narrows=True)
        assert [pod.name for pod in table.shown] == ["pod-1", "pod-31", "pod-61"]
        assert table.cursor_key == "pod-31"
        table.set_filter(None)
        assert table.cursor_index == 31
        assert table.shown_count == 90


async def test_a_narrowing_filter_looks_only_at_the_rows_shown() -> None:
    app = TableApp(pods(90))
    async with app.run_test():
        app.table.set_filter(lambda pod: pod.risk == 1)
        looked_at: list[str] = []

        def refuse(pod: Pod) -> bool:
            looked_at.append(pod.name)
            return False

        app.table.set_filter(refuse, narrows=True)
        assert len(looked_at) == 30
        assert app.table.shown_count == 0


async def test_marked_rows_come_in_the_order_of_the_table_also_those_filtered_away() -> None:
    app = TableApp(pods(30))
    async with app.run_test() as pilot:
        await pilot.press("space", "space")
        app.table.set_sort("name", reverse=True)
        app.table.set_filter(lambda pod: pod.name != "pod-0")
        assert [pod.name for pod in app.table.marked_rows()] == ["pod-1", "pod-0"]
        app.table.set_rows([pod for pod in pods(30) if pod.name != "pod-1"])
        assert [pod.name for pod in app.table.marked_rows()] == ["pod-0"]


async def test_a_refresh_during_a_range_keeps_what_it_marked() -> None:
    app = TableApp(pods(9))
    async with app.run_test() as pilot:
        await pilot.press("v", "j")
        app.table.set_rows(pods(9))
        await pilot.press("j", "j")
        assert app.table.marks == {"pod-0", "pod-1"}


async def test_cells_are_computed_only_for_rows_in_view() -> None:
    asked: set[str] = set()

    def name(pod: Pod) -> str:
        asked.add(pod.name)
        return pod.name

    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.set_columns([Column[Pod]("name", "NAME", name)], lambda pod: pod.name)
        app.table.set_rows(pods(100_000))
        await pilot.pause()
        await pilot.press("G")
        assert "pod-99999" in asked
        assert len(asked) < 100


async def test_moving_the_cursor_paints_two_rows_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(pods(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines: list[int] = []
        original = app.table.render_line

        def counted(y: int) -> Strip:
            lines.append(y)
            return original(y)

        monkeypatch.setattr(app.table, "render_line", counted)
        await pilot.press("j")
        assert sorted(set(lines)) == [1, 2]


async def test_switching_the_view_starts_afresh() -> None:
    app = TableApp(pods(100))
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.set_sort("name")
        app.table.set_filter(lambda pod: pod.risk == 1)
        app.table.hidden_columns = frozenset({"age"})
        await pilot.press("G", "space")
        app.table.set_columns(COLUMNS[:2], lambda pod: f"other/{pod.name}")
        empty = app.table.shown_count, app.table.cursor_key
        assert empty == (0, None)
        app.table.set_rows(pods(3))
        await pilot.pause()
        assert app.table.cursor_key == "other/pod-0"
        assert (app.table.sort_column, app.table.marks, app.table.scroll_y) == (None, frozenset(), 0)
        assert shown(app.table)[0].split() == ["RISK", "NAME"]


async def test_hidden_columns_are_not_shown() -> None:
    app = TableApp(pods(3))
    async with app.run_test():
        app.table.hidden_columns = frozenset({"risk"})
        assert shown(app.table)[0].split() == ["NAME", "AGE"]


async def test_an_unknown_sort_column_is_refused_by_name() -> None:
    app = TableApp(pods(3))
    async with app.run_test():
        with pytest.raises(ValueError, match="nonsense"):
            app.table.set_sort("nonsense")


async def test_an_empty_table_says_why_in_its_middle() -> None:
    app = TableApp()
    async with app.run_test(size=(41, 12)) as pilot:
        for placeholder in ("No pods here\n(press esc)", Text("No pods here\n(press esc)", "bold")):
            app.table.placeholder = placeholder
            await pilot.pause()
            lines = shown(app.table)
            assert lines[5] == " " * 14 + "No pods here"
            assert lines[6] == " " * 15 + "(press esc)"
        app.table.set_rows(pods(1))
        assert not any("No pods" in line for line in shown(app.table))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 3), (20, 6)], ids=str)
async def test_tiny_screens_do_not_crash(size: tuple[int, int]) -> None:
    app = TableApp(pods(30))
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "space", "G", "O", "ctrl+w", "L", "g")
        app.table.placeholder = "nothing to see"
        app.table.set_rows([])
        await pilot.pause()
        assert all(strip.cell_length <= size[0] for strip in painted(app.table))


async def test_a_resize_keeps_the_cursor_in_view() -> None:
    app = TableApp(pods(100))
    async with app.run_test(size=(80, 40)) as pilot:
        assert app.table.move_to_key("pod-35")
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert any("pod-35" in line for line in shown(app.table))
