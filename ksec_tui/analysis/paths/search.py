"""Easiest and shortest ways through the graph.

The easiest way has the greatest product of likelihoods: Dijkstra's algorithm on their negative logarithms. Of ways
equally easy the one with fewer steps is taken.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import msgspec

from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.model import Edge, Vertex
from ksec_tui.analysis.paths.path import SILENT, Path, path_of

By = Literal["easiest", "shortest"]
FAR = math.inf
_STEP = 1e-6
"""What a step costs besides, so that of equally easy ways the shorter one comes first."""
_QUIET = 1e-9
"""The same for a step that is none of the attacker's."""
_HIDDEN = 1e-3
"""What a step costs that is none of the attacker's, where steps are counted."""


class Tree(msgspec.Struct, gc=False):
    """The best ways from every vertex to one, or from one to every vertex.

    Attributes:
        far: vertex -> the cost; infinite where there is no way.
        by: vertex -> the next edge on the way, -1 at the end and where there is none.
    """

    far: list[float]
    by: list[int]


def cost(edge: Edge, by: By = "easiest") -> float:
    """What an edge costs."""
    if by == "shortest":
        return _HIDDEN if edge.kind in SILENT else 1.0
    return (_QUIET if edge.kind in SILENT else _STEP) - math.log(edge.likelihood)


def costs(graph: AttackGraph, by: By = "easiest") -> Sequence[float]:
    """What every edge costs, worked out once."""
    found: Sequence[float] | None = graph.memo.get((costs, by))
    if found is None:
        found = graph.memo[costs, by] = [cost(edge, by) for edge in graph.edges]
    return found


def towards(graph: AttackGraph, vertex: int, by: By = "easiest") -> Tree:
    """The best ways to one vertex from all others; worked out once."""
    key = (towards, vertex, by)
    found: Tree | None = graph.memo.get(key)
    if found is None:
        sources = [edge.source for edge in graph.edges]
        found = graph.memo[key] = _tree(graph.into, sources, costs(graph, by), vertex, len(graph.vertices))
    return found


def away(graph: AttackGraph, vertex: int, by: By = "easiest") -> Tree:
    """The best ways from one vertex to all others."""
    targets = [edge.target for edge in graph.edges]
    return _tree(graph.out, targets, costs(graph, by), vertex, len(graph.vertices))


def _tree(
    adjacent: Sequence[Sequence[int]], ends: Sequence[int], priced: Sequence[float], root: int, size: int
) -> Tree:
    far, by = [FAR] * size, [-1] * size
    far[root] = 0.0
    queue = [(0.0, root)]
    while queue:
        distance, vertex = heapq.heappop(queue)
        if distance > far[vertex]:
            continue
        for edge in adjacent[vertex]:
            other, further = ends[edge], distance + priced[edge]
            if further < far[other]:
                far[other], by[other] = further, edge
                heapq.heappush(queue, (further, other))
    return Tree(far, by)


def along(graph: AttackGraph, tree: Tree, start: int) -> list[int]:
    """The edges of the way from `start` in a tree of `towards`."""
    found = []
    while (edge := tree.by[start]) >= 0:
        found.append(edge)
        start = graph.edges[edge].target
    return found


class Answer(msgspec.Struct, frozen=True):
    """What is known of the ways between two vertices.

    Attributes:
        paths: the best ones, best first.
        status: ``open`` where a path holds for certain, ``maybe`` where every one hangs on something that is
            not known, ``not known`` where none was found but not everything was read, ``none``.
        gaps: what was not read.
    """

    paths: tuple[Path, ...]
    status: Literal["open", "maybe", "not known", "none"]
    gaps: tuple[str, ...] = ()


def paths_from(graph: AttackGraph, start: Vertex, target: Vertex, k: int = 3, by: By = "easiest") -> Answer:
    """The best ways from a start to a goal, without loops (Yen's algorithm).

    Args:
        graph: the graph.
        start: where the attacker is.
        target: what is wanted: a goal of `lenses.GOALS`, or any vertex.
        k: how many ways at most.
        by: the measure.
    """
    first, last = graph.number(start), graph.number(target)
    if first is None or last is None:
        return Answer((), "not known" if graph.gaps else "none", graph.gaps)
    tree = towards(graph, last, by)
    if tree.far[first] == FAR:
        unread = _unread(graph, first)
        return Answer((), "not known" if unread else "none", unread)
    found = _yen(graph, tree, first, last, k, by)
    sure = any(not path.doubts for path in found) or _certain(graph, first, last)
    return Answer(tuple(found), "open" if sure else "maybe", graph.gaps)


def _unread(graph: AttackGraph, start: int) -> tuple[str, ...]:
    """What was not read, that of rights of what is reached first."""
    tree = away(graph, start)
    near = [
        vertex.words
        for number, vertex in enumerate(graph.vertices)
        if vertex.kind == "unread" and tree.far[number] < FAR
    ]
    return tuple(dict.fromkeys((*near, *graph.gaps)))


def _certain(graph: AttackGraph, start: int, target: int) -> bool:
    doubtful = [number for number, edge in enumerate(graph.edges) if edge.doubt]
    return bool(easiest(graph, start, target, frozenset(doubtful)))


def easiest(graph: AttackGraph, start: int, target: int, gone: Collection[int] = ()) -> list[int]:
    """The edges of the easiest way without some edges; empty when there is none."""
    tree = towards(graph, target)
    return _guided(graph, start, target, tree, costs(graph), lambda number: number not in gone, ())


def _guided(
    graph: AttackGraph,
    start: int,
    target: int,
    tree: Tree,
    priced: Sequence[float],
    allowed: Callable[[int], bool],
    shut: Collection[int],
) -> list[int]:
    """The best way past `shut` vertices, led by what remains from each vertex without any bans (A*)."""
    if tree.far[start] == FAR:
        return []
    known = {start: 0.0}
    came: dict[int, int] = {}
    queue = [(tree.far[start], start)]
    done: set[int] = set()
    while queue:
        _, vertex = heapq.heappop(queue)
        if vertex == target:
            break
        if vertex in done:
            continue
        done.add(vertex)
        for number in graph.out[vertex]:
            other = graph.edges[number].target
            if other in shut or tree.far[other] == FAR or not allowed(number):
                continue
            further = known[vertex] + priced[number]
            if further < known.get(other, FAR):
                known[other], came[other] = further, number
                heapq.heappush(queue, (further + tree.far[other], other))
    else:
        return []
    found: list[int] = []
    while target != start:
        found.append(came[target])
        target = graph.edges[came[target]].source
    return found[::-1]


def _yen(graph: AttackGraph, tree: Tree, start: int, target: int, k: int, by: By) -> list[Path]:
    priced = costs(graph, by)
    chosen = [along(graph, tree, start)]
    waiting: list[tuple[float, list[int]]] = []
    while len(chosen) < k:
        last = chosen[-1]
        for turn in range(len(last)):
            root = last[:turn]
            at = graph.edges[last[turn]].source
            banned = {way[turn] for way in chosen if way[:turn] == root}
            # Edges side by side make no other way: those to the same vertex are banned together.
            beside = {graph.edges[number].target for number in banned}
            shut = {start, *(graph.edges[number].target for number in root)} - {at}
            rest = _guided(
                graph,
                at,
                target,
                tree,
                priced,
                lambda number, at=at, beside=beside: (  # type: ignore[misc]
                    graph.edges[number].source != at or graph.edges[number].target not in beside
                ),
                shut,
            )
            way = [*root, *rest]
            if rest and way not in [item for _, item in waiting] and way not in chosen:
                heapq.heappush(waiting, (sum(priced[number] for number in way), way))
        if not waiting:
            break
        chosen.append(heapq.heappop(waiting)[1])
    return [path_of(graph, way, start) for way in chosen]
