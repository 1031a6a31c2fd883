"""The attack graph of a Snapshot, made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ksec_tui.analysis.network.selectors import alive
from ksec_tui.analysis.paths.builder import INTERNET, OUTSIDE, Builder, workload
from ksec_tui.analysis.paths.flows import add_connections, add_exposures, exposure_gaps
from ksec_tui.analysis.paths.hubs import HOME, add_hubs, add_inside
from ksec_tui.analysis.paths.judgement import DEFAULT, Judgement
from ksec_tui.analysis.paths.model import Edge, Vertex
from ksec_tui.analysis.paths.pods import add_pods
from ksec_tui.analysis.paths.subjects import add_subjects
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    CONFIG_MAP,
    ENDPOINT_SLICE,
    NAMESPACE,
    NODE,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.snapshot import Snapshot

_RBAC = (CLUSTER_ROLE_BINDING, CLUSTER_ROLE, ROLE_BINDING, ROLE)


class AttackGraph:
    """Vertices and edges by number, with both directions of adjacency; immutable.

    Attributes:
        vertices: number -> what it is.
        edges: number -> step.
        out: for each vertex the numbers of the edges that start there.
        into: for each vertex those that end there.
        gaps: what was not read and may hide edges, one phrase each.
        judgement: the likelihoods that it was made with.
        starts: lens -> the vertices at which its attackers may be.
        system: the vertices that are part of Kubernetes itself.
        memo: what was worked out of it, by a key of whoever did.
    """

    def __init__(self, builder: Builder) -> None:
        self.vertices: Sequence[Vertex] = tuple(builder.vertices)
        self.edges: Sequence[Edge] = tuple(builder.edges)
        self.gaps: tuple[str, ...] = tuple(builder.gaps)
        self.judgement = builder.judgement
        self.starts: Mapping[str, tuple[int, ...]] = {
            lens: tuple(dict.fromkeys(numbers)) for lens, numbers in builder.starts.items()
        }
        self.system = frozenset(builder.system)
        self.memo: dict[object, Any] = {}
        self._numbers: Mapping[Vertex, int] = builder.numbers
        out: list[list[int]] = [[] for _ in self.vertices]
        into: list[list[int]] = [[] for _ in self.vertices]
        for number, edge in enumerate(self.edges):
            out[edge.source].append(number)
            into[edge.target].append(number)
        self.out: Sequence[Sequence[int]] = out
        self.into: Sequence[Sequence[int]] = into

    def number(self, vertex: Vertex) -> int | None:
        """The number of a vertex; None when it is not in the graph."""
        return self._numbers.get(vertex)

    def source(self, edge: Edge) -> Vertex:
        """Where an edge starts."""
        return self.vertices[edge.source]

    def target(self, edge: Edge) -> Vertex:
        """Where it leads."""
        return self.vertices[edge.target]


def graph(snapshot: Snapshot, judgement: Judgement = DEFAULT) -> AttackGraph:
    """The attack graph; made when first asked for, once for each table of judgements."""
    found: AttackGraph = snapshot.derived((graph, judgement), partial(_made, judgement=judgement))
    return found


def _made(snapshot: Snapshot, judgement: Judgement) -> AttackGraph:
    builder = Builder(judgement)
    living = tuple(item for item in workloads(snapshot) if alive(item))
    add_exposures(builder, snapshot)
    builder.starts["external"] = [builder.at(INTERNET), builder.at(OUTSIDE)]
    builder.starts["container"] = [builder.at(workload(item.ref)) for item in living]
    builder.system.update(builder.at(workload(item.ref)) for item in living if item.system)
    add_pods(builder, snapshot, living)
    add_inside(builder, living)
    add_connections(builder, snapshot)
    add_subjects(builder, snapshot)
    add_hubs(builder, snapshot)
    for kind in (*_RBAC, SERVICE_ACCOUNT, SECRET, NAMESPACE, NODE, ENDPOINT_SLICE, *WORKLOAD_KINDS):
        builder.gap(snapshot.gap(kind))
    builder.gap(snapshot.gap(CONFIG_MAP, HOME))
    exposure_gaps(builder, snapshot)
    return AttackGraph(builder)
