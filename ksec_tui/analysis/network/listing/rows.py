"""What a list holds: which end may reach which, over what, in words and in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.listing.kinds import PodKind
from ksec_tui.analysis.network.ports import ALL, NONE, Connections

EVERYTHING = "All Connections"
NOTHING = "No Connections"
ENTIRE_CLUSTER = "entire-cluster"
CONTROLLER = "{ingress-controller}"


@dataclass(frozen=True, slots=True)
class Row:
    """One end may reach another.

    Attributes:
        source: the words for who sends.
        destination: the words for who receives.
        connections: over what; never nothing in a list.
        span: the addresses, when one end is a range of them.
    """

    source: str
    destination: str
    connections: Connections
    span: Interval | None = None


@dataclass(frozen=True, slots=True)
class Exposed:
    """What a workload may exchange with pods that are not there (yet), or with addresses.

    Attributes:
        workload: its words.
        other: who, in words: ``entire-cluster``, a range, ``[namespace with {…}]/[pod with {…}]``.
        connections: over what.
        names: ports that are known by name only, as they are printed: ``TCP http``.
        kind: which pods `other` stands for; None for addresses.
    """

    workload: str
    other: str
    connections: Connections
    names: tuple[str, ...] = ()
    kind: PodKind | None = None


@dataclass(frozen=True)
class Listing:
    """A whole list.

    Attributes:
        rows: by the words of source and destination.
        peers: the words of every workload there is, listed or not.
        egress: what each workload may send to pods to come; empty unless asked for.
        ingress: what it may receive from them.
        open: workloads and the direction in which no policy selects them.
        notes: remarks, one sentence each.
    """

    rows: tuple[Row, ...]
    peers: frozenset[str] = frozenset()
    egress: tuple[Exposed, ...] = ()
    ingress: tuple[Exposed, ...] = ()
    open: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())


def ported(connections: Connections) -> Connections:
    """What has ports; everything where no port is left out, though protocols without ports may be."""
    if connections.all_ports:
        return ALL
    return Connections(connections.sctp, connections.tcp, connections.udp) or NONE


def words(connections: Connections, names: Iterable[str] = ()) -> str:
    """``All Connections``, ``No Connections`` or ``TCP 80,8000-8080,UDP 53``."""
    if connections.all_ports:
        return EVERYTHING
    said = [
        f"{name} {','.join(str(a) if a == b else f'{a}-{b}' for a, b in ports.ranges)}"
        for name, ports in connections.protocols()
    ]
    return ",".join([*said, *names]) or NOTHING


def span_words(span: Interval) -> str:
    """``10.0.0.0-10.255.255.255[External]``."""
    return f"{IPv4Address(span[0])}-{IPv4Address(span[1])}[External]"


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows of the same two ends as one, in order; those with nothing to tell left out."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = row.source, row.destination
        known = found.get(key)
        both = row.connections | (known.connections if known else NONE)
        if both:
            found[key] = Row(row.source, row.destination, both, row.span)
    return tuple(found[key] for key in sorted(found))
