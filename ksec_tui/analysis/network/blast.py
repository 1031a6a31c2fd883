"""What a compromised workload can reach: other workloads, data stores, and what lies outside of pods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ksec_tui.analysis.network.addresses import INTERNET, NOWHERE, AddressSet
from ksec_tui.analysis.network.basics import api_servers
from ksec_tui.analysis.network.bulk import Crowd, outside, receivers
from ksec_tui.analysis.network.deciding import OPEN, Outcome
from ksec_tui.analysis.network.doubts import Doubt, doubts
from ksec_tui.analysis.network.explaining import Reason, explained
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.labels import bits_of, numbers_of
from ksec_tui.analysis.network.pairs import judge
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.selectors import declared_ports
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.network.world import DEFAULT, Network, Rules, network
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, NETWORK_POLICY, NODE, POD
from ksec_tui.cluster.snapshot import Snapshot

METADATA = "169.254.169.254"
"""Where AWS, Azure, GCP, OpenStack and others serve an instance's metadata and credentials."""

_WEB = Connections.of("TCP", 80, 80)


@dataclass(frozen=True, slots=True)
class Reached:
    """A workload that can be reached.

    Attributes:
        workload: which.
        connections: what may flow to its pods, to some of them at least.
        serving: the declared ports among that, as (protocol, port).
        stores: the ports of data stores among that: port -> what it is.
    """

    workload: Workload
    connections: Connections
    serving: tuple[tuple[str, int], ...]
    stores: dict[int, str]


@dataclass(frozen=True, slots=True)
class Target:
    """Something outside of pods.

    Attributes:
        name: ``metadata``, ``api server``, ``nodes``, ``internet``.
        allowed: whether it can be reached; None when that is not known.
        connections: what may flow there.
        addresses: where it is; of the internet and the nodes the part that can be reached.
        reasons: what decides.
    """

    name: str
    allowed: bool | None
    connections: Connections
    addresses: AddressSet
    reasons: tuple[Reason, ...]


class Blast:
    """The blast radius of a workload. Cheap to make; what is long is computed when asked for.

    Attributes:
        workload: whose.
        groups: its pods.
        doubts: why reality may differ from what the policies say.
    """

    def __init__(self, world: Network, workload: Workload) -> None:
        self._network = world
        self.workload = workload
        self.groups = world.groups_of(workload)
        self.crowds: tuple[Crowd, ...] = tuple(receivers(world, group) for group in self.groups)
        self.bits = 0
        for crowd in self.crowds:
            self.bits |= crowd.bits()

    @property
    def pods(self) -> int:
        """How many pods it can reach on at least one port, without the one that is taken."""
        alone = self.groups[0] if len(self.groups) == 1 else None
        itself = min(alone.count, 1) if alone is not None and self.bits >> alone.number & 1 else 0
        return self._network.pods_in(self.bits) - itself

    @property
    def share(self) -> float:
        """That as a share of all pods, 0 to 1."""
        every = self._network.pods_in(self._network.space.every)
        return self.pods / every if every else 0.0

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why reality may differ from what is said: policies and pods of other namespaces count as well."""
        snapshot = self._network.snapshot
        found = list(doubts(snapshot, (self.workload.namespace,)))
        for kind, words, more in (
            (NETWORK_POLICY, "policies at other ends may deny it: {}", False),
            (POD, "pods that were not read may be reached besides: {}", True),
        ):
            gap = snapshot.gap(kind)
            supplied = snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED
            if gap and supplied and all(item.words != gap for item in found):
                found.append(Doubt(words.format(gap), may_allow=more, may_deny=not more, gap=True))
        return tuple(found)

    @cached_property
    def workloads(self) -> tuple[Reached, ...]:
        """The workloads that it can reach, without itself: data stores first, then those that serve something."""
        found = list(self._reached(self.bits))
        found.sort(key=lambda item: (not item.stores, not item.serving, item.workload.ref))
        return tuple(found)

    @cached_property
    def stores(self) -> tuple[Reached, ...]:
        """The data stores that it can reach."""
        bits = self.bits & _store_bits(self._network)
        return tuple(item for item in self._reached(bits) if item.stores)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The instance's metadata, the API server, other nodes, the internet."""
        snapshot = self._network.snapshot
        server, ports, missing = _api_server(snapshot)
        nodes = _nodes(snapshot)
        none_read = snapshot.gap(NODE) or "no node's address was read"
        return (
            self._target("metadata", AddressSet.address(METADATA), _WEB, ""),
            self._target("api server", server, ports, missing),
            self._target("nodes", nodes, ALL, "" if nodes else none_read),
            self._target("internet", INTERNET, ALL, ""),
        )

    def target(self, name: str) -> Target:
        """One of them by name.

        Raises:
            KeyError: there is none of that name.
        """
        return {item.name: item for item in self.targets}[name]

    def _reached(self, bits: int) -> Iterator[Reached]:
        """Each workload once, though its pods may be in several groups."""
        found: dict[int, tuple[Workload, Connections]] = {}
        groups = self._network.groups
        for crowd in self.crowds:
            for layer in crowd.layers:
                if not layer.connections:
                    continue
                for number in numbers_of(layer.bits & bits):
                    for workload in groups[number].workloads:
                        before = found.get(id(workload), (workload, NONE))[1]
                        found[id(workload)] = workload, before | layer.connections
        for workload, connections in found.values():
            if workload is self.workload:
                continue
            declared = sorted(declared_ports(workload.spec))
            serving = tuple(item for item in declared if connections.allows(*item))
            held = {port: name for port, name in stores(workload).items() if port in connections.tcp}
            yield Reached(workload, connections, serving, held)

    def _target(self, name: str, there: AddressSet, wanted: Connections, missing: str) -> Target:
        if missing:
            return Target(name, None, NONE, there, (Reason(None, "", None, missing),))
        sure, maybe, reached = NONE, NONE, NOWHERE
        asked: tuple[Group, AddressSet, Connections] | None = None
        for group in self.groups:
            for part, outcome in self._parts(group, there):
                flows = outcome.sure & wanted
                sure, maybe = sure | flows, maybe | (outcome.unknown & wanted)
                if flows:
                    reached = reached | part
                    asked = asked or (group, part, flows)
        allowed = True if sure else None if maybe else False
        if asked is None and self.groups:
            asked = self.groups[0], there, wanted
        reasons = self._reasons(name, *asked) if asked is not None else ()
        return Target(name, allowed, sure, reached if sure else there, reasons)

    def _parts(self, group: Group, there: AddressSet) -> Iterator[tuple[AddressSet, Outcome]]:
        if there.count == 1:
            side = self._network.egress
            yield there, OPEN if group.host_network else judge(side, group, there, ())
            return
        for part, outcome in outside(self._network, "egress", group):
            if common := part & there:
                yield common, outcome

    def _reasons(self, name: str, group: Group, there: AddressSet, wanted: Connections) -> tuple[Reason, ...]:
        if group.host_network:
            words = f"{self.workload.ref.path} is in its node's network, which policies do not govern"
            return (Reason(None, "", True, words),)
        names = self.workload.ref.path, f"the {name}"
        return explained(self._network.egress, group, there, (), _one_of(wanted), names=names).reasons


def _one_of(wanted: Connections) -> Connections:
    """One port that stands for the rest: HTTPS or HTTP where they are among them."""
    for port in (443, 80):
        if port in wanted.tcp:
            return Connections.of("TCP", port, port)
    for protocol, ports in wanted.protocols():
        first = ports.ranges[0][0]
        return Connections.of(protocol, first, first)
    return Connections(others=True)


def blast_radius(snapshot: Snapshot, workload: Workload, rules: Rules = DEFAULT) -> Blast:
    """What a workload's pods can reach, whichever of them is taken."""
    return Blast(network(snapshot, rules), workload)


def _api_server(snapshot: Snapshot) -> tuple[AddressSet, Connections, str]:
    """The API server's addresses and ports, or what is missing."""
    pairs = api_servers(snapshot)
    if pairs:
        ports = Connections.union(Connections.of("TCP", port, port) for _, port in pairs)
        return AddressSet.readable(address for address, _ in pairs), ports, ""
    return NOWHERE, NONE, snapshot.gap(ENDPOINT_SLICE, "default") or "its endpoints were not found"


def _nodes(snapshot: Snapshot) -> AddressSet:
    found: AddressSet = snapshot.derived(_node_addresses, _node_addresses)
    return found


def _node_addresses(snapshot: Snapshot) -> AddressSet:
    return AddressSet.readable(item.address for node in snapshot.of(NODE) for item in node.status.addresses)


def _store_bits(world: Network) -> int:
    """The groups with a workload that declares a data store's port."""
    known: dict[Network, int] = world.snapshot.derived(_store_bits, lambda _: {})
    if world not in known:
        numbers = (
            group.number for group in world.groups if any(stores(workload) for workload in group.workloads)
        )
        known[world] = bits_of(numbers, len(world.groups))
    return known[world]
