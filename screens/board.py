"""The explorer's board: bars, list, room for the detail, and how State reaches them."""

from __future__ import annotations

import time
from dataclasses import replace
from operator import attrgetter

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.filter import FilterError
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens import panes
from ksec_tui.screens.arrivals import RowsReady, StateArrived
from ksec_tui.screens.grouping import with_room
from ksec_tui.screens.history import History, Place
from ksec_tui.screens.keys import pressed
from ksec_tui.screens.lens import Lens, access_column
from ksec_tui.screens.lines import Asked, Bar, PaneStrip, Part, age, list_title, status
from ksec_tui.screens.notices import Notices
from ksec_tui.screens.opening import when_painted
from ksec_tui.screens.pane import Listing, Pane, Row, View, discover, object_row, risk_column
from ksec_tui.screens.prompt import PromptBar
from ksec_tui.screens.sieve import counted, dismissed_words, left_out, sieve
from ksec_tui.screens.standing import hidden, placeholder
from ksec_tui.screens.widgets.columns import Column
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import TextLines
from ksec_tui.session import Session


class Board(Notices):
    """Bars and list of the explorer."""

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
    Board #notice { display: none; background: $panel; }
    Board #list-title, Board #detail-title, Board #hints { background: $panel; }
    """

    def __init__(self, session: Session, *, ascii: bool = False) -> None:  # noqa: A002 - the word users know
        super().__init__()
        self.session = session
        self.panes: tuple[Pane, ...] = discover(panes)
        self.view = View.of(session.state, FixPlan(), ascii=ascii)
        self.visited = History()
        self.pane_index = next((i for i, pane in enumerate(self.panes) if pane.id == "priorities"), 0)
        self.listing_of = [0] * len(self.panes)
        self.filter_of = [""] * len(self.panes)
        self.scope, self.risky_only = "", False
        self.peeked: Row | None = None
        self._peeked_from = ""
        self._wanted: tuple[str, ObjectRef | None] = ("", None)
        self._rows_for: Listing | None = None
        self._came: RowsReady | None = None
        self._busy = self._again = self._failed = self._hides = self.awaits_rows = False
        self._to_build: tuple[Listing, View] = (self.listing, self.view)
        self._touched = False
        self._badges: tuple[str, ...] = ("",) * len(self.panes)
        self._since = time.monotonic()

    def compose(self) -> ComposeResult:
        """Status, panes, list beside or above detail, prompt, hints."""
        ascii = self.view.ascii  # noqa: A001 - the word users know
        yield Bar(id="status", ascii=ascii)
        yield PaneStrip(self.panes, id="panes", ascii=ascii)
        with Container(id="body"):
            with Vertical(id="list"):
                yield Bar(id="list-title", ascii=ascii)
                yield Bar(id="notice", ascii=ascii)
                yield VirtualTable[Row](self.columns, attrgetter("key"), id="table")
            with Vertical(id="detail"):
                yield Bar(id="detail-title", ascii=ascii)
                yield TextLines(id="text")
        yield Bar(id="hints", ascii=ascii)
        yield PromptBar(id="prompt", ascii=ascii)

    def on_mount(self) -> None:
        """Draw what there is, then read."""
        self.table.ascii = self.text.ascii = self.view.ascii
        self.show_listing()
        self.set_focus(self.table)
        self.set_interval(1.0, self.show_bars)
        when_painted(self, self.session.refresh)

    def on_resize(self) -> None:
        """Bars depend on the width."""
        self.call_after_refresh(self.show_bars)

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
    def columns(self) -> tuple[Column[Row], ...]:
        """The columns of the view that is on."""
        columns = with_room(self.listing.columns) if self.grouped else self.listing.columns
        if self.view.ascii:
            plain = risk_column(ascii=True)
            columns = tuple(plain if item.id == plain.id else item for item in columns)
        if self.view.lens.eyes is not None:
            may: Column[Row] = access_column(self.view.state.snapshot, self.view.lens.eyes)
            columns = (*columns[:1], may, *columns[1:])
        return columns

    @property
    def row(self) -> Row | None:
        """The row in hand: the one peeked at, else the one under the cursor."""
        return self.peeked or self.table.cursor_row

    @property
    def grouped(self) -> bool:
        """Whether the list is of findings in groups."""
        return bool(self.view.ledger.group) and (self.pane.id, self.listing.id) == ("findings", "all")

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
        peek = self.peeked.ref if self.peeked is not None else None
        key, asked = table.cursor_key or "", self.view.lens.asked
        return Place(self.pane_index, listing, self.filter_text, key, sort, peek, asked)

    @property
    def cursor_line(self) -> int:
        """The line of the screen under the list's cursor."""
        table = self.table
        return table.region.y + table.HEADER + table.cursor_index - round(table.scroll_y)

    # State in

    @on(StateArrived)
    def _take_state(self, message: StateArrived) -> None:
        before = self.view.state
        self.view = replace(self.view, state=message.state)
        if not message.state.reading:
            self._since = time.monotonic()
        if message.state.error and message.state.error != before.error:
            self.say(f"{message.state.error}; {self.key('refresh')} tries again", error=True, seconds=12)
        self.show_bars()
        self.rebuild()

    def set_plan(self, plan: FixPlan) -> None:
        """Replace the plan of staged fixes."""
        self.view = self.view.with_plan(plan)
        self.show_bars()
        self.rebuild()
        self.show_detail(again=True)

    def set_lens(self, lens: Lens) -> None:
        """Replace whose rights are shown, whom they are compared with, or what is asked."""
        eyes = self.view.lens.eyes
        self.view = replace(self.view, lens=lens)
        if lens.eyes != eyes:
            self.show_listing(self.table.cursor_key or "")
        else:
            self.rebuild()
        self.show_bars()
        self.show_detail(again=True)

    def rebuild(self) -> None:
        """Work out the rows of the present list anew, one working-out at a time."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        self._to_build = (self.listing, self.view)
        self._build()

    @work(thread=True, group="rows", exit_on_error=False)
    def _build(self) -> None:
        # Not arguments: Textual keeps those of every worker that ever ran, and with them every Snapshot.
        listing, view = self._to_build
        rows = listing.rows(view)
        badges = tuple(pane.mark(view) for pane in self.panes)
        notice = listing.notice(view) if listing.notice else ""
        self.post_message(RowsReady(listing, rows, badges, notice))

    @on(RowsReady)
    def _take_rows(self, message: RowsReady) -> None:
        self._busy = self._failed = False
        self._badges = message.badges
        stale = message.listing is not self.listing
        if self._again or stale:
            self._again = False
            self.rebuild()
        if stale:
            return
        self._show_notice(message.notice)
        table = self.table
        if self._rows_for is not message.listing:
            self._rows_for = message.listing
            table.set_columns(self.columns, attrgetter("key"))
        table.set_rows(message.rows)
        self._came = message
        if not table.arranging:
            self._rows_shown()

    @on(VirtualTable.Settled)
    def _rows_shown(self) -> None:
        """What came, or was filtered or ordered, is on the screen."""
        table, came = self.table, self._came
        if came is not None:
            self._came = came if table.arranging else None
            self.awaits_rows = False
            if self._wanted[0]:
                self._reach(came)
            elif not self._touched:
                # Nobody has chosen this row: the worst comes on top as it is found.
                table.move_to_index(0)
            if self.peeked is not None:
                self.peeked = object_row(self.view, self.peeked.ref)
        self.show_bars()
        self.show_detail(again=True)

    def _reach(self, message: RowsReady) -> None:
        """Put the cursor on the row that was asked for; look at its object where the list cannot show it."""
        key, ref = self._wanted
        if not self.table.move_to_key(key):
            if self.view.state.reading or self.table.arranging:
                return
            if any(row.key == key for row in message.rows) and (self.scope or self.risky_only):
                self.scope, self.risky_only = "", False
                self.apply_filter()
                self.say("every namespace and severity is shown again: what was asked for was hidden")
            if not self.table.move_to_key(key) and ref is not None:
                self.peek(ref)
                self.say(f"{ref} is in no list; this is what is known of it")
        self._wanted = ("", None)
        self._touched = True

    def _show_notice(self, words: str) -> None:
        bar = self.query_one("#notice", Bar)
        bar.display = bool(words)
        bar.show((f" {words}", "warning"))

    def peek(self, ref: ObjectRef, *, beside: str = "") -> None:
        """Show the detail of an object that is not under the cursor, until the cursor leaves `beside`."""
        self.peeked = object_row(self.view, ref)
        self._peeked_from = beside or self.table.cursor_key or ""

    def worker_failed(self, group: str) -> None:
        """The rows could not be worked out: what is shown stays, and the next State may do better."""
        if group == "rows":
            self._busy = self._again = self.awaits_rows = False
            self._came = None
            self._failed = True
            self.show_bars()

    def on_key(self) -> None:
        """From the first key on, the cursor stays on its row whatever comes."""
        self._touched = True

    on_mouse_down = on_key

    @on(VirtualTable.MarksChanged)
    def _marks_changed(self) -> None:
        self.show_bars()

    def on_descendant_focus(self) -> None:
        """The hints are for what has the focus."""
        self.show_bars()

    # What is shown

    def show_listing(self, key: str = "", ref: ObjectRef | None = None) -> None:
        """Show the present list from scratch, with the cursor on `key` when it comes.

        When it does not come, the object `ref` is looked at all the same.
        """
        self._wanted, self.awaits_rows, self._came = (key, ref), True, None
        self._busy = self._touched = False  # another list need not wait for the rows of this one
        self._rows_for = self.listing
        self.peeked = None
        self._show_notice("")
        table = self.table
        table.set_rows(())
        table.set_columns(self.columns, attrgetter("key"))
        self.apply_filter()
        self.rebuild()

    def apply_filter(self, *, narrows: bool = False) -> FilterError | None:
        """Filter the list by scope, risky-only and the pane's filter; returns what is wrong with the latter.

        An invalid filter leaves the last good result.
        """
        hides = self.view.ledger.hides
        try:
            keep, hides = sieve(self.filter_text, self.scope, risky=self.risky_only, hides=hides)
        except FilterError as error:
            return error
        narrows, self._hides = narrows and hides == self._hides, hides
        if self.grouped:
            self.view = replace(self.view, keep=keep)
            self.table.set_filter(None)
            self.rebuild()
        else:
            self.table.set_filter(keep, narrows=narrows)
        self.show_bars()
        return None

    def show_bars(self) -> None:
        """Bring every bar up to date."""
        if not self.is_mounted:
            return
        view, table = self.view, self.table
        scope = f"ns {self.scope or ', '.join(view.state.snapshot.source.namespaces) or 'all'}"
        old = age(view.state, time.monotonic() - self._since)
        self.query_one("#status", Bar).show(*status(view, width=self.size.width, scope=scope, age=old))
        self.query_one(PaneStrip).show(self.pane_index, self._badges)
        table.placeholder = self._placeholder()
        count = counted(table.rows, table.shown_count, table.total_count, view, grouped=self.grouped)
        asked = Asked(
            self.filter_text, self.scope, left_out(view, self.listing, self._hides), self.risky_only
        )
        parts, links = list_title(self.pane, self.listing, (*count, len(table.marks)), asked)
        self.query_one("#list-title", Bar).show(*parts, links=links)
        self.show_detail_title()
        self.query_one("#hints", Bar).show(*self.hints())

    def hints(self) -> tuple[Part, ...]:
        """The few keys worth knowing here; overridden where the keys are."""
        return ()

    def show_detail(self, *, again: bool = False) -> None:
        """Show the detail of the row in hand; overridden where the detail is."""

    def show_detail_title(self) -> None:
        """Bring the line above the detail up to date; overridden where the detail is."""

    def _placeholder(self) -> str:
        if self._failed:
            return "this list could not be worked out: a fault of ksec-tui"
        total = len(self.view.state.results.findings) if self.grouped else self.table.total_count
        if not total:
            return placeholder(self.view.state, self.listing.kinds, self.listing.empty)
        gone = dismissed_words(self.view, pressed(self.app, "triage.dismissed")) if self._hides else ""
        return hidden(total, self.filter_text, self.scope, risky=self.risky_only, dismissed=gone)
