"""What is open to an attacker, one way for each place to begin: the worst of those that lead on from there."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.lenses import Lens, goals, prior_of, start_numbers
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.repair import without
from ksec_tui.analysis.paths.search import FAR, along, easiest, towards


class Way(msgspec.Struct, frozen=True, eq=False):
    """The worst that one beginning leads to.

    Attributes:
        lens: whose way it is.
        start: where the attacker is.
        entry: by what ways are told apart: the start, or what somebody outside of the cluster comes to first.
        goal: the worst end.
        likelihood: of getting there: a judgement.
        risk: how likely the start is taken, times that, times what the goal is worth.
        also: further ends, each with its likelihood, the worst first.
        first: the number of the step from start to entry; -1 where they are the same.
    """

    lens: Lens
    start: Vertex
    entry: Vertex
    goal: Vertex
    likelihood: float
    risk: float
    also: tuple[tuple[Vertex, float], ...] = ()
    first: int = -1

    @property
    def key(self) -> str:
        """What stays the same in another state of the cluster."""
        return f"{self.lens.value} {self.entry.id}"


def ways(graph: AttackGraph, lens: Lens, gone: Collection[int] = ()) -> tuple[Way, ...]:
    """Every beginning of a lens from which a goal can be reached, the greatest risk first.

    Args:
        graph: the graph.
        lens: whose beginnings.
        gone: numbers of edges to do without.
    """
    key = (ways, lens)
    found: tuple[Way, ...] | None = None if gone else graph.memo.get(key)
    if found is None:
        shut = frozenset(gone)
        ends = [
            (goal, number, graph.judgement.value(goal.name), _far(graph, number, shut))
            for goal in goals(graph)
            if (number := graph.number(goal)) is not None
        ]
        best: dict[Vertex, Way] = {}
        for start, entry, first in _beginnings(graph, lens, shut):
            made = _way(graph, lens, start, entry, first, ends)
            if made is not None and (made.entry not in best or best[made.entry].risk < made.risk):
                best[made.entry] = made
        found = tuple(sorted(best.values(), key=lambda item: (-item.risk, -item.likelihood, item.entry)))
        if not gone:
            graph.memo[key] = found
    return found


class _Distances:
    """What is left to a goal from each vertex, without some edges."""

    def __init__(self, far: Sequence[float], changed: Mapping[int, float]) -> None:
        self.far, self.changed = far, changed

    def __getitem__(self, vertex: int) -> float:
        changed = self.changed.get(vertex)
        return self.far[vertex] if changed is None else changed


def _far(graph: AttackGraph, goal: int, gone: Collection[int]) -> _Distances:
    return _Distances(towards(graph, goal).far, without(graph, goal, gone) if gone else {})


def _beginnings(graph: AttackGraph, lens: Lens, gone: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """Start, entry, and the number of the edge between them."""
    for start in start_numbers(graph, lens):
        if lens is not Lens.EXTERNAL:
            yield start, start, -1
            continue
        for number in graph.out[start]:
            if number not in gone:
                yield start, graph.edges[number].target, number


def _way(
    graph: AttackGraph,
    lens: Lens,
    start: int,
    entry: int,
    first: int,
    ends: Sequence[tuple[Vertex, int, float, _Distances]],
) -> Way | None:
    prior = prior_of(graph, lens, start) * (graph.edges[first].likelihood if first >= 0 else 1.0)
    reached = []
    for goal, number, value, far in ends:
        if far[entry] < FAR and entry != number:
            chance = min(1.0, math.exp(-far[entry]))
            reached.append((prior * chance * value, chance, goal))
    if not reached:
        return None
    reached.sort(key=lambda item: (-item[0], item[2]))
    step = graph.edges[first].likelihood if first >= 0 else 1.0
    (risk, chance, goal), *more = reached
    also = tuple((other, step * likely) for _, likely, other in more)
    return Way(lens, graph.vertices[start], graph.vertices[entry], goal, step * chance, risk, also, first)


def edges_along(graph: AttackGraph, way: Way, gone: Collection[int] = ()) -> list[int]:
    """The numbers of the steps of a way; without some edges, of the easiest that is left, none where none is.

    Raises:
        ValueError: the way is of another graph.
    """
    entry, goal = graph.number(way.entry), graph.number(way.goal)
    if entry is None or goal is None:
        raise ValueError(f"{way.key} is not in the graph")
    rest = easiest(graph, entry, goal, gone) if gone else along(graph, towards(graph, goal), entry)
    return [*([way.first] if way.first >= 0 else []), *rest] if rest else []
