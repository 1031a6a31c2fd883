"""Rules of NetworkPolicies that add nothing: whatever they admit, another rule for the same pods admits too.

Selectors are compared, not the pods that they match today, so that what is said here also holds for pods to come.
One rule must cover the other alone; several that do so together are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ksec_tui.analysis.network.labels import Canon, Requirement
from ksec_tui.analysis.network.ports import ALL
from ksec_tui.analysis.network.rules import DIRECTIONS, Clause, Direction, Policy, Ports, Scope, Tier
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Redundant:
    """A rule that adds nothing.

    Attributes:
        direction: of the rule.
        number: its place in the list, from 1.
        by: the policy with the rule that covers it.
        by_number: that rule's place.
    """

    direction: Direction
    number: int
    by: ObjectRef
    by_number: int


def redundant(snapshot: Snapshot, ref: ObjectRef) -> tuple[Redundant, ...]:
    """The rules of one NetworkPolicy that add nothing. All that are named can go at once."""
    index: dict[str, _Near] = snapshot.derived(_by_namespace, _by_namespace)
    near = index.get(ref.namespace)
    policy = None if near is None else near.by_ref.get(ref)
    if near is None or policy is None or policy.subject is None:
        return ()
    return tuple(_of(policy, near.choosing_no_less(policy.subject)))


class _Near:
    """The policies of one namespace."""

    def __init__(self) -> None:
        self.by_ref: dict[ObjectRef, Policy] = {}
        self._by_pods: dict[frozenset[Requirement], list[tuple[int, Policy]]] = {}

    def add(self, policy: Policy) -> None:
        place = len(self.by_ref)
        self.by_ref[policy.ref] = policy
        if policy.subject is not None:
            self._by_pods.setdefault(frozenset(policy.subject.pods), []).append((place, policy))

    def choosing_no_less(self, subject: Scope) -> list[Policy]:
        """Those for at least the same pods, in order. Policies are many where few subjects differ."""
        chosen = frozenset(subject.pods)
        lists = [policies for pods, policies in self._by_pods.items() if pods <= chosen]
        return [policy for _, policy in (lists[0] if len(lists) == 1 else sorted(chain(*lists), key=_place))]


def _place(entry: tuple[int, Policy]) -> int:
    return entry[0]


def _by_namespace(snapshot: Snapshot) -> dict[str, _Near]:
    index: dict[str, _Near] = {}
    for policy in policies_of(snapshot):
        if policy.tier is Tier.NAMESPACE:
            index.setdefault(policy.ref.namespace, _Near()).add(policy)
    return index


def _of(policy: Policy, others: list[Policy]) -> Iterator[Redundant]:
    for direction in DIRECTIONS:
        for clause in policy.rules(direction) or ():
            if not (clause.anyone or clause.scopes or clause.blocks):
                continue
            found = _covering(policy, clause, others, direction)
            if found is not None:
                yield Redundant(direction, clause.number, found[0].ref, found[1].number)


def _covering(
    policy: Policy, clause: Clause, others: list[Policy], direction: Direction
) -> tuple[Policy, Clause] | None:
    for other in others:
        for wider in other.rules(direction) or ():
            if (other is policy and wider is clause) or not covers(wider, clause):
                continue
            equal = covers(clause, wider) and other.subject == policy.subject
            # Of two equal rules the first stays.
            if not equal or (other.ref, wider.number) < (policy.ref, clause.number):
                return other, wider
    return None


def covers(wider: Clause, clause: Clause) -> bool:
    """Whether `wider` admits everything that `clause` admits, whatever pods there will be."""
    if not _covers_ports(wider.ports, clause.ports):
        return False
    if wider.anyone or clause.anyone:
        return wider.anyone
    return wider.addresses.covers(clause.addresses) and all(
        any(_holds(other, scope) for other in wider.scopes) for scope in clause.scopes
    )


def _covers_ports(wider: Ports, ports: Ports) -> bool:
    if wider.fixed == ALL:
        return True
    return not ports.fixed - wider.fixed and set(ports.names) <= set(wider.names)


def _holds(wider: Scope, scope: Scope) -> bool:
    return set(wider.pods) <= set(scope.pods) and set(_spaces(wider)) <= set(_spaces(scope))


def _spaces(scope: Scope) -> Canon:
    return scope.namespaces if scope.home is None else ((NAME_LABEL, "In", (scope.home,)),)
