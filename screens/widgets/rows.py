"""The rows of a table without any screen: given, ordered, filtered; which are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_
from typing import Generic, TypeVar

from ksec_tui.screens.widgets.arranging import Arranged, Keep, Wish, arranged
from ksec_tui.screens.widgets.columns import Column

T = TypeVar("T")


class Rows(Generic[T]):
    """Rows of `T`, those that pass the filter in the chosen order, and the marks on them.

    A row is known by its key, so that marks survive refresh, sorting and filtering. What `give`, `sort` and `filter`
    ask for is a wish: it holds once it has been worked out, by `settle` or elsewhere, and is taken.
    """

    def __init__(self, key: Callable[[T], str]) -> None:
        self.key = key
        self.marks: frozenset[str] = frozenset()
        self.shown: list[T] = []
        self.wish: Wish[T] | None = None
        self._now: Wish[T] = Wish((), None, reverse=False, keep=None, ordered=(), among=None, turn=0)
        self._range: tuple[str, frozenset[str]] | None = None

    @property
    def total(self) -> int:
        """Rows given, whether or not the filter lets them through."""
        return len(self._now.given)

    @property
    def given(self) -> Sequence[T]:
        """The rows that were given last, of those that are shown."""
        return self._now.given

    @property
    def every(self) -> Sequence[T]:
        """All rows in the chosen order, whether or not the filter lets them through."""
        return self._now.ordered or ()

    @property
    def column(self) -> Column[T] | None:
        """What orders the rows, or soon will; None for the order given."""
        return self._last.column

    @property
    def reverse(self) -> bool:
        """Whether the greatest stands first, or soon will."""
        return self._last.reverse

    @property
    def changing(self) -> bool:
        """Whether another filter or order than that of the shown rows was asked for."""
        return self.wish is not None and self.wish.turn != self._now.turn

    @property
    def in_range(self) -> bool:
        """Whether the cursor drags a range of marks along."""
        return self._range is not None

    @property
    def _last(self) -> Wish[T]:
        return self.wish or self._now

    def give(self, rows: Sequence[T]) -> None:
        """Replace all rows; order, filter and marks stay, marks also of rows that are gone for now."""
        last = self._last
        if len(rows) != len(last.given) or not all(map(is_, rows, last.given)):
            self.wish = replace(last, given=list(rows), ordered=None, among=None)

    def sort(self, column: Column[T] | None, *, reverse: bool) -> None:
        """Order by `column`, equal rows as given; by None, as given."""
        last = self._last
        self.wish = replace(
            last, column=column, reverse=reverse, ordered=None, among=None, turn=last.turn + 1
        )

    def filter(self, keep: Keep[T] | None, *, narrows: bool) -> None:
        """Show only what `keep` accepts; `narrows` promises that nothing hidden now would be accepted."""
        last = self._last
        # What is still to be filtered holds at least all that its filter will let through.
        among = None if not narrows else self.shown if self.wish is None else last.among
        self.wish = replace(last, keep=keep, among=among, turn=last.turn + 1)

    def settle(self) -> None:
        """Work out here and now what was asked for."""
        if self.wish is not None and (found := arranged(self.wish)) is not None:
            self.take(found)

    def wants(self, wish: Wish[T]) -> bool:
        """Whether what comes of a wish is still to be shown."""
        return self.wish is not None and self.wish.turn == wish.turn

    def take(self, found: Arranged[T]) -> bool:
        """Let hold what was worked out; False when something else was asked for meanwhile."""
        wish = self.wish
        if not self.wants(found.wish):
            return False
        # Newer rows may have been given meanwhile: they come next, so that a list that never rests is shown too.
        self.wish = None if found.wish is wish else wish
        self._now = replace(found.wish, ordered=found.ordered, among=None)
        self.shown = found.shown
        self._range = None
        return True

    def give_up(self) -> None:
        """Leave all as it is."""
        self.wish = None

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
        return [row for row in self.every if key(row) in marks] if marks else []
