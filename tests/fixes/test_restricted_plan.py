"""The way to restricted becomes one staged fix that is proven, exported, and takes the place of its parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.analysis.pod_security import standings
from ksec_tui.analysis.workloads import workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.fixes.export import export
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.restricted import Reach, restricted_changes
from ksec_tui.fixes.restricted_plan import lead, staged_way
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

CHECKS = all_checks()


@pytest.fixture(scope="module")
def demo() -> tuple[Snapshot, Results]:
    """The demo cluster, judged."""
    snapshot = load(DemoSource(today="2026-11-21"))[0]
    return snapshot, run(snapshot, CHECKS)


def ways(snapshot: Snapshot) -> list[Reach]:
    found = (restricted_changes(snapshot, item, CHECKS) for item in workloads(snapshot) if not item.system)
    return [item for item in found if item.fix is not None]


def test_every_way_in_the_demo_is_staged_and_proven_or_it_is_said_why_not(
    demo: tuple[Snapshot, Results],
) -> None:
    snapshot, results = demo
    plan, staged, reasons = FixPlan(), [], {}
    for reach in ways(snapshot):
        led = lead(plan, reach, snapshot, results, CHECKS)
        plan = led.plan
        if led.reason:
            reasons[reach.workload.name] = led.reason
            assert staged_way(plan, reach) is None
        else:
            staged.append(reach)
            assert staged_way(plan, reach) is not None
    assert reasons == {}
    assert len(plan.staged) == len(staged) > 30
    done = simulate(snapshot, plan, CHECKS, results=results)
    assert done.refused == ()
    after = standings(done.snapshot)
    patched = [item for item in staged if item.fix is not None and item.fix.changes and item.reached]
    assert len(patched) > 25
    assert {after[item.workload].level for item in patched} == {"restricted"}


def test_it_takes_the_place_of_the_fixes_it_is_made_of_and_leaves_others(
    demo: tuple[Snapshot, Results],
) -> None:
    snapshot, results = demo
    reach = next(
        item for item in ways(snapshot) if item.reached and item.fix is not None and item.fix.changes
    )
    plan = FixPlan()
    for finding in results.on(reach.workload):
        fix = fix_for(finding, CHECKS, snapshot)
        if fix is not None and fix.changes:
            plan = plan.stage(finding, fix)
    parts = {item.finding.check for item in plan.staged}
    assert parts & set(reach.checks)
    assert parts - set(reach.checks)
    led = lead(plan, reach, snapshot, results, CHECKS)
    way = staged_way(led.plan, reach)
    assert way is not None
    assert {item.finding.check for item in led.plan.staged if item != way} == parts - set(reach.checks)
    assert staged_way(plan, reach) is None


def test_the_export_holds_one_patch_of_the_owner(demo: tuple[Snapshot, Results], tmp_path: Path) -> None:
    snapshot, results = demo
    reach = next(
        item for item in ways(snapshot) if item.reached and item.fix is not None and item.fix.changes
    )
    plan = lead(FixPlan(), reach, snapshot, results, CHECKS).plan
    folder = tmp_path / "fixes"
    export(simulate(snapshot, plan, CHECKS, results=results), plan, snapshot, folder)
    patches = [path for path in folder.rglob("*.yaml") if reach.workload.name in path.name]
    assert any("allowPrivilegeEscalation: false" in path.read_text() for path in patches)


def test_what_cannot_be_led_there_leaves_the_plan_as_it_was(demo: tuple[Snapshot, Results]) -> None:
    snapshot, results = demo
    system = next(item for item in workloads(snapshot) if item.system)
    led = lead(FixPlan(), restricted_changes(snapshot, system, CHECKS), snapshot, results, CHECKS)
    assert led.plan == FixPlan()
    assert "part of Kubernetes itself" in led.reason


def test_an_owner_that_is_held_in_part_is_taken_from_where_it_was_fetched(
    demo: tuple[Snapshot, Results],
) -> None:
    snapshot, _ = demo
    reach = next(item for item in ways(snapshot) if item.reached)
    workload = next(item for item in workloads(snapshot) if item.ref == reach.workload)
    partial = Snapshot(snapshot.source, {}, snapshot.coverage)
    refused = restricted_changes(partial, workload, CHECKS)
    assert refused.fix is None
    assert "Only a part" in refused.reasons[0]
    whole = snapshot.document(workload.object.ref)
    assert restricted_changes(partial, workload, CHECKS, whole=whole).fix is not None
