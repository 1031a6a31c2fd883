"""Ways into the cluster that Services and pods open themselves: load balancers, node ports, host ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.network.balancers import (
    Zone,
    is_public,
    node_ports,
    parse_ip,
    service_placement,
    source_ranges,
)
from ksec_tui.analysis.network.selectors import alive, selected_by_service, serving, target_ports
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import NODE, SERVICE
from ksec_tui.cluster.networking import Service, ServicePort
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Link:
    """One object on the way to a workload.

    Attributes:
        ref: the object.
        path: JSON pointer of the field that makes it a link.
        words: what that field says: ``LoadBalancer 203.0.113.7``.
    """

    ref: ObjectRef
    path: str
    words: str

    def __str__(self) -> str:
        """``Service shop/web (LoadBalancer 203.0.113.7)``."""
        return f"{self.ref} ({self.words})"


class Source(Enum):
    """What address a pod sees as the client's, which is what a NetworkPolicy judges."""

    CLIENT = "the client"
    NODE = "a node"
    PROXY_PODS = "the pods of a proxy"
    PROXY = "a proxy that is not known"


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to one port of a workload, before NetworkPolicies are asked.

    Attributes:
        workload: where it ends.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        port: the pod's port.
        zone: where clients may stand.
        chain: the objects on the way; the workload is the last.
        source: whose address the pod sees.
        doubt: why the way may not be open; empty when it is.
        proxies: the workloads behind `Source.PROXY_PODS`.
        http: whether a proxy lets only HTTP through.
    """

    workload: Workload
    protocol: str
    port: int
    zone: Zone
    chain: tuple[Link, ...]
    source: Source
    doubt: str = ""
    proxies: tuple[Workload, ...] = ()
    http: bool = False


@dataclass(frozen=True, slots=True)
class _Door:
    zone: Zone
    path: str
    words: str
    source: Source
    doubt: str = ""


def public_nodes(snapshot: Snapshot) -> dict[str, str]:
    """The nodes that have a public address: node name -> address."""
    found: dict[str, str] = {}
    for node in snapshot.of(NODE):
        for item in node.status.addresses:
            address = parse_ip(item.address)
            if address is not None and is_public(address):
                found.setdefault(node.name, item.address)
    return found


def last_link(workload: Workload, protocol: str, port: int) -> Link:
    """The end of a chain: the workload and the port of its pods."""
    place = f"{workload.pointer}/containers"
    for name, containers in (
        ("containers", workload.spec.containers),
        ("initContainers", workload.spec.init_containers),
    ):
        for index, container in enumerate(containers):
            for at, item in enumerate(container.ports):
                if item.container_port == port and (item.protocol or "TCP") == protocol:
                    return Link(
                        workload.ref,
                        f"{workload.pointer}/{name}/{index}/ports/{at}",
                        f"{protocol} port {port}",
                    )
    return Link(workload.ref, place, f"{protocol} port {port}")


def service_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries of Services: through a load balancer, through node ports, through externalIPs."""
    public = public_nodes(snapshot)
    for service in snapshot.of(SERVICE):
        if service.spec.type not in ("LoadBalancer", "NodePort") and not service.spec.external_ips:
            continue
        chosen = selected_by_service(snapshot, service)
        for index, port in enumerate(service.spec.ports):
            doors = tuple(_doors(service, index, port, public))
            for workload in chosen:
                for number in target_ports(workload, port):
                    end = last_link(workload, port.protocol, number)
                    for door in doors:
                        chain = (Link(service.ref, door.path, door.words), end)
                        yield Entry(
                            workload, port.protocol, number, door.zone, chain, door.source, door.doubt
                        )


def _doors(service: Service, index: int, port: ServicePort, public: dict[str, str]) -> Iterator[_Door]:
    spec = service.spec
    source = Source.CLIENT if spec.external_traffic_policy == "Local" else Source.NODE
    if spec.type == "LoadBalancer":
        placed = service_placement(service)
        ranges = source_ranges(service)
        narrowed = placed.zone is Zone.INTERNET and bool(ranges)
        words = f"LoadBalancer {placed.why}" + (f", limited to {', '.join(ranges)}" if ranges else "")
        doubt = "the load balancer may be internal" if placed.zone is Zone.UNKNOWN else ""
        yield _Door(Zone.OUTSIDE if narrowed else placed.zone, placed.path, words, source, doubt)
    if node_ports(service):
        words = f"NodePort {port.node_port}" if port.node_port else "a node port"
        path = f"/spec/ports/{index}" + ("/nodePort" if port.node_port else "")
        yield _Door(Zone.NODES, path, f"{words} on every node", source)
        for node, address in sorted(public.items())[:1]:
            said = f"{words}; node {node} has the public address {address}"
            yield _Door(Zone.INTERNET, path, said, source, "a firewall may stand before the nodes")
    for at, text in enumerate(spec.external_ips):
        external = parse_ip(text)
        if external is not None:
            zone = Zone.INTERNET if is_public(external) else Zone.OUTSIDE
            doubt = "the network may not route that address to a node"
            yield _Door(zone, f"/spec/externalIPs/{at}", f"external IP {text}", source, doubt)


def host_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries of pods on their node's address: hostPort, and declared ports of host-network pods."""
    public = public_nodes(snapshot)
    for workload in workloads(snapshot):
        if not alive(workload):
            continue
        places = {pod.spec.node_name for pod in workload.pods if pod.spec.node_name and not pod.finished}
        near = {node: at for node, at in sorted(public.items()) if not places or node in places}
        for protocol, port, words, doubt, reach in _host_ports(workload):
            end = last_link(workload, protocol, port)
            chain = (Link(end.ref, end.path, words),)
            yield Entry(workload, protocol, port, Zone.NODES, chain, Source.CLIENT, doubt)
            if reach and near:
                node, address = next(iter(near.items()))
                said = f"{words}; node {node} has the public address {address}"
                yield Entry(
                    workload,
                    protocol,
                    port,
                    Zone.INTERNET,
                    (Link(end.ref, end.path, said),),
                    Source.CLIENT,
                    "a firewall may stand before the nodes",
                )


def _host_ports(workload: Workload) -> Iterator[tuple[str, int, str, str, bool]]:
    """(protocol, port, words, doubt, whether every address of the node is meant) of ports on the node."""
    for container in serving(workload.spec):
        for port in container.ports:
            protocol = port.protocol or "TCP"
            if workload.spec.host_network:
                doubt = "whether the process listens on it is not known"
                yield (
                    protocol,
                    port.container_port,
                    f"{protocol} port {port.container_port}, host network",
                    doubt,
                    True,
                )
                continue
            address = parse_ip(port.host_ip)
            if not port.host_port or (address is not None and address.is_loopback):
                continue
            every = address is None or address.is_unspecified or is_public(address)
            words = f"{protocol} port {port.container_port}, hostPort {port.host_port}"
            yield protocol, port.container_port, words, "", every
