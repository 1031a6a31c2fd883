"""What pods that nobody has started yet could exchange with the workloads there are.

For each workload the kinds of pods are taken that the rules governing it name. For every kind a pod is
imagined that is of it and of as few others as can be, and asked what it may exchange. Where rules deny or pass
on, so that a pod of several kinds may exchange more than each kind alone, such pods are imagined too. So what
any pod to come may exchange is told by the lines of its kinds and of the entire cluster together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ksec_tui.analysis.network.labels import meets
from ksec_tui.analysis.network.listing.imagined import Imagined
from ksec_tui.analysis.network.listing.kinds import ANYONE, PodKind, kind_of, stand_in
from ksec_tui.analysis.network.listing.lineup import Figure, Lineup, lineup
from ksec_tui.analysis.network.listing.names import NamedPorts
from ksec_tui.analysis.network.listing.owners import Labels, Owner
from ksec_tui.analysis.network.listing.rows import ENTIRE_CLUSTER, Exposed
from ksec_tui.analysis.network.listing.stage import Stage
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction, Policy, Tier
from ksec_tui.analysis.network.selectors import namespace_labels
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_TO_COME = "(to come {})"
"""No name that a namespace can have: it is none that is there."""


class Newcomers:
    """The pods that could come, for the workloads of one cluster.

    Args:
        snapshot: the cluster.
        policies: its policies.
        every: its workloads.
    """

    def __init__(self, snapshot: Snapshot, policies: Sequence[Policy], every: Iterable[Owner]) -> None:
        self._snapshot = snapshot
        self._names = NamedPorts(policies)
        self._homed: dict[str, list[Policy]] = {}
        self._wide: list[Policy] = []
        for policy in policies:
            if policy.subject is None:
                continue
            home = policy.subject.home
            (self._wide if home is None else self._homed.setdefault(home, [])).append(policy)
        self._owners = [(owner, namespace_labels(snapshot, owner.namespace)) for owner in every]
        self._there = {item.name for item in snapshot.of(NAMESPACE)} | set(self._homed)
        self._there |= {owner.namespace for owner, _ in self._owners}
        self._pods: dict[object, Imagined] = {}
        self._spaces: dict[object, str] = {}
        self._lineups: dict[tuple[Direction, tuple[ObjectRef, ...]], Lineup] = {}
        for owner, _ in self._owners:
            for direction in DIRECTIONS:
                for figure in self._lineup(owner, direction).figures:
                    self._imagined(figure)

    @property
    def pods(self) -> tuple[Imagined, ...]:
        """Every pod to imagine."""
        return tuple(self._pods.values())

    def protected(self, owner: Owner, direction: Direction) -> bool:
        """Whether some policy governs what a workload receives or sends."""
        return bool(self._governing(owner, direction))

    def exposed(self, stage: Stage, owner: Owner, direction: Direction) -> Iterator[Exposed]:
        """What a workload may receive from (``ingress``), or send to (``egress``), pods to come.

        First what any pod may, then every kind for which it is something else.
        """
        governing = self._governing(owner, direction)
        if not governing:
            yield Exposed(str(owner), ENTIRE_CLUSTER, ALL, kind=ANYONE)
            return
        found = self._lineup(owner, direction)
        known: dict[int, Connections] = {}
        for place, kind in enumerate(found.kinds):
            figure = found.plainest(place)
            if figure is None:
                continue
            connections = known[1 << place] = self._between(stage, owner, figure, direction)
            if kind.anyone:
                if connections:
                    yield self._told(owner, kind, connections)
            elif connections != known[1] and not stand_in(kind, self._owners):
                yield self._told(owner, kind, connections)
        if any(policy.tier is not Tier.NAMESPACE for policy in governing):
            yield from self._more(stage, owner, direction, found, known)

    def _more(
        self, stage: Stage, owner: Owner, direction: Direction, found: Lineup, known: dict[int, Connections]
    ) -> Iterator[Exposed]:
        """Pods of several kinds that may exchange more than is told of each."""
        for figure in found.figures:
            connections = self._between(stage, owner, figure, direction)
            parts = (value for kinds, value in known.items() if kinds & figure.kinds == kinds)
            if connections - Connections.union(parts):
                known[figure.kinds] = connections
                yield self._told(owner, found.joined(figure), connections)

    def _told(self, owner: Owner, kind: PodKind, connections: Connections) -> Exposed:
        other = ENTIRE_CLUSTER if kind.anyone else str(kind)
        return Exposed(str(owner), other, *self._names.told(connections), kind)

    def _between(self, stage: Stage, owner: Owner, figure: Figure, direction: Direction) -> Connections:
        here, there = stage.owner(owner), stage.ghost(self._imagined(figure))
        if direction == "ingress":
            return stage.one_side(there, here, direction) or NONE
        return stage.one_side(here, there, direction) or NONE

    def _governing(self, owner: Owner, direction: Direction) -> tuple[Policy, ...]:
        space = namespace_labels(self._snapshot, owner.namespace)
        return tuple(
            policy
            for policy in (*self._homed.get(owner.namespace, ()), *self._wide)
            if policy.rules(direction) is not None
            and policy.subject is not None
            and meets(policy.subject.pods, owner.labels[0])
            and meets(policy.subject.namespaces, space)
        )

    def _lineup(self, owner: Owner, direction: Direction) -> Lineup:
        governing = self._governing(owner, direction)
        key = direction, tuple(policy.ref for policy in governing)
        if key not in self._lineups:
            self._lineups[key] = lineup(_kinds(governing, direction), self._labels)
        return self._lineups[key]

    def _labels(self, namespace: str) -> Labels | None:
        return namespace_labels(self._snapshot, namespace) if namespace in self._there else None

    def _imagined(self, figure: Figure) -> Imagined:
        coming = _TO_COME.format(len(self._spaces) + 1)
        space = figure.namespace or self._spaces.setdefault(tuple(sorted(figure.spaces.items())), coming)
        key = space, tuple(sorted(figure.labels.items()))
        if key not in self._pods:
            name = _TO_COME.format(len(self._pods) + 1)
            declared = self._names.declared()
            self._pods[key] = Imagined(space, name, figure.labels, figure.spaces, declared)
        return self._pods[key]


def _kinds(governing: Iterable[Policy], direction: Direction) -> tuple[PodKind, ...]:
    """`ANYONE`, then the kinds that rules name, by their words."""
    found: set[PodKind] = set()
    for policy in governing:
        for clause in policy.rules(direction) or ():
            found.update(map(kind_of, clause.scopes))
    return ANYONE, *sorted(found - {ANYONE}, key=str)
