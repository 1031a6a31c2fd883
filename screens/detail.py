"""The detail beside or below the list: tabs of lines about the row in hand, worked out off the UI thread."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import on, work
from textual.message import Message

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens import details
from ksec_tui.screens.details.tab import Hand, Tab, discover
from ksec_tui.screens.lines import Bar, Part
from ksec_tui.screens.pressing import Pressing
from ksec_tui.screens.short_kinds import SHORT_KINDS
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import Line
from ksec_tui.session import Session

REST = 0.04
"""Seconds the cursor must rest before its detail is worked out, so that a held key stays quick."""


class Detailed(Pressing):
    """The board with its detail."""

    class DetailReady(Message):
        """Lines for the detail, worked out off the UI thread."""

        def __init__(self, hand: Hand, tab: Tab, lines: Sequence[Line]) -> None:
            super().__init__()
            self.hand = hand
            self.tab = tab
            self.lines = lines

    def __init__(self, session: Session, *, ascii: bool = False) -> None:  # noqa: A002 - the word users know
        super().__init__(session, ascii=ascii)
        self.tabs: tuple[Tab, ...] = discover(details)
        self.tab_index = 0
        self._working = False
        self._next: tuple[Hand, Tab] | None = None
        self._now: tuple[Hand, Tab] | None = None
        self._shown: tuple[str, str] = ("", "")
        self.wanted_field = ""

    @property
    def tab(self) -> Tab:
        """The tab that is on."""
        return self.tabs[self.tab_index]

    @property
    def at_rest(self) -> bool:
        """Whether what is on screen is all that the newest State has to say."""
        newest = self.view.state is self.session.state
        return (
            super().at_rest
            and newest
            and not (self._busy or self._again or self._working or self.table.arranging)
        )

    def on_resize(self) -> None:
        """Prose is wrapped to the width."""
        self.call_after_refresh(self.show_detail, again=True)

    def show_detail(self, *, again: bool = False) -> None:
        """Work out the detail of the row in hand once the cursor rests."""
        row = self.row
        wanted = (row.key if row else "", self.tab.id)
        if wanted == self._shown and not again:
            return
        if wanted != self._shown:
            self.text.move_to_index(0)
            self.text.scroll_to(0, 0, animate=False, force=True)
        self._shown = wanted
        if row is None:
            self.text.set_lines(())
            return
        width = max(20, self.text.size.width - 2)
        self._next = (
            Hand(row, self.view, width, self.session.whole, getattr(self.app, "rebound", {})),
            self.tab,
        )
        if not self._working:
            self._working = True
            self.set_timer(REST, self._start)

    def _start(self) -> None:
        if self._next is None:
            self._working = False
            return
        self._now, self._next = self._next, None
        self._work_out()

    @work(thread=True, group="detail", exit_on_error=False)
    def _work_out(self) -> None:
        # Not arguments: Textual keeps those of every worker that ever ran, and with them every Snapshot.
        if self._now is None:
            return
        (hand, tab), self._now = self._now, None
        self.post_message(self.DetailReady(hand, tab, tab.lines(hand)))

    @on(DetailReady)
    def _take_lines(self, message: DetailReady) -> None:
        if (message.hand.row.key, message.tab.id) == self._shown:
            self.text.set_lines(message.lines)
            if self.wanted_field and message.tab.id == "yaml":
                self.text.move_to_index(line_of(message.lines, self.wanted_field))
                self.wanted_field = ""
        if self._next is not None:
            self._start()
            return
        self._working = False
        self.show_bars()

    def worker_failed(self, group: str) -> None:
        """The lines could not be worked out: the next row's may."""
        super().worker_failed(group)
        if group == "detail":
            self._start()

    @on(VirtualTable.CursorMoved)
    def _cursor_moved(self) -> None:
        if (self.table.cursor_key or "") != self._peeked_from:
            self.peeked = None
        self.place_notices()
        self.show_detail()

    def show_detail_title(self) -> None:
        """The tabs, and what is in hand."""
        bar = self.query_one("#detail-title", Bar)
        parts: list[Part] = []
        for index, tab in enumerate(self.tabs):
            on = index == self.tab_index
            parts.append((f"[{tab.title}]", "accent bold") if on else (f" {tab.title} ", "muted"))
        row = self.row
        if row is not None:
            room = bar.size.width - 2 - sum(cell_len(text) for text, _ in parts)
            parts.append((f"  {_named(row.ref, room)}", "bold" if self.peeked else "muted"))
        if self.text.pattern:
            parts.append((f"  /{self.text.pattern}", "accent"))
        links = {index: f"tab:{index}" for index in range(len(self.tabs))}
        bar.show(*parts, links=links)


def _named(ref: ObjectRef, room: int) -> str:
    """An object in so many cells; where they are too few, its name says more than its kind."""
    short = SHORT_KINDS.get(ref.kind, ref.kind)
    said = (f"{ref.kind} {ref.path}", f"{short} {ref.path}", f"{short} {ref.name}")
    return next((words for words in said if cell_len(words) <= room), said[-1])


def line_of(lines: Sequence[Line], pointer: str) -> int:
    """The line of a YAML document that shows what `pointer` points at, or the nearest thing around it."""
    while pointer:
        inside = f"{pointer}/"
        for index, line in enumerate(lines):
            if line.link == pointer or line.link.startswith(inside):
                return index
        pointer = pointer.rpartition("/")[0]
    return 0
