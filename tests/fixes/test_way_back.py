"""In which order the way back is walked."""

from __future__ import annotations

from ksec_tui.checks import all_checks
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.layouts.parts import ways_back
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

WANTED = {"adm-vap-unbound", "net-external-ips"}


def test_admission_is_loosened_before_what_it_would_refuse_comes_back() -> None:
    """A policy now denies external IPs, and a Service had some: it can have them again once the policy is back."""
    snapshot, _ = load(DemoSource(today="2026-11-21"))
    checks = [item for item in all_checks() if item.id in WANTED]
    found = [item for item in run(snapshot, checks).findings if item.verdict is Verdict.FAIL]
    fixes = ((item, fix_for(item, checks, snapshot)) for item in found)
    plan = FixPlan(tuple(Staged(item, fix) for item, fix in fixes if fix is not None and fix.changes))
    kinds = [way.target.kind for way in ways_back(simulate(snapshot, plan, checks), snapshot)]
    assert {"ValidatingAdmissionPolicyBinding", "Service"} <= set(kinds)
    assert kinds.index("ValidatingAdmissionPolicyBinding") < kinds.index("Service")
