"""Ingress controllers and gateways: which pods serve an Ingress or a Gateway, and from where they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.balancers import Placement, Zone, gateway_placement, ingress_placement
from ksec_tui.analysis.network.entries import Entry, Link, host_entries, service_entries
from ksec_tui.analysis.network.selectors import selected_by_service
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.gateway import Gateway
from ksec_tui.cluster.kinds import INGRESS_CLASS, SERVICE
from ksec_tui.cluster.networking import Ingress, Service
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""The older way to name an Ingress's class, still read by controllers."""

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
"""On what a controller makes for a Gateway inside the cluster (GEP-1762)."""

CONTROLLER_IMAGES = {
    "k8s.io/ingress-nginx": ("ingress-nginx/controller", "nginx-ingress-controller"),
    "nginx.org/ingress-controller": ("nginx/nginx-ingress",),
    "traefik.io/ingress-controller": ("traefik",),
    "haproxy.org/ingress-controller/haproxy": ("haproxytech/kubernetes-ingress",),
    "haproxy-ingress.github.io/controller": ("haproxy-ingress",),
    "ingress-controllers.konghq.com/kong": ("kong",),
}
"""IngressClass.spec.controller -> part of the image of the pods that also carry the traffic."""


@dataclass(frozen=True, slots=True)
class Front:
    """From where a proxy is reached.

    Attributes:
        zone: where clients may stand.
        chain: the objects before the proxy.
        doubt: why it may not be reachable from there.
        pods: the workloads that are the proxy; empty when it stands outside the cluster or was not found.
    """

    zone: Zone
    chain: tuple[Link, ...]
    doubt: str = ""
    pods: tuple[Workload, ...] = ()


def class_of(snapshot: Snapshot, ingress: Ingress) -> tuple[str, str]:
    """An Ingress's class and that class's controller; empty where unset or not found."""
    name = ingress.spec.ingress_class_name or ingress.metadata.annotations.get(CLASS_ANNOTATION, "")
    if not name:
        for item in snapshot.of(INGRESS_CLASS):
            if item.metadata.annotations.get(DEFAULT_CLASS) == "true":
                return item.name, item.spec.controller
        return "", ""
    found = snapshot.find(INGRESS_CLASS, name)
    return name, found.spec.controller if found else ""


def ingress_fronts(snapshot: Snapshot, ingress: Ingress) -> tuple[Front, ...]:
    """From where an Ingress is reached: by its controller's Service, else by what it says itself."""
    addresses = [item.ip or item.hostname for item in ingress.status.load_balancer.ingress]
    services = _at(snapshot, addresses)
    name, controller = class_of(snapshot, ingress)
    pods = () if services else _controllers(snapshot, controller)
    return _fronts(snapshot, services, pods) or _outside(
        ingress_placement(ingress, (name, controller)), ingress.ref
    )


def gateway_fronts(snapshot: Snapshot, gateway: Gateway) -> tuple[Front, ...]:
    """The same of a Gateway."""
    services = [
        service
        for service in snapshot.within(SERVICE, gateway.namespace)
        if service.metadata.labels.get(GATEWAY_NAME) == gateway.name
    ]
    services = services or list(_at(snapshot, [item.value for item in gateway.status.addresses]))
    return _fronts(snapshot, services, ()) or _outside(gateway_placement(gateway), gateway.ref)


def _outside(placed: Placement, ref: ObjectRef) -> tuple[Front, ...]:
    if placed.zone is Zone.UNKNOWN:
        doubt = f"where {ref} is published is not known: {placed.why}"
        return (Front(Zone.UNKNOWN, (), doubt),)
    return (Front(placed.zone, (Link(ref, placed.path, f"published at {placed.why}"),)),)


def _fronts(snapshot: Snapshot, services: Sequence[Service], pods: Sequence[Workload]) -> tuple[Front, ...]:
    """The best way to each zone, through these Services or, without any, to these pods."""
    through = {service.ref for service in services}
    index = _doors(snapshot)
    best: dict[Zone, Front] = {}
    wanted = pods or [pod for service in services for pod in selected_by_service(snapshot, service)]
    for workload in dict.fromkeys(pod.ref for pod in wanted):
        for entry in index.get(workload, ()):
            if through and entry.chain[0].ref not in through:
                continue
            known = best.get(entry.zone)
            if known is None or (known.doubt and not entry.doubt):
                best[entry.zone] = Front(entry.zone, entry.chain[:1], entry.doubt, (entry.workload,))
    return tuple(best[zone] for zone in Zone if zone in best)


def _at(snapshot: Snapshot, addresses: Iterable[str]) -> tuple[Service, ...]:
    """The Services that answer at one of those addresses and have pods."""
    index: dict[str, list[Service]] = snapshot.derived(_by_address, _by_address)
    found = {service.ref: service for text in addresses if text for service in index.get(text, ())}
    return tuple(found.values())


def _by_address(snapshot: Snapshot) -> dict[str, list[Service]]:
    index: dict[str, list[Service]] = {}
    for service in snapshot.of(SERVICE):
        if not selected_by_service(snapshot, service):
            continue
        own = [item.ip or item.hostname for item in service.status.load_balancer.ingress]
        own.extend(service.spec.external_ips)
        if service.spec.cluster_ip not in ("", "None"):
            own.append(service.spec.cluster_ip)
        for text in own:
            index.setdefault(text, []).append(service)
    return index


def _doors(snapshot: Snapshot) -> dict[ObjectRef, list[Entry]]:
    found: dict[ObjectRef, list[Entry]] = snapshot.derived(_doors_index, _doors_index)
    return found


def _doors_index(snapshot: Snapshot) -> dict[ObjectRef, list[Entry]]:
    index: dict[ObjectRef, list[Entry]] = {}
    for entry in direct_entries(snapshot):
        index.setdefault(entry.workload.ref, []).append(entry)
    return index


def direct_entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Every entry that needs no proxy; computed once."""
    found: tuple[Entry, ...] = snapshot.derived(_direct, _direct)
    return found


def _direct(snapshot: Snapshot) -> tuple[Entry, ...]:
    return (*service_entries(snapshot), *host_entries(snapshot))


def _controllers(snapshot: Snapshot, controller: str) -> tuple[Workload, ...]:
    """The workloads of a controller, by image; narrowed by ingress-nginx's --controller-class when it is used."""
    parts = CONTROLLER_IMAGES.get(controller)
    if parts is None:
        return ()
    found = [
        (workload, container.args)
        for workload in workloads(snapshot)
        for container in workload.spec.containers
        if any(part in container.image for part in parts)
    ]
    flag = f"--controller-class={controller}"
    named = [item for item in found if any(arg.startswith("--controller-class=") for arg in item[1])]
    chosen = [item for item in named if flag in item[1]] or [item for item in found if item not in named]
    return tuple(workload for workload, _ in chosen)
