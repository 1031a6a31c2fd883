"""Ways into the cluster that Services and pods open themselves: load balancers, node ports, host ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.network.addresses import ANY4, ANY6, NOWHERE, AddressSet
from ksec_tui.analysis.network.backing import Link, Target, targets
from ksec_tui.analysis.network.balancers import (
    PRIVATE,
    Zone,
    addresses_of,
    is_public,
    node_ports,
    parse_ip,
    service_placement,
    source_ranges,
)
from ksec_tui.analysis.network.selectors import alive, serving
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import NODE, SERVICE
from ksec_tui.cluster.networking import Service, ServicePort
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

TAILNET = "tailscale.com/expose"
"""The annotation by which Tailscale's operator puts a Service on a private network."""


class Source(Enum):
    """What address a pod sees as the client's, which is what a NetworkPolicy judges.

    BALANCED is the client's where a load balancer passes packets on, its own where it opens connections.
    """

    CLIENT = "the client"
    BALANCED = "the client or its load balancer"
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
        clients: the addresses that the pod may see for CLIENT and BALANCED, or a proxy's where they are known.
        shut: the policies that shut the proxy itself, so that nothing comes this far.
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
    clients: AddressSet = NOWHERE
    shut: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """A way in that a Service opens, whatever is behind it; the attributes are those of `Entry`.

    Attributes:
        zone: where clients may stand.
        path: JSON pointer of the field that opens it.
        words: what that field says.
        source: whose address pods see.
        clients: the addresses that they may see.
        doubt: why it may not be open.
    """

    zone: Zone
    path: str
    words: str
    source: Source
    clients: AddressSet
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


def clients_in(zone: Zone, family: AddressSet = ANY4) -> AddressSet:
    """The addresses of clients in a zone outside the cluster, of one address family."""
    if zone is Zone.INTERNET:
        return family - PRIVATE
    return family & PRIVATE if zone is Zone.OUTSIDE else family


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
        if not opens(service):
            continue
        for index, port in enumerate(service.spec.ports):
            ways = tuple(doors(service, index, port))
            for target in targets(snapshot, service, port):
                yield from _entries(service, ways, target, public)


def opens(service: Service) -> bool:
    """Whether a Service is a way into the cluster by itself."""
    return (
        service.spec.type in ("LoadBalancer", "NodePort")
        or bool(service.spec.external_ips)
        or service.metadata.annotations.get(TAILNET) == "true"
    )


def _entries(
    service: Service, ways: tuple[Door, ...], target: Target, public: dict[str, str]
) -> Iterator[Entry]:
    end = last_link(target.workload, target.protocol, target.port)
    for door in ways:
        chain = (Link(service.ref, door.path, door.words), *target.links, end)
        doubt = door.doubt or target.doubt
        yield Entry(
            target.workload,
            target.protocol,
            target.port,
            door.zone,
            chain,
            door.source,
            doubt,
            clients=door.clients,
        )
        if door.zone is not Zone.NODES:
            continue
        local = service.spec.external_traffic_policy == "Local"
        near = _near(target.workload, public) if local else public
        for node, address in sorted(near.items())[:1]:
            said = f"{door.words}; node {node} has the public address {address}"
            yield Entry(
                target.workload,
                target.protocol,
                target.port,
                Zone.INTERNET,
                (Link(service.ref, door.path, said), *target.links, end),
                door.source,
                target.doubt or "a firewall may stand before the nodes",
                clients=clients_in(Zone.INTERNET, _family(address, service)),
            )


def _near(workload: Workload, public: dict[str, str]) -> dict[str, str]:
    """The public addresses of the nodes that run a workload's pods; of all nodes while none is placed."""
    places = {pod.spec.node_name for pod in workload.pods if pod.spec.node_name and not pod.finished}
    return {node: at for node, at in sorted(public.items()) if not places or node in places}


def _family(published: str, service: Service | None = None) -> AddressSet:
    """The address family of clients: that of the address they use, else the Service's first, else IPv4."""
    address = parse_ip(published)
    if address is not None:
        return ANY4 if address.version == 4 else ANY6
    families = service.spec.ip_families if service is not None else ()
    return ANY6 if families[:1] == ("IPv6",) else ANY4


def doors(service: Service, index: int, port: ServicePort) -> Iterator[Door]:
    """The ways in that one port of a Service opens."""
    spec = service.spec
    local = spec.external_traffic_policy == "Local"
    if spec.type == "LoadBalancer":
        yield _balancer(service, local=local)
    source = Source.CLIENT if local else Source.NODE
    if node_ports(service):
        words = f"NodePort {port.node_port}" if port.node_port else "a node port"
        path = f"/spec/ports/{index}" + ("/nodePort" if port.node_port else "")
        where = "every node that runs its pods" if local else "every node"
        yield Door(Zone.NODES, path, f"{words} on {where}", source, _family("", service))
    for at, text in enumerate(spec.external_ips):
        external = parse_ip(text)
        if external is not None:
            zone = Zone.INTERNET if is_public(external) else Zone.OUTSIDE
            doubt = "the network may not route that address to a node"
            clients = clients_in(zone, _family(text))
            yield Door(zone, f"/spec/externalIPs/{at}", f"external IP {text}", source, clients, doubt)
    if service.metadata.annotations.get(TAILNET) == "true":
        path = "/metadata/annotations/" + TAILNET.replace("/", "~1")
        doubt = "only where Tailscale's operator runs"
        yield Door(Zone.OUTSIDE, path, f"annotation {TAILNET}", Source.PROXY, NOWHERE, doubt)


def _balancer(service: Service, *, local: bool) -> Door:
    placed = service_placement(service)
    ranges = source_ranges(service)
    words = f"LoadBalancer {placed.why}" + (f", limited to {', '.join(ranges)}" if ranges else "")
    zone = Zone.OUTSIDE if placed.zone is Zone.INTERNET and ranges else placed.zone
    doubt = "the load balancer may be internal" if zone is Zone.UNKNOWN else placed.doubt
    clients = addresses_of(ranges) if ranges else clients_in(zone, _family(placed.why, service))
    return Door(zone, placed.path, words, Source.BALANCED if local else Source.NODE, clients, doubt)


def host_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries of pods on their node's address: hostPort, and declared ports of host-network pods."""
    public = public_nodes(snapshot)
    for workload in workloads(snapshot):
        if not alive(workload):
            continue
        for protocol, port, words, doubt, reach in _host_ports(workload):
            end = last_link(workload, protocol, port)
            chain = (Link(end.ref, end.path, words),)
            yield Entry(workload, protocol, port, Zone.NODES, chain, Source.CLIENT, doubt, clients=ANY4)
            near = _near(workload, public)
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
                    clients=clients_in(Zone.INTERNET, _family(address)),
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
            if not port.host_port:
                continue
            address = parse_ip(port.host_ip)
            if address is not None and address.is_loopback:
                continue
            every = address is None or address.is_unspecified or is_public(address)
            words = f"{protocol} port {port.container_port}, hostPort {port.host_port}"
            yield protocol, port.container_port, words, "", every
