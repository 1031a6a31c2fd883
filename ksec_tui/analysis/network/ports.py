"""Sets of ports, and what may flow between two ends: ports by protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ksec_tui.analysis.network.intervals import Interval, Intervals, common, holds, merged, size, without

FIRST: Final = 1
LAST: Final = 65535
_MANY: Final = 8
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
"""The protocols that have ports, in the order in which lists show them."""


@dataclass(frozen=True, slots=True, eq=False)
class PortSet:
    """A set of ports: sorted intervals that neither overlap nor touch, each (first, last), both included.

    Made with `of` only, which gives equal sets as one object: they compare and hash by identity.
    """

    ranges: Intervals

    @staticmethod
    def of(*ranges: Interval | int) -> PortSet:
        """The ports of all `ranges` (or single ports); what lies outside 1..65535 is left out."""
        pairs = [(item, item) if isinstance(item, int) else item for item in ranges]
        kept = [(max(first, FIRST), min(last, LAST)) for first, last in pairs]
        return _interned(merged(pair for pair in kept if pair[0] <= pair[1]))

    def __or__(self, other: PortSet) -> PortSet:
        if self is other or not other.ranges or self is FULL:
            return self
        if not self.ranges or other is FULL:
            return other
        return PortSet.of(*self.ranges, *other.ranges)

    def __and__(self, other: PortSet) -> PortSet:
        if self is other or not self.ranges or other is FULL:
            return self
        if not other.ranges or self is FULL:
            return other
        return _interned(common(self.ranges, other.ranges))

    def __sub__(self, other: PortSet) -> PortSet:
        if not self.ranges or not other.ranges:
            return self
        if self is other or other is FULL:
            return EMPTY
        return _interned(without(self.ranges, other.ranges))

    def __contains__(self, port: int) -> bool:
        return holds(self.ranges, port)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        return size(self.ranges)

    def __reduce__(self) -> tuple[object, Intervals]:
        return PortSet.of, self.ranges

    @property
    def full(self) -> bool:
        """Whether it holds every port."""
        return self is FULL

    def __str__(self) -> str:
        """``80,443,8000-8080``."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)


_KNOWN: dict[Intervals, PortSet] = {}


def _interned(ranges: Intervals) -> PortSet:
    # setdefault is one step of the interpreter, so that two threads get the same object.
    return _KNOWN.get(ranges) or _KNOWN.setdefault(ranges, PortSet(ranges))


_KNOWN[()] = EMPTY = PortSet(())
_KNOWN[((FIRST, LAST),)] = FULL = PortSet(((FIRST, LAST),))


@dataclass(frozen=True, slots=True)
class Connections:
    """What may flow from one end to another.

    Attributes:
        sctp: the destination's ports over SCTP.
        tcp: over TCP.
        udp: over UDP.
        others: whether every other protocol may (ICMP and the rest, which have no ports).
    """

    sctp: PortSet = EMPTY
    tcp: PortSet = EMPTY
    udp: PortSet = EMPTY
    others: bool = False

    @staticmethod
    def of(protocol: str, first: int = FIRST, last: int | None = None) -> Connections:
        """One protocol, on all ports, on one port, or on the ports `first` to `last`.

        A protocol that has no ports (``ICMP``) gives all that is not TCP, UDP or SCTP: policies tell no more apart.
        """
        end = last if last is not None else LAST if first == FIRST else first
        return Connections.on(protocol, PortSet.of((first, end)))

    @staticmethod
    def on(protocol: str, ports: PortSet) -> Connections:
        """One protocol on some ports."""
        match protocol:
            case "TCP":
                return Connections(tcp=ports)
            case "UDP":
                return Connections(udp=ports)
            case "SCTP":
                return Connections(sctp=ports)
        return Connections(others=True)

    @staticmethod
    def union(items: Iterable[Connections]) -> Connections:
        """All of `items` together."""
        every = list(dict.fromkeys(items))
        if len(every) > _MANY:
            # Made at once: each step on the way would be a set to keep.
            sets = zip(*((item.sctp.ranges, item.tcp.ranges, item.udp.ranges) for item in every), strict=True)
            sctp, tcp, udp = (PortSet.of(*(pair for ranges in part for pair in ranges)) for part in sets)
            found = Connections(sctp, tcp, udp, any(item.others for item in every))
            return ALL if found == ALL else found or NONE
        found = NONE
        for item in every:
            found = found | item
        return found

    def __or__(self, other: Connections) -> Connections:
        if self is other or other is NONE or self is ALL:
            return self
        if self is NONE or other is ALL:
            return other
        return _combined(self, other, "or")

    def __and__(self, other: Connections) -> Connections:
        if self is other or self is NONE or other is ALL:
            return self
        if other is NONE or self is ALL:
            return other
        return _combined(self, other, "and")

    def __sub__(self, other: Connections) -> Connections:
        if self is NONE or other is NONE:
            return self
        return NONE if self is other or other is ALL else _combined(self, other, "sub")

    def __bool__(self) -> bool:
        return bool(self.sctp or self.tcp or self.udp or self.others)

    def allows(self, protocol: str, port: int) -> bool:
        """Whether that protocol may flow on that port of the destination; the port of ICMP does not matter."""
        ports = self.ports(protocol)
        return self.others if ports is None else port in ports

    def ports(self, protocol: str) -> PortSet | None:
        """The ports of a protocol; None for one that has no ports."""
        match protocol:
            case "TCP":
                return self.tcp
            case "UDP":
                return self.udp
            case "SCTP":
                return self.sctp
        return None

    def protocols(self) -> Iterator[tuple[str, PortSet]]:
        """The protocols that may flow with their ports, in the order SCTP, TCP, UDP."""
        for name, ports in zip(PROTOCOLS, (self.sctp, self.tcp, self.udp), strict=True):
            if ports:
                yield name, ports

    @property
    def all(self) -> bool:
        """Whether everything may flow, protocols without ports included."""
        return self.others and self.all_ports

    @property
    def all_ports(self) -> bool:
        """Whether every port of TCP, UDP and SCTP may flow."""
        return self.sctp is FULL and self.tcp is FULL and self.udp is FULL

    def __str__(self) -> str:
        """``TCP 80,443, UDP 53``, ``everything`` or ``nothing``."""
        if self.all:
            return "everything"
        said = [f"{name} {'on every port' if ports.full else ports}" for name, ports in self.protocols()]
        if self.all_ports:
            said = ["every port of TCP, UDP and SCTP"]
        if self.others:
            said.append("protocols without ports")
        return ", ".join(said) or "nothing"


NONE: Final = Connections()
ALL: Final = Connections(FULL, FULL, FULL, True)


@lru_cache(maxsize=65_536)
def _combined(left: Connections, right: Connections, how: str) -> Connections:
    match how:
        case "or":
            found = Connections(
                left.sctp | right.sctp,
                left.tcp | right.tcp,
                left.udp | right.udp,
                left.others or right.others,
            )
        case "and":
            found = Connections(
                left.sctp & right.sctp,
                left.tcp & right.tcp,
                left.udp & right.udp,
                left.others and right.others,
            )
        case _:
            found = Connections(
                left.sctp - right.sctp,
                left.tcp - right.tcp,
                left.udp - right.udp,
                left.others and not right.others,
            )
    return ALL if found == ALL else found or NONE
