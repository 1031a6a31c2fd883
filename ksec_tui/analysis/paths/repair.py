"""What becomes of the best ways when some edges go, without searching the whole graph again.

Only vertices whose best way goes over a removed edge can lose anything: they are found in the tree of best ways, and
only they are searched for another way (as in Ramalingam and Reps, dynamic shortest paths).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence

from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.search import FAR, costs, towards


def below(graph: AttackGraph, target: int) -> Sequence[Sequence[int]]:
    """For each vertex those whose next step on the best way to `target` leads to it; worked out once."""
    key = (below, target)
    found: Sequence[Sequence[int]] | None = graph.memo.get(key)
    if found is None:
        made: list[list[int]] = [[] for _ in graph.vertices]
        for vertex, edge in enumerate(towards(graph, target).by):
            if edge >= 0:
                made[graph.edges[edge].target].append(vertex)
        graph.memo[key] = found = made
    return found


def without(graph: AttackGraph, target: int, gone: Collection[int]) -> Mapping[int, float]:
    """The vertices whose best way becomes worse when edges go, with what it costs then; infinite where none is left.

    Args:
        graph: the graph.
        target: where the ways lead to.
        gone: the numbers of the edges that go.
    """
    hit = _hit(graph, target, gone)
    if not hit:
        return {}
    priced, far = costs(graph), towards(graph, target).far
    found = dict.fromkeys(hit, FAR)
    queue: list[tuple[float, int]] = []
    for vertex in hit:
        best = FAR
        for number in graph.out[vertex]:
            other = graph.edges[number].target
            if other not in found and number not in gone:
                best = min(best, far[other] + priced[number])
        if best < FAR:
            found[vertex] = best
            queue.append((best, vertex))
    heapq.heapify(queue)
    while queue:
        distance, vertex = heapq.heappop(queue)
        if distance > found[vertex]:
            continue
        for number in graph.into[vertex]:
            source = graph.edges[number].source
            if (
                source in found
                and number not in gone
                and (further := distance + priced[number]) < found[source]
            ):
                found[source] = further
                heapq.heappush(queue, (further, source))
    return found


def _hit(graph: AttackGraph, target: int, gone: Iterable[int]) -> set[int]:
    """The vertices whose best way goes over one of the edges."""
    tree = towards(graph, target)
    waiting = [source for number in gone if tree.by[source := graph.edges[number].source] == number]
    under = below(graph, target) if waiting else ()
    found: set[int] = set()
    while waiting:
        vertex = waiting.pop()
        if vertex not in found:
            found.add(vertex)
            waiting += under[vertex]
    return found
