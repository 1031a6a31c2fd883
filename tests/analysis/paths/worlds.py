"""Builds the smallest clusters in which an attacker gets somewhere, and says how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.cluster.snapshot import Snapshot
from tests.checks.workloads.pods import cluster, container, daemon_set, live, secured

__all__ = ["cluster", "container", "daemon_set", "live", "secured"]

Tree = dict[str, Any]
ADMIN = Vertex("goal", "cluster-admin")
NODE = Vertex("goal", "a node")
INTERNET = Vertex("zone", "internet")
WEB = Vertex("workload", "web", "shop", "DaemonSet.apps")
_RBAC = "rbac.authorization.k8s.io"


def node(name: str = "n1", *, control_plane: bool = False, provider: str = "") -> Tree:
    labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": provider} if provider else {},
    }


def running(owner: Tree, on: str = "n1", name: str = "") -> Tree:
    """A pod of `owner` on a node."""
    return live(owner, name=name or f"{owner['metadata']['name']}-x1", nodeName=on)


def namespace(name: str = "shop", level: str = "") -> Tree:
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def account(name: str = "web", space: str = "shop", **fields: Any) -> Tree:
    meta = {"name": name, "namespace": space, "annotations": fields.pop("annotations", {})}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, **fields}


def rule(resource: str, *verbs: str, group: str = "", names: Iterable[str] = ()) -> Tree:
    found: Tree = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return {**found, "resourceNames": list(names)} if names else found


EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def user(name: str = "ann") -> Tree:
    return {"kind": "User", "name": name, "apiGroup": _RBAC}


def group(name: str) -> Tree:
    return {"kind": "Group", "name": name, "apiGroup": _RBAC}


def robot(name: str = "web", space: str = "shop") -> Tree:
    return {"kind": "ServiceAccount", "name": name, "namespace": space}


def granted(subject: Tree, *rules: Tree, space: str = "", name: str = "b") -> list[Tree]:
    """A role with these rules and its binding, in a namespace or in the whole cluster."""
    kind = "Role" if space else "ClusterRole"
    meta = {"name": name, **({"namespace": space} if space else {})}
    role = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": meta, "rules": list(rules)}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": meta,
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
        "subjects": [subject],
    }
    return [role, binding]


def vertex(subject: Tree) -> Vertex:
    kind = {"User": "user", "Group": "group", "ServiceAccount": "account"}[subject["kind"]]
    return Vertex(kind, subject["name"], subject.get("namespace", ""))


def steps(snapshot: Snapshot) -> set[tuple[str, str, str]]:
    """Every edge as (source, kind, target) in words."""
    found = graph(snapshot)
    return {(found.source(edge).words, edge.kind, found.target(edge).words) for edge in found.edges}


def kinds(snapshot: Snapshot, start: Vertex) -> set[str]:
    """The kinds of the edges that start at a vertex."""
    found = graph(snapshot)
    number = found.number(start)
    return set() if number is None else {found.edges[edge].kind for edge in found.out[number]}


def way(snapshot: Snapshot, start: Vertex, goal: Vertex = ADMIN) -> list[str]:
    """The kinds of the steps on the easiest way, without its last; empty when there is none."""
    answer = paths_from(graph(snapshot), start, goal, 1)
    return [step.edge.kind for step in answer.paths[0].told] if answer.paths else []


def made(*documents: Tree, version: str = "") -> AttackGraph:
    return graph(cluster(*documents, version=version))
