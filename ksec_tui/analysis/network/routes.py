"""What Ingresses and routes lead to (networking/v1 Ingress, gateway.networking.k8s.io, route.openshift.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ksec_tui.analysis.network.backing import Link, targets
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.entries import Entry, last_link
from ksec_tui.analysis.network.gateways import ROUTE_KINDS, attached, listener_sets, ungranted
from ksec_tui.analysis.network.proxies import Front, gateway_fronts, ingress_fronts, router_fronts
from ksec_tui.cluster.gateway import BackendRef, HTTPRoute, RouteFilter, RouteRule
from ksec_tui.cluster.kinds import INGRESS, OPENSHIFT_ROUTE, SERVICE
from ksec_tui.cluster.networking import Ingress, IngressBackend, Service, ServicePort
from ksec_tui.cluster.openshift import OpenShiftRoute
from ksec_tui.cluster.snapshot import Snapshot


class Backend(NamedTuple):
    """One backend of an Ingress: its JSON pointer, in words where it is asked for, and what it is."""

    path: str
    words: str
    backend: IngressBackend


def ingress_backends(ingress: Ingress) -> Iterator[Backend]:
    """Every backend of an Ingress, the default one included."""
    if ingress.spec.default_backend is not None:
        yield Backend("/spec/defaultBackend", "default backend", ingress.spec.default_backend)
    for at, rule in enumerate(ingress.spec.rules):
        for number, item in enumerate(rule.http.paths if rule.http else ()):
            words = f"{rule.host or 'every host'}{item.path or '/'}"
            yield Backend(f"/spec/rules/{at}/http/paths/{number}/backend", words, item.backend)


def backend_port(service: Service, name: str, number: int) -> tuple[int, ServicePort] | None:
    """The port of a Service that a backend names or numbers, with its position.

    An ExternalName needs none of its own: callers ask that name for the port they want.
    """
    for index, port in enumerate(service.spec.ports):
        if (name and port.name == name) or (not name and port.port == number):
            return index, port
    if service.spec.type == "ExternalName" and number:
        return -1, ServicePort(port=number)
    return None


def ingress_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries that Ingresses make."""
    for ingress in snapshot.of(INGRESS):
        fronts = ingress_fronts(snapshot, ingress)
        seen: set[tuple[str, str, int]] = set()
        for path, words, backend in ingress_backends(ingress):
            wanted = backend.service
            if wanted is None or (key := (wanted.name, wanted.port.name, wanted.port.number)) in seen:
                continue
            seen.add(key)
            service = snapshot.find(SERVICE, wanted.name, ingress.namespace)
            found = service and backend_port(service, wanted.port.name, wanted.port.number)
            if service and found:
                chain = (Link(ingress.ref, path, words),)
                yield from _through(snapshot, fronts, chain, service, found, http=True)


def route_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries that routes make through the Gateways that they attach to; a mesh parent makes none."""
    for kind in ROUTE_KINDS:
        for route in snapshot.of(kind):
            for gateway, link, doubt in attached(snapshot, route):
                yield from _route(snapshot, route, gateway_fronts(snapshot, gateway), (link,), doubt)
            for parent in listener_sets(route):
                doubt = f"it attaches to {parent.kind} {parent.name}, which is not read"
                yield from _route(snapshot, route, (Front(Zone.UNKNOWN, (), doubt),), ())
    for item in snapshot.of(OPENSHIFT_ROUTE):
        yield from _openshift(snapshot, item)


class RouteBackend(NamedTuple):
    """One backend of a route's rule: its JSON pointer below the rule, and which."""

    path: str
    backend: BackendRef


def route_backends(rule: RouteRule) -> Iterator[RouteBackend]:
    """The backends that get traffic by a rule: those with a weight, and those that get a copy.

    A rule that only redirects has none.
    """
    yield from _mirrors("", rule.filters)
    for number, back in enumerate(rule.backend_refs):
        if back.weight != 0:
            yield RouteBackend(f"/backendRefs/{number}", back)
            yield from _mirrors(f"/backendRefs/{number}", back.filters)


def _mirrors(path: str, filters: tuple[RouteFilter, ...]) -> Iterator[RouteBackend]:
    for number, item in enumerate(filters):
        if item.request_mirror is not None:
            yield RouteBackend(
                f"{path}/filters/{number}/requestMirror/backendRef", item.request_mirror.backend_ref
            )


def _route(
    snapshot: Snapshot, route: HTTPRoute, fronts: tuple[Front, ...], before: tuple[Link, ...], doubt: str = ""
) -> Iterator[Entry]:
    words = ", ".join(route.spec.hostnames) or "every host"
    http = route.kind in ("HTTPRoute", "GRPCRoute")
    seen: set[tuple[str | None, str, int | None]] = set()
    for at, rule in enumerate(route.spec.rules):
        for path, back in route_backends(rule):
            key = back.namespace, back.name, back.port
            if back.kind != "Service" or back.group or key in seen:
                continue
            seen.add(key)
            service = snapshot.find(SERVICE, back.name, back.namespace or route.namespace)
            found = service and backend_port(service, "", back.port or 0)
            grant = ungranted(snapshot, route, back)
            if not service or not found or grant is None:
                continue
            said = f"{words}, a copy of each request" if "requestMirror" in path else words
            chain = (*before, Link(route.ref, f"/spec/rules/{at}{path}", said))
            yield from _through(snapshot, fronts, chain, service, found, http=http, doubt=doubt or grant)


def _openshift(snapshot: Snapshot, route: OpenShiftRoute) -> Iterator[Entry]:
    """The entries of an OpenShift Route; its port names one of the Service's, or of the pods' behind it."""
    wanted = route.spec.port.target_port if route.spec.port else ""
    fronts = router_fronts(snapshot, route)
    places = [("/spec/to", route.spec.to)]
    places += [(f"/spec/alternateBackends/{at}", to) for at, to in enumerate(route.spec.alternate_backends)]
    for path, to in places:
        service = snapshot.find(SERVICE, to.name, route.namespace)
        if service is None or to.weight == 0:
            continue
        for index, port in enumerate(service.spec.ports):
            if not wanted or wanted in (port.name, port.target) or str(wanted) == str(port.target):
                link = Link(route.ref, path, route.spec.host or "a host of the router's choice")
                yield from _through(snapshot, fronts, (link,), service, (index, port), http=True)


def _through(
    snapshot: Snapshot,
    fronts: tuple[Front, ...],
    middle: tuple[Link, ...],
    service: Service,
    found: tuple[int, ServicePort],
    *,
    http: bool,
    doubt: str = "",
) -> Iterator[Entry]:
    index, port = found
    step = Link(service.ref, f"/spec/ports/{index}", f"port {port.name or port.port}")
    if index < 0:
        step = Link(service.ref, "/spec/externalName", f"the name {service.spec.external_name}")
    for target in targets(snapshot, service, port):
        end = last_link(target.workload, target.protocol, target.port)
        for front in fronts:
            yield Entry(
                target.workload,
                target.protocol,
                target.port,
                front.zone,
                (*_joined(front.chain, middle), step, *target.links, end),
                front.source,
                front.doubt or doubt or target.doubt,
                front.pods,
                http,
                front.clients,
                front.shut,
            )


def _joined(before: tuple[Link, ...], middle: tuple[Link, ...]) -> tuple[Link, ...]:
    """Two chains as one; an Ingress or Gateway that says itself where it is published is one link, not two."""
    if not before or before[-1].ref != middle[0].ref:
        return (*before, *middle)
    published, link = before[-1], middle[0]
    words = f"{published.words}, {link.words}"
    return (*before[:-1], Link(link.ref, published.path, words), *middle[1:])
