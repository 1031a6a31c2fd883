"""All policies of a cluster compiled against all its pods: the world in which every question is asked.

Nothing here is as large as pods x pods. Pods are taken in groups, selectors evaluated once each, and a policy
keeps the sets of groups that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.groups import Classes, Group, Key, NamedPort
from ksec_tui.analysis.network.labels import bits_of, meets, numbers_of
from ksec_tui.analysis.network.members import Members, Space
from ksec_tui.analysis.network.rules import (
    DIRECTIONS,
    Action,
    Clause,
    Direction,
    Policy,
    Scope,
    admin_policy,
    network_policy,
)
from ksec_tui.analysis.network.side import BoundPolicy, Rule, Side
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    NETWORK_POLICY,
    NODE,
    POD,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

ADMIN_KINDS = (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY)


@dataclass(frozen=True, slots=True)
class Rules:
    """How policies are read where network plugins differ.

    Attributes:
        blocks_match_pods: whether a block of addresses in a rule also matches pods that have an address in it.
            Plugins that filter by address do so, Cilium does not.
    """

    blocks_match_pods: bool = True


DEFAULT = Rules()


def policies_of(snapshot: Snapshot) -> tuple[Policy, ...]:
    """Every policy that this engine reads, in one language; NetworkPolicies first, then the others by kind and name."""
    found: tuple[Policy, ...] = snapshot.derived(_policies, _policies)
    return found


def _policies(snapshot: Snapshot) -> tuple[Policy, ...]:
    found = [network_policy(item) for item in snapshot.of(NETWORK_POLICY)]
    found += [admin_policy(item) for kind in ADMIN_KINDS for item in snapshot.of(kind)]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Held:
    """The groups whose pods have addresses in a block.

    Attributes:
        some: one of their addresses at least.
        whole: all of their addresses, in both families; None where that are the same.
        possible: those that may get one there.
        partly: some addresses there, and others not.
    """

    some: Members
    whole: Members | None
    possible: Members
    partly: Members


class Network:
    """The policies and pods of one Snapshot.

    Attributes:
        snapshot: whose.
        rules: how policies are read.
        policies: every policy, as `policies_of`.
        groups: the classes of equal pods.
        namespaces: the names of all namespaces.
        space: sets of groups.
        ingress: the policies at the receiving end.
        egress: the policies at the sending end.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        rules: Rules = DEFAULT,
        apart: tuple[Policy, ...] | None = None,
        singled: frozenset[ObjectRef] = frozenset(),
    ) -> None:
        """Compile.

        Args:
            snapshot: the cluster.
            rules: how policies are read.
            apart: policies that groups are to be told apart by; those of the Snapshot where none are given.
            singled: workloads whose pods share a group with no other's.
        """
        self.snapshot = snapshot
        self.rules = rules
        self.policies = policies_of(snapshot)
        known = self.policies if apart is None else apart
        block = rules.blocks_match_pods
        self._classes = Classes(snapshot, known, blocks_match_pods=block, singled=singled)
        self.groups = self._classes.groups
        self.namespaces = self._classes.namespaces
        self._number = {name: place for place, name in enumerate(self.namespaces)}
        by_namespace: list[list[dict[str, str] | None]] = [[] for _ in self.namespaces]
        for group in self.groups:
            labels = None if group.host_network else group.labels
            by_namespace[self._number[group.namespace]].append(labels)
        self.space = Space(self._namespace_labels(), by_namespace, self._classes.asked)
        self._bind_blocks()
        self._bind_nodes(snapshot)
        bound = [found for item in self.policies if (found := self._bound(item)) is not None]
        self.ingress, self.egress = (Side(self.space, way, bound) for way in DIRECTIONS)

    def side(self, direction: Direction) -> Side:
        """The policies at one end."""
        return self.ingress if direction == "ingress" else self.egress

    def group_of(self, ref: ObjectRef) -> tuple[Group, ...]:
        """The groups of a Pod, or of a workload's pods; none when it has ended or is not there."""
        if ref.kind == "Pod" and not ref.group:
            pod = self.snapshot.find(POD, ref.name, ref.namespace)
            if pod is not None:
                found = None if pod.finished else self._classes.by_key.get(self._classes.key_of(pod))
                return (found,) if found is not None else ()
        workload = workload_named(self.snapshot, ref)
        return () if workload is None else self.groups_of(workload)

    def groups_of(self, workload: Workload) -> tuple[Group, ...]:
        """The groups of a workload's pods; of its template while it has none."""
        classes = self._classes
        keys = [classes.key_of(pod) for pod in workload.pods if not pod.finished]
        keys = list(dict.fromkeys(keys)) or [classes.key_of_template(workload)]
        found = (classes.by_key.get(key) for key in keys)
        return tuple(group for group in found if group is not None and workload in group.workloads)

    @property
    def keys(self) -> tuple[Key, ...]:
        """What tells each group from the others, in the order of the groups."""
        found = {id(group): key for key, group in self._classes.by_key.items()}
        return tuple(found[id(group)] for group in self.groups)

    @property
    def namespace_labels(self) -> dict[str, dict[str, str]]:
        """The labels of each namespace that policies ask for."""
        return dict(zip(self.namespaces, self._namespace_labels(), strict=True))

    def in_namespace(self, name: str) -> tuple[Group, ...]:
        """The groups of one namespace."""
        number = self._number.get(name)
        if number is None:
            return ()
        base = self.space.base
        end = base[number + 1] if number + 1 < len(base) else len(self.groups)
        return self.groups[base[number] : end]

    def number_of(self, namespace: str) -> int | None:
        """The number that a namespace has in sets of groups."""
        return self._number.get(namespace)

    @cached_property
    def by_ports(self) -> dict[tuple[NamedPort, ...], int]:
        """The groups, as bits, by the ports that they have by name."""
        found: dict[tuple[NamedPort, ...], list[int]] = {}
        for group in self.groups:
            found.setdefault(group.ports, []).append(group.number)
        return {named: self._bits(numbers) for named, numbers in found.items()}

    def pods_in(self, bits: int) -> int:
        """How many pods some groups have, given as bits; without looking at each group."""
        return sum((bits & plane).bit_count() << place for place, plane in enumerate(self._planes))

    @cached_property
    def _planes(self) -> tuple[int, ...]:
        """For each binary digit of a group's number of pods the groups that have it."""
        most = max((group.count for group in self.groups), default=0)
        return tuple(
            self._bits(group.number for group in self.groups if group.count >> place & 1)
            for place in range(most.bit_length())
        )

    def _namespace_labels(self) -> list[dict[str, str]]:
        asked = self._classes.asked_of_namespaces
        return [
            {key: value for key, value in labels.items() if key in asked} for labels in self._classes.labels
        ]

    def _bind_blocks(self) -> None:
        """For each block the groups that have an address in it, and those that may get one."""
        classes = self._classes
        by_place: dict[tuple[int, ...], list[int]] = {}
        for group in self.groups:
            if group.host_network or self.rules.blocks_match_pods:
                by_place.setdefault(group.place, []).append(group.number)
        unplaced = self._bits(by_place.pop((), ()))
        self._unplaced = self.space.members(unplaced)
        inside: dict[int, int] = {}
        partly: dict[int, int] = {}
        for place, numbers in by_place.items():
            bits = self._bits(numbers)
            some, every = 0, -1
            for part in place:
                some |= classes.places.holders[part]
                every &= classes.places.holders[part]
            for which in numbers_of(some):
                inside[which] = inside.get(which, 0) | bits
            for which in numbers_of(some & ~every):
                partly[which] = partly.get(which, 0) | bits
        self._blocks: dict[AddressSet, _Held] = {}
        for number, block in enumerate(classes.blocks):
            whole = classes.whole[number]
            bits = inside.get(number, 0) | (unplaced if whole else 0)
            split = partly.get(number, 0)
            self._blocks[block] = _Held(
                self.space.members(bits),
                self.space.members(bits & ~split) if split else None,
                self.space.nobody if whole else self._unplaced,
                self.space.members(split),
            )

    def _bind_nodes(self, snapshot: Snapshot) -> None:
        """For each node selector the host-network groups on matching nodes, and those nodes' addresses."""
        self._nodes: dict[object, tuple[Members, AddressSet]] = {}
        for number, canon in enumerate(self._classes.nodes):
            groups = self._bits(group.number for group in self.groups if number in group.nodes)
            texts = (
                item.address
                for node in snapshot.of(NODE)
                if meets(canon, node.metadata.labels)
                for item in node.status.addresses
            )
            self._nodes[canon] = self.space.members(groups), AddressSet.readable(texts)

    def _bits(self, numbers: Iterable[int]) -> int:
        return bits_of(numbers, len(self.groups))

    def _bound(self, policy: Policy) -> BoundPolicy | None:
        if policy.subject is None:
            return None
        return BoundPolicy(
            policy,
            self._members(policy.subject),
            self._rules(policy, "ingress"),
            self._rules(policy, "egress"),
        )

    def _rules(self, policy: Policy, direction: Direction) -> tuple[Rule, ...] | None:
        clauses = policy.rules(direction)
        return None if clauses is None else tuple(self._rule(policy, clause) for clause in clauses)

    def _rule(self, policy: Policy, clause: Clause) -> Rule:
        sets = [self._members(scope) for scope in clause.scopes]
        maybe: list[Members] = []
        union = self.space.union
        selected = union(sets)
        addresses = clause.addresses
        if addresses:
            held = self._blocks[addresses]
            # What allows one of a pod's addresses lets it through, what denies one leaves the others open.
            wide = clause.action is Action.ALLOW or held.whole is None
            sets.append(held.some if wide or held.whole is None else held.whole)
            maybe += [held.possible] if wide else [held.possible, held.partly]
        for canon in clause.nodes:
            hosts, found = self._nodes[canon]
            sets.append(hosts)
            addresses = addresses | found
        peers = union(sets) if addresses or clause.nodes else selected
        return Rule(policy, clause, peers, union(maybe), addresses, selected)

    def _members(self, scope: Scope) -> Members:
        if scope.home is None:
            return self.space.select(scope.namespaces, scope.pods)
        number = self._number.get(scope.home)
        return self.space.nobody if number is None else self.space.local(number, scope.pods)


def network(snapshot: Snapshot, rules: Rules = DEFAULT) -> Network:
    """The policies and pods of a Snapshot, compiled; made once for each way of reading them."""
    found: Network = snapshot.derived((network, rules), partial(Network, rules=rules))
    return found
