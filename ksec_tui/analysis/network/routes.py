"""What Ingresses and Gateway API routes lead to (networking/v1 Ingress, gateway.networking.k8s.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ksec_tui.analysis.network.entries import Entry, Link, Source, last_link
from ksec_tui.analysis.network.proxies import Front, gateway_fronts, ingress_fronts
from ksec_tui.analysis.network.selectors import namespace_labels, selected_by_service, target_ports
from ksec_tui.cluster.gateway import BackendRef, Gateway, HTTPRoute, Listener, ParentRef
from ksec_tui.cluster.kinds import (
    GATEWAY,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    REFERENCE_GRANT,
    SERVICE,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
)
from ksec_tui.cluster.networking import Ingress, IngressBackend, Service, ServicePort
from ksec_tui.cluster.snapshot import Snapshot

ROUTE_KINDS = (HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE)

CARRIES = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Listener protocol -> the kinds of route that may attach (Gateway API, ProtocolType)."""


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
    """The port of a Service that a backend names or numbers, with its position."""
    for index, port in enumerate(service.spec.ports):
        if (name and port.name == name) or (not name and port.port == number):
            return index, port
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
                yield from _through(
                    snapshot, fronts, (Link(ingress.ref, path, words),), service, found, http=True
                )


def route_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The entries that routes make through the Gateways that they attach to; a mesh parent makes none."""
    for kind in ROUTE_KINDS:
        for route in snapshot.of(kind):
            for gateway, link in attached(snapshot, route):
                yield from _route(snapshot, route, gateway_fronts(snapshot, gateway), link)


def attached(snapshot: Snapshot, route: HTTPRoute) -> Iterator[tuple[Gateway, Link]]:
    """The Gateways that take a route, with the first listener of each that does."""
    for parent in route.spec.parent_refs:
        if parent.kind != "Gateway":
            continue
        gateway = snapshot.find(GATEWAY, parent.name, parent.namespace or route.namespace)
        if gateway is None:
            continue
        for index, listener in enumerate(gateway.spec.listeners):
            if accepts(snapshot, gateway, listener, route, parent):
                yield gateway, Link(gateway.ref, f"/spec/listeners/{index}", f"listener {listener.name}")
                break


def accepts(
    snapshot: Snapshot, gateway: Gateway, listener: Listener, route: HTTPRoute, parent: ParentRef
) -> bool:
    """Whether a listener takes a route: name, port, protocol, namespace and host must all agree."""
    if parent.section_name and parent.section_name != listener.name:
        return False
    if parent.port and parent.port != listener.port:
        return False
    if route.kind not in CARRIES.get(listener.protocol, (route.kind,)):
        return False
    return from_namespace(snapshot, gateway, listener, route.namespace) and _hosts_meet(
        listener.hostname, route.spec.hostnames
    )


def from_namespace(snapshot: Snapshot, gateway: Gateway, listener: Listener, namespace: str) -> bool:
    """Whether a listener takes routes from a namespace."""
    allowed = listener.allowed_routes.namespaces
    match allowed.from_:
        case "All":
            return True
        case "Selector":
            return allowed.selector is not None and allowed.selector.matches(
                namespace_labels(snapshot, namespace)
            )
        case "Same" | "":
            return namespace == gateway.namespace
    return False


def _hosts_meet(listener: str, wanted: tuple[str, ...]) -> bool:
    return not listener or not wanted or any(_host_meets(listener, name) for name in wanted)


def _host_meets(one: str, other: str) -> bool:
    """Whether two host names, either of them ``*.`` and a suffix, have a name in common."""
    one, other = one.lower(), other.lower()
    if one == other:
        return True
    if one.startswith("*.") and other.removeprefix("*").endswith(one[1:]):
        return True
    return other.startswith("*.") and one.removeprefix("*").endswith(other[1:])


def _route(snapshot: Snapshot, route: HTTPRoute, fronts: tuple[Front, ...], link: Link) -> Iterator[Entry]:
    for at, rule in enumerate(route.spec.rules):
        for number, back in enumerate(rule.backend_refs):
            if back.kind != "Service" or back.group or back.weight == 0:
                continue
            space = back.namespace or route.namespace
            service = snapshot.find(SERVICE, back.name, space)
            found = service and backend_port(service, "", back.port or 0)
            doubt = _ungranted(snapshot, route, back)
            if not service or not found or doubt is None:
                continue
            words = ", ".join(route.spec.hostnames) or "every host"
            chain = (link, Link(route.ref, f"/spec/rules/{at}/backendRefs/{number}", words))
            http = route.kind in ("HTTPRoute", "GRPCRoute")
            yield from _through(snapshot, fronts, chain, service, found, http=http, doubt=doubt)


def _ungranted(snapshot: Snapshot, route: HTTPRoute, back: BackendRef) -> str | None:
    """Empty when a backend may be referred to, None when not, else why that is not known (ReferenceGrant)."""
    space = back.namespace or route.namespace
    if space == route.namespace:
        return ""
    for grant in snapshot.within(REFERENCE_GRANT, space):
        given = any(
            item.group == route.group and item.kind == route.kind and item.namespace == route.namespace
            for item in grant.spec.from_
        )
        if given and any(
            not item.group and item.kind == "Service" and item.name in (None, "", back.name)
            for item in grant.spec.to
        ):
            return ""
    return snapshot.gap(REFERENCE_GRANT, space)


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
    for workload in selected_by_service(snapshot, service):
        for number in target_ports(workload, port):
            end = last_link(workload, port.protocol, number)
            for front in fronts:
                before = front.chain if not front.chain or front.chain[0].ref != middle[0].ref else ()
                lead = (
                    middle if before or not front.chain else (_joined(front.chain[0], middle[0]), *middle[1:])
                )
                yield Entry(
                    workload,
                    port.protocol,
                    number,
                    front.zone,
                    (*before, *lead, step, end),
                    Source.PROXY_PODS if front.pods else Source.PROXY,
                    front.doubt or doubt,
                    front.pods,
                    http,
                )


def _joined(published: Link, link: Link) -> Link:
    """One link for an Ingress or Gateway that says itself where it is published."""
    return Link(link.ref, link.path, f"{published.words}, {link.words}")
