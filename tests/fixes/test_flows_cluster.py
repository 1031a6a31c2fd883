"""Default denies for namespaces of a real cluster keep all that its objects show to be needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from ksec_tui.analysis.workloads import workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.flow_effects import said
from ksec_tui.fixes.flows import lost_needs
from ksec_tui.fixes.network_needs import needs_of
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

DUMP = Path(__file__).resolve().parents[2].parent / "shared" / "cluster"
needs_cluster = pytest.mark.skipif(not DUMP.is_dir(), reason="shared/cluster is not here")

INGRESS = ("ns-no-netpol-ingress", "net-public-no-policy", "net-datastore-open")
EGRESS = ("ns-no-netpol-egress",)
SPACES = ("bookinfo", "bank", "online-boutique")


@functools.cache
def cluster() -> Snapshot:
    return load(FileSource([str(DUMP)], today="2026-11-21"))[0]


@functools.cache
def results() -> Results:
    return run(cluster(), all_checks())


def staged(space: str, checks: tuple[str, ...]) -> FixPlan:
    plan = FixPlan()
    for finding in results().findings:
        place = finding.subject.name if finding.subject.kind == "Namespace" else finding.subject.namespace
        if finding.check in checks and place == space and finding.verdict is Verdict.FAIL:
            fix = fix_for(finding, all_checks(), cluster())
            assert fix is not None
            assert fix.changes, fix.steps
            plan = plan.stage(finding, fix)
    return plan


def proven(plan: FixPlan) -> Simulation:
    result = simulate(cluster(), plan, all_checks(), results=results())
    assert (result.errors, result.added, result.kept) == ((), (), ())
    assert result.ok
    gone = {item.fingerprint for item in result.removed}
    assert {item.fingerprint for item in plan.staged} <= gone
    return result


@needs_cluster
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("checks", [INGRESS[:1], INGRESS, EGRESS, INGRESS + EGRESS], ids=" ".join)
def test_a_default_deny_keeps_what_is_needed_and_tells_what_is_lost(
    space: str, checks: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    plan = staged(space, checks)
    assert plan.staged
    result = proven(plan)
    assert lost_needs(cluster(), result.snapshot, result.after) == ()
    told = list(said(cluster(), result.snapshot, result.after))
    record_property("told", told)
    assert any(words.startswith("cut off: ") and words.endswith("pairs of pods)") for words in told)
    assert not any(words.startswith(("opened: ", "new way in: ")) for words in told)
    # Ways in from outside are needs of their own: none of them goes.
    assert not any(words.startswith("no way in") for words in told)


@needs_cluster
def test_the_needs_of_the_shop_are_those_that_its_variables_name() -> None:
    shop = [item for item in workloads(cluster()) if item.namespace == "online-boutique"]
    calls = {
        (need.caller.name, item.ref.name)
        for item in shop
        for need in needs_of(cluster(), item.ref)
        if need.caller
    }
    named = {
        *(("frontend", name) for name in ("adservice", "cartservice", "checkoutservice", "currencyservice")),
        *(
            ("frontend", name)
            for name in ("productcatalogservice", "recommendationservice", "shippingservice")
        ),
        *(
            ("checkoutservice", name)
            for name in ("cartservice", "currencyservice", "emailservice", "paymentservice")
        ),
        *(("checkoutservice", name) for name in ("productcatalogservice", "shippingservice")),
        *(("cartservice", "redis-cart"), ("recommendationservice", "productcatalogservice")),
        ("loadgenerator", "frontend"),
    }
    assert calls == named


@needs_cluster
def test_one_deny_without_its_allows_is_refused_in_each_of_them() -> None:
    for space in SPACES:
        plan = staged(space, INGRESS[:1])
        (item,) = plan.staged
        only_deny = item.fix.changes[-1:]
        assert only_deny[0].target.name == "ksec-default-deny-ingress"
        careless = item.fix.__class__(item.fix.title, only_deny, item.fix.risk, item.fix.may_break)
        result = simulate(cluster(), FixPlan().stage(item.finding, careless), all_checks(), results=results())
        assert not result.ok
        assert "would cut off what is needed" in result.errors[0]


@needs_cluster
def test_every_default_deny_that_is_offered_holds() -> None:
    for check in (INGRESS[0], EGRESS[0], "ns-metadata-reachable"):
        plan = FixPlan()
        for finding in results().by_check[check].findings:
            fix = fix_for(finding, all_checks(), cluster()) if finding.verdict is Verdict.FAIL else None
            if fix is not None and fix.changes:
                plan = plan.stage(finding, fix)
        assert plan.conflicts == ()
        proven(plan)
