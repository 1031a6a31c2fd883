"""Random roles, bindings and questions: few words in many combinations, the odd ones among them."""

from __future__ import annotations

import random

from tests.control_plane.client import Tree

RBAC = "rbac.authorization.k8s.io"
SPACES = ("rights-a", "rights-b")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*", "GET", "use")
GROUPS = ("", "apps", "batch", "example.com", RBAC, "*")
RESOURCES = (
    "pods",
    "pods/exec",
    "pods/log",
    "pods/*",
    "*/log",
    "*/*",
    "*",
    "secrets",
    "deployments",
    "deployments/scale",
    "*/scale",
    "widgets",
    "Pods",
)
NAMES = ("web", "db", "*", "web-1", "WEB")
URLS = ("/metrics", "/metrics/*", "/logs/*", "*", "/healthz", "/api*", "/", "/metrics/slis")
USERS = (
    "ann",
    "bob",
    "system:serviceaccount:rights-a:runner",
    "system:serviceaccount:rights-b:runner",
    "Ann",
)
TEAMS = (
    "dev",
    "ops",
    "system:authenticated",
    "system:serviceaccounts",
    "system:serviceaccounts:rights-a",
    "system:unauthenticated",
)
_MOST = 3


def some(dice: random.Random, words: tuple[str, ...], most: int = _MOST) -> list[str]:
    """One to `most` of the words."""
    return dice.sample(words, dice.randint(1, most))


def role(dice: random.Random, number: int, namespace: str) -> Tree:
    """A Role, or without namespace a ClusterRole, with up to four rules."""
    rules = [_rule(dice, cluster=not namespace) for _ in range(dice.randint(0, 4))]
    meta = {"name": f"random-{number}"} | ({"namespace": namespace} if namespace else {})
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": meta, "rules": rules}


def _rule(dice: random.Random, *, cluster: bool) -> Tree:
    if cluster and dice.random() < 0.25:
        return {"verbs": some(dice, VERBS), "nonResourceURLs": some(dice, URLS)}
    rule: Tree = {
        "verbs": some(dice, VERBS),
        "apiGroups": some(dice, GROUPS, 2),
        "resources": some(dice, RESOURCES),
    }
    return rule | ({"resourceNames": some(dice, NAMES, 2)} if dice.random() < 0.3 else {})


def binding(dice: random.Random, number: int, namespace: str, roles: list[Tree]) -> Tree:
    """A binding of any subjects to a role that is there, seldom to one that is not."""
    fitting = [item for item in roles if item["metadata"].get("namespace", namespace) == namespace]
    usable = [item for item in fitting if namespace or item["kind"] == "ClusterRole"]
    chosen = dice.choice(usable)
    name = "no-such-role" if dice.random() < 0.05 else chosen["metadata"]["name"]
    meta = {"name": f"random-{number}"} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": RBAC, "kind": chosen["kind"], "name": name},
        "subjects": [_subject(dice) for _ in range(dice.randint(0, 2))],
    }


def _subject(dice: random.Random) -> Tree:
    kind = dice.choice(("User", "Group", "ServiceAccount"))
    if kind == "ServiceAccount":
        return {"kind": kind, "name": "runner", "namespace": dice.choice(SPACES)}
    return {"kind": kind, "apiGroup": RBAC, "name": dice.choice(USERS if kind == "User" else TEAMS)}


def question(dice: random.Random) -> Tree:
    """The spec of a SubjectAccessReview."""
    user = dice.choice((*USERS, "nobody", ""))
    groups = [name for name in TEAMS if dice.random() < 0.2]
    asker: Tree = {"user": user, "groups": groups or (["dev"] if not user else [])}
    if dice.random() < 0.2:
        paths = (
            "/metrics",
            "/metrics/",
            "/metrics/slis",
            "/logs/x",
            "/",
            "/healthz",
            "/apis",
            "/api",
            "logs",
        )
        return asker | {
            "nonResourceAttributes": {"verb": dice.choice(VERBS).lower(), "path": dice.choice(paths)}
        }
    resource, _, part = dice.choice(RESOURCES).partition("/")
    asked = {
        "verb": dice.choice(VERBS),
        "group": dice.choice(GROUPS),
        "resource": resource,
        "subresource": part,
        "name": dice.choice(("", *NAMES)),
        "namespace": dice.choice(("", *SPACES, "default", "no-such-namespace")),
    }
    return asker | {"resourceAttributes": {key: value for key, value in asked.items() if value}}
