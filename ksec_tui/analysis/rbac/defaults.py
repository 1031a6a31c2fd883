"""What every cluster grants by itself, known by name and by identity rather than by rule.

Sources: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; kubeadm's clusterinfo, node and
kubelet-config phases.
"""

from __future__ import annotations

from ksec_tui.analysis.identity import SYSTEM_NAMESPACES, is_system
from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.identity import (
    ALL_ACCOUNTS,
    ANONYMOUS,
    AUTHENTICATED,
    MASTERS,
    UNAUTHENTICATED,
    Who,
)

KUBEADM_IDENTITIES = frozenset({"kubeadm:cluster-admins", "kube-apiserver-kubelet-client"})
"""Identities that kubeadm makes for its own certificates."""

EXPECTED_EVERYONE = frozenset(
    {
        "system:basic-user",
        "system:discovery",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
        "system:cluster-trust-bundle-discovery",
    }
)
"""Default ClusterRoleBindings to everyone, each to the ClusterRole of its own name."""

EXPECTED_ANONYMOUS = frozenset({"system:public-info-viewer"})
"""Default ClusterRoleBindings to unauthenticated requests, each to the ClusterRole of its own name."""


def is_anonymous(subject: Who) -> bool:
    """Whether a request without credentials is this subject."""
    return subject in (Who("User", ANONYMOUS), Who("Group", UNAUTHENTICATED))


def is_everyone(subject: Who) -> bool:
    """Whether it is all that can log in, or all ServiceAccounts (of the cluster, or of one namespace)."""
    return subject.kind == "Group" and (
        subject.name in (AUTHENTICATED, ALL_ACCOUNTS) or subject.name.startswith(f"{ALL_ACCOUNTS}:")
    )


def is_expected(bound: Bound, subject: Who) -> bool:
    """Whether the default policy or kubeadm itself gives this to a broad subject."""
    if bound.namespace is not None:
        place = (bound.namespace, bound.ref.name, bound.role.name)
        cluster_info = "kubeadm:bootstrap-signer-clusterinfo"
        return place == ("kube-public", cluster_info, cluster_info) and is_anonymous(subject)
    names = EXPECTED_ANONYMOUS if is_anonymous(subject) else EXPECTED_EVERYONE
    return bound.ref.name in names and bound.role.name == bound.ref.name


def is_default_masters(bound: Bound) -> bool:
    """Whether it is the default binding of cluster-admin to system:masters."""
    return bound.namespace is None and bound.ref.name == "cluster-admin" == bound.role.name


def is_system_binding(bound: Bound) -> bool:
    """Whether a binding belongs to Kubernetes itself: by its name or place, and all its subjects too.

    A binding that merely borrows a reserved name for somebody else is not one.
    """
    named = is_system(bound.binding) or bound.ref.name.startswith("kubeadm:")
    return named and all(_is_system_subject(bound, subject) for subject in bound.people)


def _is_system_subject(bound: Bound, subject: Who) -> bool:
    if subject.is_account:
        return subject.namespace in SYSTEM_NAMESPACES
    if subject.name == MASTERS:
        return is_default_masters(bound)
    if is_anonymous(subject) or is_everyone(subject):
        return is_expected(bound, subject)
    return subject.name.startswith("system:") or subject.name in KUBEADM_IDENTITIES
