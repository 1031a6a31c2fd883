"""Sets of IP addresses of both families, and how they cut each other into parts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from ksec_tui.analysis.network.intervals import (
    Interval,
    Intervals,
    common,
    holds,
    merged,
    size,
    within,
    without,
)

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX4: Final = 2**32 - 1
MAX6: Final = 2**128 - 1


class AddressError(ValueError):
    """Text that is no IP address or no range of them; the message says which text and why."""


@dataclass(frozen=True)
class AddressSet:
    """A set of addresses: for each family sorted intervals of their numbers that neither overlap nor touch."""

    ranges4: Intervals = ()
    ranges6: Intervals = ()

    @staticmethod
    def block(cidr: str, except_: Iterable[str] = ()) -> AddressSet:
        """The addresses of a block in CIDR notation, less others; bits right of the prefix are ignored.

        An exception of the other family or outside the block takes nothing away.

        Raises:
            AddressError: one of the texts is no block.
        """
        found = _block(cidr)
        out = [_block(item) for item in except_]
        return found - AddressSet.union(out) if out else found

    @staticmethod
    def address(ip: str | IP) -> AddressSet:
        """One address.

        Raises:
            AddressError: the text is no address.
        """
        parsed = ip if isinstance(ip, ipaddress.IPv4Address | ipaddress.IPv6Address) else parse_address(ip)
        number = int(parsed)
        if isinstance(parsed, ipaddress.IPv4Address):
            return AddressSet(ranges4=((number, number),))
        return AddressSet(ranges6=((number, number),))

    @staticmethod
    def union(sets: Iterable[AddressSet]) -> AddressSet:
        """All of `sets` together."""
        low: list[Interval] = []
        high: list[Interval] = []
        for item in sets:
            low.extend(item.ranges4)
            high.extend(item.ranges6)
        return AddressSet(merged(low), merged(high))

    @staticmethod
    def readable(texts: Iterable[str]) -> AddressSet:
        """The addresses among `texts` together; others, such as a node's host name, are left out."""
        found = []
        for text in texts:
            try:
                found.append(AddressSet.address(text))
            except AddressError:
                continue
        return AddressSet.union(found)

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet.union((self, other))

    def __and__(self, other: AddressSet) -> AddressSet:
        return AddressSet(common(self.ranges4, other.ranges4), common(self.ranges6, other.ranges6))

    def __sub__(self, other: AddressSet) -> AddressSet:
        return AddressSet(without(self.ranges4, other.ranges4), without(self.ranges6, other.ranges6))

    def __bool__(self) -> bool:
        return bool(self.ranges4 or self.ranges6)

    def contains(self, ip: str | IP) -> bool:
        """Whether one address is among them.

        Raises:
            AddressError: the text is no address.
        """
        parsed = ip if isinstance(ip, ipaddress.IPv4Address | ipaddress.IPv6Address) else parse_address(ip)
        return holds(self.ranges4 if parsed.version == 4 else self.ranges6, int(parsed))

    def covers(self, other: AddressSet) -> bool:
        """Whether every address of `other` is among them."""
        return within(other.ranges4, self.ranges4) and within(other.ranges6, self.ranges6)

    @property
    def count(self) -> int:
        """How many addresses."""
        return size(self.ranges4) + size(self.ranges6)

    @cached_property
    def first(self) -> IP:
        """The lowest address, IPv4 before IPv6.

        Raises:
            IndexError: there is none.
        """
        if self.ranges4:
            return ipaddress.IPv4Address(self.ranges4[0][0])
        return ipaddress.IPv6Address(self.ranges6[0][0])

    def intervals(self) -> Iterator[tuple[IP, IP]]:
        """The ranges as (first, last) address, IPv4 before IPv6."""
        for first, last in self.ranges4:
            yield ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
        for first, last in self.ranges6:
            yield ipaddress.IPv6Address(first), ipaddress.IPv6Address(last)

    def __str__(self) -> str:
        """Blocks in CIDR notation where a range is one, else ``first-last``; ``no address`` when empty."""
        return ", ".join(_said(first, last) for first, last in self.intervals()) or "no address"


NOWHERE: Final = AddressSet()
ANY4: Final = AddressSet(ranges4=((0, MAX4),))
ANY6: Final = AddressSet(ranges6=((0, MAX6),))
ANYWHERE: Final = AddressSet(((0, MAX4),), ((0, MAX6),))


def parse_address(text: str) -> IP:
    """One address; an IPv4 address written as IPv6 (``::ffff:10.0.0.1``) is the IPv4 address.

    Raises:
        AddressError: the text is none.
    """
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        raise AddressError(f"{text!r} is no IP address") from None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    if isinstance(found, ipaddress.IPv6Address) and found.scope_id:
        raise AddressError(f"{text!r} names a network interface, which no policy can")
    return mapped or found


@lru_cache(maxsize=16_384)
def _block(text: str) -> AddressSet:
    head, slash, prefix = text.strip().partition("/")
    if not slash or not (prefix.isascii() and prefix.isdecimal()):
        raise AddressError(f"{text!r} is no block of addresses in CIDR notation")
    try:
        network = ipaddress.ip_network(f"{head}/{int(prefix)}", strict=False)
    except ValueError:
        raise AddressError(f"{text!r} is no block of addresses in CIDR notation") from None
    pair = int(network.network_address), int(network.broadcast_address)
    return AddressSet(ranges4=(pair,)) if network.version == 4 else AddressSet(ranges6=(pair,))


def partition(sets: Iterable[AddressSet]) -> tuple[AddressSet, ...]:
    """The parts into which `sets` cut all addresses, none empty, none overlapping.

    Two addresses are in one part exactly if the same sets hold them, so that one address of a part stands
    for all of it; parts are given in the order of their lowest address, IPv4 first. What no set holds is a
    part too, if any.
    """
    return tuple(part for part, _ in cuts(tuple(dict.fromkeys(sets))))


def cuts(sets: Sequence[AddressSet]) -> list[tuple[AddressSet, int]]:
    """The same parts, each with the places in `sets` of those that hold it, as bits.

    Bits, since thousands of sets that overlap make thousands of parts with thousands of holders each.
    """
    groups: dict[int, tuple[list[Interval], list[Interval]]] = {}
    for family, top in ((0, MAX4), (1, MAX6)):
        turns: dict[int, list[int]] = {0: []}
        for number, item in enumerate(sets):
            for first, last in (item.ranges4, item.ranges6)[family]:
                turns.setdefault(first, []).append(number)
                if last < top:
                    turns.setdefault(last + 1, []).append(number)
        starts = sorted(turns)
        ends = [start - 1 for start in starts[1:]]
        inside = 0
        for start, end in zip(starts, [*ends, top], strict=True):
            for number in turns[start]:
                inside ^= 1 << number
            groups.setdefault(inside, ([], []))[family].append((start, end))
    return [(AddressSet(merged(low), merged(high)), held) for held, (low, high) in groups.items()]


def _said(first: IP, last: IP) -> str:
    if first == last:
        return str(first)
    size = int(last) - int(first) + 1
    if size & (size - 1) == 0 and int(first) % size == 0:
        return f"{first}/{first.max_prefixlen - size.bit_length() + 1}"
    return f"{first}-{last}"


PRIVATE: Final = AddressSet.union(
    _block(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""What no router of the internet carries (IANA special-purpose registries, multicast). Ranges for examples are
left out: where they appear they stand for public addresses."""

INTERNET: Final = ANYWHERE - PRIVATE
