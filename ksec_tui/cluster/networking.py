"""Services, endpoints, Ingress, Gateway API and network policies."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import Condition, KubeObject, LabelSelector, LocalRef, Part, Text


class ServicePort(Part):
    """One port of a Service; a missing targetPort is the port itself (core/v1 SetDefaults_Service)."""

    name: Text = ""
    protocol: Text = "TCP"
    port: int = 0
    target_port: int | Text | None = None
    node_port: int = 0

    @property
    def target(self) -> int | str:
        """The pod's port, by number or name."""
        return self.target_port if self.target_port not in (None, 0, "") else self.port  # type: ignore[return-value]


class ServiceSpec(Part):
    """core/v1 ServiceSpec."""

    type: Text = "ClusterIP"
    selector: dict[Text, Text] = {}
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: Text = field(default="", name="clusterIP")
    external_ips: tuple[Text, ...] = field(default=(), name="externalIPs")
    external_name: Text = ""
    external_traffic_policy: Text = ""
    load_balancer_class: Text | None = None
    load_balancer_ip: Text = field(default="", name="loadBalancerIP")
    load_balancer_source_ranges: tuple[Text, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    publish_not_ready_addresses: bool = False


class BalancerIngress(Part):
    """One address of a load balancer."""

    ip: Text = ""
    hostname: Text = ""


class Balancer(Part):
    """status.loadBalancer."""

    ingress: tuple[BalancerIngress, ...] = ()


class BalancedStatus(Part):
    """The status of a Service or Ingress."""

    load_balancer: Balancer = Balancer()


class Service(KubeObject):
    """core/v1 Service."""

    kind: ClassVar[str] = "Service"
    spec: ServiceSpec = ServiceSpec()
    status: BalancedStatus = BalancedStatus()


class TargetRef(Part):
    """The object behind an endpoint."""

    kind: Text = ""
    name: Text = ""
    namespace: Text = ""


class EndpointConditions(Part):
    """Whether traffic goes there."""

    ready: bool | None = None


class Endpoint(Part):
    """discovery/v1 Endpoint."""

    addresses: tuple[Text, ...] = ()
    target_ref: TargetRef | None = None
    conditions: EndpointConditions = EndpointConditions()


class EndpointPort(Part):
    """discovery/v1 EndpointPort."""

    name: Text | None = None
    port: int | None = None
    protocol: Text | None = None


class EndpointSlice(KubeObject):
    """discovery/v1 EndpointSlice."""

    group: ClassVar[str] = "discovery.k8s.io"
    kind: ClassVar[str] = "EndpointSlice"
    address_type: Text = ""
    endpoints: tuple[Endpoint, ...] | None = ()
    ports: tuple[EndpointPort, ...] | None = ()


class BackendPort(Part):
    """A Service port by number or name."""

    number: int = 0
    name: Text = ""


class BackendService(Part):
    """networking/v1 IngressServiceBackend."""

    name: Text = ""
    port: BackendPort = BackendPort()


class IngressBackend(Part):
    """networking/v1 IngressBackend."""

    service: BackendService | None = None


class IngressPath(Part):
    """networking/v1 HTTPIngressPath."""

    path: Text = ""
    path_type: Text | None = None
    backend: IngressBackend = IngressBackend()


class IngressHTTP(Part):
    """networking/v1 HTTPIngressRuleValue."""

    paths: tuple[IngressPath, ...] = ()


class IngressRule(Part):
    """networking/v1 IngressRule."""

    host: Text = ""
    http: IngressHTTP | None = None


class IngressTLS(Part):
    """networking/v1 IngressTLS."""

    hosts: tuple[Text, ...] = ()
    secret_name: Text = ""


class IngressSpec(Part):
    """networking/v1 IngressSpec."""

    ingress_class_name: Text | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()


class Ingress(KubeObject):
    """networking/v1 Ingress."""

    group: ClassVar[str] = "networking.k8s.io"
    kind: ClassVar[str] = "Ingress"
    spec: IngressSpec = IngressSpec()
    status: BalancedStatus = BalancedStatus()


class IngressClassSpec(Part):
    """networking/v1 IngressClassSpec."""

    controller: Text = ""


class IngressClass(KubeObject):
    """networking/v1 IngressClass."""

    group: ClassVar[str] = "networking.k8s.io"
    kind: ClassVar[str] = "IngressClass"
    namespaced: ClassVar[bool] = False
    spec: IngressClassSpec = IngressClassSpec()


class PolicyPort(Part):
    """networking/v1 NetworkPolicyPort."""

    protocol: Text | None = None
    port: int | Text | None = None
    end_port: int | None = None


class IPBlock(Part):
    """networking/v1 IPBlock."""

    cidr: Text = ""
    except_: tuple[Text, ...] = field(default=(), name="except")


class PolicyPeer(Part):
    """networking/v1 NetworkPolicyPeer; an absent selector and an empty one differ."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class IngressPolicyRule(Part):
    """networking/v1 NetworkPolicyIngressRule; no peers means every peer."""

    from_: tuple[PolicyPeer, ...] = field(default=(), name="from")
    ports: tuple[PolicyPort, ...] = ()


class EgressPolicyRule(Part):
    """networking/v1 NetworkPolicyEgressRule."""

    to: tuple[PolicyPeer, ...] = ()
    ports: tuple[PolicyPort, ...] = ()


class NetworkPolicySpec(Part):
    """networking/v1 NetworkPolicySpec."""

    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[Text, ...] = ()
    ingress: tuple[IngressPolicyRule, ...] = ()
    egress: tuple[EgressPolicyRule, ...] = ()


class NetworkPolicy(KubeObject):
    """networking/v1 NetworkPolicy."""

    group: ClassVar[str] = "networking.k8s.io"
    kind: ClassVar[str] = "NetworkPolicy"
    spec: NetworkPolicySpec = NetworkPolicySpec()

    @property
    def isolates_ingress(self) -> bool:
        """Whether it affects ingress: always when policyTypes are absent (networking/v1 defaults.go)."""
        types = self.spec.policy_types
        return "Ingress" in types if types else True

    @property
    def isolates_egress(self) -> bool:
        """Whether it affects egress: when named, or when policyTypes are absent and it has egress rules."""
        types = self.spec.policy_types
        return "Egress" in types if types else bool(self.spec.egress)


class RouteNamespaces(Part):
    """gateway/v1 RouteNamespaces."""

    from_: Text = field(default="Same", name="from")
    selector: LabelSelector | None = None


class AllowedRoutes(Part):
    """gateway/v1 AllowedRoutes."""

    namespaces: RouteNamespaces = RouteNamespaces()


class ListenerTLS(Part):
    """gateway/v1 ListenerTLSConfig."""

    mode: Text = ""


class Listener(Part):
    """gateway/v1 Listener."""

    name: Text = ""
    hostname: Text = ""
    port: int = 0
    protocol: Text = ""
    tls: ListenerTLS | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewaySpec(Part):
    """gateway/v1 GatewaySpec."""

    gateway_class_name: Text = ""
    listeners: tuple[Listener, ...] = ()


class GatewayAddress(Part):
    """gateway/v1 GatewayStatusAddress."""

    type: Text = ""
    value: Text = ""


class GatewayStatus(Part):
    """gateway/v1 GatewayStatus."""

    addresses: tuple[GatewayAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Gateway(KubeObject):
    """gateway/v1 Gateway."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "Gateway"
    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()


class GatewayClassSpec(Part):
    """gateway/v1 GatewayClassSpec."""

    controller_name: Text = ""


class GatewayClass(KubeObject):
    """gateway/v1 GatewayClass."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "GatewayClass"
    namespaced: ClassVar[bool] = False
    spec: GatewayClassSpec = GatewayClassSpec()


class ParentRef(Part):
    """gateway/v1 ParentReference."""

    group: Text = "gateway.networking.k8s.io"
    kind: Text = "Gateway"
    namespace: Text | None = None
    name: Text = ""
    section_name: Text | None = None
    port: int | None = None


class BackendRef(Part):
    """gateway/v1 BackendRef; the kind is Service unless it says otherwise."""

    group: Text = ""
    kind: Text = "Service"
    namespace: Text | None = None
    name: Text = ""
    port: int | None = None
    weight: int | None = None


class RouteRule(Part):
    """A rule of any of the five route kinds, as far as backends go."""

    backend_refs: tuple[BackendRef, ...] = ()


class RouteSpec(Part):
    """The common part of the route kinds."""

    parent_refs: tuple[ParentRef, ...] = ()
    hostnames: tuple[Text, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class HTTPRoute(KubeObject):
    """gateway/v1 HTTPRoute."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "HTTPRoute"
    spec: RouteSpec = RouteSpec()


class GRPCRoute(HTTPRoute):
    """gateway/v1 GRPCRoute."""

    kind: ClassVar[str] = "GRPCRoute"


class TLSRoute(HTTPRoute):
    """gateway TLSRoute."""

    kind: ClassVar[str] = "TLSRoute"


class TCPRoute(HTTPRoute):
    """gateway TCPRoute."""

    kind: ClassVar[str] = "TCPRoute"


class UDPRoute(HTTPRoute):
    """gateway UDPRoute."""

    kind: ClassVar[str] = "UDPRoute"


class ReferenceGrantFrom(Part):
    """Who may refer across namespaces."""

    group: Text = ""
    kind: Text = ""
    namespace: Text = ""


class ReferenceGrantTo(Part):
    """To what."""

    group: Text = ""
    kind: Text = ""
    name: Text | None = None


class ReferenceGrantSpec(Part):
    """gateway ReferenceGrantSpec."""

    from_: tuple[ReferenceGrantFrom, ...] = field(default=(), name="from")
    to: tuple[ReferenceGrantTo, ...] = ()


class ReferenceGrant(KubeObject):
    """gateway ReferenceGrant."""

    group: ClassVar[str] = "gateway.networking.k8s.io"
    kind: ClassVar[str] = "ReferenceGrant"
    spec: ReferenceGrantSpec = ReferenceGrantSpec()


