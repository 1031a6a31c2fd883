"""Services, endpoints, Ingress and network policies (k8s.io/api/core/v1, discovery/v1, networking/v1)."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import field

from ksec_tui.cluster.base import KubeObject, LabelSelector, Part, Text


class ServicePort(Part, frozen=True):
    """One port of a Service; a missing targetPort is the port itself (core/v1 SetDefaults_Service)."""

    name: Text = ""
    protocol: Text = "TCP"
    port: int = 0
    target_port: int | Text | None = None
    node_port: int = 0

    @property
    def target(self) -> int | str:
        """The pod's port, by number or name."""
        return self.target_port or self.port


class ServiceSpec(Part, frozen=True):
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
    ip_families: tuple[Text, ...] = field(default=(), name="ipFamilies")


class BalancerIngress(Part, frozen=True):
    """One address of a load balancer."""

    ip: Text = ""
    hostname: Text = ""


class Balancer(Part, frozen=True):
    """status.loadBalancer."""

    ingress: tuple[BalancerIngress, ...] = ()


class BalancedStatus(Part, frozen=True):
    """The status of a Service or Ingress."""

    load_balancer: Balancer = Balancer()


class Service(KubeObject, frozen=True):
    """core/v1 Service."""

    kind: ClassVar[str] = "Service"
    spec: ServiceSpec = ServiceSpec()
    status: BalancedStatus = BalancedStatus()


class TargetRef(Part, frozen=True):
    """The object behind an endpoint."""

    kind: Text = ""
    name: Text = ""
    namespace: Text = ""


class EndpointConditions(Part, frozen=True):
    """Whether traffic goes there."""

    ready: bool | None = None


class Endpoint(Part, frozen=True):
    """discovery/v1 Endpoint."""

    addresses: tuple[Text, ...] = ()
    target_ref: TargetRef | None = None
    conditions: EndpointConditions = EndpointConditions()


class EndpointPort(Part, frozen=True):
    """discovery/v1 EndpointPort."""

    name: Text | None = None
    port: int | None = None
    protocol: Text | None = None


class EndpointSlice(KubeObject, frozen=True):
    """discovery/v1 EndpointSlice."""

    group: ClassVar[str] = "discovery.k8s.io"
    kind: ClassVar[str] = "EndpointSlice"
    address_type: Text = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class BackendPort(Part, frozen=True):
    """A Service port by number or name."""

    number: int = 0
    name: Text = ""


class BackendService(Part, frozen=True):
    """networking/v1 IngressServiceBackend."""

    name: Text = ""
    port: BackendPort = BackendPort()


class IngressBackend(Part, frozen=True):
    """networking/v1 IngressBackend; the two names of v1beta1 are read as the service that they mean."""

    service: BackendService | None = None
    service_name: Text = ""
    service_port: int | Text = ""

    def __post_init__(self) -> None:
        """Bring v1beta1 into the form of v1 (pkg/apis/networking/v1beta1 conversion.go)."""
        if self.service is None and self.service_name:
            port = self.service_port
            meant = BackendPort(number=port) if isinstance(port, int) else BackendPort(name=port)
            msgspec.structs.force_setattr(self, "service", BackendService(name=self.service_name, port=meant))


class IngressPath(Part, frozen=True):
    """networking/v1 HTTPIngressPath."""

    path: Text = ""
    path_type: Text | None = None
    backend: IngressBackend = IngressBackend()


class IngressHTTP(Part, frozen=True):
    """networking/v1 HTTPIngressRuleValue."""

    paths: tuple[IngressPath, ...] = ()


class IngressRule(Part, frozen=True):
    """networking/v1 IngressRule."""

    host: Text = ""
    http: IngressHTTP | None = None


class IngressTLS(Part, frozen=True):
    """networking/v1 IngressTLS."""

    hosts: tuple[Text, ...] = ()
    secret_name: Text = ""


class IngressSpec(Part, frozen=True):
    """networking/v1 IngressSpec; v1beta1 calls the default backend `backend`."""

    ingress_class_name: Text | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()

    def __post_init__(self) -> None:
        """Bring v1beta1 into the form of v1."""
        if self.default_backend is None and self.backend is not None:
            msgspec.structs.force_setattr(self, "default_backend", self.backend)


class Ingress(KubeObject, frozen=True):
    """networking/v1 Ingress."""

    group: ClassVar[str] = "networking.k8s.io"
    kind: ClassVar[str] = "Ingress"
    spec: IngressSpec = IngressSpec()
    status: BalancedStatus = BalancedStatus()


class IngressClassSpec(Part, frozen=True):
    """networking/v1 IngressClassSpec."""

    controller: Text = ""


class IngressClass(KubeObject, frozen=True):
    """networking/v1 IngressClass."""

    group: ClassVar[str] = "networking.k8s.io"
    kind: ClassVar[str] = "IngressClass"
    namespaced: ClassVar[bool] = False
    spec: IngressClassSpec = IngressClassSpec()


class PolicyPort(Part, frozen=True):
    """networking/v1 NetworkPolicyPort."""

    protocol: Text | None = None
    port: int | Text | None = None
    end_port: int | None = None


class IPBlock(Part, frozen=True):
    """networking/v1 IPBlock."""

    cidr: Text = ""
    except_: tuple[Text, ...] = field(default=(), name="except")


class PolicyPeer(Part, frozen=True):
    """networking/v1 NetworkPolicyPeer; an absent selector and an empty one differ."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class IngressPolicyRule(Part, frozen=True):
    """networking/v1 NetworkPolicyIngressRule; no peers means every peer."""

    from_: tuple[PolicyPeer, ...] = field(default=(), name="from")
    ports: tuple[PolicyPort, ...] = ()


class EgressPolicyRule(Part, frozen=True):
    """networking/v1 NetworkPolicyEgressRule."""

    to: tuple[PolicyPeer, ...] = ()
    ports: tuple[PolicyPort, ...] = ()


class NetworkPolicySpec(Part, frozen=True):
    """networking/v1 NetworkPolicySpec."""

    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[Text, ...] = ()
    ingress: tuple[IngressPolicyRule, ...] = ()
    egress: tuple[EgressPolicyRule, ...] = ()


class NetworkPolicy(KubeObject, frozen=True):
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
