"""Pods in classes: those that no policy can tell apart are one group, however many they are."""

from __future__ import annotations

import socket
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ksec_tui.analysis.network.addresses import ANY4, ANY6, AddressSet, cuts
from ksec_tui.analysis.network.labels import keys_of, meets
from ksec_tui.analysis.network.rules import DIRECTIONS, Policy, Scope
from ksec_tui.analysis.network.selectors import alive, namespace_labels, serving
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import NAMESPACE, NODE, POD
from ksec_tui.cluster.pods import Pod, PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

NamedPort = tuple[str, str, int]
"""(name, protocol, port)."""

Key = tuple[
    str, tuple[tuple[str, str], ...], tuple[NamedPort, ...], bool, tuple[int, ...], tuple[int, ...], str
]
"""Namespace, labels, named ports, whether in the node's network, places of the addresses, marks of the node, and
the workload of pods that are to be told from all others."""


@dataclass(slots=True, eq=False)
class Group:
    """Pods that are equal for every policy.

    They have the namespace in common, the labels as far as selectors ask for them, the ports by the names that
    rules use, and the blocks that hold their addresses.

    Attributes:
        number: its place in `Network.groups`.
        namespace: where.
        labels: the labels that policies ask for.
        ports: the container ports that rules of this cluster name, sorted.
        host_network: whether they share their node's address: such pods are no subject of policies, and
            selectors do not match them.
        place: the parts of the address space where their addresses are; empty when they have none yet.
        nodes: the node selectors of rules that match their node, for host-network pods.
        pods: those that run or are to run; empty for templates of which no pods were read.
        workloads: the top owners of the pods, and of templates without pods.
        count: how many pods; of a template whose pods were not supplied as many as it asks for.
    """

    number: int
    namespace: str
    labels: dict[str, str]
    ports: tuple[NamedPort, ...]
    host_network: bool
    place: tuple[int, ...]
    nodes: tuple[int, ...]
    pods: list[Pod] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    count: int = 0

    @property
    def lone(self) -> bool:
        """Whether it is a single pod, which has no other of its group to talk to."""
        return self.count <= 1 and len(self.workloads) <= 1

    def __str__(self) -> str:
        """``shop/web``, and how many more workloads are equal to it."""
        more = len(self.workloads) - 1
        return self.workloads[0].ref.path + (f" and {more} more" if more > 0 else "")


class Places:
    """Which blocks of addresses hold an address: the address space cut where the blocks begin and end."""

    def __init__(self, blocks: Sequence[AddressSet]) -> None:
        found = cuts(blocks)
        self.holders = [held for _, held in found]
        """For each part the places of the blocks that hold it, as bits."""
        low = sorted((first, number) for number, (part, _) in enumerate(found) for first, _ in part.ranges4)
        high = sorted((first, number) for number, (part, _) in enumerate(found) for first, _ in part.ranges6)
        self._low, self._high = [first for first, _ in low], [first for first, _ in high]
        self._low_parts, self._high_parts = [part for _, part in low], [part for _, part in high]

    def of(self, addresses: Iterable[str]) -> tuple[int, ...]:
        """The parts where some addresses are; what is no address is left out."""
        found = {part for text in addresses if (part := self._part(text)) is not None}
        return tuple(sorted(found))

    def _part(self, text: str) -> int | None:
        try:
            if ":" in text:
                number = int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
                return self._high_parts[bisect_right(self._high, number) - 1]
            number = int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
        except (OSError, ValueError):
            return None
        return self._low_parts[bisect_right(self._low, number) - 1]


class Classes:
    """The groups of a Snapshot, for some policies.

    Attributes:
        groups: in the order of their namespaces.
        namespaces: the names of all namespaces, read or only mentioned by objects in them.
        labels: their labels.
        blocks: the addresses that rules name, those of a rule together, once.
        places: where those cut the address space.
        nodes: every node selector that rules name, once.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        policies: Sequence[Policy],
        *,
        blocks_match_pods: bool,
        singled: frozenset[ObjectRef] = frozenset(),
    ) -> None:
        self._singled = singled
        self._blocks_match_pods = blocks_match_pods
        clauses = [rule for item in policies for way in DIRECTIONS for rule in item.rules(way) or ()]
        self.blocks = tuple(dict.fromkeys(rule.addresses for rule in clauses if rule.addresses))
        self.whole = tuple(block.covers(ANY4) or block.covers(ANY6) for block in self.blocks)
        self.nodes = tuple(dict.fromkeys(canon for rule in clauses for canon in rule.nodes))
        self._names = {name for rule in clauses for name, _ in rule.ports.names}
        scopes = [scope for rule in clauses for scope in rule.scopes]
        scopes += [item.subject for item in policies if item.subject is not None]
        self.asked = frozenset(key for scope in scopes if scope.home is None for key in keys_of(scope.pods))
        self._keys = self._asked_in(scopes)
        self.asked_of_namespaces = frozenset(key for scope in scopes for key in keys_of(scope.namespaces))
        self.places = Places(self.blocks)
        self._marks = self._node_marks(snapshot)
        self.by_key: dict[Key, Group] = {}
        self._fill(snapshot)
        names = {group.namespace for group in self.by_key.values()}
        names.update(item.name for item in snapshot.of(NAMESPACE))
        names.update(item.ref.namespace for item in policies if item.ref.namespace)
        self.namespaces = tuple(sorted(names))
        self.labels = [namespace_labels(snapshot, name) for name in self.namespaces]
        self.groups = tuple(sorted(self.by_key.values(), key=lambda group: group.namespace))
        for number, group in enumerate(self.groups):
            group.number = number

    def key_of(self, pod: Pod) -> Key:
        """What tells the group of a pod."""
        metadata = pod.metadata
        return self._key(metadata.namespace, metadata.labels, pod.spec, pod)

    def key_of_template(self, workload: Workload) -> Key:
        """The same for the pods that a template is to make."""
        return self._key(workload.namespace, workload.labels, workload.spec, None)

    def _asked_in(self, scopes: Iterable[Scope]) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for scope in scopes:
            if scope.home is not None and scope.pods:
                found.setdefault(scope.home, set()).update(keys_of(scope.pods))
        return {name: tuple(sorted(keys | self.asked)) for name, keys in found.items()}

    def _node_marks(self, snapshot: Snapshot) -> dict[str, tuple[int, ...]]:
        if not self.nodes:
            return {}
        return {
            node.name: tuple(
                number for number, canon in enumerate(self.nodes) if meets(canon, node.metadata.labels)
            )
            for node in snapshot.of(NODE)
        }

    def _fill(self, snapshot: Snapshot) -> None:
        supplied = snapshot.gap(POD) is None
        for workload in workloads(snapshot):
            live = [pod for pod in workload.pods if not pod.finished]
            if live:
                last, group = None, None
                for pod in live:
                    key = self.key_of(pod)
                    if group is None or key != last:  # the pods of a workload are nearly always alike
                        last, group = key, self._group(key, workload)
                    group.pods.append(pod)
                    group.count += 1
            elif alive(workload) and workload.ref.kind != "Pod":
                group = self._group(self.key_of_template(workload), workload)
                group.count += 0 if supplied else _wanted(workload)

    def _group(self, key: Key, workload: Workload) -> Group:
        if workload.ref in self._singled:
            key = (*key[:-1], workload.ref.id)
        group = self.by_key.get(key)
        if group is None:
            namespace, labels, ports, host, place, nodes, _ = key
            group = self.by_key[key] = Group(0, namespace, dict(labels), ports, host, place, nodes)
        if not group.workloads or group.workloads[-1] is not workload:
            group.workloads.append(workload)
        return group

    def _key(self, namespace: str, labels: Mapping[str, str], spec: PodSpec, pod: Pod | None) -> Key:
        keys = self._keys.get(namespace, self.asked)
        kept = tuple([(key, labels[key]) for key in keys if key in labels])
        ports = self._ports(spec) if self._names else ()
        if spec.host_network:
            where = self.places.of(addresses_of(pod)) if pod is not None else ()
            return namespace, kept, ports, True, where, self._marks.get(spec.node_name, ()), ""
        place: tuple[int, ...] = ()
        if pod is not None and self._blocks_match_pods and self.blocks:
            place = self.places.of(addresses_of(pod))
        return namespace, kept, ports, False, place, (), ""

    def _ports(self, spec: PodSpec) -> tuple[NamedPort, ...]:
        names = self._names
        found = [
            (port.name, port.protocol or "TCP", port.container_port)
            for container in serving(spec)
            for port in container.ports
            if port.name in names
        ]
        return tuple(sorted(set(found))) if found else ()


def addresses_of(pod: Pod) -> tuple[str, ...]:
    """The addresses of a pod as text, each once; none while it has none."""
    status = pod.status
    if status.pod_ips:
        return tuple(item.ip for item in status.pod_ips if item.ip)
    if status.pod_ip:
        return (status.pod_ip,)
    return (status.host_ip,) if pod.spec.host_network and status.host_ip else ()


def _wanted(workload: Workload) -> int:
    """How many pods a controller asks for; one where that depends on the cluster."""
    replicas = getattr(getattr(workload.object, "spec", None), "replicas", None)
    return replicas if isinstance(replicas, int) and replicas >= 0 else 1


def refs_of(group: Group) -> tuple[ObjectRef, ...]:
    """The workloads of a group by name."""
    return tuple(workload.ref for workload in group.workloads)
