"""What each policy does in its cluster: whom it governs, its rules in words, whether it changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.labels import Canon, numbers_of
from ksec_tui.analysis.network.redundancy import redundant
from ksec_tui.analysis.network.rules import DIRECTIONS, Clause, Direction, Policy, Scope, Tier
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.analysis.network.side import BoundPolicy
from ksec_tui.analysis.network.world import Network, network
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Effect:
    """What one policy does.

    Attributes:
        policy: which.
        pods: how many pods it governs.
        bits: those pods' groups.
        remarks: what of it does nothing, and why; empty when all of it counts.
        idle: whether the cluster behaved the same without it.
    """

    policy: Policy
    pods: int
    bits: int
    remarks: tuple[str, ...]
    idle: bool

    def workloads(self, snapshot: Snapshot) -> Iterator[Workload]:
        """The workloads whose pods it governs, as long as one asks."""
        groups = network(snapshot).groups
        seen: set[int] = set()
        for number in numbers_of(self.bits):
            for workload in groups[number].workloads:
                if id(workload) not in seen:
                    seen.add(id(workload))
                    yield workload


def effects(snapshot: Snapshot) -> dict[ObjectRef, Effect]:
    """Every policy's, in the order of `policies_of`; computed once."""
    found: dict[ObjectRef, Effect] = snapshot.derived(effects, _effects)
    return found


def _effects(snapshot: Snapshot) -> dict[ObjectRef, Effect]:
    world = network(snapshot)
    bound = _bound(world)
    ignored = _ignored(snapshot)
    near: dict[str, list[Policy]] = {}
    for policy in world.policies:
        if policy.tier is Tier.NAMESPACE:
            near.setdefault(policy.ref.namespace, []).append(policy)
    found = {}
    for policy in world.policies:
        held = bound.get(policy.ref)
        around = near.get(policy.ref.namespace, ())
        found[policy.ref] = _effect(world, policy, held, ignored.get(policy.ref, ()), around)
    return found


def _bound(world: Network) -> dict[ObjectRef, BoundPolicy]:
    """The policies that govern some pod; those that govern none are left out."""
    found: dict[ObjectRef, BoundPolicy] = {}
    for direction in DIRECTIONS:
        side = world.side(direction)
        for bucket in (*side.admin, *side.baseline):
            found.update((item.policy.ref, item) for item in bucket if item.subjects)
        for number in numbers_of(side.isolated):
            found.update((item.policy.ref, item) for item in side.selecting(world.groups[number]))
    return found


def _ignored(snapshot: Snapshot) -> dict[ObjectRef, tuple[Direction, ...]]:
    """The directions for which a policy has rules that policyTypes switch off."""
    found: dict[ObjectRef, tuple[Direction, ...]] = {}
    for item in snapshot.of(NETWORK_POLICY):
        off: list[Direction] = []
        if item.spec.ingress and not item.isolates_ingress:
            off.append("ingress")
        if item.spec.egress and not item.isolates_egress:
            off.append("egress")
        if off:
            found[item.ref] = tuple(off)
    return found


def _effect(
    world: Network,
    policy: Policy,
    held: BoundPolicy | None,
    ignored: tuple[Direction, ...],
    near: Iterable[Policy],
) -> Effect:
    remarks = [*policy.flaws]
    remarks += (
        f"its {direction} rules are ignored: policyTypes leave {direction} out" for direction in ignored
    )
    if held is None:
        governs = any(policy.rules(direction) is not None for direction in DIRECTIONS)
        words = "selects no pod" if policy.subject is not None and governs else "governs nobody"
        return Effect(policy, 0, 0, (words, *remarks), idle=True)
    remarks += _empty_rules(held)
    bits = held.subjects.bits
    spare = redundant(world.snapshot, policy.ref) if policy.tier is Tier.NAMESPACE else ()
    for item in spare:
        where = "" if item.by == policy.ref else f"{item.by.name} "
        way = item.direction.capitalize()
        remarks.append(f"{way} rule #{item.number} adds nothing to {where}rule #{item.by_number}")
    idle = policy.tier is Tier.NAMESPACE and _idle(policy, near, {(r.direction, r.number) for r in spare})
    if idle:
        remarks.insert(0, "changes nothing: other policies isolate the same pods and allow as much")
    return Effect(policy, world.pods_in(bits), bits, tuple(remarks), idle)


def _empty_rules(held: BoundPolicy) -> Iterator[str]:
    for direction in DIRECTIONS:
        for rule in held.rules(direction) or ():
            clause = rule.clause
            if not (clause.anyone or clause.hosts or rule.addresses or rule.peers or rule.maybe):
                yield f"{direction.capitalize()} rule #{clause.number} matches nobody"


def _idle(policy: Policy, near: Iterable[Policy], spare: set[tuple[Direction, int]]) -> bool:
    """Whether another isolates all its pods too, those to come as well, and each of its rules adds nothing."""
    for direction in DIRECTIONS:
        rules = policy.rules(direction)
        if rules is None:
            continue
        if any((direction, rule.number) not in spare for rule in rules):
            return False
        if not any(_stands_in(other, policy, direction) for other in near if other is not policy):
            return False
    return True


def _stands_in(other: Policy, policy: Policy, direction: Direction) -> bool:
    """Whether `other` isolates all pods that `policy` does; of two that are equal the first stays."""
    rules = other.rules(direction)
    if rules is None or other.subject is None or policy.subject is None:
        return False
    mine, others = set(policy.subject.pods), set(other.subject.pods)
    return others < mine or (others == mine and (bool(rules) or other.ref < policy.ref))


# In words


def selector_words(canon: Canon) -> str:
    """``app=web, tier in (a, b), !legacy``; empty for a selector that matches all."""
    return ", ".join(_requirement(*item) for item in canon)


def _requirement(key: str, operator: str, values: tuple[str, ...]) -> str:
    match operator:
        case "In":
            return f"{key}={values[0]}" if len(values) == 1 else f"{key} in ({', '.join(values)})"
        case "NotIn":
            return f"{key}!={values[0]}" if len(values) == 1 else f"{key} not in ({', '.join(values)})"
        case "Exists":
            return key
        case "DoesNotExist":
            return f"!{key}"
    return f"{key} {operator}"


def scope_words(scope: Scope, home: str = "") -> str:
    """``pods app=web``, ``pods of namespace shop``, ``every pod``, as seen from the namespace `home`."""
    pods = f"pods {selector_words(scope.pods)}" if scope.pods else "every pod"
    if scope.home is not None:
        return pods if scope.home == home else f"{pods} of {scope.home}"
    named = {key: values for key, operator, values in scope.namespaces if operator == "In"}
    if len(scope.namespaces) == 1 and NAME_LABEL in named:
        return f"{pods} of {', '.join(named[NAME_LABEL])}"
    return f"{pods} of " + (
        f"namespaces {selector_words(scope.namespaces)}" if scope.namespaces else "every namespace"
    )


def peer_words(clause: Clause, home: str = "") -> str:
    """Whom a rule is about."""
    if clause.anyone:
        return "everyone"
    said = [scope_words(scope, home) for scope in clause.scopes]
    said += [str(block) for block in clause.blocks]
    said += [f"nodes {selector_words(canon)}".strip() if canon else "every node" for canon in clause.nodes]
    if clause.hosts:
        said.append("domain names")
    return " or ".join(said) or "nobody"


def clause_words(clause: Clause, home: str = "") -> str:
    """``allows pods app=web on TCP 8080``."""
    ports = clause.ports
    said = [str(ports.fixed)] if ports.fixed else []
    said += [f"{protocol or 'any'} {name}" for name, protocol in ports.names]
    on = "" if ports.fixed.all else f" on {', '.join(said) or 'no port'}"
    name = f" ({clause.name})" if clause.name else ""
    return f"{clause.action.value} {peer_words(clause, home)}{on}{name}"
