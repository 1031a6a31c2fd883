"""What to do first: the fixes that take most from attackers for their effort, beside those that are staged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.paths.choke import Effect, choke_points, effect
from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding, rank
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import Results
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.ranked import Offer, offers

OBJECTS = 80
"""Objects whose fixes are looked at. What all fixes of one take together bounds what each of them takes."""

_MORE = 1.01
"""By how much several fixes of one object must beat the best of them."""


class Priority(msgspec.Struct, frozen=True, eq=False):
    """One thing to do: a fix, or several of one object where one alone leaves the way open.

    Attributes:
        ref: the object that the findings stand under.
        offers: the fixes.
        effect: what they do to attackers' ways beside what is staged.
        priority: the risk that they remove over their effort.
    """

    ref: ObjectRef
    offers: tuple[Offer, ...]
    effect: Effect
    priority: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it removes, the worst first."""
        return tuple(sorted((item.finding for item in self.offers), key=rank))

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """What it does."""
        return tuple(item.fix for item in self.offers)

    @property
    def by_hand(self) -> bool:
        """Whether some of it no patch can do."""
        return any(not fix.changes for fix in self.fixes)

    @property
    def risk(self) -> Risk:
        """How likely it breaks something."""
        return max((fix.risk for fix in self.fixes), key=lambda found: found.rank)

    @property
    def title(self) -> str:
        """What it does, imperative."""
        if len(self.offers) == 1:
            return self.fixes[0].title
        return f"Apply {len(self.offers)} fixes of it together"

    @property
    def removes(self) -> str:
        """``8% of the risk: 14 ways cut, 40 harder``."""
        return said(self.effect)


def said(made: Effect) -> str:
    """What becomes of attackers' ways: ``8% of the risk: 14 ways cut, 40 harder``."""
    cut = len(made.lost)
    told = [f"{cut:,} way{'' if cut == 1 else 's'} cut"] if cut else []
    told += [f"{made.harder:,} harder"] if made.harder else []
    share = f"{made.share:.0%}" if made.share >= 0.01 else "less than 1%"
    return f"{share} of the risk{': ' if told else ''}{', '.join(told)}"


def staged_edges(snapshot: Snapshot, plan: FixPlan, checks: Sequence[Check[Any]]) -> tuple[int, ...]:
    """The numbers of the steps that the staged fixes are said to take; the proof of the plan knows for certain."""
    if not plan.staged:
        return ()
    carried = {item.fingerprint for change in plan.changes() for item in change.staged}
    findings = [item.finding for item in plan.staged if item.fingerprint in carried]
    found = offers(snapshot, findings, checks)
    return tuple(dict.fromkeys(number for item in found for number in item.ranked.effect.edges))


def priorities(
    snapshot: Snapshot,
    results: Results,
    checks: Sequence[Check[Any]],
    lenses: Sequence[Lens] = tuple(Lens),
    *,
    plan: FixPlan | None = None,
    gone: Sequence[int] = (),
) -> tuple[Priority, ...]:
    """The fixes that take most from attackers for their effort, best first.

    Args:
        snapshot: the cluster.
        results: what was found in it; its findings are what can be fixed.
        checks: those that know the fixes.
        lenses: whose ways count.
        plan: what is staged already and left out.
        gone: the numbers of the edges that this takes.
    """
    made = graph(snapshot)
    staged = {item.fingerprint for item in plan.staged} if plan is not None else set()
    base = [item for item in _base(snapshot, made, results, checks, lenses) if _left(item, staged)]
    if gone:
        done = effect(made, gone, lenses)
        base = [_beside(made, item, gone, done, lenses) for item in base]
        base.sort(key=_order)
    return tuple(item for item in base if item.effect.risk > 0)


def _left(item: Priority, staged: set[str]) -> bool:
    return staged.isdisjoint(offer.finding.fingerprint for offer in item.offers)


def _base(
    snapshot: Snapshot,
    made: AttackGraph,
    results: Results,
    checks: Sequence[Check[Any]],
    lenses: Sequence[Lens],
) -> Sequence[Priority]:
    """The same without a plan; kept with the graph until other results come."""
    key = (_base, tuple(lenses))
    known: tuple[Results, Sequence[Priority]] | None = made.memo.get(key)
    if known is None or known[0] is not results:
        objects = {item.ref for item in choke_points(made, lenses, OBJECTS)}
        findings = [finding for ref in sorted(objects) for finding in results.on(ref)]
        found = offers(snapshot, findings, checks, lenses=lenses)
        every = [
            Priority(item.finding.subject, (item,), item.ranked.effect, item.ranked.priority)
            for item in found
        ]
        every += _together(made, every, lenses)
        every.sort(key=_order)
        known = made.memo[key] = results, every
    return known[1]


def _together(made: AttackGraph, alone: Iterable[Priority], lenses: Sequence[Lens]) -> Iterator[Priority]:
    """All patches of one object, where together they take more than the best of them."""
    by_object: dict[ObjectRef, list[Priority]] = {}
    for item in alone:
        if not item.by_hand:
            by_object.setdefault(item.ref, []).append(item)
    for ref, items in by_object.items():
        if len(items) < 2:
            continue
        best = max(item.effect.risk for item in items)
        items = _needed(items)
        edges = tuple(dict.fromkeys(number for item in items for number in item.effect.edges))
        found = effect(made, edges, lenses)
        if len(items) > 1 and found.risk > _MORE * best:
            group = tuple(offer for item in items for offer in item.offers)
            yield Priority(ref, group, found, _over_effort(made, group, found))


def _needed(items: Sequence[Priority]) -> list[Priority]:
    """Those of the same object without which fewer steps go; what is easiest to do is spared last."""
    kept = sorted(items, key=lambda item: (-item.risk.rank, item.priority))
    for item in list(kept):
        others = {number for other in kept if other is not item for number in other.effect.edges}
        if others.issuperset(item.effect.edges):
            kept.remove(item)
    return kept


def _over_effort(made: AttackGraph, group: Sequence[Offer], found: Effect) -> float:
    return found.risk / max(made.judgement.effort(item.fix.risk.value) for item in group)


def _beside(
    made: AttackGraph, item: Priority, gone: Sequence[int], done: Effect, lenses: Sequence[Lens]
) -> Priority:
    """What a fix adds to what is staged."""
    both = effect(made, tuple(dict.fromkeys((*gone, *item.effect.edges))), lenses)
    before = set(done.lost)
    lost = tuple(pair for pair in both.lost if pair not in before)
    harder = max(both.harder - done.harder, 0)
    added = Effect(item.effect.edges, lost, harder, both.risk - done.risk, both.share - done.share)
    return msgspec.structs.replace(item, effect=added, priority=_over_effort(made, item.offers, added))


def _order(item: Priority) -> tuple[bool, float, int, int, ObjectRef, str]:
    """What a patch can do first; of equals the worse finding, then the smaller change."""
    worst = max(int(offer.finding.severity) for offer in item.offers)
    return item.by_hand, -round(item.priority, 9), -worst, len(item.offers), item.ref, item.title
