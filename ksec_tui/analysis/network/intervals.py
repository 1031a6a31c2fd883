"""Sets of whole numbers as sorted intervals that neither overlap nor touch, each (first, last), both included."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]

_FEWER = 16

_BEYOND = 2**129
"""Above every number in use (the greatest is the last IPv6 address)."""


def merged(items: Iterable[Interval]) -> Intervals:
    """Any intervals in that form."""
    found: list[Interval] = []
    for first, last in sorted(items):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def common(left: Intervals, right: Intervals) -> Intervals:
    """What is in both."""
    few, many = (left, right) if len(left) < len(right) else (right, left)
    return tuple(_each(few, many) if len(many) > _FEWER * len(few) else _common(left, right))


def _each(few: Intervals, many: Intervals) -> Iterator[Interval]:
    """The same for a few beside very many, each looked up."""
    for first, last in few:
        place = max(bisect_right(many, (first, _BEYOND)) - 1, 0)
        while place < len(many) and many[place][0] <= last:
            if many[place][1] >= first:
                yield max(first, many[place][0]), min(last, many[place][1])
            place += 1


def _common(left: Intervals, right: Intervals) -> Iterator[Interval]:
    i = j = 0
    while i < len(left) and j < len(right):
        first, last = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first <= last:
            yield first, last
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1


def without(left: Intervals, right: Intervals) -> Intervals:
    """What is in the first and not in the second."""
    if not left or not right:
        return left
    return common(left, tuple(_gaps(right, left[0][0], left[-1][1])))


def _gaps(ranges: Intervals, low: int, top: int) -> Iterator[Interval]:
    start = low
    for first, last in ranges:
        if start < first:
            yield start, first - 1
        start = max(start, last + 1)
    if start <= top:
        yield start, top


def holds(ranges: Intervals, number: int) -> bool:
    """Whether a number is in the set."""
    place = bisect_right(ranges, (number, _BEYOND)) - 1
    return place >= 0 and ranges[place][1] >= number


def within(few: Intervals, ranges: Intervals) -> bool:
    """Whether all of the first is in the second."""
    for first, last in few:
        place = bisect_right(ranges, (first, _BEYOND)) - 1
        if place < 0 or ranges[place][1] < last:
            return False
    return True


def size(ranges: Intervals) -> int:
    """How many numbers it holds."""
    return sum(last - first + 1 for first, last in ranges)
