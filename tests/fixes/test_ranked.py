"""Do this first: real fixes of real findings, in the order of what they take from attackers."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.paths.changes import difference
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.ranked import first_offers, offers
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.analysis.paths.worlds import (
    ADMIN,
    EVERYTHING,
    Tree,
    account,
    cluster,
    daemon_set,
    granted,
    robot,
    rule,
    user,
)

CHECKS = all_checks()


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-03-02"))[0]


@pytest.fixture(scope="module")
def findings(demo: Snapshot) -> tuple[Finding, ...]:
    return run(demo, CHECKS).findings


def test_the_fix_of_the_planted_way_is_among_the_first(demo: Snapshot, findings: tuple[Finding, ...]) -> None:
    found = offers(demo, findings, CHECKS, manual=False)
    told = [(item.finding.check, str(item.finding.subject)) for item in found]
    assert ("rbac-cluster-admin", "ClusterRoleBinding ci-deployer") in told[:10]
    priorities = [item.ranked.priority for item in found]
    assert priorities == sorted(priorities, reverse=True)
    assert all(item.fix.changes for item in found)


def test_one_after_the_other_each_is_worth_its_place(demo: Snapshot, findings: tuple[Finding, ...]) -> None:
    """Staged in turn, each takes what was said, or more where its patch takes more than the one right."""
    snapshot, plan = demo, FixPlan()
    for item in first_offers(demo, findings, CHECKS, most=3):
        plan = plan.stage(item.finding, item.fix)
        simulation = simulate(demo, plan, CHECKS)
        came = difference(snapshot, simulation.snapshot)
        snapshot = simulation.snapshot
        assert came.before - came.after >= item.ranked.effect.risk * (1 - 1e-6)
        assert set(item.ranked.effect.lost) <= {open_.key for open_ in came.cut}


def test_staging_the_fix_takes_the_way_away(demo: Snapshot, findings: tuple[Finding, ...]) -> None:
    found = offers(demo, findings, CHECKS, manual=False)
    item = next(item for item in found if str(item.finding.subject) == "ClusterRoleBinding ci-deployer")
    after = simulate(demo, FixPlan().stage(item.finding, item.fix), CHECKS).snapshot
    cut = {open_.key for open_ in difference(demo, after, (Lens.CREDENTIALS,)).cut}
    assert (Vertex("account", "deployer", "ci"), ADMIN) in cut


def test_a_lens_decides_what_counts(demo: Snapshot, findings: tuple[Finding, ...]) -> None:
    outside = first_offers(demo, findings, CHECKS, lenses=(Lens.EXTERNAL,), manual=True, most=1)
    people = first_offers(demo, findings, CHECKS, lenses=(Lens.CREDENTIALS,), manual=True, most=1)
    assert outside[0].finding is not people[0].finding


@pytest.mark.parametrize(("more", "subjects"), [((), 1), ((rule("pods", "list"),), 2)])
def test_a_role_of_two_bindings_counts_for_all_whom_the_patch_narrows(
    more: tuple[Tree, ...], subjects: int
) -> None:
    """A role of that one right loses a binding, one with others is narrowed for both bindings."""
    given = granted(user(), rule("secrets", "list", "watch"), *more, name="reader")
    second = {**given[1], "metadata": {"name": "more"}, "subjects": [robot()]}
    snapshot = cluster(*given, second, account(), daemon_set(serviceAccountName="web"))
    found = offers(snapshot, run(snapshot, CHECKS).findings, CHECKS, manual=False)
    narrowings = [item for item in found if item.finding.check == "rbac-secrets-list"]
    assert len(narrowings) == 2
    for narrowing in narrowings:
        after = simulate(snapshot, FixPlan().stage(narrowing.finding, narrowing.fix), CHECKS).snapshot
        came = difference(snapshot, after)
        starts = {open_.start for open_ in came.cut}
        assert sum(start.kind in ("user", "account") for start in starts) == subjects
        assert narrowing.ranked.effect.risk == pytest.approx(came.before - came.after, rel=1e-6)
        assert set(narrowing.ranked.effect.lost) == {open_.key for open_ in came.cut}


def test_a_cluster_without_ways_has_nothing_to_do_first() -> None:
    snapshot = cluster(*granted(user(), rule("pods", "list")))
    assert first_offers(snapshot, run(snapshot, CHECKS).findings, CHECKS) == ()
    admin = cluster(*granted(user(), EVERYTHING))
    assert first_offers(admin, run(admin, CHECKS).findings, CHECKS, manual=True)
