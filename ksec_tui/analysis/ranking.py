"""Which fix first: the risk that it removes over the effort that it takes.

What a fix removes is worked out on the attack graph without the edges that it cuts. The order does not hang on how
many replicas run, nor on how many findings one object has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ksec_tui.analysis.paths.choke import Effect, Fix, also_partly, edges_of, effect
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.lenses import Lens

_LIKELY = 40
"""How many of the best are looked at again after each choice; what is far behind alone is not chosen."""


class Candidate(msgspec.Struct, frozen=True):
    """A fix that could be staged.

    Attributes:
        name: what tells it from others; ties are put in its order.
        fixes: the findings that it removes, as (object, check).
        effort: the class of its break-risk: ``safe``, ``likely safe``, ``review``, ``manual``.
        severity: of the worst finding, greater is worse; decides between equals.
        objects: how many objects it touches.
    """

    name: str
    fixes: tuple[Fix, ...]
    effort: str = "review"
    severity: int = 0
    objects: int = 1


class Ranked(msgspec.Struct, frozen=True, eq=False):
    """A fix with its place.

    Attributes:
        candidate: the fix.
        effect: what it does to the ways of attackers.
        effort: what it costs: a judgement.
        priority: the risk removed over the effort.
        at_least: whether the fix makes further steps harder besides, which shows when it is simulated.
    """

    candidate: Candidate
    effect: Effect
    effort: float
    priority: float
    at_least: bool = False

    @property
    def words(self) -> str:
        """``removes 41 % of the modelled risk (12 ways cut, 3 harder); effort 2 (review)``."""
        cut = len(self.effect.lost)
        told = [f"{cut:,} way{'' if cut == 1 else 's'} cut"] if cut else []
        told += [f"{self.effect.harder:,} harder"] if self.effect.harder else []
        ways = f" ({', '.join(told)})" if told else ""
        return (
            f"removes {'at least ' if self.at_least else ''}{self.effect.share:.0%} of the modelled risk{ways}; "
            f"effort {self.effort:g} ({self.candidate.effort})"
        )


def ranked(
    graph: AttackGraph, candidates: Iterable[Candidate], lenses: Sequence[Lens] = tuple(Lens)
) -> tuple[Ranked, ...]:
    """Fixes in the order in which they should be done, each judged by itself.

    Args:
        graph: the attack graph before.
        candidates: the fixes.
        lenses: the attackers that count.
    """
    found = [_judged(graph, item, lenses) for item in candidates]
    found.sort(key=_order)
    return tuple(found)


def next_fixes(
    graph: AttackGraph, candidates: Sequence[Candidate], lenses: Sequence[Lens] = tuple(Lens), most: int = 5
) -> tuple[Ranked, ...]:
    """The best fix, then the best once that is done, and so on: what several would cut counts for one only.

    Each entry's effect is what it adds to those before it.
    """
    left = [item.candidate for item in ranked(graph, candidates, lenses)[:_LIKELY]]
    chosen: list[Ranked] = []
    gone: tuple[int, ...] = ()
    done = effect(graph, gone, lenses)
    while left and len(chosen) < most:
        # All again each time: where two ways lead to the same end, a fix gains by what was done before it.
        best = min((_added(graph, item, gone, done, lenses) for item in left), key=_order)
        if best.effect.risk <= 0:
            break
        chosen.append(best)
        left.remove(best.candidate)
        gone = tuple(dict.fromkeys((*gone, *best.effect.edges)))
        done = effect(graph, gone, lenses)
    return tuple(chosen)


def _order(item: Ranked) -> tuple[float, int, int, str]:
    candidate = item.candidate
    return -round(item.priority, 9), -candidate.severity, candidate.objects, candidate.name


def _judged(graph: AttackGraph, item: Candidate, lenses: Sequence[Lens]) -> Ranked:
    return _ranked(graph, item, effect(graph, edges_of(graph, item.fixes), lenses))


def _ranked(graph: AttackGraph, item: Candidate, made: Effect) -> Ranked:
    effort = graph.judgement.effort(item.effort)
    return Ranked(item, made, effort, made.risk / effort, also_partly(graph, item.fixes))


def _added(
    graph: AttackGraph, item: Candidate, gone: Sequence[int], done: Effect, lenses: Sequence[Lens]
) -> Ranked:
    edges = edges_of(graph, item.fixes)
    both = effect(graph, tuple(dict.fromkeys((*gone, *edges))), lenses)
    before = set(done.lost)
    lost = tuple(pair for pair in both.lost if pair not in before)
    added = Effect(
        edges, lost, max(both.harder - done.harder, 0), both.risk - done.risk, both.share - done.share
    )
    return _ranked(graph, item, added)
