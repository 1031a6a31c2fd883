"""Which Gateways take a route, and on which listener (Gateway API: route attachment, ReferenceGrant)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.selectors import namespace_labels
from ksec_tui.cluster.base import Condition
from ksec_tui.cluster.gateway import BackendRef, Gateway, HTTPRoute, Listener, ParentRef
from ksec_tui.cluster.kinds import (
    GATEWAY,
    GRPC_ROUTE,
    HTTP_ROUTE,
    NAMESPACE,
    REFERENCE_GRANT,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
)
from ksec_tui.cluster.snapshot import Snapshot

ROUTE_KINDS = (HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE)

GROUP = "gateway.networking.k8s.io"

LISTENER_SETS = ("ListenerSet", "XListenerSet")
"""Parents that add listeners to a Gateway (GEP-1713); they are not read."""

CARRIES = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Listener protocol -> the kinds of route that may attach (Gateway API, ProtocolType)."""


class Attachment(NamedTuple):
    """A route on a Gateway: the Gateway, its first listener that takes the route, why that may not hold."""

    gateway: Gateway
    link: Link
    doubt: str = ""


def attached(snapshot: Snapshot, route: HTTPRoute) -> Iterator[Attachment]:
    """The Gateways that take a route. Parents of other kinds (a Service of a mesh) are no way in."""
    for parent in route.spec.parent_refs:
        if parent.kind != "Gateway" or parent.group != GROUP:
            continue
        gateway = snapshot.find(GATEWAY, parent.name, parent.namespace or route.namespace)
        said = _said(route, parent) if gateway else None
        if gateway is None or said is None or _condition(gateway.status.conditions, "Accepted") == "False":
            continue
        for index, listener in enumerate(gateway.spec.listeners):
            answer = taken(snapshot, gateway, listener, route, parent)
            if answer is None:
                continue
            link = Link(gateway.ref, f"/spec/listeners/{index}", f"listener {listener.name}")
            yield Attachment(gateway, link, answer or said or _idle(gateway))
            break


def listener_sets(route: HTTPRoute) -> tuple[ParentRef, ...]:
    """The parents of a route that are ListenerSets, through which it may attach to some Gateway."""
    return tuple(parent for parent in route.spec.parent_refs if parent.kind in LISTENER_SETS)


def accepts(
    snapshot: Snapshot, gateway: Gateway, listener: Listener, route: HTTPRoute, parent: ParentRef
) -> bool:
    """Whether a listener takes a route, or may take it."""
    return taken(snapshot, gateway, listener, route, parent) is not None


def taken(
    snapshot: Snapshot, gateway: Gateway, listener: Listener, route: HTTPRoute, parent: ParentRef
) -> str | None:
    """Whether a listener takes a route: name, port, protocol, kind, namespace and host must all agree.

    Returns:
        None when it does not, empty when it does, else why that is not known.
    """
    if parent.section_name and parent.section_name != listener.name:
        return None
    if parent.port and parent.port != listener.port:
        return None
    kinds = listener.allowed_routes.kinds
    if kinds and not any(item.kind == route.kind and item.group == route.group for item in kinds):
        return None
    if route.kind not in CARRIES.get(listener.protocol, (route.kind,)):
        return None
    if not hosts_meet(listener.hostname, route.spec.hostnames):
        return None
    return from_namespace(snapshot, gateway, listener, route.namespace)


def from_namespace(snapshot: Snapshot, gateway: Gateway, listener: Listener, namespace: str) -> str | None:
    """Whether a listener takes routes from a namespace; answers as `taken` does."""
    allowed = listener.allowed_routes.namespaces
    match allowed.from_:
        case "All":
            return ""
        case "Selector":
            if allowed.selector is None:
                return None
            if allowed.selector.matches(namespace_labels(snapshot, namespace)):
                return ""
            if snapshot.find(NAMESPACE, namespace) is not None:
                return None
            return snapshot.unsure(NAMESPACE, namespace)
        case "Same" | "":
            return "" if namespace == gateway.namespace else None
    return None


def hosts_meet(listener: str, wanted: tuple[str, ...]) -> bool:
    """Whether a listener's host name and a route's have one in common; none at all stands for every name."""
    return not listener or not wanted or any(_host_meets(listener, name) for name in wanted)


def _host_meets(one: str, other: str) -> bool:
    """Whether two host names, either of them ``*.`` and a suffix, have a name in common."""
    one, other = one.lower(), other.lower()
    if one == other:
        return True
    if one.startswith("*.") and other.removeprefix("*").endswith(one[1:]):
        return True
    return other.startswith("*.") and one.removeprefix("*").endswith(other[1:])


def ungranted(snapshot: Snapshot, route: HTTPRoute, back: BackendRef) -> str | None:
    """Whether a route may refer to a backend of another namespace (ReferenceGrant).

    Returns:
        Empty when it may, None when not, else why that is not known.
    """
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


def _said(route: HTTPRoute, parent: ParentRef) -> str | None:
    """What controllers say of a route on one parent: None when refused, empty when taken, else the doubt."""
    own = _identity(route, parent)
    found = [item for item in route.status.parents if _identity(route, item.parent_ref) == own]
    if not found:
        # A route that no API server stored (it has no UID) has no status yet: it says what will be.
        return f"no controller has accepted {route.ref}" if route.metadata.uid else ""
    for item in found:
        match _condition(item.conditions, "Accepted"):
            case "False":
                continue
            case "True":
                if _condition(item.conditions, "ResolvedRefs") == "False":
                    return f"its controller does not find every backend of {route.ref}"
                return ""
            case _:
                return f"no controller has accepted {route.ref}"
    return None


def _idle(gateway: Gateway) -> str:
    """Why a Gateway may serve nothing; empty when it does, or when it was never in a cluster."""
    programmed = _condition(gateway.status.conditions, "Programmed")
    accepted = _condition(gateway.status.conditions, "Accepted")
    if "True" in (programmed, accepted) and programmed != "False":
        return ""
    if not gateway.metadata.uid and not gateway.status.conditions:
        return ""
    return (
        f"no controller serves {gateway.ref}" if programmed != "False" else f"{gateway.ref} is not programmed"
    )


def _identity(route: HTTPRoute, parent: ParentRef) -> tuple[str, ...]:
    space = parent.namespace or route.namespace
    return parent.group, parent.kind, space, parent.name, parent.section_name or "", str(parent.port or "")


def _condition(conditions: Iterable[Condition], name: str) -> str:
    return next((item.status for item in conditions if item.type == name), "")
