"""What changed between two lists: pairs that may connect now, no longer, or otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.listing.rows import Listing, Row, span_words
from ksec_tui.analysis.network.ports import NONE, Connections


@dataclass(frozen=True, slots=True)
class Difference:
    """One pair.

    Attributes:
        kind: ``changed``, ``added`` or ``removed``.
        source: who sends, in words.
        destination: who receives.
        before: what could flow.
        after: what can flow now.
        info: which of the two is new or gone, in words; empty when neither is.
    """

    kind: str
    source: str
    destination: str
    before: Connections
    after: Connections
    info: str = ""


def differences(before: Listing, after: Listing) -> tuple[Difference, ...]:
    """The pairs that differ: changed ones first, then added and removed ones, each by their words.

    Ranges of addresses are cut to compare them, and put together again where the same changed.
    """
    found = [*_between_names(before, after), *_with_spans(before, after)]
    order = {"changed": 0, "added": 1, "removed": 2}
    return tuple(sorted(found, key=lambda item: (order[item.kind], item.source, item.destination)))


def _between_names(before: Listing, after: Listing) -> Iterator[Difference]:
    old, new = (
        {(row.source, row.destination): row.connections for row in found.rows if row.span is None}
        for found in (before, after)
    )
    for source, destination in sorted({*old, *new}):
        pair = source, destination
        yield from _told(before, after, pair, old.get(pair, NONE), new.get(pair, NONE))


def _with_spans(before: Listing, after: Listing) -> Iterator[Difference]:
    old, new = _by_end(before.rows), _by_end(after.rows)
    for outward, name in sorted({*old, *new}):
        was, now = old.get((outward, name), []), new.get((outward, name), [])
        for span, first, second in _aligned(was, now):
            pair = (name, span_words(span)) if outward else (span_words(span), name)
            yield from _told(before, after, pair, first, second)


def _by_end(rows: Iterable[Row]) -> dict[tuple[bool, str], list[tuple[Interval, Connections]]]:
    """The ranges of each workload: (whether it sends, its words) -> ranges with what may flow."""
    found: dict[tuple[bool, str], list[tuple[Interval, Connections]]] = defaultdict(list)
    for row in rows:
        if row.span is not None:
            outward = row.destination == span_words(row.span)
            found[outward, row.source if outward else row.destination].append((row.span, row.connections))
    return found


def _aligned(
    was: list[tuple[Interval, Connections]], now: list[tuple[Interval, Connections]]
) -> list[tuple[Interval, Connections, Connections]]:
    edges = sorted({edge for (first, last), _ in (*was, *now) for edge in (first, last + 1)})
    found: list[tuple[Interval, Connections, Connections]] = []
    for place, first in enumerate(edges[:-1]):
        last = edges[place + 1] - 1
        old, new = _at(was, first), _at(now, first)
        if found and found[-1][0][1] + 1 == first and found[-1][1:] == (old, new):
            found[-1] = ((found[-1][0][0], last), old, new)
        else:
            found.append(((first, last), old, new))
    return found


def _at(ranges: list[tuple[Interval, Connections]], address: int) -> Connections:
    return next((found for (first, last), found in ranges if first <= address <= last), NONE)


def _told(
    before: Listing, after: Listing, pair: tuple[str, str], old: Connections, new: Connections
) -> Iterator[Difference]:
    if old == new:
        return
    kind = "added" if not old else "removed" if not new else "changed"
    came = [name for name in pair if name in after.peers - before.peers]
    went = [name for name in pair if name in before.peers - after.peers]
    told = [
        f"workload {' and '.join(names)} {what}"
        for names, what in ((came, "added"), (went, "removed"))
        if names
    ]
    yield Difference(kind, *pair, old, new, ", ".join(told))
