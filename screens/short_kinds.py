"""Kinds as lists name them: a list has no room for the long ones."""

from __future__ import annotations

SHORT_KINDS = {
    "ClusterRole": "crole",
    "ClusterRoleBinding": "crb",
    "ConfigMap": "cm",
    "CronJob": "cj",
    "CustomResourceDefinition": "crd",
    "DaemonSet": "ds",
    "Deployment": "deploy",
    "EndpointSlice": "eps",
    "Gateway": "gtw",
    "Ingress": "ing",
    "Namespace": "ns",
    "NetworkPolicy": "netpol",
    "Node": "no",
    "PersistentVolume": "pv",
    "PersistentVolumeClaim": "pvc",
    "Pod": "po",
    "ReplicaSet": "rs",
    "ReplicationController": "rc",
    "RoleBinding": "rb",
    "Service": "svc",
    "ServiceAccount": "sa",
    "StatefulSet": "sts",
    "ValidatingWebhookConfiguration": "vwc",
    "MutatingWebhookConfiguration": "mwc",
    "ValidatingAdmissionPolicy": "vap",
}
"""kubectl's short names, and the like where it has none: a list has no room for the long ones."""


def short_kind(kind: str) -> str:
    """``deploy`` for Deployment; the lower-cased kind where there is no short name."""
    return SHORT_KINDS.get(kind, kind.lower())
