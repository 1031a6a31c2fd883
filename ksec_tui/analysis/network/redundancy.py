"""Rules of NetworkPolicies that add nothing: whatever they admit, another rule for the same pods admits too.

Selectors are compared, not the pods that they match today, so that what is said here also holds for pods to come.
One rule must cover the other alone; several that do so together are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.labels import Canon
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
    index: dict[str, list[Policy]] = snapshot.derived(_by_namespace, _by_namespace)
    near = index.get(ref.namespace, [])
    policy = next((item for item in near if item.ref == ref), None)
    if policy is None or policy.subject is None:
        return ()
    chosen = set(policy.subject.pods)
    others = [item for item in near if item.subject is not None and set(item.subject.pods) <= chosen]
    return tuple(_of(policy, others))


def _by_namespace(snapshot: Snapshot) -> dict[str, list[Policy]]:
    index: dict[str, list[Policy]] = {}
    for policy in policies_of(snapshot):
        if policy.tier is Tier.NAMESPACE:
            index.setdefault(policy.ref.namespace, []).append(policy)
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
