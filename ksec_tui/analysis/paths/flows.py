"""From the internet to workloads, and from pods to the pods that policies let them reach.

Pods that reach the same are one; what they reach is gathered by namespace, so that edges are as many as there are
different answers, not as many as pairs of pods.
"""

from __future__ import annotations

from collections.abc import Collection

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.basics import api_servers, dns
from ksec_tui.analysis.network.bulk import Layer, receivers
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.exposure import Exposure, blocked, exposures
from ksec_tui.analysis.network.groups import Group, addresses_of
from ksec_tui.analysis.network.labels import numbers_of
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.selectors import declared_ports
from ksec_tui.analysis.network.sensitive import console
from ksec_tui.analysis.network.surface import exposure_gap
from ksec_tui.analysis.network.world import Network, network
from ksec_tui.analysis.paths.builder import INTERNET, OUTSIDE, Builder, workload
from ksec_tui.analysis.paths.model import Cut, Proof, Vertex
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_ZONES = {Zone.INTERNET: INTERNET, Zone.OUTSIDE: OUTSIDE, Zone.UNKNOWN: INTERNET}
_ON_SERVICE = ("net-node-port",)
_SOME_ON_SERVICE = ("net-external-ips", "net-lb-no-source-ranges", "net-nodeports-bypass")
_ON_NODE = ("wl-host-port", "wl-host-network")
_ON_WORKLOAD = ("net-sensitive-port-public", "wl-exposed-admin-ui")


def enforced(snapshot: Snapshot) -> bool:
    """Whether policies count: not where the network plugin is known to ignore them."""
    return enforcing_cni(snapshot).value is not False


def add_exposures(builder: Builder, snapshot: Snapshot) -> None:
    """The steps from outside of the cluster: for each workload and zone the easiest of each chain of objects."""
    builder.at(INTERNET)
    builder.at(OUTSIDE)
    seen: set[tuple[ObjectRef, Zone, ObjectRef]] = set()
    ways = exposures(snapshot) if enforced(snapshot) else (*exposures(snapshot), *blocked(snapshot))
    for item in sorted(ways, key=lambda found: found.certainty.value == "maybe"):
        start = _ZONES.get(item.zone)
        first = item.chain[0].ref
        if start is None or (item.workload, item.zone, first) in seen:
            continue
        seen.add((item.workload, item.zone, first))
        found = workload_named(snapshot, item.workload)
        doubt = item.doubt or ("from where is not known" if item.zone is Zone.UNKNOWN else "")
        builder.add(
            "expose",
            builder.at(start),
            builder.at(workload(item.workload)),
            _likelihood(item, found),
            ", ".join(map(str, item.chain[:-1])) or f"{item.protocol} {item.port}",
            tuple(Proof(link.ref) for link in item.chain),
            _closed_by(item),
            doubt,
        )


def _closed_by(item: Exposure) -> tuple[Cut, ...]:
    """Every object of the chain closes it; policies admit the ways in that there are, and only narrow them."""
    found = []
    for ref in dict.fromkeys(link.ref for link in item.chain):
        if ref == item.workload:
            own = _ON_NODE if len(item.chain) == 1 else ()
            found.append(Cut(ref, (*own, *_ON_WORKLOAD)))
            found.append(Cut(ref, ("net-public-no-policy",), partly=True))
        elif ref.kind == "Service":
            found.append(Cut(ref, _ON_SERVICE))
            found.append(Cut(ref, _SOME_ON_SERVICE, partly=True))
        elif ref.kind not in ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Pod"):
            found.append(Cut(ref))
    return tuple(found)


def _likelihood(item: Exposure, found: Workload | None) -> str:
    if found is not None and console(found.spec):
        return "exposed console"
    return "exposed by http" if item.http else "exposed"


def exposure_gaps(builder: Builder, snapshot: Snapshot) -> None:
    """What was not read and may open further ways in, or between pods."""
    known = enforcing_cni(snapshot)
    if known.value is None and snapshot.of(NETWORK_POLICY):
        builder.gap(f"whether policies are enforced is not known: {known.reason}")
    for space in network(snapshot).namespaces:
        builder.gap(exposure_gap(snapshot, space))


def add_connections(builder: Builder, snapshot: Snapshot) -> None:
    """The steps from pods to pods."""
    world = network(snapshot)
    pieces: dict[tuple[int, int], int] = {}
    crowds: dict[int, int] = {}
    policed = enforced(snapshot)
    doors = _Doors(snapshot, world)
    for group in world.groups:
        layers = receivers(world, group).layers if policed else (Layer(ALL, NONE, world.space.every),)
        bits = 0
        for layer in layers:
            bits |= doors.open(layer.connections, layer.bits) if layer.connections else 0
        if not bits:
            continue
        crowd = crowds.get(bits)
        if crowd is None:
            crowd = crowds[bits] = builder.at(Vertex("reach", str(len(crowds))))
            for number, local in _by_namespace(world, bits):
                piece = pieces.get((number, local))
                if piece is None:
                    piece = pieces[number, local] = _piece(
                        builder, snapshot, world, number, local, len(pieces)
                    )
                builder.add("within", crowd, piece)
        for item in group.workloads:
            builder.add("connect", builder.at(workload(item.ref)), crowd, "", "", (), _egress(item))


class _Doors:
    """By which ports one gets into pods, where not any port will do.

    Pods in the network of a node count by the ports that they declare, as they do from the internet. What every
    pod has to ask is no way in by itself: the API server's port, behind which rights decide, and that of the DNS.
    """

    def __init__(self, snapshot: Snapshot, world: Network) -> None:
        servers = api_servers(snapshot)
        self._ports = {
            1 << group.number: _listening(group, servers) for group in world.groups if group.host_network
        }
        names = dns(snapshot)
        asked = Connections.union(Connections.of(*port) for port in names.ports) if names else NONE
        for item in names.workloads if names else ():
            for group in world.groups_of(item):
                bit = 1 << group.number
                if len(group.workloads) == 1:
                    self._ports[bit] = self._ports.get(bit, ALL) - asked
        self._every = sum(self._ports)
        self._known: dict[Connections, int] = {}

    def open(self, connections: Connections, bits: int) -> int:
        """Those of some groups, as bits, into which one gets by what flows to them."""
        if connections not in self._known:
            found = (bit for bit, ports in self._ports.items() if ports & connections)
            self._known[connections] = sum(found)
        return bits & (~self._every | self._known[connections])


def _listening(group: Group, servers: Collection[tuple[str, int]]) -> Connections:
    ports = {item for workload in group.workloads for item in declared_ports(workload.spec)}
    places = [addresses_of(pod) for pod in group.pods]
    for port in {port for _, port in servers} if places else ():
        if all(any((address, port) in servers for address in place) for place in places):
            ports.discard(("TCP", port))
    return Connections.union(Connections.of(*item) for item in sorted(ports))


def _by_namespace(world: Network, bits: int) -> list[tuple[int, int]]:
    base = [*world.space.base, len(world.groups)]
    found = []
    for number in range(len(world.namespaces)):
        width = base[number + 1] - base[number]
        local = bits >> base[number] & ((1 << width) - 1)
        if local:
            found.append((number, local))
    return found


def _egress(item: Workload) -> tuple[Cut, ...]:
    if item.spec.host_network:
        return _own_network(item)  # policies hold it then
    return (Cut(ObjectRef("", "Namespace", item.namespace), ("ns-no-netpol-egress",), partly=True),)


def _own_network(item: Workload) -> tuple[Cut, ...]:
    return (Cut(item.ref, ("wl-host-network",), partly=True),)


def _piece(builder: Builder, snapshot: Snapshot, world: Network, number: int, local: int, turn: int) -> int:
    """The vertex of some pods of one namespace, with the steps to their workloads."""
    space = world.namespaces[number]
    start = world.space.base[number]
    groups = [world.groups[start + place] for place in numbers_of(local)]
    piece = builder.at(Vertex("reach", str(turn), space))
    ref = ObjectRef("", "Namespace", space)
    doubt = snapshot.gap(NETWORK_POLICY, space) or ""
    for group in groups:
        guarded = enforced(snapshot) and not group.host_network and bool(world.ingress.selecting(group))
        likelihood = "pod to guarded pod" if guarded else "pod to pod"
        shut = (Cut(ref, ("ns-no-netpol-ingress", "net-policy-admits-everyone"), partly=True),)
        detail = "past the policies that select it" if guarded else "no policy selects it"
        for item in group.workloads:
            if group.host_network and not declared_ports(item.spec):
                continue
            target = builder.at(workload(item.ref))
            cuts = _own_network(item) if group.host_network else shut
            builder.add("connect", piece, target, likelihood, detail, (Proof(item.home),), cuts, doubt)
    return piece
