"""The virtual table: 100,000 rows cost what the visible ones cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from ksec_tui.screens.widgets.columns import Cell, Column, Placed, place
from ksec_tui.screens.widgets.cursor import CursorView, navigation
from ksec_tui.screens.widgets.painting import (
    GUTTER,
    RowState,
    column_at,
    paint_header,
    paint_placeholder,
    paint_row,
    scrolled,
)
from ksec_tui.screens.widgets.rows import Rows

__all__ = ["Cell", "Column", "VirtualTable"]

T = TypeVar("T")
R = TypeVar("R")


class VirtualTable(CursorView, Generic[T]):
    """A table of any row objects, known by a key; cells are computed for visible rows only.

    Args:
        columns: what to show of a row.
        key: the text by which a row is known, a different one for each row.
    """

    HEADER = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {"virtual-table--header", "virtual-table--placeholder"}
    DEFAULT_CSS = """
    VirtualTable > .virtual-table--header { color: $foreground; background: $panel; text-style: bold; }
    VirtualTable > .virtual-table--placeholder { color: $foreground; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *navigation("table"),
        Binding("space", "toggle_mark", "Mark", id="table.mark", show=False),
        Binding("v,ctrl+space,ctrl+@", "mark_range", "Mark a range", id="table.range", show=False),
        Binding("ctrl+backslash", "clear_marks", "Clear marks", id="table.clear-marks", show=False),
        Binding("shift+left", "select_column(-1)", "Column left", id="table.column-left", show=False),
        Binding("shift+right", "select_column(1)", "Column right", id="table.column-right", show=False),
        Binding("O", "sort_selected", "Sort by column, reverse", id="table.sort", show=False),
        Binding("ctrl+w", "toggle('wide')", "Wide columns", id="table.wide", show=False),
    ]

    wide: reactive[bool] = reactive(False)
    """Show the columns for wide mode too, at full width, scrolled sideways with H and L."""
    ascii: reactive[bool] = reactive(False)
    """Draw with ASCII characters only."""
    hidden_columns: reactive[frozenset[str]] = reactive(frozenset[str]())
    """Ids of columns that are not shown."""
    placeholder: reactive[Text | str] = reactive[Text | str]("")
    """Shown in the middle while there are no rows: why there are none."""

    class TableMessage(Message, Generic[R]):
        """Something happened in `table`."""

        def __init__(self, table: VirtualTable[R]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> VirtualTable[R]:
            """The table, for the selectors of `@on`."""
            return self.table

    class CursorMoved(TableMessage[R]):
        """Another row, or a newer object of the same row, is under the cursor; None when there are no rows."""

        def __init__(self, table: VirtualTable[R], row: R | None) -> None:
            super().__init__(table)
            self.row = row

    class RowOpened(TableMessage[R]):
        """`row` was opened with enter or a double click."""

        def __init__(self, table: VirtualTable[R], row: R) -> None:
            super().__init__(table)
            self.row = row

    class SortChanged(TableMessage[R]):
        """The rows are in the order of another column, or in the opposite order."""

    class MarksChanged(TableMessage[R]):
        """Rows were marked or marks taken away."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        key: Callable[[T], str],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows = Rows(key)
        self._current: T | None = None
        self._current_key: str | None = None
        self._selected: str | None = None
        self._placed: tuple[Placed[T], ...] = ()
        self._placed_for = -1
        self._painted: LRUCache[tuple[int, RowState, int], Strip] = LRUCache(1024)

    @property
    def line_count(self) -> int:
        """Rows that the filter lets through."""
        return len(self._rows.shown)

    shown_count = line_count

    @property
    def shown(self) -> Sequence[T]:
        """The rows that the filter lets through, in the order shown; not to be changed."""
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

    @property
    def sort_column(self) -> str | None:
        """The id of the column that orders the rows, None for the order given."""
        return None if self._rows.column is None else self._rows.column.id

    @property
    def sort_reverse(self) -> bool:
        """Whether the greatest stands first."""
        return self._rows.reverse

    def set_columns(self, columns: Sequence[Column[T]], key: Callable[[T], str]) -> None:
        """Switch to another view: nothing of the former one stays, neither rows nor sort, filter or marks."""
        had_marks = bool(self._rows.marks)
        self._columns = tuple(columns)
        self._rows = Rows(key)
        self._cursor, self._current_key, self._selected = 0, None, None
        self.hidden_columns = frozenset()
        self._relayout()
        self.scroll_to(0, 0, animate=False, force=True)
        self._announce()
        if had_marks:
            self.post_message(self.MarksChanged(self))

    def set_rows(self, rows: Sequence[T]) -> None:
        """Replace the rows. Cursor and marks stay on their keys; sort, filter and scrolling stay too.

        When the cursor's row is gone, the cursor stays at its place in the list.
        """
        self._rows.give(rows)
        self._rearranged()

    def set_filter(self, keep: Callable[[T], bool] | None, *, narrows: bool = False) -> None:
        """Show the rows that `keep` accepts, all for None.

        `narrows` promises that no row hidden now would be accepted: only those shown are looked at.
        """
        self._rows.filter(keep, narrows=narrows)
        self._rearranged()

    def set_sort(self, column_id: str | None, reverse: bool = False) -> None:  # noqa: FBT002 - agreed
        """Order by a column, equal rows as given; None for the order given.

        Raises:
            ValueError: there is no such column.
        """
        column = next((column for column in self._columns if column.id == column_id), None)
        if column is None and column_id is not None:
            raise ValueError(f"no column {column_id!r}; there are {[column.id for column in self._columns]}")
        self._rows.sort(column, reverse=reverse)
        self._rearranged()
        self.post_message(self.SortChanged(self))

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

    # Keys and mouse

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

    def action_select_column(self, step: int) -> None:
        """Choose the column that `O` sorts by."""
        ids = [placed.column.id for placed in self._place()]
        if not ids:
            return
        at = self._selected if self._selected in ids else self.sort_column
        # From nowhere, the first step right is to the first column, the first step left to the last.
        start = ids.index(at) if at in ids else (-1 if step > 0 else 0)
        index = (start + step) % len(ids)
        self._selected = ids[index]
        placed = self._place()[index]
        self.show_cells(placed.x, placed.width, self._placed_for - GUTTER)
        self.refresh_lines(0)

    def action_sort_selected(self) -> None:
        """Sort by the chosen column; by the same again, reverse."""
        chosen = self._selected or self.sort_column
        if chosen is None and self._place():
            chosen = self._place()[0].column.id
        if chosen is not None:
            self._sort_or_reverse(chosen)

    def on_click(self, event: events.Click) -> None:
        """The header sorts, a row gets the cursor, a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.HEADER:
            hit = column_at(self._place(), offset.x, round(self.scroll_x))
            if hit is not None:
                self._sort_or_reverse(hit.id)
            return
        index = round(self.scroll_y) + offset.y - self.HEADER
        if index < self.line_count:
            self.move_to_index(index)
            if event.chain == 2:
                self.action_open()

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

    def _rearranged(self) -> None:
        """Bring the cursor to its row's new place."""
        index = None
        if self._current_key is not None:
            index = self._rows.index_of(self._current_key, self._cursor)
        self.forget_paint()
        self.resize_lines(self._width())
        self.move_to_index(self._cursor if index is None else index)

    def _sort_or_reverse(self, column_id: str) -> None:
        self.set_sort(column_id, reverse=column_id == self.sort_column and not self.sort_reverse)

    def _relayout(self) -> None:
        self._placed_for = -1
        self.draw_plain(self.ascii)
        self.forget_paint()
        self.resize_lines(self._width())

    watch_wide = watch_ascii = watch_hidden_columns = _relayout

    def on_resize(self) -> None:
        """Place the columns anew."""
        self._relayout()
        super().on_resize()

    def forget_paint(self) -> None:
        """Drop painted rows."""
        self._painted.clear()

    def _place(self) -> tuple[Placed[T], ...]:
        width = self.scrollable_content_region.width
        if width != self._placed_for:
            self._placed_for = width
            hidden = self.hidden_columns
            self._placed = place(self._columns, width - GUTTER, wide=self.wide, hidden=hidden)
            self.forget_paint()
        return self._placed

    def _width(self) -> int:
        """Cells to scroll over sideways; 1 when everything fits."""
        placed = self._place()
        needed = GUTTER + placed[-1].x + placed[-1].width if placed else 0
        return needed if needed > self._placed_for else 1

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen: the header, a row, the placeholder or nothing."""
        placed = self._place()
        width, left = self._placed_for, round(self.scroll_x)
        if y < self.HEADER:
            base = self.get_component_rich_style("virtual-table--header")
            header = paint_header(
                placed,
                base,
                sort_column=self.sort_column,
                reverse=self.sort_reverse,
                selected=self._selected,
                ascii=self.ascii,
            )
            return scrolled(header, left, width, base)
        if not self._rows.shown:
            base = self.get_component_rich_style("virtual-table--placeholder")
            size = (width, self.page)
            return paint_placeholder(self.placeholder, y - self.HEADER, size, base, self.app.console)
        index = round(self.scroll_y) + y - self.HEADER
        if index >= len(self._rows.shown):
            return self.blank(width)
        return self._row(index, left, width)

    def _row(self, index: int, left: int, width: int) -> Strip:
        row = self._rows.shown[index]
        at_cursor = index == self._cursor
        marked = bool(self._rows.marks) and self._rows.key(row) in self._rows.marks
        state = RowState(at_cursor=at_cursor, focused=at_cursor and self.has_focus, marked=marked)
        # Row objects live as long as they are shown, and what was painted is dropped when they change.
        key = (id(row), state, left)
        strip = self._painted.get(key)
        if strip is None:
            strip = paint_row(row, self._placed, state, self.book, ascii=self.ascii)
            end = self.book.under_cursor("", focused=state.focused) if at_cursor else self.book.base
            strip = self._painted[key] = scrolled(strip, left, width, end)
        return strip
