"""Which rights make which steps: one right alone, or several that one subject holds together."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True):
    """What one right alone makes possible.

    Attributes:
        kind: of the edge.
        hub: the kind of vertex it leads to, in the scope of the right.
        checks: the checks that tell of the right.
        likelihood: a name of the table.
        named: what a rule with resourceNames leads to: ``secret``, ``account``, ``user``, ``pod``, ``node``,
            ``same`` for the hub all the same, empty for nothing.
        detail: the right in words.
    """

    kind: str
    hub: str
    checks: tuple[str, ...]
    likelihood: str = "right"
    named: str = ""
    detail: str = ""


_ALWAYS = ("rbac-cluster-admin", "rbac-wildcard-resource", "rbac-wildcard-verb")
"""Checks that tell of any right, where a rule gives it by a wildcard."""


def _told(*checks: str) -> tuple[str, ...]:
    return (*checks, *_ALWAYS)


STEPS: dict[str, Step] = {
    "secrets.list": Step("read-secret", "secrets", _told("rbac-secrets-list"), named="secret", detail="list"),
    "secrets.get": Step(
        "read-secret", "secrets", _told("rbac-secrets-get"), "guess names", "secret", "get, by name"
    ),
    "secrets.change": Step(
        "mint-token-secret",
        "accounts",
        _told("rbac-secret-token-mint", "rbac-secrets-write"),
        "many steps",
        detail="change Secrets",
    ),
    "tokens.create": Step(
        "mint-token", "accounts", _told("rbac-token-request"), named="account", detail="serviceaccounts/token"
    ),
    "pods.create": Step("run-as", "pods", _told("rbac-pod-create"), detail="create pods"),
    "controllers.create": Step(
        "run-as", "pods", _told("rbac-controller-write", "rbac-daemonset-write"), detail="create controllers"
    ),
    "controllers.change": Step(
        "change-workload",
        "pods",
        _told("rbac-controller-write", "rbac-daemonset-write"),
        named="same",
        detail="change pod templates",
    ),
    "pods.exec": Step("exec", "inside", _told("rbac-pod-exec"), named="pod", detail="exec or attach"),
    "pods.exec-get": Step(
        "exec", "inside", _told("rbac-pod-exec"), named="pod", detail="get on exec or attach"
    ),
    "pods.ephemeral": Step(
        "inject-ephemeral", "inside", _told("rbac-pod-ephemeral"), named="pod", detail="ephemeral containers"
    ),
    "pods.change": Step("swap-image", "inside", _told("rbac-pod-update"), named="pod", detail="change pods"),
    "nodes.proxy": Step(
        "kubelet-exec", "inside", _told("rbac-nodes-proxy"), named="node", detail="nodes/proxy"
    ),
    "users.impersonate": Step(
        "impersonate", "anyone", _told("rbac-impersonate-user"), named="user", detail="impersonate users"
    ),
    "accounts.impersonate": Step(
        "impersonate",
        "accounts",
        _told("rbac-impersonate-sa"),
        named="account",
        detail="impersonate ServiceAccounts",
    ),
    "mutating.write": Step(
        "webhook-tap", "pods", _told("rbac-webhook-write"), "wait", detail="mutating webhooks"
    ),
    "validating.write": Step(
        "webhook-read", "secrets", _told("rbac-webhook-write"), "wait", detail="validating webhooks"
    ),
}
"""Atom -> what it alone makes possible."""


class Join(msgspec.Struct, frozen=True):
    """What several rights make possible together; each may come by another binding.

    Attributes:
        kind: of the edge.
        hub: the kind of vertex it leads to.
        needs: for each right the atoms of which one is enough.
        checks: the checks that tell of the rights.
        scope: ``cluster`` where it counts everywhere or not at all, ``place`` where all but the wide
            rights are held in one namespace.
        detail: in words.
    """

    kind: str
    hub: str
    needs: tuple[tuple[str, ...], ...]
    checks: tuple[str, ...]
    scope: str = "place"
    detail: str = ""


_STARTS = ("pods.create", "controllers.create", "controllers.change")

JOINS: tuple[Join, ...] = (
    Join(
        "mint-token-secret",
        "accounts",
        (("secrets.create",), ("secrets.list", "secrets.get", "pods.create")),
        _told("rbac-secret-token-mint"),
        detail="create Secrets and read them",
    ),
    Join(
        "impersonate",
        "admin",
        (("groups.impersonate",), ("users.impersonate", "accounts.impersonate")),
        _told("rbac-impersonate-group", "rbac-impersonate-user", "rbac-impersonate-sa"),
        "cluster",
        "any group, system:masters too",
    ),
    Join(
        "escalate-role",
        "admin",
        (("clusterroles.escalate",), ("clusterroles.change",)),
        _told("rbac-escalate", "rbac-role-write"),
        "cluster",
        "escalate on ClusterRoles",
    ),
    Join(
        "escalate-role",
        "namespace-admin",
        (("roles.escalate",), ("roles.change",)),
        _told("rbac-escalate", "rbac-role-write"),
        detail="escalate on Roles",
    ),
    Join(
        "bind-role",
        "admin",
        (("clusterroles.bind",), ("clusterbindings.write",)),
        _told("rbac-bind", "rbac-binding-write"),
        "cluster",
        "bind on ClusterRoles",
    ),
    Join(
        "bind-role",
        "namespace-admin",
        (("clusterroles.bind",), ("bindings.write",)),
        _told("rbac-bind", "rbac-binding-write"),
        detail="bind on ClusterRoles, with RoleBindings",
    ),
    Join(
        "issue-cert",
        "anyone",
        (("csr.create",), ("csr.approve",), ("signers.approve",)),
        _told("rbac-csr-approve"),
        "cluster",
        "certificate requests, approved by itself",
    ),
    Join(
        "lift-psa",
        "privileged",
        (("namespaces.change",), _STARTS),
        _told("rbac-namespace-patch", "rbac-pod-create", "rbac-controller-write"),
        detail="labels of the namespace",
    ),
    Join(
        "pv-hostpath",
        "nodes",
        (("volumes.create",), ("claims.create",), _STARTS),
        _told("rbac-pv-create", "rbac-pod-create", "rbac-controller-write"),
        detail="PersistentVolumes on the host",
    ),
)

CLIENT_SIGNERS = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")
"""Who may approve for them issues logins (certificates/v1 KubeAPIServerClientSignerName)."""
