"""Sets of addresses: blocks as policies write them, both families, and their partition."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.network.addresses import (
    ANY4,
    ANY6,
    ANYWHERE,
    NOWHERE,
    AddressError,
    AddressSet,
    parse_address,
    partition,
)

PROBES = [ipaddress.ip_address(f"10.0.0.{n}") for n in range(16)]
PROBES += [ipaddress.ip_address(f"fd00::{n:x}") for n in range(16)]
blocks4 = st.tuples(st.integers(0, 15), st.integers(28, 32)).map(lambda p: f"10.0.0.{p[0]}/{p[1]}")
blocks6 = st.tuples(st.integers(0, 15), st.integers(124, 128)).map(lambda p: f"fd00::{p[0]:x}/{p[1]}")
blocks = blocks4 | blocks6 | st.sampled_from(["0.0.0.0/0", "::/0"])
sets = st.lists(blocks, max_size=4).map(lambda items: AddressSet.union(map(AddressSet.block, items)))


@given(blocks, st.lists(blocks, max_size=3))
def test_a_block_holds_what_its_notation_says_less_the_exceptions(cidr: str, but: list[str]) -> None:
    found = AddressSet.block(cidr, but)
    network = ipaddress.ip_network(cidr, strict=False)
    left_out = [ipaddress.ip_network(text, strict=False) for text in but]
    for ip in PROBES:
        assert found.contains(ip) == (ip in network and not any(ip in item for item in left_out))


@given(sets, sets)
def test_sets_of_addresses_obey_set_algebra(left: AddressSet, right: AddressSet) -> None:
    for ip in PROBES:
        one, two = left.contains(ip), right.contains(ip)
        assert (left | right).contains(ip) == (one or two)
        assert (left & right).contains(ip) == (one and two)
        assert (left - right).contains(ip) == (one and not two)
    assert left.covers(left & right)
    assert bool(left) == (left != NOWHERE)


@given(st.lists(sets, max_size=5))
def test_parts_cover_everything_once_and_no_set_cuts_one(given_sets: list[AddressSet]) -> None:
    parts = partition(given_sets)
    assert AddressSet.union(parts) == ANYWHERE
    assert sum(part.count for part in parts) == ANYWHERE.count
    for part in parts:
        assert part
        for item in given_sets:
            assert not (part & item) or item.covers(part)
    marks = [tuple(item.contains(part.first) for item in given_sets) for part in parts]
    assert len(set(marks)) == len(marks)


def test_the_families_say_nothing_of_each_other() -> None:
    assert not ANY4.contains("::1")
    assert not ANY6.contains("10.0.0.1")
    assert AddressSet.block("0.0.0.0/0") == ANY4
    assert AddressSet.block("::/0") == ANY6


def test_bits_right_of_the_prefix_are_ignored() -> None:
    assert AddressSet.block("10.1.2.3/8") == AddressSet.block("10.0.0.0/8")


def test_an_exception_outside_the_block_takes_nothing_away() -> None:
    assert AddressSet.block("10.0.0.0/8", ["192.168.0.0/16", "fd00::/8"]) == AddressSet.block("10.0.0.0/8")


def test_an_ipv4_address_written_as_ipv6_is_the_ipv4_address() -> None:
    assert ANY4.contains("::ffff:10.0.0.1")
    assert AddressSet.address("::ffff:10.0.0.1") == AddressSet.address("10.0.0.1")


@pytest.mark.parametrize(
    "text", ["", "10.0.0.1", "10.0.0.0/33", "10.0.0/8", "::/129", "x/8", "10.0.0.0/²", "a/b/c"]
)
def test_what_is_no_block_is_refused_with_the_text_named(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        AddressSet.block(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["", "10.0.0", "web", "fe80::1%eth0", "10.0.0.0/8"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


def test_ranges_are_told_as_blocks_where_they_are_such() -> None:
    assert str(AddressSet.block("10.0.0.0/8")) == "10.0.0.0/8"
    assert str(AddressSet.address("10.0.0.1")) == "10.0.0.1"
    assert str(AddressSet.block("10.0.0.0/30", ["10.0.0.0/32"])) == "10.0.0.1-10.0.0.3"
    assert str(ANYWHERE) == "0.0.0.0/0, ::/0"
    assert str(NOWHERE) == "no address"


def test_one_block_beside_very_many_cuts_the_same() -> None:
    many = AddressSet.union(AddressSet.address(f"10.0.{at}.7") for at in range(100))
    block = AddressSet.block("10.0.40.0/22")
    for common in (many & block, block & many):
        assert common == AddressSet.union(AddressSet.address(f"10.0.{at}.7") for at in range(40, 44))
    assert (many - block) | (many & block) == many
    assert not many & AddressSet.block("10.1.0.0/16")
