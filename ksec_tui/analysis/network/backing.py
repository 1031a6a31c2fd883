"""What stands behind a Service's ports: pods by selector, by hand-made EndpointSlices, or behind another name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.selectors import alive, declared_ports, selected_by_service, target_ports
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, SERVICE
from ksec_tui.cluster.networking import Endpoint, EndpointSlice, Service, ServicePort
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which an EndpointSlice belongs to a Service (discovery/v1 LabelServiceName)."""

_HOPS = 4
"""How many ExternalNames are followed; proxies give up as well."""


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


@dataclass(frozen=True, slots=True)
class Target:
    """One port of a workload's pods behind a Service's port.

    Attributes:
        workload: whose pods.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        port: the pods' port.
        links: the objects between the Service and the workload; empty for a selector.
        doubt: why traffic may not come that far.
    """

    workload: Workload
    protocol: str
    port: int
    links: tuple[Link, ...] = ()
    doubt: str = ""


def targets(snapshot: Snapshot, service: Service, port: ServicePort, hops: int = _HOPS) -> Iterator[Target]:
    """Where one port of a Service ends in the cluster; nothing for what lies outside it.

    Args:
        snapshot: the cluster.
        service: the Service.
        port: one of its ports; for an ExternalName what its callers ask for.
        hops: how many ExternalNames may follow each other.
    """
    protocol = port.protocol or "TCP"
    if service.spec.type == "ExternalName":
        yield from _named(snapshot, service, port, hops)
    elif service.spec.selector:
        for workload in selected_by_service(snapshot, service):
            for number in target_ports(workload, port):
                yield Target(workload, protocol, number)
    else:
        yield from _listed(snapshot, service, port)


def backing(snapshot: Snapshot, service: Service) -> tuple[Workload, ...]:
    """The workloads behind a Service, whichever way they are named."""
    found = {
        item.workload.ref: item.workload
        for port in service.spec.ports
        for item in targets(snapshot, service, port)
    }
    return tuple(found.values())


def in_cluster(name: str) -> tuple[str, str] | None:
    """The (namespace, name) of the Service that a cluster-internal DNS name stands for, if it is one.

    The cluster's domain may be any; ``NAME.NAMESPACE.svc`` tells (DNS-based service discovery, 1.1.0).
    """
    parts = name.rstrip(".").lower().split(".")
    if len(parts) >= 3 and parts[2] == "svc":
        return parts[1], parts[0]
    return None


def _named(snapshot: Snapshot, service: Service, port: ServicePort, hops: int) -> Iterator[Target]:
    meant = in_cluster(service.spec.external_name)
    other = snapshot.find(SERVICE, meant[1], meant[0]) if meant and hops else None
    if other is None:
        return
    for index, item in enumerate(other.spec.ports):
        if item.port != port.port:
            continue
        link = Link(
            other.ref, f"/spec/ports/{index}", f"port {item.name or item.port}, by the name in {service.ref}"
        )
        doubt = "not every proxy follows an ExternalName"
        for end in targets(snapshot, other, item, hops - 1):
            yield Target(end.workload, end.protocol, end.port, (link, *end.links), doubt)


def _listed(snapshot: Snapshot, service: Service, port: ServicePort) -> Iterator[Target]:
    """The pods that EndpointSlices name; their addresses may as well lie outside the cluster."""
    seen: set[tuple[ObjectRef, int]] = set()
    for item in _slices(snapshot).get((service.namespace, service.name), ()):
        numbers = [
            (each.port, each.protocol or "TCP")
            for each in item.ports
            if (each.name or "") == port.name and each.port
        ]
        for index, endpoint in enumerate(item.endpoints):
            for number, protocol in numbers:
                for workload in _at(snapshot, endpoint, item.namespace, protocol, number):
                    if (key := (workload.ref, number)) not in seen:
                        seen.add(key)
                        words = f"endpoint {', '.join(endpoint.addresses)}"
                        yield Target(
                            workload, protocol, number, (Link(item.ref, f"/endpoints/{index}", words),)
                        )


def _slices(snapshot: Snapshot) -> dict[tuple[str, str], list[EndpointSlice]]:
    found: dict[tuple[str, str], list[EndpointSlice]] = snapshot.derived(_by_service, _by_service)
    return found


def _by_service(snapshot: Snapshot) -> dict[tuple[str, str], list[EndpointSlice]]:
    index: dict[tuple[str, str], list[EndpointSlice]] = {}
    for item in snapshot.of(ENDPOINT_SLICE):
        name = item.metadata.labels.get(SERVICE_NAME, "")
        index.setdefault((item.namespace, name), []).append(item)
    return index


def _at(
    snapshot: Snapshot, endpoint: Endpoint, namespace: str, protocol: str, port: int
) -> Iterator[Workload]:
    """The workloads whose pods an endpoint stands for, by its reference, else by address."""
    by_pod, by_address = _pods(snapshot)
    meant = endpoint.target_ref
    if meant is not None and meant.kind == "Pod":
        workload = by_pod.get((meant.namespace or namespace, meant.name))
        if workload is not None:
            yield workload
        return
    for address in endpoint.addresses:
        for workload in by_address.get(address, ()):
            # All pods in the network of one node share its address: only the declared port tells whose it is.
            if not workload.spec.host_network or (protocol, port) in declared_ports(workload.spec):
                yield workload


_Pods = tuple[dict[tuple[str, str], Workload], dict[str, list[Workload]]]


def _pods(snapshot: Snapshot) -> _Pods:
    found: _Pods = snapshot.derived(_pod_index, _pod_index)
    return found


def _pod_index(snapshot: Snapshot) -> _Pods:
    by_pod: dict[tuple[str, str], Workload] = {}
    by_address: dict[str, list[Workload]] = {}
    for workload in workloads(snapshot):
        if not alive(workload):
            continue
        for pod in workload.pods:
            if pod.finished:
                continue
            by_pod[pod.namespace, pod.name] = workload
            for address in {pod.status.pod_ip, *(item.ip for item in pod.status.pod_ips)} - {""}:
                slot = by_address.setdefault(address, [])
                if not slot or slot[-1] is not workload:
                    slot.append(workload)
    return by_pod, by_address
