"""Paints the lines of a table: pure functions from rows, places and styles to strips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from ksec_tui.screens.widgets.cells import clip, fit, one_line
from ksec_tui.screens.widgets.columns import GAP, Column, Placed
from ksec_tui.screens.widgets.styling import StyleBook

T = TypeVar("T")

GUTTER = 2
"""Cells on the left for the mark; they do not scroll sideways."""


@dataclass(frozen=True, slots=True)
class RowState:
    """What a row's look depends on besides its cells."""

    at_cursor: bool
    focused: bool
    marked: bool


def paint_row(
    row: T,
    placed: Sequence[Placed[T]],
    state: RowState,
    book: StyleBook,
    *,
    ascii: bool,  # noqa: A002
) -> Strip:
    """The mark's gutter and one row's cells, as wide as the columns."""

    def style(name: str) -> Style:
        return book.under_cursor(name, focused=state.focused) if state.at_cursor else book.style(name)

    mark = ("*" if ascii else "●") if state.marked else " "
    segments = [Segment(fit(mark, GUTTER), style("mark bold" if state.marked else ""))]
    for place in placed:
        cell = place.column.cell(row)
        text, name = (cell, "") if isinstance(cell, str) else (cell.text, cell.style)
        shown = fit(text, place.width, align=place.column.align, ascii=ascii)
        segments.append(Segment(shown + " " * GAP, style(name)))
    return Strip(segments)


def paint_header(
    placed: Sequence[Placed[T]],
    base: Style,
    *,
    sort_column: str | None,
    reverse: bool,
    selected: str | None,
    ascii: bool,  # noqa: A002
) -> Strip:
    """The titles; an arrow at the column that orders the rows, reverse video on the one chosen by key."""
    arrow = ("v" if reverse else "^") if ascii else ("▼" if reverse else "▲")
    segments = [Segment(" " * GUTTER, base)]
    for place in placed:
        column, width = place.column, place.width
        # The arrow may stand in the gap, so that it never costs a letter of the title.
        title = clip(column.title, width, ascii=ascii) + (arrow if column.id == sort_column else "")
        if column.align == "right":
            title = fit(title, max(width, cell_len(title)), align="right", ascii=ascii)
        style = base + Style(reverse=True) if column.id == selected else base
        segments.append(Segment(fit(title, width + GAP, ascii=ascii), style))
    return Strip(segments)


def column_at(placed: Sequence[Placed[T]], x: int, left: int) -> Column[T] | None:
    """The column, its gap included, that is painted at cell `x` when scrolled `left` cells sideways."""
    if x < GUTTER:
        return None
    cell = x - GUTTER + left
    return next((p.column for p in placed if p.x <= cell < p.x + p.width + GAP), None)


def scrolled(strip: Strip, left: int, width: int, style: Style) -> Strip:
    """What of `strip` is in view, `width` cells: its gutter, then what stands `left` cells further right."""
    if left:
        strip = Strip.join([strip.crop(0, GUTTER), strip.crop(GUTTER + left)])
    return strip.adjust_cell_length(width, style)


def paint_placeholder(
    text: Text | str, line: int, size: tuple[int, int], base: Style, console: Console
) -> Strip:
    """Line `line` of an empty table of `size` (cells, lines) that has `text` in its middle."""
    width, height = size
    lines = (text if isinstance(text, Text) else Text(text)).wrap(console, max(1, width - 2))
    index = line - max(0, height - len(lines)) // 2
    if not 0 <= index < len(lines):
        return Strip.blank(width, base)
    parts = [
        Segment(one_line(part.text, width), base + part.style if part.style else base)
        for part in lines[index].render(console)
        if part.text
    ]
    words = Strip(parts).crop(0, width)
    margin = Strip.blank((width - words.cell_length) // 2, base)
    return Strip.join([margin, words]).adjust_cell_length(width, base)
