"""From an object of the cluster to where an attacker stands who has it."""

from __future__ import annotations

from ksec_tui.analysis.paths.builder import account, node, secret, workload
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef

_WORKLOADS = frozenset(kind.name for kind in WORKLOAD_KINDS)
KINDS = _WORKLOADS | {"Pod", "ServiceAccount", "User", "Group", "Node", "Secret"}
"""Kinds of objects that an attacker may have."""


def vertex_of_ref(ref: ObjectRef) -> Vertex | None:
    """Where an attacker stands who has an object; None for what nobody can have."""
    match ref.kind:
        case "ServiceAccount":
            return account(ref.namespace, ref.name)
        case "User" | "Group":
            return Vertex(ref.kind.lower(), ref.name)
        case "Node":
            return node(ref.name)
        case "Secret":
            return secret(ref.namespace, ref.name)
    return workload(ref) if ref.kind in KINDS else None


def vertex_at(graph: AttackGraph, ref: ObjectRef) -> Vertex | None:
    """The same where the graph has it."""
    found = vertex_of_ref(ref)
    return found if found is not None and graph.number(found) is not None else None
