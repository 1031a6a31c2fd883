"""A plan says whom it cuts off, whom it lets in and who stays, in the tab Fix and in the report."""

from __future__ import annotations

from ksec_tui.cluster.kinds import NETWORK_POLICY, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.flow_effects import effects, openings, said
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.report import report
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import Tree, balancer, deployment, policy, service
from tests.checks.network.judging import CHECKS

GUARD = ObjectRef("shop", NETWORK_POLICY.name, "guard", NETWORK_POLICY.group)
WORLD = [deployment(), deployment("api"), deployment("chat", "ops"), deployment("wiki", "docs")]


def after(tree: Tree, *trees: Tree) -> tuple[Snapshot, Snapshot]:
    before = snapshot_of(trees or WORLD)
    return before, before.with_documents({GUARD: tree})


def test_who_is_cut_off_and_who_stays_is_said_once_for_workloads_alike() -> None:
    inside = policy(policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": {}}]}])
    before, now = after(inside)
    (effect,) = effects(before, now, [GUARD])
    assert [ref.name for ref in effect.subjects] == ["api", "web"]
    assert effect.words == (
        "Deployment shop/api and 1 more workload alike: "
        "no longer let in: 2 workloads of docs, ops and every address outside of pods; "
        "still let in: 2 workloads of shop"
    )


def test_egress_tells_what_is_out_of_reach_and_addresses_that_are_left_out() -> None:
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}
    six = {"ipBlock": {"cidr": "::/0"}}
    rules = [{"to": [block, six]}, {"to": [{"namespaceSelector": {}}]}]
    before, now = after(policy(policyTypes=["Egress"], egress=rules))
    (effect,) = effects(before, now, [GUARD])
    assert (effect.direction, effect.lost.workloads) == ("egress", frozenset())
    assert effect.words.endswith(
        ": out of its reach: 169.254.169.254; still within its reach: 2 workloads of docs, ops and every address "
        "outside of pods but 169.254.169.254"
    )


def test_what_a_wider_policy_lets_in_is_told_as_gained() -> None:
    closed = policy(policyTypes=["Ingress"])
    trees = [*WORLD, closed]
    before = snapshot_of(trees)
    rule: Tree = {"from": [{"namespaceSelector": {}}]}
    now = before.with_documents({GUARD: policy(policyTypes=["Ingress"], ingress=[rule])})
    (effect,) = effects(before, now, [GUARD])
    assert not effect.lost
    assert "let in now: 4 workloads of docs, ops, shop" in effect.words


def test_nothing_is_said_of_what_stays_as_it_is() -> None:
    before, now = after(policy(policyTypes=["Ingress"], ingress=[{}]))
    assert effects(before, now, [GUARD]) == ()
    assert list(said(before, before, [ObjectRef("shop", "Deployment", "web", "apps")])) == []


def test_a_service_that_is_withdrawn_tells_the_way_that_goes() -> None:
    before = snapshot_of([deployment(), balancer()])
    ref = ObjectRef("shop", SERVICE.name, "web")
    now = before.with_documents({ref: service()})
    words = [item.words for item in openings(before, now, [ref])]
    assert words
    assert all(text.startswith("no more: ") for text in words)
    assert any("internet → Service shop/web (LoadBalancer 203.0.113.7" in text for text in words)


def test_the_report_has_the_connections_and_the_evidence_of_each_rule() -> None:
    trees = [*WORLD, balancer()]
    snapshot = snapshot_of(trees)
    plan = FixPlan()
    for finding in run_one(snapshot, CHECKS["ns-no-netpol-ingress"]).findings:
        fix = fix_for(finding, CHECKS.values(), snapshot)
        if fix is not None and finding.subject.name == "shop":
            plan = plan.stage(finding, fix)
    text = report(simulate(snapshot, plan, CHECKS.values()), plan, snapshot)
    assert "## Connections" in text
    assert "no longer let in: 2 workloads of docs, ops" in text
    assert "- Keeps: TCP 8080 of Deployment shop/web from every address: Service shop/web" in text
    # Nobody has said which plugin runs, so whether any of it is enforced is open.
    assert "What policies say may not be what happens" in text
