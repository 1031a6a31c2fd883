"""What to do first: patches before work by hand, fixes of one object together where one is not enough."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.paths.changes import difference
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.priorities import Priority, priorities, staged_edges
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.analysis.paths.worlds import cluster, granted, rule, user

CHECKS = all_checks()


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-11-21"))[0]


@pytest.fixture(scope="module")
def results(demo: Snapshot) -> Results:
    return run(demo, CHECKS)


def with_all(plan: FixPlan, item: Priority) -> FixPlan:
    for offer in item.offers:
        plan = plan.stage(offer.finding, offer.fix)
    return plan


def test_what_a_patch_can_do_comes_first_best_first(demo: Snapshot, results: Results) -> None:
    found = priorities(demo, results, CHECKS)
    assert [item.by_hand for item in found] == sorted(item.by_hand for item in found)
    patches = [item.priority for item in found if not item.by_hand]
    assert patches == sorted(patches, reverse=True)
    assert "% of the risk: " in found[0].removes


def test_two_rights_of_one_binding_go_together_where_each_alone_leaves_the_way_open() -> None:
    snapshot = cluster(*granted(user(), rule("secrets", "get", "list")))
    found = priorities(snapshot, run(snapshot, CHECKS), CHECKS, (Lens.CREDENTIALS,))
    best = found[0]
    assert {finding.check for finding in best.findings} == {"rbac-secrets-get", "rbac-secrets-list"}
    after = simulate(snapshot, with_all(FixPlan(), best), CHECKS).snapshot
    assert set(best.effect.lost) == {item.key for item in difference(snapshot, after).cut}


def test_the_best_fix_is_said_to_do_what_its_proof_says(demo: Snapshot, results: Results) -> None:
    best = priorities(demo, results, CHECKS)[0]
    after = simulate(demo, with_all(FixPlan(), best), CHECKS, results=results).snapshot
    proven = difference(demo, after)
    assert len(best.effect.lost) == len(proven.cut)
    assert best.effect.harder == len(proven.harder)
    assert best.effect.share == pytest.approx(proven.share, abs=0.005)


def test_what_is_staged_is_left_out_and_what_it_takes_counts_for_nobody_else(
    demo: Snapshot, results: Results
) -> None:
    plan = FixPlan()
    seen: set[str] = set()
    for _ in range(4):
        gone = staged_edges(demo, plan, CHECKS)
        best = priorities(demo, results, CHECKS, plan=plan, gone=gone)[0]
        marks = {finding.fingerprint for finding in best.findings}
        assert seen.isdisjoint(marks)
        assert set(best.effect.edges) - set(gone)
        seen |= marks
        plan = with_all(plan, best)


def test_staged_fixes_take_the_steps_that_they_are_said_to_take(demo: Snapshot, results: Results) -> None:
    best = priorities(demo, results, CHECKS)[0]
    plan = with_all(FixPlan(), best)
    gone = staged_edges(demo, plan, CHECKS)
    assert set(gone) == set(best.effect.edges)
    before, after = graph(demo), graph(simulate(demo, plan, CHECKS).snapshot)
    left = {(edge.kind, after.source(edge), after.target(edge), edge.detail) for edge in after.edges}
    for number in gone:
        edge = before.edges[number]
        assert (edge.kind, before.source(edge), before.target(edge), edge.detail) not in left


def test_an_empty_plan_takes_nothing(demo: Snapshot) -> None:
    assert staged_edges(demo, FixPlan(), CHECKS) == ()
