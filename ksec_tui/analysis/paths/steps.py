"""Which rights make which steps: one right alone, or several that one subject holds together."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True):
    """What one right alone makes possible.

    Attributes:
        kind: of the edge.
        hub: the kind of vertex it leads to, in the scope of the right.
        likelihood: a name of the table.
        named: what a rule with resourceNames leads to: ``secret``, ``account``, ``user``, ``pod``, ``node``,
            ``same`` for the hub all the same, empty for nothing.
        detail: the right in words.
    """

    kind: str
    hub: str
    likelihood: str = "right"
    named: str = ""
    detail: str = ""


CHECKS: dict[str, tuple[str, ...]] = {
    "everything": ("rbac-cluster-admin",),
    "secrets.list": ("rbac-secrets-list",),
    "secrets.get": ("rbac-secrets-get",),
    "secrets.create": ("rbac-secret-token-mint", "rbac-secrets-write"),
    "secrets.change": ("rbac-secret-token-mint", "rbac-secrets-write"),
    "tokens.create": ("rbac-token-request",),
    "pods.create": ("rbac-pod-create",),
    "controllers.create": ("rbac-controller-write",),
    "controllers.change": ("rbac-controller-write",),
    "daemonsets.create": ("rbac-daemonset-write",),
    "daemonsets.change": ("rbac-daemonset-write",),
    "pods.exec": ("rbac-pod-exec",),
    "pods.exec-get": ("rbac-pod-exec",),
    "pods.ephemeral": ("rbac-pod-ephemeral",),
    "pods.change": ("rbac-pod-update",),
    "nodes.proxy": ("rbac-nodes-proxy",),
    "users.impersonate": ("rbac-impersonate-user",),
    "groups.impersonate": ("rbac-impersonate-group",),
    "accounts.impersonate": ("rbac-impersonate-sa",),
    "clusterroles.escalate": ("rbac-escalate",),
    "clusterroles.change": ("rbac-role-write",),
    "roles.escalate": ("rbac-escalate",),
    "roles.change": ("rbac-role-write",),
    "clusterroles.bind": ("rbac-bind",),
    "roles.bind": ("rbac-bind",),
    "clusterbindings.write": ("rbac-binding-write",),
    "bindings.write": ("rbac-binding-write",),
    "csr.approve": ("rbac-csr-approve",),
    "signers.approve": ("rbac-csr-approve",),
    "namespaces.change": ("rbac-namespace-patch",),
    "volumes.create": ("rbac-pv-create",),
    "configmaps.change": ("rbac-cm-aws-auth",),
    "mutating.write": ("rbac-webhook-write",),
    "validating.write": ("rbac-webhook-write",),
    "steer.argocd": ("rbac-gitops-cr",),
    "steer.flux-kustomize": ("rbac-gitops-cr",),
    "steer.flux-helm": ("rbac-gitops-cr",),
}
"""Atom -> the checks whose fix takes it out of a role. What grants it by a wildcard is told by these as well."""


STEPS: dict[str, Step] = {
    "secrets.list": Step("read-secret", "secrets", named="secret", detail="list"),
    "secrets.get": Step("read-secret", "secrets", "guess names", "secret", "get, by name"),
    "secrets.change": Step(
        "mint-token-secret",
        "accounts",
        "many steps",
        detail="change Secrets",
    ),
    "tokens.create": Step("mint-token", "accounts", named="account", detail="serviceaccounts/token"),
    "pods.create": Step("run-as", "pods", detail="create pods"),
    "controllers.create": Step("run-as", "pods", detail="create controllers"),
    "daemonsets.create": Step("run-as", "pods", detail="create DaemonSets"),
    "daemonsets.change": Step("change-workload", "pods", named="same", detail="change DaemonSets"),
    "controllers.change": Step(
        "change-workload",
        "pods",
        named="same",
        detail="change pod templates",
    ),
    "pods.exec": Step("exec", "inside", named="pod", detail="exec or attach"),
    "pods.exec-get": Step("exec", "inside", named="pod", detail="get on exec or attach"),
    "pods.ephemeral": Step("inject-ephemeral", "inside", named="pod", detail="ephemeral containers"),
    "pods.change": Step("swap-image", "inside", named="pod", detail="change pods"),
    "nodes.proxy": Step("kubelet-exec", "inside", named="node", detail="nodes/proxy"),
    "users.impersonate": Step("impersonate", "anyone", named="user", detail="impersonate users"),
    "accounts.impersonate": Step(
        "impersonate",
        "accounts",
        named="account",
        detail="impersonate ServiceAccounts",
    ),
    "mutating.write": Step("webhook-tap", "pods", "wait", detail="mutating webhooks"),
    "validating.write": Step("webhook-read", "secrets", "wait", detail="validating webhooks"),
}
"""Atom -> what it alone makes possible."""


class Join(msgspec.Struct, frozen=True):
    """What several rights make possible together; each may come by another binding.

    Attributes:
        kind: of the edge.
        hub: the kind of vertex it leads to.
        needs: for each right the atoms of which one is enough.
        scope: ``cluster`` where it counts everywhere or not at all, ``place`` where all but the wide
            rights are held in one namespace.
        detail: in words.
    """

    kind: str
    hub: str
    needs: tuple[tuple[str, ...], ...]
    scope: str = "place"
    detail: str = ""


_STARTS = (
    "pods.create",
    "controllers.create",
    "controllers.change",
    "daemonsets.create",
    "daemonsets.change",
)

JOINS: tuple[Join, ...] = (
    Join(
        "mint-token-secret",
        "accounts",
        (("secrets.create",), ("secrets.list", "secrets.get", "pods.create")),
        detail="create Secrets and read them",
    ),
    Join(
        "impersonate",
        "admin",
        (("groups.impersonate",), ("users.impersonate", "accounts.impersonate")),
        "cluster",
        "any group, system:masters too",
    ),
    Join(
        "escalate-role",
        "admin",
        (("clusterroles.escalate",), ("clusterroles.change",)),
        "cluster",
        "escalate on ClusterRoles",
    ),
    Join(
        "escalate-role",
        "namespace-admin",
        (("roles.escalate",), ("roles.change",)),
        detail="escalate on Roles",
    ),
    Join(
        "bind-role",
        "admin",
        (("clusterroles.bind",), ("clusterbindings.write",)),
        "cluster",
        "bind on ClusterRoles",
    ),
    Join(
        "bind-role",
        "namespace-admin",
        (("clusterroles.bind",), ("bindings.write",)),
        detail="bind on ClusterRoles, with RoleBindings",
    ),
    Join(
        "issue-cert",
        "anyone",
        (("csr.create",), ("csr.approve",), ("signers.approve",)),
        "cluster",
        "certificate requests, approved by itself",
    ),
    Join(
        "lift-psa",
        "privileged",
        (("namespaces.change",), _STARTS),
        detail="labels of the namespace",
    ),
    Join(
        "pv-hostpath",
        "nodes",
        (("volumes.create",), ("claims.create",), _STARTS),
        detail="PersistentVolumes on the host",
    ),
)

CLIENT_SIGNERS = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")
"""Who may approve for them issues logins (certificates/v1 KubeAPIServerClientSignerName)."""
