"""Which lists of a built-in kind a strategic merge patch merges, and by which key.

The facts are the ``patchStrategy`` and ``patchMergeKey`` struct tags of k8s.io/api and of
k8s.io/apimachinery/pkg/apis/meta/v1 (1.36). A list that is not named here is atomic: a patch replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How one field merges, and the fields below it.

    Attributes:
        fields: the fields below it that need saying; all others merge as plain maps and atomic lists.
        key: for a list of mappings, the field by which its items are matched.
        union: for a list of scalars, whether a patch adds to it.
        replace: for a mapping, whether a patch replaces it whole.
    """

    fields: Mapping[str, Shape] = field(default_factory=dict)
    key: str = ""
    union: bool = False
    replace: bool = False

    def of(self, name: str) -> Shape:
        """How the field `name` below this one merges."""
        return self.fields.get(name, PLAIN)


PLAIN = Shape()

_CONDITIONS = Shape({"conditions": Shape(key="type")})
_META = Shape({"ownerReferences": Shape(key="uid"), "finalizers": Shape(union=True)})
_CONTAINER = {
    "ports": Shape(key="containerPort"),
    "env": Shape(key="name"),
    "volumeMounts": Shape(key="mountPath"),
    "volumeDevices": Shape(key="devicePath"),
}
_CLAIM_TEMPLATE = Shape({"metadata": _META})
_POD_SPEC = Shape(
    {
        "volumes": Shape({"ephemeral": Shape({"volumeClaimTemplate": _CLAIM_TEMPLATE})}, key="name"),
        "initContainers": Shape(_CONTAINER, key="name"),
        "containers": Shape(_CONTAINER, key="name"),
        "ephemeralContainers": Shape(_CONTAINER, key="name"),
        "imagePullSecrets": Shape(key="name"),
        "hostAliases": Shape(key="ip"),
        "topologySpreadConstraints": Shape(key="topologyKey"),
        "schedulingGates": Shape(key="name"),
        "resourceClaims": Shape(key="name"),
    }
)
_CONTAINER_STATUS = Shape(
    {"allocatedResourcesStatus": Shape(key="name"), "volumeMounts": Shape(key="mountPath")}
)
_POD_STATUS = Shape(
    {
        "containerStatuses": _CONTAINER_STATUS,
        "initContainerStatuses": _CONTAINER_STATUS,
        "ephemeralContainerStatuses": _CONTAINER_STATUS,
        "conditions": Shape(key="type"),
        "podIPs": Shape(key="ip"),
        "hostIPs": Shape(key="ip"),
        "resourceClaimStatuses": Shape(key="name"),
    }
)
_TEMPLATE = Shape({"metadata": _META, "spec": _POD_SPEC})
_WORKLOAD = Shape({"metadata": _META, "spec": Shape({"template": _TEMPLATE}), "status": _CONDITIONS})
_WEBHOOKS = Shape({"metadata": _META, "webhooks": Shape({"matchConditions": Shape(key="name")}, key="name")})
_NAMED = Shape(key="name")
_OTHER = Shape({"metadata": _META})
_WITH_CONDITIONS = Shape({"metadata": _META, "status": _CONDITIONS})

_KINDS: dict[tuple[str, str], Shape] = {
    ("", "Pod"): Shape({"metadata": _META, "spec": _POD_SPEC, "status": _POD_STATUS}),
    ("", "PodTemplate"): Shape({"metadata": _META, "template": _TEMPLATE}),
    ("", "ReplicationController"): _WORKLOAD,
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "DaemonSet"): _WORKLOAD,
    ("apps", "StatefulSet"): _WORKLOAD,
    ("apps", "ReplicaSet"): _WORKLOAD,
    ("batch", "Job"): _WORKLOAD,
    ("batch", "CronJob"): Shape(
        {
            "metadata": _META,
            "spec": Shape(
                {"jobTemplate": Shape({"metadata": _META, "spec": Shape({"template": _TEMPLATE})})}
            ),
        }
    ),
    ("", "Service"): Shape(
        {"metadata": _META, "spec": Shape({"ports": Shape(key="port")}), "status": _CONDITIONS}
    ),
    ("", "ServiceAccount"): Shape({"metadata": _META, "secrets": _NAMED}),
    ("", "Node"): Shape(
        {
            "metadata": _META,
            "spec": Shape({"podCIDRs": Shape(union=True)}),
            "status": Shape({"conditions": Shape(key="type"), "addresses": Shape(key="type")}),
        }
    ),
    ("", "Namespace"): _WITH_CONDITIONS,
    ("", "PersistentVolumeClaim"): _WITH_CONDITIONS,
    ("apiregistration.k8s.io", "APIService"): _WITH_CONDITIONS,
    ("autoscaling", "HorizontalPodAutoscaler"): _WITH_CONDITIONS,
    ("certificates.k8s.io", "PodCertificateRequest"): _WITH_CONDITIONS,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): _WITH_CONDITIONS,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): _WITH_CONDITIONS,
    ("networking.k8s.io", "ServiceCIDR"): _WITH_CONDITIONS,
    ("resource.k8s.io", "DeviceTaintRule"): _WITH_CONDITIONS,
    ("resource.k8s.io", "ResourceClaim"): Shape(
        {"metadata": _META, "status": Shape({"reservedFor": Shape(key="uid")})}
    ),
    ("resource.k8s.io", "ResourcePoolStatusRequest"): _WITH_CONDITIONS,
    ("scheduling.k8s.io", "PodGroup"): Shape(
        {
            "metadata": _META,
            "spec": Shape({"resourceClaims": _NAMED}),
            "status": Shape({"conditions": Shape(key="type"), "resourceClaimStatuses": _NAMED}),
        }
    ),
    ("scheduling.k8s.io", "Workload"): Shape(
        {"metadata": _META, "spec": Shape({"podGroupTemplates": Shape({"resourceClaims": _NAMED})})}
    ),
    ("storagemigration.k8s.io", "StorageVersionMigration"): _WITH_CONDITIONS,
    ("resource.k8s.io", "ResourceClaimTemplate"): Shape({"metadata": _META, "spec": _OTHER}),
    ("policy", "PodDisruptionBudget"): Shape(
        {"metadata": _META, "spec": Shape({"selector": Shape(replace=True)}), "status": _CONDITIONS}
    ),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): Shape(
        {"metadata": _META, "spec": Shape({"matchConditions": _NAMED, "variables": _NAMED})}
    ),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): Shape(
        {"metadata": _META, "spec": Shape({"matchConditions": _NAMED})}
    ),
    ("storage.k8s.io", "CSINode"): Shape({"metadata": _META, "spec": Shape({"drivers": _NAMED})}),
}

BUILT_IN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""The API groups whose kinds take strategic merge patches; custom resources do not."""


def shape_of(group: str, kind: str) -> Shape | None:
    """How objects of a kind merge; None when the kind takes no strategic merge patch."""
    if group not in BUILT_IN_GROUPS:
        return None
    group = "apps" if group == "extensions" else group
    return _KINDS.get((group, kind), _OTHER)
