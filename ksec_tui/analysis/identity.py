"""What belongs to Kubernetes itself, and who manages an object."""

from __future__ import annotations

from ksec_tui.cluster.base import KubeObject

SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""The namespaces that every cluster starts with, besides ``default``."""

BOOTSTRAP_LABEL = "kubernetes.io/bootstrapping"
"""On the default roles and bindings that the API server reconciles (rbac bootstrappolicy)."""


def is_system(item: KubeObject) -> bool:
    """Whether `item` is part of Kubernetes itself: its namespaces, its bootstrap policy, ``system:`` names."""
    meta = item.metadata
    return (
        meta.namespace in SYSTEM_NAMESPACES
        or (item.kind == "Namespace" and meta.name in SYSTEM_NAMESPACES)
        or (item.group == "rbac.authorization.k8s.io" and is_bootstrap(item))
        or (item.kind == "APIService" and "kube-aggregator.kubernetes.io/automanaged" in meta.labels)
    )


def is_bootstrap(item: KubeObject) -> bool:
    """Whether an RBAC object is of the default policy, by its label or its reserved name."""
    meta = item.metadata
    return meta.labels.get(BOOTSTRAP_LABEL) == "rbac-defaults" or meta.name.startswith("system:")
