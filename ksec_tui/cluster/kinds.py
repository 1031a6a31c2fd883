"""Every kind that is loaded: where the API serves it and which Struct holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ksec_tui.cluster import (
    access,
    admin_policies,
    engines,
    gateway,
    kubelet,
    networking,
    openshift,
    platform,
    pods,
    workloads,
)
from ksec_tui.cluster.base import KubeObject

T = TypeVar("T", bound=KubeObject)
T_co = TypeVar("T_co", bound=KubeObject, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[T_co]):
    """A kind of object.

    Attributes:
        struct: the class that holds one object.
        plural: the resource's name in API paths and RBAC rules.
        versions: API versions to read it in, best first.
        metadata_only: its payload is never requested (Secrets, ConfigMaps).
        optional: a server without this API has no such objects, which is a fact and not a gap.
        offline: no server has it, only files: the configuration of a component, without a name.
        resource: ``deployments.apps``: the name that kubectl prints.
    """

    struct: type[T_co]
    plural: str
    versions: tuple[str, ...] = ("v1",)
    metadata_only: bool = False
    optional: bool = False
    offline: bool = False
    resource: str = field(init=False)

    def __post_init__(self) -> None:
        name = f"{self.plural}.{self.group}" if self.group else self.plural
        object.__setattr__(self, "resource", name)  # asked for at every look-up

    @property
    def name(self) -> str:
        """``Deployment``."""
        return self.struct.kind

    @property
    def group(self) -> str:
        """``apps``; empty for the core group."""
        return self.struct.group

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in namespaces."""
        return self.struct.namespaced

    def path(self, namespace: str | None = None, version: str | None = None) -> str:
        """The API path of the list, of all namespaces or of one."""
        version = version or self.versions[0]
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"

    def __repr__(self) -> str:
        return f"Kind({self.resource})"


NAMESPACE = Kind(platform.Namespace, "namespaces")
NODE = Kind(platform.Node, "nodes")
POD = Kind(pods.Pod, "pods")
DEPLOYMENT = Kind(workloads.Deployment, "deployments")
DAEMON_SET = Kind(workloads.DaemonSet, "daemonsets")
STATEFUL_SET = Kind(workloads.StatefulSet, "statefulsets")
REPLICA_SET = Kind(workloads.ReplicaSet, "replicasets")
REPLICATION_CONTROLLER = Kind(workloads.ReplicationController, "replicationcontrollers")
JOB = Kind(workloads.Job, "jobs")
CRON_JOB = Kind(workloads.CronJob, "cronjobs")
SERVICE_ACCOUNT = Kind(access.ServiceAccount, "serviceaccounts")
ROLE = Kind(access.Role, "roles")
CLUSTER_ROLE = Kind(access.ClusterRole, "clusterroles")
ROLE_BINDING = Kind(access.RoleBinding, "rolebindings")
CLUSTER_ROLE_BINDING = Kind(access.ClusterRoleBinding, "clusterrolebindings")
SERVICE = Kind(networking.Service, "services")
ENDPOINT_SLICE = Kind(networking.EndpointSlice, "endpointslices")
INGRESS = Kind(networking.Ingress, "ingresses")
INGRESS_CLASS = Kind(networking.IngressClass, "ingressclasses")
NETWORK_POLICY = Kind(networking.NetworkPolicy, "networkpolicies")
CLUSTER_NETWORK_POLICY = Kind(
    admin_policies.ClusterNetworkPolicy, "clusternetworkpolicies", ("v1alpha2",), optional=True
)
ADMIN_NETWORK_POLICY = Kind(
    admin_policies.AdminNetworkPolicy, "adminnetworkpolicies", ("v1alpha1",), optional=True
)
BASELINE_ADMIN_NETWORK_POLICY = Kind(
    admin_policies.BaselineAdminNetworkPolicy, "baselineadminnetworkpolicies", ("v1alpha1",), optional=True
)
GATEWAY_CLASS = Kind(gateway.GatewayClass, "gatewayclasses", ("v1", "v1beta1"), optional=True)
GATEWAY = Kind(gateway.Gateway, "gateways", ("v1", "v1beta1"), optional=True)
HTTP_ROUTE = Kind(gateway.HTTPRoute, "httproutes", ("v1", "v1beta1"), optional=True)
GRPC_ROUTE = Kind(gateway.GRPCRoute, "grpcroutes", ("v1", "v1alpha2"), optional=True)
TLS_ROUTE = Kind(gateway.TLSRoute, "tlsroutes", ("v1", "v1alpha3", "v1alpha2"), optional=True)
TCP_ROUTE = Kind(gateway.TCPRoute, "tcproutes", ("v1", "v1alpha2"), optional=True)
UDP_ROUTE = Kind(gateway.UDPRoute, "udproutes", ("v1", "v1alpha2"), optional=True)
REFERENCE_GRANT = Kind(gateway.ReferenceGrant, "referencegrants", ("v1", "v1beta1"), optional=True)
OPENSHIFT_ROUTE = Kind(openshift.OpenShiftRoute, "routes", optional=True)
USER_DEFINED_NETWORK = Kind(openshift.UserDefinedNetwork, "userdefinednetworks", optional=True)
PERSISTENT_VOLUME = Kind(platform.PersistentVolume, "persistentvolumes")
PERSISTENT_VOLUME_CLAIM = Kind(platform.PersistentVolumeClaim, "persistentvolumeclaims")
RESOURCE_QUOTA = Kind(platform.ResourceQuota, "resourcequotas")
LIMIT_RANGE = Kind(platform.LimitRange, "limitranges")
VALIDATING_WEBHOOK = Kind(platform.ValidatingWebhookConfiguration, "validatingwebhookconfigurations")
MUTATING_WEBHOOK = Kind(platform.MutatingWebhookConfiguration, "mutatingwebhookconfigurations")
ADMISSION_POLICY = Kind(
    platform.ValidatingAdmissionPolicy, "validatingadmissionpolicies", ("v1", "v1beta1"), optional=True
)
ADMISSION_BINDING = Kind(
    platform.ValidatingAdmissionPolicyBinding,
    "validatingadmissionpolicybindings",
    ("v1", "v1beta1"),
    optional=True,
)
KYVERNO_CLUSTER_POLICY = Kind(engines.KyvernoClusterPolicy, "clusterpolicies", optional=True)
KYVERNO_POLICY = Kind(engines.KyvernoPolicy, "policies", optional=True)
API_SERVICE = Kind(platform.APIService, "apiservices")
SIGNING_REQUEST = Kind(platform.CertificateSigningRequest, "certificatesigningrequests")
SECRET = Kind(access.Secret, "secrets", metadata_only=True)
CONFIG_MAP = Kind(access.ConfigMap, "configmaps", metadata_only=True)
CUSTOM_RESOURCE = Kind(platform.CRD, "customresourcedefinitions", metadata_only=True)
KUBELET_CONFIGURATION = Kind(
    kubelet.KubeletConfiguration,
    "kubeletconfigurations",
    ("v1beta1",),
    metadata_only=True,
    optional=True,
    offline=True,
)

KINDS: tuple[Kind[KubeObject], ...] = tuple(
    kind for kind in list(globals().values()) if isinstance(kind, Kind) and not kind.offline
)
"""All that a server may have, in the order in which a reader wants them to load."""

FILE_KINDS: tuple[Kind[KubeObject], ...] = (KUBELET_CONFIGURATION,)
"""What only files may hold besides."""

WORKLOAD_KINDS: tuple[Kind[KubeObject], ...] = (
    POD,
    DEPLOYMENT,
    DAEMON_SET,
    STATEFUL_SET,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    JOB,
    CRON_JOB,
)
"""What is needed to find each pod's top owner."""

_BY_NAME = {(kind.group, kind.name): kind for kind in (*KINDS, *FILE_KINDS)}
_BY_RESOURCE = {(kind.group, kind.plural): kind for kind in (*KINDS, *FILE_KINDS)}


def kind_named(group: str, name: str) -> Kind[KubeObject] | None:
    """The kind called `name` (``Deployment``) in API group `group`, if it is loaded."""
    return _BY_NAME.get((group, name))


def kind_of_resource(resource: str) -> Kind[KubeObject] | None:
    """The kind whose resource is called ``deployments.apps`` or ``pods``, if it is loaded."""
    plural, _, group = resource.partition(".")
    return _BY_RESOURCE.get((group, plural))
