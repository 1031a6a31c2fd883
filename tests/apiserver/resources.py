"""The API resources that a Kubernetes API server of today serves, as its discovery names them.

Source: the API reference of Kubernetes 1.36, of Gateway API 1.5 and of the network-policy API 0.2.
"""

from __future__ import annotations

from dataclasses import dataclass

STANDARD_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: ``versions`` has the preferred one first; ``builtin`` ones are always served."""

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = STANDARD_VERBS
    builtin: bool = True

    @property
    def key(self) -> str:
        """``pods`` or ``deployments.apps``, as ``kubectl get`` takes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """``pod``."""
        return self.kind.lower()

    def api_version(self, version: str = "") -> str:
        """``v1`` or ``apps/v1``; the preferred version unless one is given."""
        version = version or self.versions[0]
        return f"{self.group}/{version}" if self.group else version


def _rows(
    group: str,
    versions: str,
    *,
    namespaced: str = "",
    cluster: str = "",
    verbs: tuple[str, ...] = STANDARD_VERBS,
    builtin: bool = True,
) -> list[Resource]:
    """Resources of one group; each is written ``plural:Kind``."""
    return [
        Resource(group, tuple(versions.split()), plural, kind, scoped, verbs, builtin)
        for scoped, words in ((True, namespaced), (False, cluster))
        for plural, _, kind in (word.partition(":") for word in words.split())
    ]


_AUTHORIZATION = "authorization.k8s.io"
_GATEWAY = "gateway.networking.k8s.io"
_NETWORK_POLICY = "policy.networking.k8s.io"
_CREATE = ("create",)

RESOURCES: tuple[Resource, ...] = tuple(
    _rows(
        "",
        "v1",
        namespaced="configmaps:ConfigMap endpoints:Endpoints events:Event limitranges:LimitRange "
        "persistentvolumeclaims:PersistentVolumeClaim pods:Pod podtemplates:PodTemplate "
        "replicationcontrollers:ReplicationController resourcequotas:ResourceQuota secrets:Secret "
        "serviceaccounts:ServiceAccount services:Service",
        cluster="namespaces:Namespace nodes:Node persistentvolumes:PersistentVolume",
    )
    + _rows("", "v1", cluster="componentstatuses:ComponentStatus", verbs=("get", "list"))
    + _rows("", "v1", namespaced="bindings:Binding", verbs=_CREATE)
    + _rows(
        "admissionregistration.k8s.io",
        "v1",
        cluster="mutatingwebhookconfigurations:MutatingWebhookConfiguration "
        "validatingadmissionpolicies:ValidatingAdmissionPolicy "
        "validatingadmissionpolicybindings:ValidatingAdmissionPolicyBinding "
        "validatingwebhookconfigurations:ValidatingWebhookConfiguration "
        "mutatingadmissionpolicies:MutatingAdmissionPolicy "
        "mutatingadmissionpolicybindings:MutatingAdmissionPolicyBinding",
    )
    + _rows("apiextensions.k8s.io", "v1", cluster="customresourcedefinitions:CustomResourceDefinition")
    + _rows("apiregistration.k8s.io", "v1", cluster="apiservices:APIService")
    + _rows(
        "apps",
        "v1",
        namespaced="controllerrevisions:ControllerRevision daemonsets:DaemonSet deployments:Deployment "
        "replicasets:ReplicaSet statefulsets:StatefulSet",
    )
    + _rows(
        "authentication.k8s.io",
        "v1",
        cluster="selfsubjectreviews:SelfSubjectReview tokenreviews:TokenReview",
        verbs=_CREATE,
    )
    + _rows(
        _AUTHORIZATION,
        "v1",
        namespaced="localsubjectaccessreviews:LocalSubjectAccessReview",
        cluster="selfsubjectaccessreviews:SelfSubjectAccessReview "
        "selfsubjectrulesreviews:SelfSubjectRulesReview subjectaccessreviews:SubjectAccessReview",
        verbs=_CREATE,
    )
    + _rows("autoscaling", "v2 v1", namespaced="horizontalpodautoscalers:HorizontalPodAutoscaler")
    + _rows("batch", "v1", namespaced="cronjobs:CronJob jobs:Job")
    + _rows("certificates.k8s.io", "v1", cluster="certificatesigningrequests:CertificateSigningRequest")
    + _rows("coordination.k8s.io", "v1", namespaced="leases:Lease")
    + _rows("discovery.k8s.io", "v1", namespaced="endpointslices:EndpointSlice")
    + _rows("events.k8s.io", "v1", namespaced="events:Event")
    + _rows(
        "flowcontrol.apiserver.k8s.io",
        "v1",
        cluster="flowschemas:FlowSchema prioritylevelconfigurations:PriorityLevelConfiguration",
    )
    + _rows(
        "networking.k8s.io",
        "v1",
        namespaced="ingresses:Ingress networkpolicies:NetworkPolicy",
        cluster="ingressclasses:IngressClass ipaddresses:IPAddress servicecidrs:ServiceCIDR",
    )
    + _rows("node.k8s.io", "v1", cluster="runtimeclasses:RuntimeClass")
    + _rows("policy", "v1", namespaced="poddisruptionbudgets:PodDisruptionBudget")
    + _rows(
        "rbac.authorization.k8s.io",
        "v1",
        namespaced="rolebindings:RoleBinding roles:Role",
        cluster="clusterrolebindings:ClusterRoleBinding clusterroles:ClusterRole",
    )
    + _rows(
        "resource.k8s.io",
        "v1",
        namespaced="resourceclaims:ResourceClaim resourceclaimtemplates:ResourceClaimTemplate",
        cluster="deviceclasses:DeviceClass resourceslices:ResourceSlice",
    )
    + _rows("scheduling.k8s.io", "v1", cluster="priorityclasses:PriorityClass")
    + _rows(
        "storage.k8s.io",
        "v1",
        namespaced="csistoragecapacities:CSIStorageCapacity",
        cluster="csidrivers:CSIDriver csinodes:CSINode storageclasses:StorageClass "
        "volumeattachments:VolumeAttachment volumeattributesclasses:VolumeAttributesClass",
    )
    + _rows(
        _GATEWAY,
        "v1 v1beta1",
        namespaced="gateways:Gateway httproutes:HTTPRoute referencegrants:ReferenceGrant",
        cluster="gatewayclasses:GatewayClass",
        builtin=False,
    )
    + _rows(_GATEWAY, "v1", namespaced="grpcroutes:GRPCRoute", builtin=False)
    + _rows(_GATEWAY, "v1 v1alpha3 v1alpha2", namespaced="tlsroutes:TLSRoute", builtin=False)
    + _rows(_GATEWAY, "v1alpha2", namespaced="tcproutes:TCPRoute udproutes:UDPRoute", builtin=False)
    + _rows(_NETWORK_POLICY, "v1alpha2", cluster="clusternetworkpolicies:ClusterNetworkPolicy", builtin=False)
    + _rows(
        _NETWORK_POLICY,
        "v1alpha1",
        cluster="adminnetworkpolicies:AdminNetworkPolicy "
        "baselineadminnetworkpolicies:BaselineAdminNetworkPolicy",
        builtin=False,
    )
)
"""Every known resource; those that are not ``builtin`` are custom resources of well-known projects."""

BY_KEY: dict[str, Resource] = {resource.key: resource for resource in RESOURCES}
BY_KIND: dict[tuple[str, str], Resource] = {
    (resource.group, resource.kind): resource for resource in RESOURCES
}
