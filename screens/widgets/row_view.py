"""A list of rows that are known by a key: which are shown, which one is under the cursor, which are marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Generic, TypeVar

from textual.message import Message

from ksec_tui.cluster.letting_go import free_slowly
from ksec_tui.screens.widgets.arranging import arranged
from ksec_tui.screens.widgets.cursor import CursorView
from ksec_tui.screens.widgets.rows import Rows

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 5_000
"""Rows that are ordered and filtered at once; more of them are beside the thread that draws."""


class RowView(CursorView, Generic[T]):
    """The rows of a table, however they are painted.

    Many rows are ordered and filtered while what was shown before stays on screen: `arranging` until `Settled`.

    Args:
        key: the text by which a row is known, a different one for each row.
    """

    class TableMessage(Message, Generic[R]):
        """Something happened in `table`."""

        def __init__(self, table: RowView[R]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> RowView[R]:
            """The table, for the selectors of `@on`."""
            return self.table

    class CursorMoved(TableMessage[R]):
        """Another row, or a newer object of the same row, is under the cursor; None when there are no rows."""

        def __init__(self, table: RowView[R], row: R | None) -> None:
            super().__init__(table)
            self.row = row

    class RowOpened(TableMessage[R]):
        """`row` was opened with enter or a double click."""

        def __init__(self, table: RowView[R], row: R) -> None:
            super().__init__(table)
            self.row = row

    class SortChanged(TableMessage[R]):
        """The rows are in the order of another column, or in the opposite order."""

    class Settled(TableMessage[R]):
        """Rows are shown that were not at once: those given, filtered or ordered last."""

    class MarksChanged(TableMessage[R]):
        """Rows were marked or marks taken away."""

    def __init__(self, key: Callable[[T], str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._rows = Rows(key)
        self._current: T | None = None
        self._current_key: str | None = None
        self._arranges = False

    @property
    def line_count(self) -> int:
        """Rows that the filter lets through."""
        return len(self._rows.shown)

    shown_count = line_count

    @property
    def arranging(self) -> bool:
        """Whether other rows, or the same in another order, are about to be shown."""
        return self._rows.wish is not None

    @property
    def changing(self) -> bool:
        """Whether the filter or order chosen last is still to be seen: keys that act on rows should wait."""
        return self._rows.changing

    @property
    def shown(self) -> Sequence[T]:
        """The rows that the filter lets through, in the order chosen, now and not soon; not to be changed."""
        if self.changing:
            self._rows.settle()
            self._rearranged()
        return self._rows.shown

    @property
    def rows(self) -> Sequence[T]:
        """All rows given, in the order shown; not to be changed."""
        return self._rows.every

    @property
    def total_count(self) -> int:
        """Number of rows given."""
        return self._rows.total

    @property
    def cursor_row(self) -> T | None:
        """The row under the cursor, None when no row is shown."""
        return self._rows.shown[self._cursor] if self._rows.shown else None

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor, None when no row is shown."""
        row = self.cursor_row
        return None if row is None else self._rows.key(row)

    def start_over(self, key: Callable[[T], str]) -> None:
        """Forget the rows with all that was chosen among them."""
        had_marks = bool(self._rows.marks)
        self._rows = Rows(key)
        self._cursor, self._current_key = 0, None
        self.scroll_to(0, 0, animate=False, force=True)
        self._announce()
        if had_marks:
            self.post_message(self.MarksChanged(self))

    def set_rows(self, rows: Sequence[T]) -> None:
        """Replace the rows. Cursor and marks stay on their keys; sort, filter and scrolling stay too.

        When the cursor's row is gone, the cursor stays at its place in the list.
        """
        self._rows.give(rows)
        self.rearrange()

    def set_filter(self, keep: Callable[[T], bool] | None, *, narrows: bool = False) -> None:
        """Show the rows that `keep` accepts, all for None.

        `narrows` promises that no row hidden now would be accepted: only those shown are looked at.
        """
        self._rows.filter(keep, narrows=narrows)
        self.rearrange()

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on the row with `key`; False when no such row is shown."""
        index = self._rows.index_of(key, self._cursor)
        if index is None:
            return False
        self.move_to_index(index)
        return True

    # Marks

    @property
    def marks(self) -> frozenset[str]:
        """Keys of the marked rows."""
        return self._rows.marks

    @property
    def in_range(self) -> bool:
        """Whether moving the cursor marks rows."""
        return self._rows.in_range

    def marked_rows(self) -> list[T]:
        """The marked rows that exist, in the order of the table; those that the filter hides too."""
        return self._rows.marked()

    def toggle_mark(self) -> None:
        """Mark the row under the cursor or take its mark away."""
        if self._rows.shown:
            self._rows.toggle(self._cursor)
            self._marks_changed()

    def mark_range(self) -> None:
        """Start marking every row the cursor passes; called again, stop there and keep the marks."""
        if self._rows.in_range:
            self._rows.end_range()
        elif self._rows.shown:
            self._rows.start_range(self._cursor)
            self._marks_changed()

    def clear_marks(self) -> None:
        """Take all marks away and end a range."""
        if self._rows.marks or self._rows.in_range:
            self._rows.clear_marks()
            self._marks_changed()

    action_mark_range = mark_range
    action_clear_marks = clear_marks

    def action_toggle_mark(self) -> None:
        """Mark and go on to the next row."""
        self.toggle_mark()
        self.action_cursor_down()

    def action_open(self) -> None:
        """Open the row under the cursor."""
        row = self.cursor_row
        if row is not None:
            self.post_message(self.RowOpened(self, row))

    def width_needed(self) -> int:
        """Cells to scroll over sideways; 1 when everything fits."""
        return 1

    def cursor_moved(self) -> None:
        """Drag a range along and tell who listens."""
        if self._rows.in_range and self._rows.shown:
            self._rows.stretch_range(self._cursor)
            self._marks_changed()
        self._announce()

    def _announce(self) -> None:
        row = self.cursor_row
        if row is not None:  # an empty list, as while loading, does not forget where the cursor was
            self._current_key = self._rows.key(row)
        if row is not self._current:
            self._current = row
            self.post_message(self.CursorMoved(self, row))

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.MarksChanged(self))

    def rearrange(self) -> None:
        """Show the rows as they were asked for, soon where they are many."""
        wish = self._rows.wish
        if wish is not None and len(wish.given) > AT_ONCE:
            if not self._arranges:
                self._arranges = True
                # The screen's, which tells when it fails.
                self.screen.run_worker(self._arrange_beside(), group="rows", exit_on_error=False)
            return
        self._rows.settle()
        self._rearranged()

    async def _arrange_beside(self) -> None:
        try:
            while (wish := self._rows.wish) is not None:
                rows = self._rows
                found = await asyncio.to_thread(arranged, wish, partial(rows.wants, wish))
                before: list[Iterable[T]] = [rows.given]
                if found is not None and rows is self._rows and rows.take(found):
                    if rows.given is not before[0]:
                        # Who lets go of many rows at once stops everything while they are freed.
                        free_slowly(before)
                    self._rearranged()
                    self.post_message(self.Settled(self))
        finally:
            # Nothing is left to wish for, unless it failed or the screen goes.
            self._rows.give_up()
            self._arranges = False

    def _rearranged(self) -> None:
        """Bring the cursor to its row's new place."""
        index = None
        if self._current_key is not None:
            index = self._rows.index_of(self._current_key, self._cursor)
        self.forget_paint()
        self.resize_lines(self.width_needed())
        self.move_to_index(self._cursor if index is None else index)
