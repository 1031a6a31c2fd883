"""Every fix of a real cluster at once: nearly all go together, and the few that do not are found in a few trials."""

from __future__ import annotations

from ksec_tui.checks import all_checks
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.progress import Progress
from ksec_tui.fixes.simulate import simulate
from tests.fixes.test_flows_cluster import cluster, needs_cluster, results


@needs_cluster
def test_everything_is_staged_and_nearly_everything_is_proven() -> None:
    snapshot, found = cluster(), results()
    checks = {item.id: item for item in all_checks()}
    pairs = ((item, fix_for(item, [checks[item.check]], snapshot)) for item in found.findings if item.fixable)
    plan = FixPlan().stage_many(Staged(item, fix) for item, fix in pairs if fix is not None and fix.changes)
    assert len(plan.staged) > 2_500
    told: list[Progress] = []
    outcome = simulate(snapshot, plan, checks.values(), results=found, progress=told.append)
    assert len(outcome.refused) < 10, [item.reason for item in outcome.refused]
    assert len(outcome.plan.staged) + len(outcome.refused) == len(plan.staged)
    assert {item.finding for item in outcome.plan.staged} <= set(outcome.removed)
    rounds = [item for item in told if item.phase == "Finding out what does not go together"]
    assert len(rounds) < 10
    offers = {item.id for item in checks.values() if item.offer}
    left = {(item.check, item.subject) for item in run(outcome.snapshot, checks.values()).findings}
    gone = {(item.finding.check, item.finding.subject) for item in outcome.plan.staged}
    assert {check for check, _ in left & gone} <= offers
