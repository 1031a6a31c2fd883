"""What a change of the cluster does to connections: what gets lost and what becomes possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.bulk import Crowd, outside, receivers, senders
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.labels import bits_of, numbers_of
from ksec_tui.analysis.network.ports import NONE, Connections
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction, Policy
from ksec_tui.analysis.network.world import DEFAULT, Network, Rules, policies_of
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Place:
    """One end of flows: workloads, whole namespaces, every pod, or addresses outside of pods.

    Attributes:
        every: whether all pods of the cluster are meant.
        namespaces: those of which all pods are meant.
        workloads: others.
        addresses: outside of pods.
    """

    every: bool = False
    namespaces: tuple[str, ...] = ()
    workloads: tuple[ObjectRef, ...] = ()
    addresses: AddressSet | None = None

    def __str__(self) -> str:
        """``every pod``, ``namespace shop, Deployment data/db``, ``10.0.0.0/8``."""
        if self.addresses is not None:
            return str(self.addresses)
        if self.every:
            return "every pod"
        return ", ".join([*(f"namespace {name}" for name in self.namespaces), *map(str, self.workloads)])


@dataclass(frozen=True, slots=True)
class Change:
    """Flows that were lost or gained.

    Attributes:
        source: from where.
        destination: to where.
        connections: what.
        pairs: between how many pairs of pods; for addresses, how many pods.
    """

    source: Place
    destination: Place
    connections: Connections
    pairs: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What was allowed for certain before and is not after, and the other way round; most pairs first."""

    lost: tuple[Change, ...]
    gained: tuple[Change, ...]


def flow_changes(
    before: Snapshot,
    after: Snapshot,
    namespaces: Iterable[str] | None = None,
    rules: Rules = DEFAULT,
) -> Changes:
    """What differs in what may flow between two states of one cluster.

    Only pods that a changed policy governs, whose own labels, ports or network changed, or all if labels of
    namespaces changed, are looked at. Pods that are in one state only are left out.

    Args:
        before: the cluster.
        after: the same, changed.
        namespaces: look at the pods of these alone; None finds out.
        rules: how policies are read where plugins differ.
    """
    apart = tuple(dict.fromkeys((*policies_of(before), *policies_of(after))))
    pair = _Pair(Network(before, rules, apart), Network(after, rules, apart))
    if moved := pair.moved():
        pair = _Pair(*(Network(state, rules, apart, moved) for state in (before, after)))
    concerned = pair.concerned() if namespaces is None else pair.within(namespaces)
    return pair.changes(concerned)


Key = tuple[bool, Direction, Connections, int | AddressSet]
"""Whether lost, seen from which end, what, and the groups (as bits) or addresses at the other."""


@dataclass(slots=True)
class _Pair:
    before: Network
    after: Network
    same: bool = field(init=False)
    partner: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        old, new = self.before.keys, self.after.keys
        self.same = old == new
        place = {key: number for number, key in enumerate(new)}
        self.partner = {number: place[key] for number, key in enumerate(old) if key in place}
        by_workload = {key[-1]: number for number, key in enumerate(new) if key[-1]}
        for number, key in enumerate(old):
            if key[-1] in by_workload:
                self.partner.setdefault(number, by_workload[key[-1]])

    def moved(self) -> frozenset[ObjectRef]:
        """The workloads that are in both states, and some of whose pods are not in the group where they were."""
        if self.same:
            return frozenset()
        groups = [_groups_of_workloads(world) for world in (self.before, self.after)]
        return frozenset(ref for ref, keys in groups[0].items() if keys != groups[1].get(ref, keys))

    def within(self, namespaces: Iterable[str]) -> set[int]:
        """The groups of some namespaces."""
        return {group.number for name in namespaces for group in self.before.in_namespace(name)}

    def concerned(self) -> set[int]:
        """The groups for which something may have changed."""
        labels, later = self.before.namespace_labels, self.after.namespace_labels
        if any(labels[name] != later[name] for name in labels if name in later):
            return set(range(len(self.before.groups)))
        old, new = self.before.keys, self.after.keys
        moved = {here for here, there in self.partner.items() if old[here] != new[there]}
        back = {there: here for here, there in self.partner.items()}
        known, now = set(self.before.policies), set(self.after.policies)
        governed = _governed(self.before, known - now)
        return (
            governed
            | moved
            | {back[number] for number in _governed(self.after, now - known) if number in back}
        )

    def changes(self, concerned: set[int]) -> Changes:
        """What was lost and gained by some groups, as sender and as receiver."""
        found: dict[Key, list[Group]] = {}
        numbers = sorted(concerned & set(self.partner))
        mine = bits_of(numbers, len(self.before.groups))
        for number in numbers:
            here, there = self.before.groups[number], self.after.groups[self.partner[number]]
            for key in (*self._pods(here, there, mine), *self._outside(here, there)):
                found.setdefault(key, []).append(here)
        made = [(key[0], self._change(key, groups)) for key, groups in found.items()]
        lost = [change for is_lost, change in made if is_lost]
        gained = [change for is_lost, change in made if not is_lost]
        return Changes(tuple(sorted(lost, key=_rank)), tuple(sorted(gained, key=_rank)))

    def _pods(self, here: Group, there: Group, mine: int) -> Iterator[Key]:
        yield from self._differences(
            "egress", receivers(self.before, here), receivers(self.after, there), self.before.space.every
        )
        # Flows between two groups that are looked at are told once, at the sender.
        others = self.before.space.every & ~mine
        yield from self._differences(
            "ingress", senders(self.before, here), senders(self.after, there), others
        )

    def _differences(self, end: Direction, old: Crowd, new: Crowd, among: int) -> Iterator[Key]:
        for is_lost, left, right in (
            (True, self._old(old), self._new(new)),
            (False, self._new(new), self._old(old)),
        ):
            found: dict[Connections, int] = {}
            for connections, bits in left.items():
                rest = bits & among
                for other, there in right.items():
                    both = rest & there
                    rest &= ~there
                    if both and (less := connections - other):
                        found[less] = found.get(less, 0) | both
                if rest and connections:
                    found[connections] = found.get(connections, 0) | rest
            for connections, bits in found.items():
                yield is_lost, end, connections, bits

    def _old(self, crowd: Crowd) -> dict[Connections, int]:
        matched = self.before.space.every if self.same else sum(1 << number for number in self.partner)
        found: dict[Connections, int] = {}
        for layer in crowd.layers:
            found[layer.connections] = found.get(layer.connections, 0) | (layer.bits & matched)
        return found

    def _new(self, crowd: Crowd) -> dict[Connections, int]:
        """In the numbers that groups had before."""
        back = {} if self.same else {there: here for here, there in self.partner.items()}
        found: dict[Connections, int] = {}
        for layer in crowd.layers:
            bits = layer.bits
            if not self.same:
                bits = sum(1 << back[number] for number in numbers_of(bits) if number in back)
            found[layer.connections] = found.get(layer.connections, 0) | bits
        return found

    def _outside(self, here: Group, there: Group) -> Iterator[Key]:
        for end in DIRECTIONS:
            lost: dict[Connections, list[AddressSet]] = {}
            gained: dict[Connections, list[AddressSet]] = {}
            for part, old in outside(self.before, end, here):
                for other, new in outside(self.after, end, there):
                    if common := part & other:
                        lost.setdefault(old.sure - new.sure, []).append(common)
                        gained.setdefault(new.sure - old.sure, []).append(common)
            for is_lost, found in ((True, lost), (False, gained)):
                found.pop(NONE, None)
                for connections, parts in found.items():
                    yield is_lost, end, connections, AddressSet.union(parts)

    def _change(self, key: Key, groups: list[Group]) -> Change:
        _, end, connections, others = key
        mine = self._place(sum(1 << group.number for group in groups))
        pods = sum(group.count for group in groups)
        if isinstance(others, AddressSet):
            theirs, pairs = Place(addresses=others), pods
        else:
            theirs = self._place(others)
            own = sum(group.count for group in groups if others >> group.number & 1)
            pairs = pods * self.before.pods_in(others) - own
        source, destination = (mine, theirs) if end == "egress" else (theirs, mine)
        return Change(source, destination, connections, pairs)

    def _place(self, bits: int) -> Place:
        """Groups in the fewest words; those without pods do not hinder."""
        world = self.before
        if bits.bit_count() > 1 and world.pods_in(bits) == world.pods_in(world.space.every):
            return Place(every=True)
        chosen = numbers_of(bits)
        whole: list[str] = []
        workloads: list[ObjectRef] = []
        for name in dict.fromkeys(world.groups[number].namespace for number in chosen):
            there = world.in_namespace(name)
            meant = [group for group in there if bits >> group.number & 1]
            if len(meant) == len(there):
                whole.append(name)
            else:
                workloads.extend(workload.ref for group in meant for workload in group.workloads)
        return Place(namespaces=tuple(whole), workloads=tuple(dict.fromkeys(workloads)))


def _groups_of_workloads(world: Network) -> dict[ObjectRef, set[object]]:
    found: dict[ObjectRef, set[object]] = {}
    for group, key in zip(world.groups, world.keys, strict=True):
        for workload in group.workloads:
            found.setdefault(workload.ref, set()).add(key)
    return found


def _governed(world: Network, policies: set[Policy]) -> set[int]:
    bits = 0
    for side in (world.ingress, world.egress):
        bits |= side.governed(policies)
    return set(numbers_of(bits))


def _rank(change: Change) -> tuple[int, str, str, str]:
    return -change.pairs, str(change.source), str(change.destination), str(change.connections)
