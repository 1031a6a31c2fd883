"""Many rows are ordered and filtered beside the thread that draws, which goes on answering."""

from __future__ import annotations

import asyncio
import threading

from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import Worker

from ksec_tui.screens.widgets.row_view import AT_ONCE
from ksec_tui.screens.widgets.table import VirtualTable
from tests.screens.widgets.tables import COLUMNS, Pod, TableApp, pods, shown

MANY = AT_ONCE + 1_000


async def settled(pilot: Pilot[None], table: VirtualTable[Pod]) -> None:
    """Waits until everything that was asked for is on screen."""
    async with asyncio.timeout(30):
        while table.arranging:
            await pilot.pause()


async def test_keys_act_on_what_is_shown_while_a_filter_is_worked_out() -> None:
    app = TableApp(pods(MANY))
    goes_on = threading.Event()

    def slow(pod: Pod) -> bool:
        goes_on.wait(30)
        return pod.risk == 1

    async with app.run_test(size=(80, 20)) as pilot:
        table = app.table
        await settled(pilot, table)
        table.set_filter(slow)
        assert table.arranging
        await pilot.press("j", "j")
        assert table.cursor_key == "pod-2"
        assert table.shown_count == MANY
        goes_on.set()
        await settled(pilot, table)
        await pilot.pause()
        assert table.shown_count == len([pod for pod in pods(MANY) if pod.risk == 1])
        assert "pod-1" in shown(table)[1]


async def test_who_asks_what_is_shown_gets_what_was_filtered_last() -> None:
    app = TableApp(pods(MANY))
    async with app.run_test() as pilot:
        table = app.table
        table.set_filter(lambda pod: pod.name == "pod-77")
        assert [pod.name for pod in table.shown] == ["pod-77"]
        assert not table.arranging
        await pilot.pause()
        assert table.shown_count == 1


async def test_the_cursor_stays_on_its_row_when_many_are_ordered() -> None:
    app = TableApp(pods(MANY))
    async with app.run_test(size=(80, 20)) as pilot:
        table = app.table
        await settled(pilot, table)
        assert table.move_to_key("pod-3")
        table.set_sort("name", reverse=True)
        assert table.sort_column == "name"
        await settled(pilot, table)
        await pilot.pause()
        assert table.cursor_key == "pod-3"
        assert table.cursor_index == MANY - 4
        assert any("pod-3 " in f"{line} " for line in shown(table))


async def test_an_empty_list_takes_the_place_of_one_that_is_being_ordered() -> None:
    app = TableApp(pods(MANY))
    async with app.run_test() as pilot:
        app.table.set_sort("name")
        app.table.set_rows([])
        await settled(pilot, app.table)
        await pilot.pause()
        assert not app.table.shown_count


class Heard(Screen[None]):
    """Keeps what went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[BaseException] = []

    def compose(self) -> ComposeResult:
        yield VirtualTable[Pod](COLUMNS, lambda pod: pod.name, id="pods")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.error is not None:
            self.wrong.append(event.worker.error)


async def test_a_filter_that_breaks_leaves_the_list_as_it_was_and_is_reported() -> None:
    app, screen = TableApp(), Heard()

    def broken(pod: Pod) -> bool:
        raise ZeroDivisionError(pod.name)

    async with app.run_test() as pilot:
        await app.push_screen(screen)
        table = app.table
        table.set_rows(pods(MANY))
        await settled(pilot, table)
        table.set_filter(broken)
        await settled(pilot, table)
        assert table.shown_count == MANY
        await pilot.pause()
        assert [str(error) for error in screen.wrong] == ["pod-0"]
