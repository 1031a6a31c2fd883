"""What is published and leads to no pod of the cluster: Services, Ingresses, Gateways and routes, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.backing import Link, targets
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.entries import doors, opens
from ksec_tui.analysis.network.gateways import ROUTE_KINDS, attached, listener_sets, ungranted
from ksec_tui.analysis.network.proxies import Front, gateway_fronts, ingress_fronts
from ksec_tui.analysis.network.routes import backend_port, ingress_backends, route_backends
from ksec_tui.analysis.network.selectors import selected_by_service
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.gateway import Gateway, HTTPRoute
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, GATEWAY, INGRESS, SERVICE, WORKLOAD_KINDS
from ksec_tui.cluster.networking import Ingress, IngressBackend, Service, ServicePort
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A way in that ends before any pod.

    Attributes:
        zone: where clients may stand.
        chain: the objects on the way, as far as they are.
        why: what is missing.
        doubt: why the way itself may not be open.
    """

    zone: Zone
    chain: tuple[Link, ...]
    why: str
    doubt: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The last object on the way."""
        return self.chain[-1].ref

    @property
    def words(self) -> str:
        """``internet → Service shop/web (LoadBalancer 203.0.113.7) → nothing: no pods match its selector``."""
        start = self.zone.value if self.zone is not Zone.UNKNOWN else "somewhere"
        return " → ".join((start, *map(str, self.chain), f"nothing: {self.why}"))


def dead_ends(snapshot: Snapshot) -> tuple[DeadEnd, ...]:
    """Every one, in the order Services, Ingresses, Gateways, routes; computed once."""
    found: tuple[DeadEnd, ...] = snapshot.derived(_collect, _collect)
    return found


def _collect(snapshot: Snapshot) -> tuple[DeadEnd, ...]:
    found: list[DeadEnd] = []
    for service in snapshot.of(SERVICE):
        if opens(service):
            found += _service(snapshot, service)
    for ingress in snapshot.of(INGRESS):
        found += _ingress(snapshot, ingress)
    used: set[ObjectRef] = set()
    routes: list[DeadEnd] = []
    for kind in ROUTE_KINDS:
        for route in snapshot.of(kind):
            ways = tuple(attached(snapshot, route))
            used.update(way.gateway.ref for way in ways)
            if not ways and not listener_sets(route):
                routes += _unattached(route)
            for way in ways:
                routes += _route(snapshot, route, gateway_fronts(snapshot, way.gateway), way.link)
    for gateway in snapshot.of(GATEWAY):
        if gateway.ref not in used:
            found.append(_gateway(snapshot, gateway))
    return (*found, *routes)


def _service(snapshot: Snapshot, service: Service) -> Iterator[DeadEnd]:
    for index, port in enumerate(service.spec.ports):
        why = _no_target(snapshot, service, port)
        if why:
            for door in doors(service, index, port):
                yield DeadEnd(door.zone, (Link(service.ref, door.path, door.words),), why, door.doubt)


def _no_target(snapshot: Snapshot, service: Service, port: ServicePort) -> str:
    """Why no pod is behind a port of a Service; empty when there is one."""
    if next(targets(snapshot, service, port), None) is not None:
        return ""
    spec = service.spec
    if spec.type == "ExternalName":
        return f"the name {spec.external_name} is none of a Service here with port {port.port}"
    if not spec.selector:
        gap = snapshot.gap(ENDPOINT_SLICE, service.namespace)
        return gap or "it has no selector, and no EndpointSlice names a pod for that port"
    if selected_by_service(snapshot, service):
        return f"no container of its pods names a port {port.target}"
    return _unread_workloads(snapshot, service.namespace) or "no pods match its selector"


def _unread_workloads(snapshot: Snapshot, namespace: str) -> str:
    """Why pods may be there that were not read; files that hold some kinds describe a cluster without the others."""
    supplied = [kind for kind in WORKLOAD_KINDS if snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED]
    gaps = (snapshot.gap(kind, namespace) for kind in supplied or WORKLOAD_KINDS)
    return next((gap for gap in gaps if gap), "")


def _ingress(snapshot: Snapshot, ingress: Ingress) -> Iterator[DeadEnd]:
    fronts = ingress_fronts(snapshot, ingress)
    seen: set[tuple[str, str]] = set()
    for path, words, backend in ingress_backends(ingress):
        found = _no_backend(snapshot, ingress, backend)
        if found is None or (key := (found[1], str(found[0]))) in seen:
            continue
        seen.add(key)
        yield _end(fronts, (Link(ingress.ref, path, words), *found[0]), found[1])
    if not any(True for _ in ingress_backends(ingress)):
        yield _end(fronts, (Link(ingress.ref, "/spec", "no rules"),), "it has no backend")


def _no_backend(
    snapshot: Snapshot, ingress: Ingress, backend: IngressBackend
) -> tuple[tuple[Link, ...], str] | None:
    """How far a backend of an Ingress leads and what is missing there; None when it leads to pods."""
    wanted = backend.service
    if wanted is None:
        return (), "its backend is an object that is no Service"
    return _no_service(snapshot, wanted.name, ingress.namespace, wanted.port.name, wanted.port.number)


def _no_service(
    snapshot: Snapshot, name: str, namespace: str, port_name: str, number: int
) -> tuple[tuple[Link, ...], str] | None:
    service = snapshot.find(SERVICE, name, namespace)
    if service is None:
        ref = ObjectRef(namespace, SERVICE.name, name)
        return (), snapshot.unsure(SERVICE, name, namespace) or f"{ref} does not exist"
    found = backend_port(service, port_name, number)
    if found is None:
        return (Link(service.ref, "/spec/ports", "its ports"),), f"it has no port {port_name or number}"
    index, port = found
    why = _no_target(snapshot, service, port)
    if not why:
        return None
    path = f"/spec/ports/{index}" if index >= 0 else "/spec/externalName"
    return (Link(service.ref, path, f"port {port.name or port.port}"),), why


def _unattached(route: HTTPRoute) -> Iterator[DeadEnd]:
    """A route that names a Gateway and is taken by none; one of a mesh is no way in at all."""
    for number, parent in enumerate(route.spec.parent_refs):
        if parent.kind == GATEWAY.name:
            ref = ObjectRef(parent.namespace or route.namespace, GATEWAY.name, parent.name, GATEWAY.group)
            link = Link(route.ref, f"/spec/parentRefs/{number}", f"parent {parent.name}")
            yield DeadEnd(Zone.UNKNOWN, (link,), f"no listener of {ref} takes it")


def _route(snapshot: Snapshot, route: HTTPRoute, fronts: tuple[Front, ...], link: Link) -> Iterator[DeadEnd]:
    for at, rule in enumerate(route.spec.rules):
        for path, back in route_backends(rule):
            space = back.namespace or route.namespace
            step = Link(route.ref, f"/spec/rules/{at}{path}", back.name)
            if back.kind != SERVICE.name or back.group:
                yield _end(fronts, (link, step), f"its backend is a {back.kind}, which is not read")
            elif ungranted(snapshot, route, back) is None:
                yield _end(fronts, (link, step), f"no ReferenceGrant in namespace {space} lets it lead there")
            elif (found := _no_service(snapshot, back.name, space, "", back.port or 0)) is not None:
                yield _end(fronts, (link, step, *found[0]), found[1])


def _gateway(snapshot: Snapshot, gateway: Gateway) -> DeadEnd:
    names = ", ".join(listener.name for listener in gateway.spec.listeners)
    link = Link(gateway.ref, "/spec/listeners", f"listeners {names}" if names else "no listeners")
    return _end(gateway_fronts(snapshot, gateway), (link,), "no route is attached to it")


def _end(fronts: tuple[Front, ...], chain: tuple[Link, ...], why: str) -> DeadEnd:
    """The dead end behind the widest way to a proxy."""
    front = fronts[0]
    before = front.chain if not front.chain or front.chain[-1].ref != chain[0].ref else front.chain[:-1]
    doubt = front.doubt or (f"policies shut {front.chain[-1].ref}" if front.shut else "")
    return DeadEnd(front.zone, (*before, *chain), why, doubt)
