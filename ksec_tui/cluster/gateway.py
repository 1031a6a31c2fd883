"""Gateway API (sigs.k8s.io/gateway-api apis/v1)."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import Condition, KubeObject, LabelSelector, Part, Text


class RouteNamespaces(Part, frozen=True):
    """gateway/v1 RouteNamespaces."""

    from_: Text = field(default="Same", name="from")
    selector: LabelSelector | None = None


class RouteGroupKind(Part, frozen=True):
    """gateway/v1 RouteGroupKind."""

    group: Text = "gateway.networking.k8s.io"
    kind: Text = ""


class AllowedRoutes(Part, frozen=True):
    """gateway/v1 AllowedRoutes; no kinds means those that the listener's protocol carries."""

    namespaces: RouteNamespaces = RouteNamespaces()
    kinds: tuple[RouteGroupKind, ...] = ()


class ListenerTLS(Part, frozen=True):
    """gateway/v1 ListenerTLSConfig."""

    mode: Text = ""


class Listener(Part, frozen=True):
    """gateway/v1 Listener."""

    name: Text = ""
    hostname: Text = ""
    port: int = 0
    protocol: Text = ""
    tls: ListenerTLS | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewayAddress(Part, frozen=True):
    """gateway/v1 GatewaySpecAddress and GatewayStatusAddress."""

    type: Text = ""
    value: Text = ""


class GatewayInfrastructure(Part, frozen=True):
    """gateway/v1 GatewayInfrastructure: what the controller puts on the objects that it makes (GEP-1867)."""

    annotations: dict[Text, Text] = {}


class GatewaySpec(Part, frozen=True):
    """gateway/v1 GatewaySpec."""

    gateway_class_name: Text = ""
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[GatewayAddress, ...] = ()
    infrastructure: GatewayInfrastructure | None = None


class GatewayStatus(Part, frozen=True):
    """gateway/v1 GatewayStatus."""

    addresses: tuple[GatewayAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Gateway(KubeObject, frozen=True):
    """gateway/v1 Gateway."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "Gateway"
    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()


class GatewayClassSpec(Part, frozen=True):
    """gateway/v1 GatewayClassSpec."""

    controller_name: Text = ""


class GatewayClass(KubeObject, frozen=True):
    """gateway/v1 GatewayClass."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "GatewayClass"
    namespaced: ClassVar[bool] = False
    spec: GatewayClassSpec = GatewayClassSpec()


class ParentRef(Part, frozen=True):
    """gateway/v1 ParentReference."""

    group: Text = "gateway.networking.k8s.io"
    kind: Text = "Gateway"
    namespace: Text | None = None
    name: Text = ""
    section_name: Text | None = None
    port: int | None = None


class BackendRef(Part, frozen=True):
    """gateway/v1 BackendRef; the kind is Service unless it says otherwise."""

    group: Text = ""
    kind: Text = "Service"
    namespace: Text | None = None
    name: Text = ""
    port: int | None = None
    weight: int | None = None


class RequestMirror(Part, frozen=True):
    """gateway/v1 HTTPRequestMirrorFilter: its backend gets a copy of each request."""

    backend_ref: BackendRef = BackendRef()


class RouteFilter(Part, frozen=True):
    """gateway/v1 HTTPRouteFilter and GRPCRouteFilter, as far as they name backends."""

    type: Text = ""
    request_mirror: RequestMirror | None = None


class RouteBackend(BackendRef, frozen=True):
    """gateway/v1 HTTPBackendRef and GRPCBackendRef; the kinds below HTTP have no filters."""

    filters: tuple[RouteFilter, ...] = ()


class RouteRule(Part, frozen=True):
    """A rule of any of the five route kinds, as far as backends go."""

    backend_refs: tuple[RouteBackend, ...] = ()
    filters: tuple[RouteFilter, ...] = ()


class RouteSpec(Part, frozen=True):
    """The common part of the route kinds."""

    parent_refs: tuple[ParentRef, ...] = ()
    hostnames: tuple[Text, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class RouteParentStatus(Part, frozen=True):
    """gateway/v1 RouteParentStatus: what one controller says of one parent."""

    parent_ref: ParentRef = ParentRef()
    conditions: tuple[Condition, ...] = ()


class RouteStatus(Part, frozen=True):
    """gateway/v1 RouteStatus."""

    parents: tuple[RouteParentStatus, ...] = ()


class HTTPRoute(KubeObject, frozen=True):
    """gateway/v1 HTTPRoute."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "HTTPRoute"
    spec: RouteSpec = RouteSpec()
    status: RouteStatus = RouteStatus()


class GRPCRoute(HTTPRoute, frozen=True):
    """gateway/v1 GRPCRoute."""

    kind: ClassVar[str] = "GRPCRoute"


class TLSRoute(HTTPRoute, frozen=True):
    """gateway TLSRoute."""

    kind: ClassVar[str] = "TLSRoute"


class TCPRoute(HTTPRoute, frozen=True):
    """gateway TCPRoute."""

    kind: ClassVar[str] = "TCPRoute"


class UDPRoute(HTTPRoute, frozen=True):
    """gateway UDPRoute."""

    kind: ClassVar[str] = "UDPRoute"


class ReferenceGrantFrom(Part, frozen=True):
    """Who may refer across namespaces."""

    group: Text = ""
    kind: Text = ""
    namespace: Text = ""


class ReferenceGrantTo(Part, frozen=True):
    """To what."""

    group: Text = ""
    kind: Text = ""
    name: Text | None = None


class ReferenceGrantSpec(Part, frozen=True):
    """gateway ReferenceGrantSpec."""

    from_: tuple[ReferenceGrantFrom, ...] = field(default=(), name="from")
    to: tuple[ReferenceGrantTo, ...] = ()


class ReferenceGrant(KubeObject, frozen=True):
    """gateway ReferenceGrant."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "ReferenceGrant"
    spec: ReferenceGrantSpec = ReferenceGrantSpec()
