"""The way of a workload to Pod Security restricted as a part of the plan: one fix, instead of those it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.restricted import Reach
from ksec_tui.fixes.simulate import simulate
from ksec_tui.fixes.trial import Documents


class Led(msgspec.Struct, frozen=True):
    """A plan with the way to restricted in it.

    Attributes:
        plan: the plan; the same as before when nothing could be staged.
        reason: why nothing could be, one sentence; empty otherwise.
    """

    plan: FixPlan
    reason: str = ""


def staged_way(plan: FixPlan, reach: Reach) -> Staged | None:
    """The way to restricted in the plan, when it is there."""
    return next(
        (item for item in plan.staged if item.finding.subject == reach.workload and item.fix == reach.fix),
        None,
    )


def lead(
    plan: FixPlan,
    reach: Reach,
    snapshot: Snapshot,
    results: Results,
    checks: Iterable[Check[Any]],
    *,
    documents: Documents | None = None,
) -> Led:
    """The plan with the fix of `reach`, under the worst finding that it is proven to remove.

    Fixes of the same workload that it is made of leave the plan: it does what they do.
    """
    fix = reach.fix
    if fix is None:
        return Led(plan, reach.reasons[0] if reach.reasons else "It is restricted already.")
    found = [
        item
        for item in results.on(reach.workload)
        if item.verdict is Verdict.FAIL and item.check in reach.checks
    ]
    gone = {item.fingerprint for item in found}
    reason = ""
    if fix.changes and found:
        alone = FixPlan(tuple(Staged(item, fix) for item in found))
        tried = simulate(snapshot, alone, checks, documents=documents, results=results)
        gone = {item.fingerprint for item in tried.removed}
        reason = next(iter(tried.errors), "")
    anchor = next((item for item in found if item.fingerprint in gone), None)
    if anchor is None:
        said = "No finding stands for what is missing: ksec-tui pss -o kustomize prints the patch."
        return Led(plan, reason or said)
    kept = tuple(
        item
        for item in plan.staged
        if item.finding.subject != reach.workload or item.finding.check not in reach.checks
    )
    return Led(FixPlan(kept).stage(anchor, fix))
