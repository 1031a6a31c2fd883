"""A small table in a small program, for tests to press keys in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import App, ComposeResult
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ksec_tui import themes
from ksec_tui.screens.widgets.table import Cell, Column, VirtualTable


@dataclass(frozen=True, slots=True)
class Pod:
    """A row."""

    name: str
    risk: int = 0
    age: str = "1d"


COLUMNS = (
    Column[Pod]("risk", "RISK", lambda pod: Cell(f"r{pod.risk}", "critical"), width=4, sort=lambda p: p.risk),
    Column[Pod]("name", "NAME", lambda pod: pod.name, width=20, min_width=8, grow=1, priority=0),
    Column[Pod]("age", "AGE", lambda pod: pod.age, width=6, align="right", priority=2),
    Column[Pod]("wide", "WIDE", lambda pod: f"wide {pod.name}", width=90, wide=True),
)


def pods(count: int) -> list[Pod]:
    return [Pod(f"pod-{number}", risk=number % 3) for number in range(count)]


class TableApp(App[None]):
    """A program of nothing but a table; keeps the messages that the table sends."""

    CSS_PATH = themes.STYLESHEET

    def __init__(self, rows: Sequence[Pod] = ()) -> None:
        super().__init__()
        for theme in themes.discover():
            self.register_theme(theme)
        self.theme = themes.DEFAULT
        self.rows = rows
        self.heard: list[Message] = []
        self.attacked = False

    def compose(self) -> ComposeResult:
        yield VirtualTable[Pod](COLUMNS, lambda pod: pod.name, id="pods")

    def on_mount(self) -> None:
        self.table.set_rows(self.rows)

    @property
    def table(self) -> VirtualTable[Pod]:
        return self.screen.query_one("#pods", VirtualTable)

    def on_row_view_cursor_moved(self, message: VirtualTable.CursorMoved[Pod]) -> None:
        self.heard.append(message)

    def on_row_view_row_opened(self, message: VirtualTable.RowOpened[Pod]) -> None:
        self.heard.append(message)

    def on_row_view_sort_changed(self, message: VirtualTable.SortChanged[Pod]) -> None:
        self.heard.append(message)

    def on_row_view_marks_changed(self, message: VirtualTable.MarksChanged[Pod]) -> None:
        self.heard.append(message)

    def action_attack(self) -> None:
        """What text from a cluster must never reach."""
        self.attacked = True


def painted(widget: Widget) -> list[Strip]:
    """The lines of the widget as they are on the screen."""
    return [widget.render_line(y) for y in range(widget.scrollable_content_region.height)]


def shown(widget: Widget) -> list[str]:
    """The words of the widget's lines on the screen."""
    return [strip.text.rstrip() for strip in painted(widget)]
