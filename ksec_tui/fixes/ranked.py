"""The fixes of a Snapshot's findings, put in order by the risk that they remove over the effort that they take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.paths.choke import Fix as Removal
from ksec_tui.analysis.paths.choke import edges_by_object
from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.judgement import DEFAULT, Judgement
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.ranking import Candidate, Ranked, next_fixes, ranked
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.offer import offer


class Offer(msgspec.Struct, frozen=True, eq=False):
    """A fix with its place in the order.

    Attributes:
        finding: what it removes.
        fix: how.
        ranked: what that does to the ways of attackers, and what it costs.
    """

    finding: Finding
    fix: Fix
    ranked: Ranked


def offers(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    checks: Sequence[Check[Any]],
    *,
    lenses: Sequence[Lens] = tuple(Lens),
    judgement: Judgement = DEFAULT,
    manual: bool = True,
) -> tuple[Offer, ...]:
    """The fixes that cut something, the best first, each judged by itself.

    Args:
        snapshot: the cluster.
        findings: what was found in it.
        checks: those that know the fixes.
        lenses: the attackers that count.
        judgement: the table of likelihoods, values and efforts.
        manual: also fixes for which there is no patch.
    """
    made = _Made(snapshot, findings, checks, judgement, manual=manual)
    return made.told(ranked(made.graph, made.candidates, lenses))


def first_offers(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    checks: Sequence[Check[Any]],
    *,
    lenses: Sequence[Lens] = tuple(Lens),
    judgement: Judgement = DEFAULT,
    manual: bool = False,
    most: int = 5,
) -> tuple[Offer, ...]:
    """The fix to do first, then the best once that is done, and so on; without such that no patch can do, usually."""
    made = _Made(snapshot, findings, checks, judgement, manual=manual)
    return made.told(next_fixes(made.graph, made.candidates, lenses, most))


class _Made:
    """Candidates from findings."""

    def __init__(
        self,
        snapshot: Snapshot,
        findings: Iterable[Finding],
        checks: Sequence[Check[Any]],
        judgement: Judgement,
        *,
        manual: bool,
    ) -> None:
        self.graph = graph(snapshot, judgement)
        self.candidates: list[Candidate] = []
        self._found: dict[str, tuple[Finding, Fix]] = {}
        cutting = _cutting(self.graph)
        by_id = {check.id: (check,) for check in checks}
        for finding in findings:
            known = by_id.get(finding.check)
            if (
                finding.verdict is not Verdict.FAIL
                or (finding.subject, finding.check) not in cutting
                or not known
            ):
                continue
            fix = offer(finding, known, snapshot)
            if fix is not None and (fix.changes or manual):
                self._add(finding, fix)

    def _add(self, finding: Finding, fix: Fix) -> None:
        name = f"{finding.check} {finding.subject.id}"
        self._found[name] = finding, fix
        touched = {change.target for change in fix.changes}
        removed: dict[Removal, None] = {(finding.subject, finding.check): None}
        removed.update(dict.fromkeys(_shared(self.graph, touched, finding.check)))
        candidate = Candidate(
            name, tuple(removed), fix.risk.value, int(finding.severity), max(len(touched), 1)
        )
        self.candidates.append(candidate)

    def told(self, found: Iterable[Ranked]) -> tuple[Offer, ...]:
        return tuple(Offer(*self._found[item.candidate.name], item) for item in found if item.effect.edges)


def _cutting(found: AttackGraph) -> frozenset[Removal]:
    """Every object and check whose fix cuts a step."""
    return frozenset(
        (cut.ref, check)
        for numbers in edges_by_object(found).values()
        for number in numbers
        for cut in found.edges[number].cuts
        if not cut.partly
        for check in cut.checks
    )


def _shared(found: AttackGraph, touched: Iterable[ObjectRef], check: str) -> Iterable[Removal]:
    """What the same change takes from others: a role that is narrowed is narrowed for all its bindings."""
    known = _by_role(found)
    for ref in touched:
        for holder in known.get((ref, check), ()):
            yield holder, check


def _by_role(found: AttackGraph) -> Mapping[Removal, Collection[ObjectRef]]:
    """For each role and check the objects whose finding of it goes with the role's; worked out once."""
    known: dict[Removal, dict[ObjectRef, None]] | None = found.memo.get(_by_role)
    if known is None:
        known = found.memo[_by_role] = {}
        for edge in found.edges:
            for ref in {proof.ref for proof in edge.proofs if proof.ref.kind in ("Role", "ClusterRole")}:
                for cut in edge.cuts:
                    for check in () if cut.partly else cut.checks:
                        known.setdefault((ref, check), {})[cut.ref] = None
    return known
