"""The list in a form of its own: every pair of workloads, and every workload with addresses outside.

Workloads are top owners. Addresses are put together where the same may flow; both families are told. Pods
whose address is in a block are matched by it, as most plugins do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import AddressSet, cuts
from ksec_tui.analysis.network.bulk import outside
from ksec_tui.analysis.network.deciding import Outcome
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.labels import numbers_of
from ksec_tui.analysis.network.listing.choice import OUTSIDE, Choice
from ksec_tui.analysis.network.ports import NONE, Connections
from ksec_tui.analysis.network.reach import PodEnd, flow
from ksec_tui.analysis.network.rules import Direction
from ksec_tui.analysis.network.world import Network, network
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

Side = ObjectRef | AddressSet


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ends between which something may flow.

    Attributes:
        source: a workload, or addresses outside of pods.
        destination: the same.
        connections: what may flow, by the policies, between some pods of the two.
        perhaps: what flows besides if something turns out so that is not known.
        partly: whether for some of their pods less may.
    """

    source: Side
    destination: Side
    connections: Connections
    perhaps: Connections = NONE
    partly: bool = False


def plain_listing(snapshot: Snapshot, choice: Choice) -> tuple[Pair, ...]:
    """Every pair that is wanted and between which something may flow, by source and destination.

    Raises:
        ChoiceError: there would be too many pairs to list.
    """
    world = network(snapshot)
    ends = [(item, groups) for item in workloads(snapshot) if (groups := world.groups_of(item))]
    choice.bound(workload_names(snapshot))
    found = _pairs(world, ends, choice)
    return tuple(pair for pair in found if _open(pair, choice))


def _open(pair: Pair, choice: Choice) -> bool:
    if choice.port is None:
        return bool(pair.connections or pair.perhaps)
    return pair.connections.allows(*choice.port) or pair.perhaps.allows(*choice.port)


def workload_names(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Namespace and name of every workload."""
    return ((item.namespace, item.ref.name) for item in workloads(snapshot))


Ends = Sequence[tuple[Workload, tuple[Group, ...]]]


def _pairs(world: Network, ends: Ends, choice: Choice) -> Iterator[Pair]:
    cells = _Cells(world)
    for here, groups in ends:
        name = here.namespace, here.ref.name
        for there, others in ends:
            if there is not here and choice.wants(name, (there.namespace, there.ref.name)):
                yield cells.pair(here.ref, there.ref, groups, others)
        if choice.wants(name, OUTSIDE):
            yield from _merged(cells.outside("egress", here.ref, groups))
    for there, groups in ends:
        if choice.wants(OUTSIDE, (there.namespace, there.ref.name)):
            yield from _merged(cells.outside("ingress", there.ref, groups))


def _merged(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs of one workload with parts of the address space, those of which the same is told as one."""
    found: dict[object, list[Pair]] = {}
    for pair in pairs:
        found.setdefault((pair.connections, pair.perhaps, pair.partly), []).append(pair)
    for alike in found.values():
        first = alike[0]
        inward = isinstance(first.source, AddressSet)
        addresses = AddressSet.union(
            side
            for pair in alike
            if isinstance(side := pair.source if inward else pair.destination, AddressSet)
        )
        source, destination = (addresses, first.destination) if inward else (first.source, addresses)
        yield Pair(source, destination, first.connections, first.perhaps, first.partly)


class _Cells:
    """What flows between two groups, or a group and addresses, asked once each."""

    def __init__(self, world: Network) -> None:
        self._world = world
        self._known: dict[tuple[int, int], _Cell] = {}
        self._outside: dict[tuple[Direction, int], tuple[tuple[AddressSet, Outcome], ...]] = {}

    def pair(
        self, source: Side, destination: Side, senders: Iterable[Group], receivers: Sequence[Group]
    ) -> Pair:
        """What flows between any of some pods and any of others."""
        return _pair(source, destination, {self._cell(one, two) for one in senders for two in receivers})

    def outside(self, direction: Direction, ref: ObjectRef, groups: Sequence[Group]) -> Iterator[Pair]:
        """What flows between any of some pods and addresses outside, in parts that get one answer from each."""
        answers = [self._parts(direction, group) for group in groups]
        outcomes = [outcome for parts in answers for _, outcome in parts]
        for part, held in cuts([part for parts in answers for part, _ in parts]):
            cells = {(outcomes[place].sure, outcomes[place].unknown) for place in numbers_of(held)}
            yield _pair(part, ref, cells) if direction == "ingress" else _pair(ref, part, cells)

    def _parts(self, direction: Direction, group: Group) -> tuple[tuple[AddressSet, Outcome], ...]:
        key = direction, group.number
        if key not in self._outside:
            self._outside[key] = outside(self._world, direction, group)
        return self._outside[key]

    def _cell(self, sender: Group, receiver: Group) -> _Cell:
        key = sender.number, receiver.number
        known = self._known.get(key)
        if known is None:
            world = self._world
            found = flow(world.snapshot, PodEnd(sender), PodEnd(receiver), world.rules)
            known = self._known[key] = found.both, found.unknown
        return known


_Cell = tuple[Connections, Connections]
"""What flows for certain, and besides."""


def _pair(source: Side, destination: Side, cells: Collection[_Cell]) -> Pair:
    connections = Connections.union(sure for sure, _ in cells)
    perhaps = Connections.union(unknown for _, unknown in cells) - connections
    return Pair(source, destination, connections, perhaps, partly=len(cells) > 1)
