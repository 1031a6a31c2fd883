"""Ingress controllers and gateways: which pods serve an Ingress or a Gateway, and from where they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import NOWHERE, AddressSet
from ksec_tui.analysis.network.admission import admission
from ksec_tui.analysis.network.backing import Link, backing
from ksec_tui.analysis.network.balancers import (
    Placement,
    Zone,
    addresses_of,
    gateway_placement,
    ingress_placement,
)
from ksec_tui.analysis.network.entries import Entry, Source, host_entries, service_entries
from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.gateway import Gateway
from ksec_tui.cluster.kinds import GATEWAY_CLASS, INGRESS_CLASS, SERVICE
from ksec_tui.cluster.networking import Ingress, Service
from ksec_tui.cluster.openshift import OpenShiftRoute
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""The older way to name an Ingress's class, still read by controllers."""

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"

GATEWAY_NAMES: tuple[tuple[str, str], ...] = (
    ("gateway.networking.k8s.io/gateway-name", ""),
    ("istio.io/gateway-name", ""),
    ("gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace"),
    ("projectcontour.io/owning-gateway-name", ""),
)
"""Labels of the Services that a controller makes for a Gateway (GEP-1762): its name, and its namespace where that
is not the Service's own."""

CONTROLLER_IMAGES = {
    "k8s.io/ingress-nginx": ("ingress-nginx/controller", "nginx-ingress-controller"),
    "nginx.org/ingress-controller": ("nginx/nginx-ingress", "nginx-ic/nginx"),
    "traefik.io/ingress-controller": ("traefik",),
    "haproxy.org/ingress-controller/haproxy": ("haproxytech/kubernetes-ingress",),
    "haproxy-ingress.github.io/controller": ("haproxy-ingress",),
    "ingress-controllers.konghq.com/kong": ("kong",),
    "apisix.apache.org/apisix-ingress-controller": ("apache/apisix",),
    "getambassador.io/ingress-controller": ("emissary", "datawire/aes"),
    "voyagermesh.com/ingress": ("voyagermesh/haproxy",),
}
"""IngressClass.spec.controller -> part of the image of the pods that also carry the traffic."""

ROUTER_IMAGE = "haproxy-router"
ROUTER_NAMESPACE = "openshift-ingress"
"""OpenShift's router; its image is often named by digest only, its namespace never changes."""

GOOGLE = addresses_of(("35.191.0.0/16", "130.211.0.0/22"))
"""From where Google's HTTP load balancers connect to pods (its load balancing documentation)."""

_GOOGLE_CLASSES = ("gce", "gce-internal")


@dataclass(frozen=True, slots=True)
class Front:
    """From where a proxy is reached.

    Attributes:
        zone: where clients may stand.
        chain: the objects before what is published: the proxy's own way in, the proxy.
        doubt: why it may not be reachable from there.
        pods: the workloads that are the proxy; empty when it stands outside the cluster or was not found.
        clients: the proxy's addresses, where it stands outside the cluster and they are known.
        shut: the policies that shut the proxy itself.
    """

    zone: Zone
    chain: tuple[Link, ...]
    doubt: str = ""
    pods: tuple[Workload, ...] = ()
    clients: AddressSet = NOWHERE
    shut: tuple[ObjectRef, ...] = ()

    @property
    def source(self) -> Source:
        """Whose address the pods behind it see."""
        return Source.PROXY_PODS if self.pods else Source.PROXY


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
    words = f"serves class {name}" if name else "serves it"
    found = _fronts(snapshot, services, pods, words)
    if found:
        return found
    google = GOOGLE if name in _GOOGLE_CLASSES else NOWHERE
    placed = ingress_placement(ingress, (name, controller))
    return _outside(placed, ingress.ref, google, _class_doubt(snapshot, name, controller, pods))


def _class_doubt(snapshot: Snapshot, name: str, controller: str, pods: Sequence[Workload]) -> str:
    """Why the controller of a class, or its way in, is not known."""
    if pods:
        return f"no object leads to {pods[0].ref}, which serves class {name}"
    if controller:
        return f"the pods of controller {controller} are not known"
    if name:
        return snapshot.unsure(INGRESS_CLASS, name) or f"there is no IngressClass {name}"
    return snapshot.gap(INGRESS_CLASS) or "it names no class and none is the default"


def gateway_fronts(snapshot: Snapshot, gateway: Gateway) -> tuple[Front, ...]:
    """From where a Gateway is reached: by the Service made for it, or at its addresses, or by what it says."""
    known: dict[ObjectRef, tuple[Front, ...]] = snapshot.derived(gateway_fronts, lambda _: {})
    if gateway.ref not in known:
        known[gateway.ref] = _gateway_fronts(snapshot, gateway)
    return known[gateway.ref]


def _gateway_fronts(snapshot: Snapshot, gateway: Gateway) -> tuple[Front, ...]:
    services: Sequence[Service] = _made_for(snapshot).get((gateway.namespace, gateway.name), ())
    if not services:
        told = [item.value for item in (*gateway.status.addresses, *gateway.spec.addresses)]
        services = _at(snapshot, told)
    name = gateway.spec.gateway_class_name
    found = _fronts(snapshot, services, (), f"serves {gateway.ref}")
    if found:
        return found
    kind = snapshot.find(GATEWAY_CLASS, name)
    controller = kind.spec.controller_name if kind else ""
    google = GOOGLE if name.startswith("gke-l7-") else NOWHERE
    why = (
        f"no Service leads to what serves class {name}" if controller else f"there is no GatewayClass {name}"
    )
    return _outside(gateway_placement(gateway, controller), gateway.ref, google, why)


def router_fronts(snapshot: Snapshot, route: OpenShiftRoute) -> tuple[Front, ...]:
    """From where OpenShift's routers are reached."""
    found: tuple[Front, ...] = snapshot.derived(_router_fronts, _router_fronts)
    doubt = f"where {route.ref} is published is not known: no way into a router is known"
    return found or (Front(Zone.UNKNOWN, (), doubt),)


def _router_fronts(snapshot: Snapshot) -> tuple[Front, ...]:
    pods = [
        workload
        for workload in workloads(snapshot)
        if workload.namespace == ROUTER_NAMESPACE
        or any(ROUTER_IMAGE in repository(container.image) for container in workload.spec.containers)
    ]
    return _fronts(snapshot, (), pods, "is a router") if pods else ()


def _made_for(snapshot: Snapshot) -> dict[tuple[str, str], list[Service]]:
    found: dict[tuple[str, str], list[Service]] = snapshot.derived(_by_gateway, _by_gateway)
    return found


def _by_gateway(snapshot: Snapshot) -> dict[tuple[str, str], list[Service]]:
    index: dict[tuple[str, str], list[Service]] = {}
    for service in snapshot.of(SERVICE):
        labels = service.metadata.labels
        for name, space in GATEWAY_NAMES:
            if name in labels:
                index.setdefault((labels.get(space, service.namespace), labels[name]), []).append(service)
                break
    return index


def _outside(placed: Placement, ref: ObjectRef, clients: AddressSet, why: str) -> tuple[Front, ...]:
    if placed.zone is Zone.UNKNOWN:
        reason = f"{placed.why}; {why}" if why else placed.why
        return (Front(Zone.UNKNOWN, (), f"where {ref} is published is not known: {reason}"),)
    link = Link(ref, placed.path, f"published at {placed.why}")
    return (Front(placed.zone, (link,), placed.doubt, clients=clients),)


def _fronts(
    snapshot: Snapshot, services: Sequence[Service], pods: Sequence[Workload], words: str
) -> tuple[Front, ...]:
    """The best way to each zone, through these Services or, without any, to these pods."""
    through = {service.ref for service in services}
    index = _doors(snapshot)
    best: dict[Zone, Front] = {}
    wanted = pods or [pod for service in services for pod in backing(snapshot, service)]
    for workload in dict.fromkeys(pod.ref for pod in wanted):
        for entry in index.get(workload, ()):
            if through and entry.chain[0].ref not in through:
                continue
            front = _front(snapshot, entry, words)
            known = best.get(entry.zone)
            if known is None or _rank(front) < _rank(known):
                best[entry.zone] = front
    return tuple(best[zone] for zone in Zone if zone in best)


def _rank(front: Front) -> tuple[bool, bool]:
    """Sorts what is open first, what is certain next."""
    return bool(front.shut), bool(front.doubt)


def _front(snapshot: Snapshot, entry: Entry, words: str) -> Front:
    """The way to a proxy, as far as policies let clients come to the proxy itself."""
    answer = admission(snapshot, entry)
    end = entry.chain[-1]
    before = (*entry.chain[:-1], Link(end.ref, end.path, words))
    if len(entry.chain) == 1:  # a port of its node's: the only link says which
        before = (Link(end.ref, end.path, f"{end.words}, {words}"),)
    shut = answer.policies if answer.admitted is False else ()
    return Front(entry.zone, before, entry.doubt or answer.doubt, (entry.workload,), shut=shut)


def _at(snapshot: Snapshot, addresses: Iterable[str]) -> tuple[Service, ...]:
    """The Services that answer at one of those addresses and have pods."""
    index: dict[str, list[Service]] = snapshot.derived(_by_address, _by_address)
    found = {service.ref: service for text in addresses if text for service in index.get(text, ())}
    return tuple(service for service in found.values() if backing(snapshot, service))


def _by_address(snapshot: Snapshot) -> dict[str, list[Service]]:
    index: dict[str, list[Service]] = {}
    for service in snapshot.of(SERVICE):
        own = [item.ip or item.hostname for item in service.status.load_balancer.ingress]
        own.extend(service.spec.external_ips)
        if service.spec.cluster_ip not in ("", "None"):
            own.append(service.spec.cluster_ip)
        dns = f"{service.name}.{service.namespace}.svc"
        own += [dns, f"{dns}.cluster.local"]
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
    known: dict[str, tuple[Workload, ...]] = snapshot.derived(_controllers, lambda _: {})
    if controller not in known:
        known[controller] = _of_controller(snapshot, controller)
    return known[controller]


def _of_controller(snapshot: Snapshot, controller: str) -> tuple[Workload, ...]:
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
