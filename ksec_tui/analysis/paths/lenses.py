"""Where attackers start, what they want, and which ways are open to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import Enum

import msgspec

from ksec_tui.analysis.paths.builder import ADMIN, OUTSIDE, goal
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.hubs import GOALS as GOALS
from ksec_tui.analysis.paths.model import Edge, Vertex
from ksec_tui.analysis.paths.path import Path, path_of
from ksec_tui.analysis.paths.search import FAR, Tree, along, away, towards


class Lens(Enum):
    """What is assumed of the attacker; the value is a key of `AttackGraph.starts`."""

    EXTERNAL = "external"
    CONTAINER = "container"
    CREDENTIALS = "credentials"

    @property
    def words(self) -> str:
        """``external attacker``."""
        return "external attacker" if self is Lens.EXTERNAL else f"compromised {self.value}"


def goals(graph: AttackGraph) -> tuple[Vertex, ...]:
    """What there is to be taken, the gravest first."""
    return tuple(vertex for name in GOALS if graph.number(vertex := goal(name)) is not None)


def starts(graph: AttackGraph, lens: Lens, *, system: bool = False) -> tuple[Vertex, ...]:
    """Where attackers of a lens may be; what is part of Kubernetes itself only with `system`."""
    return tuple(graph.vertices[number] for number in start_numbers(graph, lens, system=system))


def start_numbers(graph: AttackGraph, lens: Lens, *, system: bool = False) -> Sequence[int]:
    """The numbers of the same."""
    found = graph.starts.get(lens.value, ())
    return found if system else tuple(number for number in found if number not in graph.system)


def prior_of(graph: AttackGraph, lens: Lens, start: int) -> float:
    """How likely a start of a lens is taken."""
    return graph.judgement.prior("outside" if graph.vertices[start] == OUTSIDE else lens.value)


class Open(msgspec.Struct, frozen=True, eq=False):
    """A start from which a goal can be reached; the way itself is worked out when asked for.

    Attributes:
        lens: of the start.
        start: where.
        goal: what.
        likelihood: of the easiest way.
        risk: what is lost by it: how likely the start is taken, times that, times the goal's value.
    """

    lens: Lens
    start: Vertex
    goal: Vertex
    likelihood: float
    risk: float
    _graph: AttackGraph

    @property
    def path(self) -> Path:
        """The easiest way."""
        first, last = self._graph.number(self.start), self._graph.number(self.goal)
        if first is None or last is None:
            raise ValueError(f"{self.start} is not in the graph")
        return path_of(self._graph, along(self._graph, towards(self._graph, last), first), first)

    @property
    def already(self) -> bool:
        """Whether the start needs no way: a binding gives it everything."""
        told = self.path.told
        return len(told) == 1 and told[0].edge.kind == "administer"

    @property
    def key(self) -> tuple[Vertex, Vertex]:
        """What stays the same in another state of the cluster."""
        return self.start, self.goal

    @property
    def words(self) -> str:
        """``internet → cluster-admin``."""
        return f"{self.start.words} → {self.goal.words}"


def open_paths(
    graph: AttackGraph, lens: Lens, *, wanted: Sequence[Vertex] | None = None, system: bool = False
) -> tuple[Open, ...]:
    """Every start of a lens with every goal that can be reached from it, the greatest risk first.

    Args:
        graph: the graph.
        lens: whose starts.
        wanted: the goals; all of `goals` when not given.
        system: also from parts of Kubernetes itself.
    """
    found = list(_open(graph, lens, goals(graph) if wanted is None else wanted, system=system))
    found.sort(key=lambda item: (-item.risk, -item.likelihood, item.start, item.goal))
    return tuple(found)


def _open(graph: AttackGraph, lens: Lens, wanted: Sequence[Vertex], *, system: bool) -> Iterator[Open]:
    for target in wanted:
        number = graph.number(target)
        if number is None:
            continue
        value = graph.judgement.value(target.name) if target.kind == "goal" else 1.0
        far = towards(graph, number).far
        for start in start_numbers(graph, lens, system=system):
            if far[start] < FAR and start != number:
                chance = min(1.0, math.exp(-far[start]))
                risk = prior_of(graph, lens, start) * chance * value
                yield Open(lens, graph.vertices[start], target, chance, risk, graph)


class Follow(msgspec.Struct, frozen=True):
    """What follows from having something: a tree of the easiest ways.

    Attributes:
        vertex: what is had.
        edge: by which step; None at the root.
        likelihood: of having it.
        then: what follows next, the likeliest first.
    """

    vertex: Vertex
    edge: Edge | None
    likelihood: float
    then: tuple[Follow, ...]

    def __iter__(self) -> Iterator[Follow]:
        """Itself and everything below."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += found.then[::-1]


def reachable(graph: AttackGraph, start: Vertex, depth: int = 12) -> Follow | None:
    """If this is compromised, what follows; None for a vertex that is not in the graph.

    What follows from cluster-admin is everything, and is left out.

    Args:
        graph: the graph.
        start: what is compromised.
        depth: after how many edges the tree ends.
    """
    number = graph.number(start)
    if number is None:
        return None
    tree = away(graph, number)
    below: dict[int, list[int]] = {}
    for vertex, edge in enumerate(tree.by):
        if edge >= 0:
            below.setdefault(graph.edges[edge].source, []).append(vertex)
    return _follow(graph, tree, below, number, depth)


def _follow(graph: AttackGraph, tree: Tree, below: dict[int, list[int]], number: int, depth: int) -> Follow:
    listed = sorted(below.get(number, ()), key=lambda item: (tree.far[item], graph.vertices[item]))
    vertex = graph.vertices[number]
    if vertex == ADMIN:
        listed = [item for item in listed if graph.vertices[item].kind == "goal"]
    found = (_follow(graph, tree, below, item, depth - 1) for item in listed) if depth > 0 else ()
    then = tuple(item for item in found if item.then or item.vertex.kind not in _PASSED)
    edge = graph.edges[tree.by[number]] if tree.by[number] >= 0 else None
    return Follow(vertex, edge, min(1.0, math.exp(-tree.far[number])), then)


_PASSED = frozenset({"reach", "on", "nodeset"})
"""Kinds of vertices that are worth nothing by themselves."""
