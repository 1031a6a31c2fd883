"""Gathers vertices and edges while the graph is made; a vertex is a number from the moment it is named."""

from __future__ import annotations

from ksec_tui.analysis.paths.judgement import Judgement
from ksec_tui.analysis.paths.model import Cut, Edge, Proof, Vertex
from ksec_tui.cluster.ref import ObjectRef


class Builder:
    """Vertices get numbers in the order in which they are named.

    Attributes:
        judgement: the likelihoods.
        vertices: number -> vertex.
        edges: all edges so far.
        gaps: what was not read and may hide edges, each once.
        starts: lens -> the vertices at which its attackers may be.
        system: vertices that are part of Kubernetes itself.
    """

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.vertices: list[Vertex] = []
        self.edges: list[Edge] = []
        self.gaps: dict[str, None] = {}
        self.starts: dict[str, list[int]] = {}
        self.system: set[int] = set()
        self._numbers: dict[Vertex, int] = {}
        self._likelihoods: dict[str, float] = {}

    def at(self, vertex: Vertex) -> int:
        """The number of a vertex."""
        number = self._numbers.get(vertex)
        if number is None:
            number = self._numbers[vertex] = len(self.vertices)
            self.vertices.append(vertex)
        return number

    def has(self, vertex: Vertex) -> bool:
        """Whether it was named before."""
        return vertex in self._numbers

    @property
    def numbers(self) -> dict[Vertex, int]:
        """Vertex -> number."""
        return self._numbers

    def likelihood(self, name: str) -> float:
        """A number of the table."""
        found = self._likelihoods.get(name)
        if found is None:
            found = self._likelihoods[name] = self.judgement.likelihood(name)
        return found

    def add(
        self,
        kind: str,
        source: int,
        target: int,
        likelihood: str = "",
        detail: str = "",
        proofs: tuple[Proof, ...] = (),
        cuts: tuple[Cut, ...] = (),
        doubt: str = "",
    ) -> None:
        """One edge; `likelihood` names a number of the table, empty is a certainty."""
        chance = self.likelihood(likelihood) if likelihood else 1.0
        if doubt:
            chance *= self.likelihood("unsure")
        self.edges.append(Edge(kind, source, target, chance, detail, proofs, cuts, doubt))

    def gap(self, words: str | None) -> None:
        """Note what was not read."""
        if words:
            self.gaps[words] = None


def workload(ref: ObjectRef) -> Vertex:
    """The vertex of a workload."""
    return Vertex("workload", ref.name, ref.namespace, f"{ref.kind}.{ref.group}" if ref.group else ref.kind)


def account(namespace: str, name: str) -> Vertex:
    """The vertex of a ServiceAccount."""
    return Vertex("account", name, namespace)


def node(name: str) -> Vertex:
    """The vertex of a machine."""
    return Vertex("node", name)


def secret(namespace: str, name: str) -> Vertex:
    """The vertex of one Secret."""
    return Vertex("secret", name, namespace)


def goal(name: str) -> Vertex:
    """The vertex in which all things of one worth end."""
    return Vertex("goal", name)


ADMIN = Vertex("admin")
NODES = Vertex("nodes")
ANYONE = Vertex("anyone")
INTERNET = Vertex("zone", "internet")
OUTSIDE = Vertex("zone", "outside")


def hub(kind: str, namespace: str | None) -> Vertex:
    """A power in a namespace; None means everywhere."""
    return Vertex(kind, "", namespace or "")
