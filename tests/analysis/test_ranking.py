"""Which fix first: what is predicted is what comes, and what does not matter does not count."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.paths.changes import difference
from ksec_tui.analysis.paths.choke import choke_points, edges_of, effect, risk
from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.ranking import Candidate, next_fixes, ranked
from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.analysis.network.worlds import balancer, deployment
from tests.analysis.paths.worlds import (
    EVERYTHING,
    Tree,
    account,
    cluster,
    daemon_set,
    granted,
    namespace,
    node,
    robot,
    rule,
    running,
    secured,
    user,
)

CHECKS = {item.id: item for item in all_checks(optional=True)}
Key = tuple[str, str, str, str]


def keys(found: AttackGraph) -> set[Key]:
    return {(edge.kind, found.source(edge).id, found.target(edge).id, edge.detail) for edge in found.edges}


def fixes_of(snapshot: Snapshot) -> list[tuple[Finding, Fix]]:
    """The findings that cut something, with their fixes as far as patches can do it."""
    found = graph(snapshot)
    told = {
        (cut.ref, check)
        for edge in found.edges
        for cut in edge.cuts
        for check in cut.checks
        if not cut.partly
    }
    wanted = [CHECKS[name] for name in sorted({check for _, check in told})]
    pairs = []
    for finding in run(snapshot, wanted).findings:
        if finding.verdict is Verdict.FAIL and (finding.subject, finding.check) in told:
            fix = fix_for(finding, CHECKS.values(), snapshot)
            if fix is not None and fix.changes:
                pairs.append((finding, fix))
    return pairs


def after(snapshot: Snapshot, finding: Finding, fix: Fix) -> Snapshot:
    plan = FixPlan().stage(finding, fix)
    return simulate(snapshot, plan, (CHECKS[finding.check],)).snapshot


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-03-02"))[0]


def test_every_fix_that_is_said_to_cut_a_step_removes_it(demo: Snapshot) -> None:
    before = graph(demo)
    pairs = fixes_of(demo)
    assert len({finding.check for finding, _ in pairs}) > 15
    for finding, fix in pairs:
        gone = edges_of(before, [(finding.subject, finding.check)])
        promised = {
            (edge.kind, before.source(edge).id, before.target(edge).id, edge.detail)
            for edge in (before.edges[number] for number in gone)
        }
        left = promised & keys(graph(after(demo, finding, fix)))
        assert not left, (finding.check, str(finding.subject))


BOSS = granted(robot(), EVERYTHING, name="boss")
WEB = daemon_set(secured(privileged=True), serviceAccountName="web")
WORLDS: dict[str, list[Tree]] = {
    "a privileged workload": [WEB, running(WEB), node(), namespace(level="privileged"), account()],
    "a token of an administrator": [daemon_set(serviceAccountName="web"), account(), *BOSS, namespace()],
    "a user who reads Secrets": [*granted(user(), rule("secrets", "list", "watch")), namespace()],
    "a user who starts pods": [*granted(user(), rule("pods", "create"), space="shop"), namespace()],
    "a public workload with a token": [
        deployment(serviceAccountName="web"),
        balancer(),
        account(),
        *BOSS,
        namespace(level="restricted"),
    ],
}


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_predicted_is_what_comes(name: str) -> None:
    """The risk without the edges that a fix cuts is that of the simulated cluster."""
    snapshot = cluster(*WORLDS[name])
    before = graph(snapshot)
    pairs = fixes_of(snapshot)
    assert pairs
    for finding, fix in pairs:
        predicted = effect(before, edges_of(before, [(finding.subject, finding.check)]))
        came = difference(snapshot, after(snapshot, finding, fix))
        assert predicted.risk == pytest.approx(came.before - came.after, rel=1e-6), finding.check
        lost = {item.key for item in came.cut}
        assert set(predicted.lost) == lost


def test_the_choke_point_of_many_ways_comes_first() -> None:
    """Twenty workloads lead to one account: its binding is worth more than any of them."""
    many = [daemon_set(name=f"web-{number}", serviceAccountName="web") for number in range(20)]
    found = choke_points(graph(cluster(*many, account(), *BOSS, namespace(level="restricted"))))
    assert str(found[0].ref) == "ClusterRoleBinding boss"
    assert found[0].checks == ("rbac-cluster-admin",)
    assert found[0].effect.share > found[1].effect.share
    assert found[0].words.startswith("ClusterRoleBinding boss: cuts ")


def candidate(name: str, check: str, ref: ObjectRef, effort: str = "review") -> Candidate:
    return Candidate(name, ((ref, check),), effort)


RBAC = "rbac.authorization.k8s.io"
BINDING = ObjectRef("", "ClusterRoleBinding", "boss", RBAC)
DAEMON = ObjectRef("shop", "DaemonSet", "web", "apps")


def test_risk_over_effort_gives_the_order() -> None:
    found = graph(cluster(*WORLDS["a token of an administrator"]))
    binding, token = candidate("b", "rbac-cluster-admin", BINDING), candidate("t", "sec-automount", DAEMON)
    first, second = ranked(found, [token, binding])
    assert (first.candidate, second.candidate) == (binding, token)
    assert first.priority == pytest.approx(first.effect.risk / 2)
    hard = candidate("b", "rbac-cluster-admin", BINDING, "manual")
    assert ranked(found, [token, hard])[0].candidate == token
    assert ranked(found, [hard])[0].priority == pytest.approx(first.priority / 2)
    assert "of the modelled risk" in first.words


def test_what_cuts_nothing_comes_last_and_equals_by_severity_then_name() -> None:
    found = graph(cluster(*WORLDS["a token of an administrator"]))
    other = ObjectRef("shop", "DaemonSet", "other", "apps")
    none = [
        Candidate("b", ((other, "wl-privileged"),), severity=1),
        Candidate("a", ((other, "wl-privileged"),), severity=1),
        Candidate("c", ((other, "wl-privileged"),), severity=3),
        candidate("z", "rbac-cluster-admin", BINDING),
    ]
    assert [item.candidate.name for item in ranked(found, none)] == ["z", "c", "a", "b"]
    assert [item.candidate.name for item in next_fixes(found, none)] == ["z"]


def test_two_ways_to_one_end_are_worth_more_together() -> None:
    twice = granted(robot(), EVERYTHING, name="second")
    world = [*WORLDS["a token of an administrator"], *twice]
    found = graph(cluster(*world))
    other = ObjectRef("", "ClusterRoleBinding", "second", RBAC)
    alone = [
        candidate("first", "rbac-cluster-admin", BINDING),
        candidate("second", "rbac-cluster-admin", other),
    ]
    assert [item.effect.risk for item in ranked(found, alone)] == [0, 0]
    both = Candidate("both", ((BINDING, "rbac-cluster-admin"), (other, "rbac-cluster-admin")))
    assert ranked(found, [both])[0].effect.risk > 0


def test_the_same_ways_are_not_counted_twice() -> None:
    found = graph(cluster(*WORLDS["a token of an administrator"]))
    options = [candidate("b", "rbac-cluster-admin", BINDING), candidate("t", "sec-automount", DAEMON)]
    chosen = next_fixes(found, options)
    total = risk(found, tuple(Lens))
    assert sum(item.effect.risk for item in chosen) <= total * (1 + 1e-9)
    assert [item.candidate.name for item in chosen] == ["b"]


def test_findings_of_one_fix_that_cut_the_same_step_count_once() -> None:
    found = graph(cluster(*WORLDS["a token of an administrator"]))
    once = Candidate("once", ((DAEMON, "sec-automount"),))
    twice = Candidate(
        "twice", ((DAEMON, "sec-automount"), (DAEMON, "hyg-automount"), (DAEMON, "sec-automount"))
    )
    first, second = ranked(found, [once, twice])
    assert first.effect.risk == second.effect.risk


def test_replicas_do_not_change_the_order_nor_the_figures() -> None:
    world = WORLDS["a privileged workload"]
    more = [*world, *(running(WEB, name=f"web-{number}") for number in range(8))]
    options = [candidate("p", "wl-privileged", DAEMON), candidate("t", "sec-automount", DAEMON)]
    told = [
        [(item.candidate.name, item.effect.risk) for item in ranked(graph(cluster(*documents)), options)]
        for documents in (world, more)
    ]
    assert told[0] == told[1]


def test_names_do_not_matter() -> None:
    def made(name: str) -> AttackGraph:
        owner = daemon_set(secured(privileged=True), name=name, serviceAccountName=name)
        return graph(cluster(owner, running(owner), node(), account(name), *granted(robot(name), EVERYTHING)))

    assert risk(made("web")) == pytest.approx(risk(made("zebra")))


def test_more_exposure_never_lowers_the_risk() -> None:
    inside = [item for item in WORLDS["a public workload with a token"] if item["kind"] != "Service"]
    levels = [
        risk(graph(cluster(*inside[:1], account(), namespace(level="restricted")))),
        risk(graph(cluster(*inside))),
        risk(graph(cluster(*inside, balancer(address="10.0.0.7")))),
        risk(graph(cluster(*inside, balancer()))),
    ]
    assert levels == sorted(levels)
    assert levels[0] < levels[-1]


def test_what_more_a_fix_does_than_is_counted_is_said() -> None:
    found = graph(cluster(*WORLDS["a token of an administrator"], daemon_set(name="other")))
    space = ObjectRef("", "Namespace", "shop")
    told = {
        item.candidate.name: item
        for item in ranked(
            found,
            [
                candidate("egress", "ns-no-netpol-egress", space),
                candidate("binding", "rbac-cluster-admin", BINDING),
            ],
        )
    }
    assert told["egress"].at_least
    assert told["egress"].words.startswith("removes at least 0%")
    assert not told["binding"].at_least
