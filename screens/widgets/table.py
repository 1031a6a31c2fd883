"""The virtual table: 100,000 rows cost what the visible ones cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.reactive import reactive
from textual.strip import Strip

from ksec_tui.screens.widgets.columns import Cell, Column, Placed, place
from ksec_tui.screens.widgets.cursor import navigation
from ksec_tui.screens.widgets.painting import (
    GUTTER,
    RowState,
    column_at,
    paint_header,
    paint_placeholder,
    paint_row,
    scrolled,
)
from ksec_tui.screens.widgets.row_view import RowView

__all__ = ["Cell", "Column", "VirtualTable"]

T = TypeVar("T")


class VirtualTable(RowView[T]):
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

    def __init__(
        self,
        columns: Sequence[Column[T]],
        key: Callable[[T], str],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(key, id=id)
        self._columns = tuple(columns)
        self._selected: str | None = None
        self._placed: tuple[Placed[T], ...] = ()
        self._placed_for = -1
        self._painted: LRUCache[tuple[int, RowState, int], Strip] = LRUCache(1024)

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
        self._columns = tuple(columns)
        self._selected = None
        self.hidden_columns = frozenset()
        self.start_over(key)
        self._relayout()

    def set_sort(self, column_id: str | None, reverse: bool = False) -> None:  # noqa: FBT002 - agreed
        """Order by a column, equal rows as given; None for the order given.

        Raises:
            ValueError: there is no such column.
        """
        column = next((column for column in self._columns if column.id == column_id), None)
        if column is None and column_id is not None:
            raise ValueError(f"no column {column_id!r}; there are {[column.id for column in self._columns]}")
        self._rows.sort(column, reverse=reverse)
        self.rearrange()
        self.post_message(self.SortChanged(self))

    # Keys and mouse

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

    def _sort_or_reverse(self, column_id: str) -> None:
        self.set_sort(column_id, reverse=column_id == self.sort_column and not self.sort_reverse)

    def _relayout(self) -> None:
        self._placed_for = -1
        self.draw_plain(self.ascii)
        self.forget_paint()
        self.resize_lines(self.width_needed())

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

    def width_needed(self) -> int:
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
