"""Judges a small cluster with one network check."""

from __future__ import annotations

from ksec_tui.analysis.network.exposure import exposures
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import Tree

CHECKS = {item.id: item for item in all_checks()}


def judge(check: str, *trees: Tree) -> tuple[Finding, ...]:
    return run_one(snapshot_of(trees), CHECKS[check]).findings


def severities(check: str, *trees: Tree) -> list[str]:
    """The severity of each FAIL, and ``unknown`` for each UNKNOWN."""
    return [
        finding.severity.word if finding.verdict is Verdict.FAIL else "unknown"
        for finding in judge(check, *trees)
    ]


def fix(check: str, *trees: Tree) -> Fix:
    """The fix of the only finding."""
    snapshot = snapshot_of(trees)
    (finding,) = run_one(snapshot, CHECKS[check]).findings
    found = fix_for(finding, CHECKS.values(), snapshot)
    assert found is not None
    return found


def fixed(check: str, *trees: Tree) -> Snapshot:
    """The cluster after the fix of the only finding, which removes it and brings nothing else."""
    snapshot = snapshot_of(trees)
    (finding,) = run_one(snapshot, CHECKS[check]).findings
    found = fix_for(finding, CHECKS.values(), snapshot)
    assert found is not None
    result = simulate(snapshot, FixPlan().stage(finding, found), CHECKS.values())
    assert result.errors == ()
    assert result.ok
    return result.snapshot


def ways(snapshot: Snapshot) -> set[str]:
    """Everything that can be reached, in words, with its certainty."""
    return {f"{item.certainty.value} {item.words}" for item in exposures(snapshot)}
