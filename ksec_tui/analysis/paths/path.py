"""One way from a start to a goal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import msgspec

from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.model import Cut, Edge, Vertex

SILENT = frozenset({"within", "is", "member"})
"""Kinds of edges that are no step of an attacker: parts, members, names of the same."""


class Step(msgspec.Struct, frozen=True):
    """An edge with both its ends."""

    source: Vertex
    edge: Edge
    target: Vertex

    @property
    def words(self) -> str:
        """``ServiceAccount ci/deployer may do everything as cluster-admin (by ClusterRoleBinding ci)``."""
        detail = f" ({self.edge.detail})" if self.edge.detail else ""
        return f"{self.source.words} {KINDS[self.edge.kind].verb} {self.target.words}{detail}"


class Path(msgspec.Struct, frozen=True):
    """A way.

    Attributes:
        start: where the attacker is.
        goal: what is reached.
        steps: from one to the other.
    """

    start: Vertex
    goal: Vertex
    steps: tuple[Step, ...]

    @property
    def likelihood(self) -> float:
        """The product of the steps' likelihoods: a judgement."""
        return math.prod(step.edge.likelihood for step in self.steps)

    @property
    def length(self) -> int:
        """How many steps an attacker takes."""
        return sum(step.edge.kind not in SILENT for step in self.steps)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is not known of its steps; none when all of them are facts."""
        return tuple(dict.fromkeys(step.edge.doubt for step in self.steps if step.edge.doubt))

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """What would cut it, in the order of the steps."""
        return tuple(dict.fromkeys(cut for step in self.steps for cut in step.edge.cuts))

    @property
    def told(self) -> tuple[Step, ...]:
        """The steps that are worth telling: without the last one, which only names the goal."""
        return tuple(step for step in self.steps if step.edge.kind != "is")

    @property
    def words(self) -> str:
        """``internet → Deployment ci/runner → ServiceAccount ci/deployer → cluster-admin``."""
        return " → ".join(vertex.words for vertex in self.stops)

    @property
    def stops(self) -> tuple[Vertex, ...]:
        """Where it leads past, from start to end: without what is only on the way from one to the next."""
        return tuple(self._stops())

    def _stops(self) -> Iterator[Vertex]:
        yield self.start
        told = self.told
        for step, after in zip_longest(told, told[1:]):
            passed = step.target.kind in ("reach", "on") or step.target.kind == _part(after)
            if after is None or not passed:
                yield step.target


def _part(step: Step | None) -> str:
    """What a step leads to that only goes from the whole to a part."""
    return step.target.kind if step is not None and step.edge.kind == "within" else ""


def path_of(graph: AttackGraph, edges: Sequence[int], start: int) -> Path:
    """The path along some edges."""
    found = [graph.edges[number] for number in edges]
    end = found[-1].target if found else start
    steps = tuple(Step(graph.source(edge), edge, graph.target(edge)) for edge in found)
    return Path(graph.vertices[start], graph.vertices[end], steps)
