"""What pods that nobody has started yet could exchange with the workloads there are.

For each workload the kinds of pods are taken that the rules governing it name; where some rules deny or pass
on, each two kinds at once as well. For every kind a pod is imagined that is of it and of as few others as can
be. So each line tells what every pod of its kind may exchange, but for rules that deny it to some; a pod of
several kinds may exchange what their lines say together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from ksec_tui.analysis.network.labels import meets
from ksec_tui.analysis.network.listing.imagined import Imagined
from ksec_tui.analysis.network.listing.kinds import ANYONE, PodKind, kind_of, stand_in
from ksec_tui.analysis.network.listing.names import NamedPorts
from ksec_tui.analysis.network.listing.owners import Labels, Owner
from ksec_tui.analysis.network.listing.rows import ENTIRE_CLUSTER, Exposed
from ksec_tui.analysis.network.listing.stage import Stage
from ksec_tui.analysis.network.listing.witnesses import labels_for
from ksec_tui.analysis.network.ports import ALL, Connections
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction, Policy, Tier
from ksec_tui.analysis.network.selectors import NAME_LABEL, namespace_labels
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_NOWHERE = "namespace-to-come"
_JOINED = 40
"""Up to so many kinds are joined two by two."""

Lineup = tuple[tuple[PodKind, Imagined], ...]
"""Kinds of pods that matter to a workload in one direction, each with a pod of it."""


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
        self._pods: dict[object, Imagined] = {}
        self._spaces: dict[object, str] = {}
        self._lineups: dict[tuple[Direction, tuple[ObjectRef, ...]], tuple[Lineup, Lineup]] = {}
        for owner, _ in self._owners:
            for direction in DIRECTIONS:
                self._lineup(owner, direction)

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
        if not self.protected(owner, direction):
            yield Exposed(str(owner), ENTIRE_CLUSTER, ALL)
            return
        singles, pairs = self._lineup(owner, direction)
        found = {kind: self._between(stage, owner, pod, direction) for kind, pod in singles}
        base = found.pop(ANYONE)
        if base:
            yield self._told(owner, ENTIRE_CLUSTER, base)
        for kind, connections in found.items():
            if connections != base and not stand_in(kind, self._owners):
                yield self._told(owner, str(kind), connections)
        for kind, pod in pairs:
            connections = self._between(stage, owner, pod, direction)
            parts = [base, *(value for known, value in found.items() if _part(known, kind))]
            if connections - Connections.union(parts):
                yield self._told(owner, str(kind), connections)

    def _told(self, owner: Owner, other: str, connections: Connections) -> Exposed:
        return Exposed(str(owner), other, *self._names.told(connections))

    def _between(self, stage: Stage, owner: Owner, pod: Imagined, direction: Direction) -> Connections:
        here, there = stage.owner(owner), stage.ghost(pod)
        if direction == "ingress":
            return stage.one_side(there, here, direction)
        return stage.one_side(here, there, direction)

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

    def _lineup(self, owner: Owner, direction: Direction) -> tuple[Lineup, Lineup]:
        """The kinds that rules name, `ANYONE` first; and each two at once, where that may tell more.

        It may where a rule for the one lifts what a rule for the other decides.
        """
        governing = self._governing(owner, direction)
        key = direction, tuple(policy.ref for policy in governing)
        known = self._lineups.get(key)
        if known is None:
            kinds = _kinds(governing, direction)
            singles = tuple(self._cast(kinds, kinds))
            pairs: Lineup = ()
            if len(kinds) <= _JOINED and any(policy.tier is not Tier.NAMESPACE for policy in governing):
                named = [kind for kind, _ in singles if not kind.anyone]
                both = {first & second for first, second in combinations(named, 2)} - set(named)
                pairs = tuple(self._cast(sorted(both, key=str), kinds))
            known = self._lineups[key] = singles, pairs
        return known

    def _cast(
        self, kinds: Iterable[PodKind], others: Sequence[PodKind]
    ) -> Iterator[tuple[PodKind, Imagined]]:
        """A pod for each kind of which there can be any."""
        for kind in kinds:
            rest = [other for other in others if other != kind]
            pods = labels_for(kind.pods, (other.pods for other in rest))
            spaces = labels_for(kind.namespaces, (other.namespaces for other in rest))
            if pods is None or spaces is None:
                continue
            name = spaces.pop(NAME_LABEL, "")
            if name and self._snapshot.find(NAMESPACE, name) is not None:
                spaces = namespace_labels(self._snapshot, name)
                if not meets(kind.namespaces, spaces):
                    continue
            yield kind, self._imagined(name, spaces, pods)

    def _imagined(self, name: str, spaces: Labels, pods: Labels) -> Imagined:
        space = name or self._spaces.setdefault(
            tuple(sorted(spaces.items())), f"{_NOWHERE}-{len(self._spaces) + 1}"
        )
        key = space, tuple(sorted(pods.items()))
        if key not in self._pods:
            number = len(self._pods) + 1
            declared = self._names.declared()
            self._pods[key] = Imagined(space, f"pod-to-come-{number}", pods, spaces, declared)
        return self._pods[key]


def _kinds(governing: Iterable[Policy], direction: Direction) -> tuple[PodKind, ...]:
    found = {ANYONE: None}
    for policy in governing:
        for clause in policy.rules(direction) or ():
            found.update(dict.fromkeys(map(kind_of, clause.scopes)))
    return ANYONE, *sorted((kind for kind in found if not kind.anyone), key=str)


def _part(single: PodKind, joined: PodKind) -> bool:
    return set(single.namespaces) <= set(joined.namespaces) and set(single.pods) <= set(joined.pods)
