"""Small screens on top of the explorer: a question, a text to enter, a list to choose from, lines to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ksec_tui.screens.widgets.columns import Column
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import Line, TextLines

_BOX = """
    {name} { align: center middle; }
    {name} > Vertical {
        width: 90%; max-width: 100; height: auto; max-height: 90%;
        background: $panel; border: round $accent; padding: 0 1;
    }
"""


def box(name: str) -> str:
    """The style sheet of a modal called `name`: a box in the middle."""
    return _BOX.replace("{name}", name)


Answer = TypeVar("Answer")


class Question(ModalScreen[Answer]):
    """A question that keys answer; their action is ``answer``.

    Args:
        question: what is asked.
        keys: which key gives which answer, in words.
    """

    def __init__(self, question: str, keys: str) -> None:
        super().__init__()
        self._question = question
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        with Vertical():
            yield Static(Text(self._question))
            yield Static(Text(f"\n{self._keys}"))

    def action_answer(self, answer: Answer) -> None:
        """Close with the answer."""
        self.dismiss(answer)


class Confirm(Question[bool]):
    """A question; No is the default, so that enter by habit changes nothing."""

    DEFAULT_CSS = box("Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,enter,q,ctrl+c", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__(question, f"[y] {yes}    [n, enter, esc] no")


class Ask(ModalScreen[str | None]):
    """One line of text; escape gives None."""

    DEFAULT_CSS = box("Ask")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+c", "leave", "Cancel", id="ask.cancel")]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self._question = question
        self._value = value

    def compose(self) -> ComposeResult:
        """The question and the input."""
        with Vertical():
            yield Static(Text(self._question))
            yield Input(self._value, compact=True)
            yield Static(Text("enter goes on, esc cancels"))

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Give up."""
        self.dismiss(None)


class Pick(ModalScreen[str | None]):
    """A list to choose one from; escape gives None."""

    HINT: ClassVar[str] = "enter chooses, esc cancels"
    DEFAULT_CSS = box("Pick") + "Pick VirtualTable { height: auto; max-height: 16; min-height: 4; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,ctrl+c", "leave", "Cancel", id="pick.cancel")]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], *, ascii: bool = False) -> None:  # noqa: A002
        """`choices` are pairs of what is given back and what is shown."""
        super().__init__()
        self._ascii = ascii
        self._title = title
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        """The title and the list."""
        columns: list[Column[tuple[str, str]]] = [
            Column("choice", self._title, lambda choice: choice[1], width=40, grow=1)
        ]
        with Vertical():
            yield VirtualTable[tuple[str, str]](columns, lambda choice: choice[0])
            yield Static(Text(self.HINT))

    @property
    def chosen(self) -> str:
        """What is under the cursor; empty in an empty list."""
        return self.query_one(VirtualTable).cursor_key or ""

    def on_mount(self) -> None:
        """Fill the list."""
        table = self.query_one(VirtualTable)
        table.ascii = self._ascii
        table.set_rows(self._choices)
        self.set_focus(table)

    @on(VirtualTable.RowOpened)
    def _chosen(self, event: VirtualTable.RowOpened[tuple[str, str]]) -> None:
        event.stop()
        self.dismiss(event.row[0])

    def action_leave(self) -> None:
        """Give up."""
        self.dismiss(None)


class Read(ModalScreen[None]):
    """Lines to read: help, the API log."""

    DEFAULT_CSS = box("Read") + "Read > Vertical { height: 90%; } Read TextLines { background: $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,ctrl+c", "leave", "Close", id="read.close"),
        Binding("slash", "find", "Search", id="read.search"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], *, ascii: bool = False) -> None:  # noqa: A002
        super().__init__()
        self._ascii = ascii
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The title and the lines."""
        with Vertical():
            yield Static(Text(f"{self._title}    / searches, n next, esc closes", style="bold"))
            yield TextLines(self._lines)

    def on_mount(self) -> None:
        """Keys move in the text."""
        text = self.query_one(TextLines)
        text.ascii = self._ascii
        self.set_focus(text)

    def action_find(self) -> None:
        """Search in the lines."""

        def search(text: str | None) -> None:
            self.query_one(TextLines).search(text or "")

        self.app.push_screen(Ask("Search for"), search)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
