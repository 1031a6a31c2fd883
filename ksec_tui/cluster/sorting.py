"""Sorting many things without keeping every other thread from its turn until all of them are sorted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

PIECE = 2_000
"""Things that are sorted in one go: a matter of a millisecond."""


def sorted_gently(rows: Sequence[T], key: Callable[[T], Any], *, reverse: bool = False) -> list[T]:
    """As ``sorted``: those with equal keys stay as they were.

    A large list is dealt out by some of its own keys into pieces that follow one another, which are sorted each.

    Raises:
        TypeError: the keys do not compare.
    """
    if len(rows) <= PIECE:
        return sorted(rows, key=key, reverse=reverse)
    keys = [key(row) for row in rows]
    bounds = _bounds(keys)
    dealt: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for index, one in enumerate(keys):
        dealt[bisect_left(bounds, one)].append(index)
    found: list[T] = []
    pieces: Iterable[list[int]] = reversed(dealt) if reverse else dealt
    for piece in pieces:
        piece.sort(key=keys.__getitem__, reverse=reverse)
        found += [rows[index] for index in piece]
    return found


def _bounds(keys: Sequence[Any]) -> list[Any]:
    """Different keys in order, between which about as many of `keys` lie as make a piece."""
    sample = sorted(keys[:: max(1, PIECE // 16)])
    bounds: list[Any] = []
    for one in sample[16::16]:
        if not bounds or bounds[-1] < one:
            bounds.append(one)
    return bounds
