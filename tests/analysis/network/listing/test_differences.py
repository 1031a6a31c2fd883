"""Differences between lists: ranges are cut to compare them and put together again."""

from __future__ import annotations

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.listing.differences import differences
from ksec_tui.analysis.network.listing.rows import Listing, Row, span_words, words
from ksec_tui.analysis.network.ports import ALL, NONE, Connections

WEB = Connections.of("TCP", 80, 80)


def outside(*ranges: tuple[str, str, Connections]) -> Listing:
    """A list of what addresses may send to one workload."""
    rows = []
    for first, last, connections in ranges:
        span = int(IPv4Address(first)), int(IPv4Address(last))
        rows.append(Row(span_words(span), "shop/web[Pod]", connections, span))
    return Listing(tuple(rows), frozenset({"shop/web[Pod]"}))


def told(before: Listing, after: Listing) -> list[tuple[str, str, str, str]]:
    return [
        (item.kind, item.source, words(item.before), words(item.after)) for item in differences(before, after)
    ]


def test_ranges_are_told_as_widely_as_the_same_changed() -> None:
    before = outside(("8.0.0.0", "9.255.255.255", ALL), ("10.0.0.0", "255.255.255.255", ALL))
    after = outside(("10.0.0.0", "10.255.255.255", WEB))
    assert told(before, after) == [
        ("changed", "10.0.0.0-10.255.255.255[External]", "All Connections", "TCP 80"),
        ("removed", "11.0.0.0-255.255.255.255[External]", "All Connections", "No Connections"),
        ("removed", "8.0.0.0-9.255.255.255[External]", "All Connections", "No Connections"),
    ]


def test_ranges_that_are_only_cut_otherwise_do_not_differ() -> None:
    whole = outside(("8.0.0.0", "255.255.255.255", ALL))
    cut = outside(("8.0.0.0", "9.9.9.9", ALL), ("9.9.9.10", "255.255.255.255", ALL))
    assert told(whole, cut) == []


def test_workloads_that_came_or_went_are_named() -> None:
    before = Listing((Row("a", "b", ALL),), frozenset({"a", "b"}))
    after = Listing((Row("a", "c", ALL), Row("d", "c", WEB)), frozenset({"a", "c", "d"}))
    assert [(item.kind, item.destination, item.info) for item in differences(before, after)] == [
        ("added", "c", "workload c added"),
        ("added", "c", "workload d and c added"),
        ("removed", "b", "workload b removed"),
    ]


cells = st.lists(st.sampled_from([NONE, WEB, ALL]), min_size=6, max_size=6)


def listed(values: list[Connections]) -> Listing:
    rows = []
    for number, connections in enumerate(values):
        span: Interval = (number, number)
        if connections:
            rows.append(Row(span_words(span), "w", connections, span))
    return Listing(tuple(rows), frozenset({"w"}))


@given(before=cells, after=cells)
def test_differences_tell_every_address_that_differs_and_no_other(
    before: list[Connections], after: list[Connections]
) -> None:
    seen: dict[int, tuple[Connections, Connections]] = {}
    for item in differences(listed(before), listed(after)):
        first, last = item.source.removesuffix("[External]").split("-")
        for address in range(int(IPv4Address(first)), int(IPv4Address(last)) + 1):
            assert address not in seen
            seen[address] = item.before, item.after
    expected = {
        number: (old, new) for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new
    }
    assert seen == expected
