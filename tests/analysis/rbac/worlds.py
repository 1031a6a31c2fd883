"""Short ways to write a small RBAC world and to ask it."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.rbac.answer import Answer, explain
from ksec_tui.analysis.rbac.identity import Identity, identity_of, user_named
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of

RBAC = "rbac.authorization.k8s.io"
Tree = dict[str, Any]


def rule(verbs: str, resources: str = "", group: str = "", *, names: str = "", urls: str = "") -> Tree:
    """``rule("get list", "pods secrets")``; words are separated by spaces."""
    tree: Tree = {"verbs": verbs.split()}
    if resources:
        tree |= {"apiGroups": [group], "resources": resources.split()}
    if names:
        tree["resourceNames"] = names.split()
    if urls:
        tree["nonResourceURLs"] = urls.split()
    return tree


def role(name: str, *rules: Tree, stored: bool = True, **more: Any) -> Tree:
    """A Role for ``shop/reader``, a ClusterRole for ``reader``; stored objects have a uid."""
    namespace, _, own = name.rpartition("/")
    meta: Tree = {"name": own, **more.pop("metadata", {})} | ({"uid": "1"} if stored else {})
    kind = "Role" if namespace else "ClusterRole"
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": meta, "rules": list(rules), **more}


def subject(text: str) -> Tree:
    """``User ann``, ``Group dev``, ``ServiceAccount shop/web`` or, without namespace, ``ServiceAccount web``."""
    kind, _, name = text.partition(" ")
    tree = {"kind": kind, "name": name}
    if kind == "ServiceAccount" and "/" in name:
        tree["namespace"], tree["name"] = name.split("/")
    return tree


def bind(name: str, target: str, *subjects: str) -> Tree:
    """A RoleBinding for ``shop/b``, a ClusterRoleBinding for ``b``; `target` is ``Role r`` or ``ClusterRole r``."""
    namespace, _, own = name.rpartition("/")
    kind, _, refers = target.partition(" ")
    meta = {"name": own, "uid": "1"} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": refers},
        "subjects": [subject(text) for text in subjects],
    }


def given(*rules: Tree, to: str = "User ann", where: str = "") -> Snapshot:
    """A world in which one subject is bound to one ClusterRole, in the whole cluster or in one namespace."""
    return snapshot_of([role("r", *rules), bind(f"{where}/b" if where else "b", "ClusterRole r", to)])


def ann(*groups: str) -> Identity:
    """The user ann, who is in `groups`."""
    return Identity("ann", (*groups, "system:authenticated"))


def account(namespace: str, name: str) -> Identity:
    """A ServiceAccount with the groups that the server adds."""
    return identity_of(user_named(f"system:serviceaccount:{namespace}:{name}"))


def ask(world: Snapshot, words: str, identity: Identity | None = None, *, group: str = "") -> Answer:
    """``ask(world, "create pods/exec web -n shop")``: may ann, or another, do it?"""
    ahead, _, namespace = words.partition(" -n ")
    verb, what, *rest = ahead.split(" ")
    if what.startswith("/"):
        return explain(world, identity or ann(), Request(verb, path=what))
    resource, _, subresource = what.partition("/")
    request = Request(verb, group, resource, subresource, rest[0] if rest else "", namespace)
    return explain(world, identity or ann(), request)


def may(world: Snapshot, words: str, identity: Identity | None = None, *, group: str = "") -> bool:
    """Whether RBAC grants it; the world must be known well enough to tell."""
    answer = ask(world, words, identity, group=group).allowed
    assert answer is not None
    return answer
