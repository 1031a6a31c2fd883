"""Which rows are shown in which order, worked out on any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ksec_tui.screens.widgets.columns import Column, in_order

T = TypeVar("T")
Keep = Callable[[T], bool]

PIECE = 5_000
"""Rows that are looked at before asking again whether anybody still wants to know."""


@dataclass(frozen=True)
class Wish(Generic[T]):
    """How rows shall be arranged.

    Attributes:
        given: all of them, as they were given.
        column: what orders them; None for the order given.
        reverse: whether the greatest comes first.
        keep: what one must be to be shown; None for all.
        ordered: all of them in that order, where that is known.
        among: in that order those of which the shown ones are some, where that is known.
        turn: how often somebody has changed filter or order: with another one this is not wanted any more.
    """

    given: Sequence[T]
    column: Column[T] | None
    reverse: bool
    keep: Keep[T] | None
    ordered: Sequence[T] | None
    among: Sequence[T] | None
    turn: int


@dataclass(frozen=True)
class Arranged(Generic[T]):
    """What came of a wish.

    Attributes:
        wish: what was wished.
        ordered: all rows in the order wished.
        shown: those that are shown.
    """

    wish: Wish[T]
    ordered: Sequence[T]
    shown: list[T]


def arranged(wish: Wish[T], wanted: Callable[[], bool] = lambda: True) -> Arranged[T] | None:
    """Rows as wished; None once `wanted` says that nobody waits for them."""
    ordered = wish.ordered
    if ordered is None:
        ordered = in_order(wish.given, wish.column, reverse=wish.reverse)
    among, keep = ordered if wish.among is None else wish.among, wish.keep
    if keep is None:
        return Arranged(wish, ordered, list(among))
    shown: list[T] = []
    for start in range(0, len(among), PIECE):
        if not wanted():
            return None
        shown += [row for row in among[start : start + PIECE] if keep(row)]
    return Arranged(wish, ordered, shown)
