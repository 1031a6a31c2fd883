"""What a table's columns are, how they share the width, and in which order their rows stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from ksec_tui.cluster.sorting import sorted_gently

T = TypeVar("T")

GAP = 1
"""Empty cells after each column."""

_NUMBER = re.compile("([0-9]+)")
_COMPARED = 256
"""Characters of a text that count for its order; bounds what a huge text costs."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with a look. Both are data: nothing in `text` is read as markup.

    Attributes:
        text: what to show; may hold anything, it is made printable and cut.
        style: a style name of `ksec_tui.themes.palette`, optionally with `bold`, as in `critical bold`.
    """

    text: str
    style: str = ""


# No slots: together with frozen they make `Column[Row](...)` fail in Python 3.11 (typing sets __orig_class__).
@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table of `T`.

    Attributes:
        id: stable name, for sorting and hiding.
        title: the header's words.
        cell: what a row shows here; called for visible rows only.
        width: preferred cells.
        min_width: cells below which the column is dropped rather than squeezed.
        grow: share of the width that is left over.
        align: side on which the text stands.
        sort: the key by which rows are ordered; None for the natural order of the cell's text.
        wide: shown in wide mode only.
        priority: columns with the greatest number are dropped first when the table is narrow.
    """

    id: str
    title: str
    cell: Callable[[T], str | Cell]
    width: int = 12
    min_width: int = 4
    grow: int = 0
    align: Literal["left", "right"] = "left"
    sort: Callable[[T], Any] | None = None
    wide: bool = False
    priority: int = 1


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A column with the cells it got: from `x` on, `width` of them, the gap not counted."""

    column: Column[T]
    x: int
    width: int


def place(
    columns: Sequence[Column[T]], room: int, *, wide: bool = False, hidden: Collection[str] = ()
) -> tuple[Placed[T], ...]:
    """Give each column that can be shown its place within `room` cells.

    Too little room squeezes columns towards their `min_width`, then drops the one with the greatest
    priority number. In wide mode nothing is squeezed or dropped, the result may exceed `room`.
    """
    shown = [column for column in columns if column.id not in hidden and (wide or not column.wide)]
    if not wide:
        while len(shown) > 1 and sum(min(c.min_width, c.width) + GAP for c in shown) > room:
            last = max(range(len(shown)), key=lambda index: (shown[index].priority, index))
            del shown[last]
    widths = _shares(shown, room - GAP * len(shown), squeeze=not wide)
    placed, x = [], 0
    for column, width in zip(shown, widths, strict=True):
        placed.append(Placed(column, x, width))
        x += width + GAP
    return tuple(placed)


def _shares(columns: Sequence[Column[T]], room: int, *, squeeze: bool) -> list[int]:
    """Cells for each column: preferred, plus the rest by `grow`, or less when there is too little."""
    widths = [column.width for column in columns]
    rest = room - sum(widths)
    if rest >= 0:
        weights = [column.grow for column in columns]
    elif squeeze:
        weights = [max(0, column.width - column.min_width) for column in columns]
        rest = max(rest, -sum(weights))
    else:
        return widths
    total, given = sum(weights), 0
    if not total:
        return widths
    for index, weight in enumerate(weights):
        # Rounding the running sum, not each share, makes the shares add up to the rest.
        before, given = given, given + weight
        widths[index] += rest * given // total - rest * before // total
    return widths


def natural(text: str) -> tuple[str | int, ...]:
    """The sort key in which letters ignore case and numbers inside text compare as numbers."""
    parts: list[str | int] = list(_NUMBER.split(text[:_COMPARED].casefold()))
    for index in range(1, len(parts), 2):
        parts[index] = int(parts[index])
    return tuple(parts)


def text_of(cell: str | Cell) -> str:
    """The words of what an accessor returned."""
    return cell if isinstance(cell, str) else cell.text


def in_order(rows: Sequence[T], column: Column[T] | None, *, reverse: bool = False) -> Sequence[T]:
    """`rows` ordered by `column`, equal ones as they were; by None, the rows themselves."""
    if column is None:
        return rows
    cell, sort = column.cell, column.sort
    if sort is not None:
        try:
            return sorted_gently(rows, sort, reverse=reverse)
        except TypeError:
            # Hostile objects carry wrong types, which do not compare with the right ones: order by their words.
            return sorted_gently(rows, lambda row: natural(str(sort(row))), reverse=reverse)
    return sorted_gently(rows, lambda row: natural(text_of(cell(row))), reverse=reverse)
