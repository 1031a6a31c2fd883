"""What a plan does to connections, told for each workload that it touches: who is cut off, who comes in, who stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import ANYWHERE, INTERNET, NOWHERE, AddressSet
from ksec_tui.analysis.network.bulk import outside, receivers, senders
from ksec_tui.analysis.network.exposure import Exposure, exposures
from ksec_tui.analysis.network.labels import numbers_of
from ksec_tui.analysis.network.ports import ALL, Connections
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction
from ksec_tui.analysis.network.selectors import alive, declared_ports, workloads_in
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.kinds import GATEWAY, HTTP_ROUTE, INGRESS, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.flows import POLICY_KINDS, concerned

_PUBLISHING = frozenset((kind.group, kind.name) for kind in (SERVICE, INGRESS, GATEWAY, HTTP_ROUTE))
"""What lets clients in from outside."""

SHOWN = 3
"""Names of a longer list."""


@dataclass(frozen=True, slots=True)
class Side:
    """One end of what changes: other workloads, and addresses outside of pods."""

    workloads: frozenset[ObjectRef] = frozenset()
    addresses: AddressSet = NOWHERE

    def __bool__(self) -> bool:
        return bool(self.workloads) or bool(self.addresses)

    def __sub__(self, other: Side) -> Side:
        return Side(self.workloads - other.workloads, self.addresses - other.addresses)

    def __str__(self) -> str:
        parts = []
        if self.workloads:
            spaces = sorted({ref.namespace for ref in self.workloads})
            names = ", ".join(spaces[:SHOWN]) + (
                f" and {len(spaces) - SHOWN} more" if len(spaces) > SHOWN else ""
            )
            only = next(iter(self.workloads))
            several = f"{len(self.workloads)} workloads of {names}"
            parts.append(str(only) if len(self.workloads) == 1 else several)
        if self.addresses:
            parts.append(_where(self.addresses))
        return " and ".join(parts)


def _where(addresses: AddressSet) -> str:
    if addresses == ANYWHERE:
        return "every address outside of pods"
    rest = ANYWHERE - addresses
    if not rest & INTERNET or len(str(rest).split(", ")) < len(str(addresses).split(", ")):
        return f"every address outside of pods but {_few(rest)}"
    return _few(addresses)


def _few(addresses: AddressSet) -> str:
    said = str(addresses).split(", ")
    return ", ".join(said[:SHOWN]) + (f" and {len(said) - SHOWN} more ranges" if len(said) > SHOWN else "")


_INWARD = ("no longer let in", "let in now", "still let in")
_OUTWARD = ("out of its reach", "within its reach now", "still within its reach")


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the connections of some workloads that are treated alike.

    Attributes:
        subjects: the workloads.
        direction: ``ingress`` for who connects to them, ``egress`` for what they connect to.
        lost: who cannot any more.
        gained: who can now and could not before.
        kept: who still can; None when that differs among the workloads.
    """

    subjects: tuple[ObjectRef, ...]
    direction: Direction
    lost: Side
    gained: Side
    kept: Side | None

    @property
    def words(self) -> str:
        """``Deployment bank/db: no longer let in: 41 workloads of ops, shop and 2 more; still let in: …``."""
        inward = self.direction == "ingress"
        went, came, stays = _INWARD if inward else _OUTWARD
        parts = [f"{verb}: {side}" for verb, side in ((went, self.lost), (came, self.gained)) if side]
        if self.kept is not None:
            parts.append(f"{stays}: {self.kept or 'nothing else'}")
        first = str(self.subjects[0])
        who = first if len(self.subjects) == 1 else f"{first} and {_others(self.subjects)}"
        return one_line(f"{who}: {'; '.join(parts)}")


def _others(subjects: tuple[ObjectRef, ...]) -> str:
    more = len(subjects) - 1
    return "1 more workload alike" if more == 1 else f"{more} more workloads alike"


def effects(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> tuple[Effect, ...]:
    """What becomes of the connections of every workload in the namespaces whose policies change.

    Ports that a workload declares count, or all when it declares none. What stays as it is, is left out.
    """
    changed = tuple(touched)
    spaces = concerned(before, changed)
    groups: dict[tuple[Direction, Side, Side], list[tuple[ObjectRef, Side]]] = {}
    for namespace in spaces:
        for workload in workloads_in(before, namespace):
            now = workload_named(after, workload.ref)
            if now is None or workload.spec.host_network or not alive(workload):
                continue
            for direction in DIRECTIONS:
                old, new = _side(before, workload, direction, spaces), _side(after, now, direction, spaces)
                lost, gained = old - new, new - old
                if lost or gained:
                    groups.setdefault((direction, lost, gained), []).append((workload.ref, old - lost))
    return tuple(_effect(*key, members) for key, members in groups.items())


def _effect(direction: Direction, lost: Side, gained: Side, members: list[tuple[ObjectRef, Side]]) -> Effect:
    kept = {side for _, side in members}
    return Effect(
        tuple(ref for ref, _ in members), direction, lost, gained, kept.pop() if len(kept) == 1 else None
    )


def _side(snapshot: Snapshot, workload: Workload, direction: Direction, told: Sequence[str]) -> Side:
    """Whom a workload's pods exchange something with, for certain.

    What it calls in the namespaces of `told` is left out: that is said of those who are called.
    """
    world = network(snapshot)
    inward = direction == "ingress"
    ports = declared_ports(workload.spec) if inward else frozenset()
    wanted = Connections.union(Connections.of(name, port, port) for name, port in ports) if ports else ALL
    bits, addresses = 0, NOWHERE
    for group in world.groups_of(workload):
        bits |= (senders if inward else receivers)(world, group).bits(wanted)
        open_parts = [part for part, outcome in outside(world, direction, group) if outcome.sure & wanted]
        addresses = addresses | AddressSet.union(open_parts)
    found = {item.ref for number in numbers_of(bits) for item in world.groups[number].workloads}
    if not inward:
        return Side(frozenset(ref for ref in found if ref.namespace not in told), addresses)
    # A workload counts among its own callers where neighbours do, so that those who are treated alike compare as equal.
    near = any(ref.namespace == workload.namespace for ref in found - {workload.ref})
    return Side(frozenset(found | {workload.ref} if near else found - {workload.ref}), addresses)


@dataclass(frozen=True, slots=True)
class Opening:
    """A way from outside that a plan takes away or makes."""

    exposure: Exposure
    opened: bool

    @property
    def words(self) -> str:
        """``no more: internet → Service shop/web (…) → Deployment shop/web (TCP port 8080)``."""
        return one_line(f"{'new' if self.opened else 'no more'}: {self.exposure.words}")


def openings(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> tuple[Opening, ...]:
    """The ways from outside that come and go by changes of Services, Ingresses, Gateways and policies."""
    kinds = _PUBLISHING | POLICY_KINDS
    if not any((ref.group, ref.kind) in kinds for ref in touched):
        return ()
    old, new = _ways(before), _ways(after)
    gone = [Opening(item, opened=False) for key, item in old.items() if key not in new]
    return (*gone, *(Opening(item, opened=True) for key, item in new.items() if key not in old))


def _ways(snapshot: Snapshot) -> dict[object, Exposure]:
    return {
        (item.workload, item.zone, item.protocol, item.port, item.chain[0].ref): item
        for item in exposures(snapshot)
    }


def said(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> Iterator[str]:
    """Every effect of a plan on connections, one line each."""
    changed = tuple(touched)
    yield from (item.words for item in effects(before, after, changed))
    yield from (item.words for item in openings(before, after, changed))
