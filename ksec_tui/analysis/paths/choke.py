"""Choke points: the binding, policy or field whose change cuts most ways."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ksec_tui.analysis.paths.changes import SAME
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.lenses import Lens, goals, prior_of, start_numbers
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.repair import without
from ksec_tui.analysis.paths.search import FAR, along, easiest, towards
from ksec_tui.cluster.ref import ObjectRef

Fix = tuple[ObjectRef, str]
"""The object that a finding stands under, and the check that found it; what its fix removes is what they tell of."""


class Effect(msgspec.Struct, frozen=True, eq=False):
    """What removing some edges does.

    Attributes:
        edges: the numbers of the edges.
        lost: the (start, goal) pairs of which no way is left.
        harder: how many pairs keep a way that is less likely, by more than nobody would see.
        risk: how much of the modelled risk goes.
        share: the same as a part of all risk of the lenses, 0 to 1.
    """

    edges: tuple[int, ...]
    lost: tuple[tuple[Vertex, Vertex], ...]
    harder: int
    risk: float
    share: float


class Choke(msgspec.Struct, frozen=True, eq=False):
    """One object, and what its change cuts.

    Attributes:
        ref: the object that would be changed.
        checks: the checks whose fix does it.
        effect: what it does.
    """

    ref: ObjectRef
    checks: tuple[str, ...]
    effect: Effect

    @property
    def words(self) -> str:
        """``ClusterRoleBinding ci: cuts 12 ways, 41 % of the risk``."""
        cut = len(self.effect.lost)
        ways = f"cuts {cut:,} way{'' if cut == 1 else 's'}" if cut else "cuts no way"
        harder = f", makes {self.effect.harder:,} harder" if self.effect.harder else ""
        return f"{self.ref}: {ways}{harder}, {self.effect.share:.0%} of the risk"


def edges_by_object(graph: AttackGraph) -> Mapping[ObjectRef, tuple[int, ...]]:
    """The edges that the change of each object removes; worked out once."""
    found: dict[ObjectRef, tuple[int, ...]] | None = graph.memo.get(edges_by_object)
    if found is None:
        made: dict[ObjectRef, list[int]] = {}
        for number, edge in enumerate(graph.edges):
            for cut in edge.cuts:
                if cut.partly:
                    continue
                made.setdefault(cut.ref, []).append(number)
        found = graph.memo[edges_by_object] = {ref: tuple(numbers) for ref, numbers in made.items()}
    return found


def edges_of(graph: AttackGraph, fixes: Iterable[Fix]) -> tuple[int, ...]:
    """The edges that are gone once some findings are fixed."""
    known = edges_by_object(graph)
    found: dict[int, None] = {}
    for ref, check in fixes:
        for number in known.get(ref, ()):
            if any(
                cut.ref == ref and check in cut.checks and not cut.partly for cut in graph.edges[number].cuts
            ):
                found[number] = None
    return tuple(found)


def also_partly(graph: AttackGraph, fixes: Iterable[Fix]) -> bool:
    """Whether some fixes make further steps harder, which `effect` does not count."""
    key = also_partly
    known: frozenset[Fix] | None = graph.memo.get(key)
    if known is None:
        known = graph.memo[key] = frozenset(
            (cut.ref, check)
            for edge in graph.edges
            for cut in edge.cuts
            if cut.partly
            for check in cut.checks
        )
    return any(fix in known for fix in fixes)


def risk(graph: AttackGraph, lenses: Sequence[Lens] = tuple(Lens)) -> float:
    """The modelled risk: how likely a start is taken, times how easy its way is, times what the goal is worth.

    Summed up over all starts and goals.
    """
    total = 0.0
    for number, value in _goals(graph):
        far = towards(graph, number).far
        for start, prior in _priors(graph, lenses).items():
            total += prior * value * math.exp(-far[start])
    return total


def effect(graph: AttackGraph, gone: Sequence[int], lenses: Sequence[Lens] = tuple(Lens)) -> Effect:
    """What it does when edges go: recomputed, not estimated."""
    away = frozenset(gone)
    priors = _priors(graph, lenses)
    lost: list[tuple[Vertex, Vertex]] = []
    harder, saved = 0, 0.0
    for number, value in _goals(graph):
        tree = towards(graph, number)
        for vertex, far in without(graph, number, away).items():
            prior = priors.get(vertex)
            if prior is None or far <= tree.far[vertex] + 1e-9:
                continue
            saved += prior * value * (math.exp(-tree.far[vertex]) - math.exp(-far))
            if far == FAR:
                lost.append((graph.vertices[vertex], graph.vertices[number]))
            elif far - tree.far[vertex] > SAME:
                harder += 1
    total = _total(graph, lenses)
    return Effect(tuple(gone), tuple(sorted(lost)), harder, saved, saved / total if total else 0.0)


def choke_points(
    graph: AttackGraph, lenses: Sequence[Lens] = tuple(Lens), most: int = 20
) -> tuple[Choke, ...]:
    """The objects whose change takes the most risk away, the best first.

    Args:
        graph: the graph.
        lenses: whose starts count.
        most: how many at most.
    """
    known = edges_by_object(graph)
    found = []
    for ref in candidates(graph, lenses):
        numbers = known[ref]
        made = effect(graph, numbers, lenses)
        if made.risk > 0:
            checks = dict.fromkeys(
                check
                for number in numbers
                for cut in graph.edges[number].cuts
                if cut.ref == ref and not cut.partly
                for check in cut.checks
            )
            found.append(Choke(ref, tuple(checks), made))
    found.sort(key=lambda item: (-item.effect.risk, -len(item.effect.lost), item.ref))
    return tuple(found[:most])


def candidates(graph: AttackGraph, lenses: Sequence[Lens] = tuple(Lens)) -> tuple[ObjectRef, ...]:
    """The objects that the easiest ways rest on: no other can change any of them."""
    found: dict[ObjectRef, None] = {}
    for number, _ in _goals(graph):
        tree = towards(graph, number)
        seen: set[int] = set()
        for start in _priors(graph, lenses):
            if tree.far[start] == FAR:
                continue
            for edge in _until(graph, along(graph, tree, start), seen):
                found.update(dict.fromkeys(cut.ref for cut in graph.edges[edge].cuts if not cut.partly))
    return tuple(sorted(found))


def _until(graph: AttackGraph, edges: Sequence[int], seen: set[int]) -> list[int]:
    """The edges up to a vertex from which the way was looked at before."""
    found = []
    for number in edges:
        source = graph.edges[number].source
        if source in seen:
            break
        seen.add(source)
        found.append(number)
    return found


def _goals(graph: AttackGraph) -> list[tuple[int, float]]:
    found = []
    for vertex in goals(graph):
        number = graph.number(vertex)
        if number is not None:
            found.append((number, graph.judgement.value(vertex.name)))
    return found


def _priors(graph: AttackGraph, lenses: Sequence[Lens]) -> Mapping[int, float]:
    key = (_priors, tuple(lenses))
    found: dict[int, float] | None = graph.memo.get(key)
    if found is None:
        found = graph.memo[key] = {
            start: prior_of(graph, lens, start) for lens in lenses for start in start_numbers(graph, lens)
        }
    return found


def _total(graph: AttackGraph, lenses: Sequence[Lens]) -> float:
    key = (_total, tuple(lenses))
    found: float | None = graph.memo.get(key)
    if found is None:
        found = graph.memo[key] = risk(graph, lenses)
    return found


def closing(graph: AttackGraph, start: Vertex, target: Vertex, most: int = 32) -> tuple[ObjectRef, ...]:
    """Objects whose change together leaves no way between two vertices, none of which can be spared.

    Empty where it takes more than `most` or cannot be. Of the objects on the easiest way that is left, the one is
    taken whose change makes the pair hardest; then on.
    """
    first, last = graph.number(start), graph.number(target)
    if first is None or last is None:
        return ()
    known = edges_by_object(graph)
    chosen: list[ObjectRef] = []
    gone: set[int] = set()
    while way := easiest(graph, first, last, gone):
        refs = dict.fromkeys(cut.ref for number in way for cut in graph.edges[number].cuts if not cut.partly)
        if not refs or len(chosen) >= most:
            return ()
        # Of equals the last on the way, over which most others go as well; parts of Kubernetes only at need.
        own = _system(graph)
        left = [
            (ref not in own, _left(graph, first, last, gone.union(known[ref])), turn)
            for turn, ref in enumerate(refs)
        ]
        best = list(refs)[max(left)[2]]
        chosen.append(best)
        gone.update(known[best])
    for ref in list(chosen):
        rest = {number for other in chosen if other != ref for number in known[other]}
        if not easiest(graph, first, last, rest):
            chosen.remove(ref)
    return tuple(chosen)


def _system(graph: AttackGraph) -> frozenset[ObjectRef]:
    return frozenset(ref for number in graph.system if (ref := graph.vertices[number].ref) is not None)


def _left(graph: AttackGraph, start: int, target: int, gone: Collection[int]) -> float:
    """What the easiest way costs when edges are gone."""
    return without(graph, target, gone).get(start, towards(graph, target).far[start])
