"""The resources of Kubernetes' own API groups: where they are served and whether they have namespaces.

Source: the registry's storage map of Kubernetes 1.24 to 1.36. Resources of other groups (custom resources,
aggregated APIs) are not known here, and nothing is said of them.
"""

from __future__ import annotations

from collections.abc import Iterable

_NAMESPACED = {
    "": "bindings configmaps endpoints events limitranges persistentvolumeclaims pods podtemplates"
    " replicationcontrollers resourcequotas secrets serviceaccounts services",
    "apps": "controllerrevisions daemonsets deployments replicasets statefulsets",
    "authorization.k8s.io": "localsubjectaccessreviews",
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs jobs",
    "coordination.k8s.io": "leases",
    "discovery.k8s.io": "endpointslices",
    "events.k8s.io": "events",
    "networking.k8s.io": "ingresses networkpolicies",
    "policy": "poddisruptionbudgets",
    "rbac.authorization.k8s.io": "rolebindings roles",
    "storage.k8s.io": "csistoragecapacities",
}
_CLUSTER = {
    "": "componentstatuses namespaces nodes persistentvolumes",
    "admissionregistration.k8s.io": "mutatingadmissionpolicies mutatingadmissionpolicybindings"
    " mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings"
    " validatingwebhookconfigurations",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "authentication.k8s.io": "selfsubjectreviews tokenreviews",
    "authorization.k8s.io": "selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews",
    "certificates.k8s.io": "certificatesigningrequests",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "networking.k8s.io": "ingressclasses",
    "node.k8s.io": "runtimeclasses",
    "rbac.authorization.k8s.io": "clusterrolebindings clusterroles",
    "scheduling.k8s.io": "priorityclasses",
    "storage.k8s.io": "csidrivers csinodes storageclasses volumeattachments",
}

BUILT_IN_GROUPS = frozenset({*_NAMESPACED, *_CLUSTER})
"""The groups whose resources are all known here."""

CLUSTER_SCOPED = frozenset((group, name) for group, names in _CLUSTER.items() for name in names.split())
"""(group, plural) of objects that live in no namespace."""

_GROUPS: dict[str, set[str]] = {}
for _table in (_NAMESPACED, _CLUSTER):
    for _group, _names in _table.items():
        for _name in _names.split():
            _GROUPS.setdefault(_name, set()).add(_group)

_SINGULAR = {
    **{name.removesuffix("s"): name for name in _GROUPS},
    **{name.removesuffix("ies") + "y": name for name in _GROUPS if name.endswith("ies")},
    **{name.removesuffix("es"): name for name in _GROUPS if name.endswith("sses")},
}


def groups_of(resource: str) -> frozenset[str]:
    """The built-in groups that serve a plural name; empty when none does."""
    return frozenset(_GROUPS.get(resource, ()))


def plural_of(word: str) -> str | None:
    """The built-in plural that a wrongly written word means: ``Pods``, ``pod`` -> ``pods``; None otherwise."""
    lowered = word.lower()
    meant = lowered if lowered in _GROUPS else _SINGULAR.get(lowered)
    return meant if meant is not None and meant != word else None


def all_built_in(groups: Iterable[str]) -> bool:
    """Whether every one of some API groups is Kubernetes' own."""
    return all(group in BUILT_IN_GROUPS for group in groups)


def is_cluster_scoped(resource: str, groups: Iterable[str]) -> bool:
    """Whether a plural name means objects without a namespace in each of `groups` that serves it."""
    serving = groups_of(resource)
    named = serving if "*" in groups else serving.intersection(groups)
    return bool(named) and all((group, resource) in CLUSTER_SCOPED for group in named)


def known_names() -> tuple[str, ...]:
    """The plural names of all built-in resources."""
    return tuple(_GROUPS)
