"""The rows of a table without any screen: given, ordered, filtered; which are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Generic, TypeVar

from ksec_tui.screens.widgets.columns import Column, in_order

T = TypeVar("T")


class Rows(Generic[T]):
    """Rows of `T`, those that pass the filter in the chosen order, and the marks on them.

    A row is known by its key, so that marks survive refresh, sorting and filtering.
    """

    def __init__(self, key: Callable[[T], str]) -> None:
        self.key = key
        self.shown: list[T] = []
        self.marks: frozenset[str] = frozenset()
        self.column: Column[T] | None = None
        self.reverse = False
        self._given: list[T] = []
        self._ordered: Sequence[T] = self._given
        self._keep: Callable[[T], bool] | None = None
        self._range: tuple[str, frozenset[str]] | None = None

    @property
    def total(self) -> int:
        """Rows given, whether or not the filter lets them through."""
        return len(self._given)

    @property
    def every(self) -> Sequence[T]:
        """All rows in the chosen order, whether or not the filter lets them through."""
        return self._ordered

    @property
    def in_range(self) -> bool:
        """Whether the cursor drags a range of marks along."""
        return self._range is not None

    def give(self, rows: Sequence[T]) -> None:
        """Replace all rows; order, filter and marks stay, marks also of rows that are gone for now."""
        if len(rows) == len(self._given) and all(map(is_, rows, self._given)):
            return
        self._given = list(rows)
        self._order()

    def sort(self, column: Column[T] | None, *, reverse: bool) -> None:
        """Order by `column`, equal rows as given; by None, as given."""
        self.column, self.reverse = column, reverse
        self._order()

    def filter(self, keep: Callable[[T], bool] | None, *, narrows: bool) -> None:
        """Show only what `keep` accepts; `narrows` promises that nothing hidden now would be accepted."""
        self._range = None
        source = self.shown if narrows else self._ordered
        self._keep = keep
        self.shown = list(source) if keep is None else [row for row in source if keep(row)]

    def index_of(self, key: str, near: int = 0) -> int | None:
        """Where the row with `key` is shown; `near` is looked at first."""
        if near < len(self.shown) and self.key(self.shown[near]) == key:
            return near
        return next((index for index, found in enumerate(map(self.key, self.shown)) if found == key), None)

    def toggle(self, index: int) -> None:
        """Mark the row shown at `index`, or take its mark away; ends a range."""
        self._range = None
        self.marks ^= {self.key(self.shown[index])}

    def start_range(self, index: int) -> None:
        """Mark the row shown at `index`; further rows follow with `stretch_range`."""
        self._range = (self.key(self.shown[index]), self.marks)
        self.stretch_range(index)

    def stretch_range(self, index: int) -> None:
        """Mark what lies between the range's start and `index`, on top of the marks from before."""
        if self._range is None:
            return
        start, before = self._range
        first = self.index_of(start, index)
        if first is None:
            self._range = None
            return
        low, high = sorted((first, index))
        self.marks = before.union(map(self.key, self.shown[low : high + 1]))

    def end_range(self) -> None:
        """Keep what the range has marked."""
        self._range = None

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._range = None
        self.marks = frozenset()

    def marked(self) -> list[T]:
        """The marked rows in the chosen order, those that the filter hides too."""
        marks, key = self.marks, self.key
        return [row for row in self._ordered if key(row) in marks] if marks else []

    def _order(self) -> None:
        self._range = None
        self._ordered = in_order(self._given, self.column, reverse=self.reverse)
        keep = self._keep
        self.shown = list(self._ordered) if keep is None else [row for row in self._ordered if keep(row)]
