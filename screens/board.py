"""The explorer's board: bars, list, detail, and how State reaches them. Keys are in the modules built on it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.screen import Screen

from ksec_tui.findings.filter import Filter, FilterError, parse
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens import details, panes
from ksec_tui.screens.details.tab import Hand, Tab
from ksec_tui.screens.details.tab import discover as discover_tabs
from ksec_tui.screens.history import History, Place
from ksec_tui.screens.lines import Bar, PaneStrip, status
from ksec_tui.screens.pane import Listing, Pane, Row, View, discover, placeholder
from ksec_tui.screens.prompt import PromptBar
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import Line, TextLines
from ksec_tui.session import Session, State

DETAIL_DELAY = 0.04
"""Seconds the cursor must rest before its detail is worked out, so that a held key stays quick."""


class Board(Screen[None]):
    """Bars, list and detail of the explorer."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]

    DEFAULT_CSS = """
    Board { layout: vertical; }
    Board #body { height: 1fr; layout: vertical; }
    Board #list { height: 1fr; width: 1fr; }
    Board #detail { height: 1fr; width: 1fr; }
    Board.-wide #body { layout: horizontal; }
    Board.-wide #list { width: 3fr; }
    Board.-wide #detail { width: 2fr; border-left: vkey $panel; }
    Board.-wide.-below #detail { border-left: none; }
    Board.-wide.-below #body { layout: vertical; }
    Board.-wide.-below #list, Board.-wide.-below #detail { width: 1fr; }
    Board.-narrow #detail, Board.-short #detail { display: none; }
    Board.-narrow.-open #detail, Board.-short.-open #detail { display: block; }
    Board.-narrow.-open #list, Board.-short.-open #list { display: none; }
    Board.-no-detail #detail { display: none; }
    Board.-full-detail #detail { display: block; }
    Board.-full-detail #list { display: none; }
    Board #list-title, Board #detail-title, Board #hints { background: $panel; }
    """

    class StateArrived(Message):
        """A newer State; only the newest counts."""

        def __init__(self, state: State) -> None:
            super().__init__()
            self.state = state

        def can_replace(self, message: Message) -> bool:
            """One of several waiting is enough."""
            return isinstance(message, Board.StateArrived)

    class RowsReady(Message):
        """Rows for the list, worked out off the UI thread."""

        def __init__(
            self, listing: Listing, view: View, rows: Sequence[Row], badges: tuple[str, ...]
        ) -> None:
            super().__init__()
            self.listing = listing
            self.view = view
            self.rows = rows
            self.badges = badges

    class DetailReady(Message):
        """Lines for the detail, worked out off the UI thread."""

        def __init__(self, hand: Hand, tab: Tab, lines: Sequence[Line]) -> None:
            super().__init__()
            self.hand = hand
            self.tab = tab
            self.lines = lines

    def __init__(self, session: Session, *, ascii: bool = False) -> None:  # noqa: A002 - the word users know
        super().__init__()
        self.session = session
        self.panes: tuple[Pane, ...] = discover(panes)
        self.tabs: tuple[Tab, ...] = discover_tabs(details)
        self.view = View.of(session.state, FixPlan(), ascii=ascii)
        self.visited = History()
        self.pane_index = next((i for i, pane in enumerate(self.panes) if pane.id == "findings"), 0)
        self.listing_of = [0] * len(self.panes)
        self.filter_of = [""] * len(self.panes)
        self.tab_index = 0
        self.scope = ""
        self.risky_only = False
        self.peeked: Row | None = None
        self._wanted_key = ""
        self._rows_for: Listing | None = None
        self._busy = self._again = False
        self._detail_busy = False
        self._detail_next: tuple[Hand, Tab] | None = None
        self._detail_of: tuple[str, str] = ("", "")
        self._badges: tuple[str, ...] = ("",) * len(self.panes)
        self._since = time.monotonic()

    def compose(self) -> ComposeResult:
        """Status, panes, list beside or above detail, prompt, hints."""
        yield Bar(id="status")
        yield PaneStrip(self.panes, id="panes")
        with Container(id="body"):
            with Vertical(id="list"):
                yield Bar(id="list-title")
                yield VirtualTable[Row](self.listing.columns, _key, id="table")
            with Vertical(id="detail"):
                yield Bar(id="detail-title")
                yield TextLines(id="text")
        yield Bar(id="hints")
        yield PromptBar(id="prompt")

    def on_mount(self) -> None:
        """Draw what there is, then read."""
        self.table.ascii = self.text.ascii = self.view.ascii
        self.show_listing()
        self.table.focus()
        self.set_interval(1.0, self.show_bars)
        self.call_after_refresh(self.session.refresh)

    def on_resize(self) -> None:
        """Bars and prose depend on the width."""
        self.call_after_refresh(self.show_bars)
        self.call_after_refresh(self.show_detail, again=True)

    # What is where

    @property
    def table(self) -> VirtualTable[Row]:
        """The list."""
        return self.query_one("#table", VirtualTable)

    @property
    def text(self) -> TextLines:
        """The detail's text."""
        return self.query_one("#text", TextLines)

    @property
    def prompt(self) -> PromptBar:
        """The line where one types."""
        return self.query_one(PromptBar)

    @property
    def pane(self) -> Pane:
        """The pane that is on."""
        return self.panes[self.pane_index]

    @property
    def listing(self) -> Listing:
        """The view of the pane that is on."""
        return self.pane.listings[self.listing_of[self.pane_index]]

    @property
    def tab(self) -> Tab:
        """The detail tab that is on."""
        return self.tabs[self.tab_index]

    @property
    def row(self) -> Row | None:
        """The row in hand: the one peeked at, else the one under the cursor."""
        return self.peeked or self.table.cursor_row

    @property
    def filter_text(self) -> str:
        """The filter of the pane that is on, as typed."""
        return self.filter_of[self.pane_index]

    @property
    def place(self) -> Place:
        """Where one is."""
        table = self.table
        sort = (table.sort_column, table.sort_reverse)
        listing = self.listing_of[self.pane_index]
        return Place(self.pane_index, listing, self.filter_text, table.cursor_key or "", sort)

    # State in

    @on(StateArrived)
    def _take_state(self, message: StateArrived) -> None:
        self.view = View.of(message.state, self.view.plan, ascii=self.view.ascii)
        if not message.state.reading:
            self._since = time.monotonic()
        self.show_bars()
        self.rebuild()

    def set_plan(self, plan: FixPlan) -> None:
        """Replace the plan of staged fixes."""
        self.view = View.of(self.view.state, plan, ascii=self.view.ascii)
        self.show_bars()
        self.rebuild()
        self.show_detail(again=True)

    def rebuild(self) -> None:
        """Work out the rows of the present list anew, one working-out at a time."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        self._build(self.listing, self.view)

    @work(thread=True, group="rows")
    def _build(self, listing: Listing, view: View) -> None:
        rows = listing.rows(view)
        badges = tuple(pane.badge(view) if pane.badge else "" for pane in self.panes)
        self.post_message(self.RowsReady(listing, view, rows, badges))

    @on(RowsReady)
    def _take_rows(self, message: RowsReady) -> None:
        self._busy = False
        self._badges = message.badges
        stale = message.listing is not self.listing
        if self._again or stale:
            self._again = False
            self.rebuild()
        if stale:
            return
        table = self.table
        if self._rows_for is not message.listing:
            self._rows_for = message.listing
            table.set_columns(message.listing.columns, _key)
        table.set_rows(message.rows)
        if self._wanted_key and (table.move_to_key(self._wanted_key) or not self.view.state.reading):
            self._wanted_key = ""
        self.show_bars()
        self.show_detail(again=True)

    # What is shown

    def show_listing(self, key: str = "") -> None:
        """Show the present list from scratch, with the cursor on `key` when it comes."""
        self._wanted_key = key
        self._rows_for = self.listing
        self.peeked = None
        table = self.table
        table.set_rows(())
        table.set_columns(self.listing.columns, _key)
        self.apply_filter()
        self.rebuild()

    def apply_filter(self, *, narrows: bool = False) -> FilterError | None:
        """Filter the list by scope, risky-only and the pane's filter; returns what is wrong with the latter.

        An invalid filter leaves the last good result.
        """
        try:
            wanted = parse(self.filter_text)
            scope = parse(f"ns:{self.scope}" if self.scope else "")
        except FilterError as error:
            return error
        keep: list[Filter] = [item for item in (wanted, scope) if item.terms]
        if self.risky_only:
            keep.append(parse("is:risky"))
        if not keep:
            self.table.set_filter(None)
        elif len(keep) == 1:
            self.table.set_filter(keep[0].matches, narrows=narrows)
        else:
            self.table.set_filter(lambda row: all(item.matches(row) for item in keep), narrows=narrows)
        self.show_bars()
        return None

    def show_bars(self) -> None:
        """Bring every bar up to date."""
        if not self.is_mounted:
            return
        view, table = self.view, self.table
        scope = f"ns {self.scope or ', '.join(view.state.snapshot.source.namespaces) or 'all'}"
        self.query_one("#status", Bar).show(
            *status(view, width=self.size.width, scope=scope, age=self._age())
        )
        self.query_one(PaneStrip).show(self.pane_index, self._badges)
        table.placeholder = self._placeholder()
        self.query_one("#list-title", Bar).show(*self._list_title())
        self.query_one("#detail-title", Bar).show(*self._detail_title())
        self.query_one("#hints", Bar).show(*self.hints())

    def hints(self) -> tuple[tuple[str, str], ...]:
        """The few keys worth knowing here; overridden where the keys are."""
        return ()

    def _age(self) -> str:
        seconds = int(time.monotonic() - self._since)
        if self.view.state.reading or self.view.state.snapshot.source.kind != "live":
            return ""
        return f"{seconds}s ago" if seconds < 60 else f"{seconds // 60}m ago"

    def _placeholder(self) -> str:
        if self.table.total_count:
            return "nothing matches the filter\n\nesc clears it"
        return placeholder(self.view, self.listing)

    def _list_title(self) -> tuple[tuple[str, str], ...]:
        table, pane = self.table, self.pane
        parts: list[tuple[str, str]] = [(f" {pane.title} ", "header bold")]
        if len(pane.listings) > 1:
            for item in pane.listings:
                on = item is self.listing
                parts.append(
                    (f"[{item.title}]" if on else f" {item.title} ", "accent bold" if on else "muted")
                )
        shown, total = table.shown_count, table.total_count
        parts.append((f" {shown:,}/{total:,} " if shown != total else f" {total:,} ", "bold"))
        if self.table.marks:
            parts.append((f" {len(self.table.marks)} marked ", "mark bold"))
        if self.risky_only:
            parts.append((" risky only ", "warning bold"))
        if self.filter_text:
            parts.append((f" / {self.filter_text} ", "accent bold"))
        return tuple(parts)

    def _detail_title(self) -> tuple[tuple[str, str], ...]:
        parts: list[tuple[str, str]] = []
        for index, tab in enumerate(self.tabs):
            on = index == self.tab_index
            parts.append((f"[{tab.title}]" if on else f" {tab.title} ", "accent bold" if on else "muted"))
        row = self.row
        if row is not None:
            parts.append((f"  {row.ref.kind} {row.ref.path}", "bold" if self.peeked else "muted"))
        if self.text.pattern:
            parts.append((f"  /{self.text.pattern}", "accent"))
        return tuple(parts)

    # Detail

    def show_detail(self, *, again: bool = False) -> None:
        """Work out the detail of the row in hand once the cursor rests."""
        row = self.row
        wanted = (row.key if row else "", self.tab.id)
        if wanted == self._detail_of and not again:
            return
        if wanted != self._detail_of:
            self.text.move_to_index(0)
        self._detail_of = wanted
        if row is None:
            self.text.set_lines(())
            return
        width = max(20, self.text.size.width - 4)
        self._detail_next = (Hand(row, self.view, width), self.tab)
        if not self._detail_busy:
            self._detail_busy = True
            self.set_timer(DETAIL_DELAY, self._start_detail)

    def _start_detail(self) -> None:
        if self._detail_next is None:
            self._detail_busy = False
            return
        hand, tab = self._detail_next
        self._detail_next = None
        self._work_out(hand, tab)

    @work(thread=True, group="detail")
    def _work_out(self, hand: Hand, tab: Tab) -> None:
        self.post_message(self.DetailReady(hand, tab, tab.lines(hand)))

    @on(DetailReady)
    def _take_detail(self, message: DetailReady) -> None:
        if self._detail_next is not None:
            self._start_detail()
            return
        self._detail_busy = False
        if (message.hand.row.key, message.tab.id) == self._detail_of:
            self.text.set_lines(message.lines)
        self.show_bars()

    @on(VirtualTable.CursorMoved)
    def _cursor_moved(self) -> None:
        self.peeked = None
        self.show_detail()


def _key(row: Row) -> str:
    return row.key
