"""A plan says whom it cuts off, whom it lets in and who stays, in the tab Fix and in the report."""

from __future__ import annotations

from ksec_tui.cluster.kinds import NETWORK_POLICY, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.flow_effects import said
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.report import report
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import Tree, balancer, deployment, policy, service
from tests.checks.network.judging import CHECKS

GUARD = ObjectRef("shop", NETWORK_POLICY.name, "guard", NETWORK_POLICY.group)


def pod(name: str, namespace: str = "shop") -> Tree:
    ports = [{"name": "main", "containerPort": 8080}]
    spec = {"containers": [{"name": "app", "image": "registry.example/app:1.0.0", "ports": ports}]}
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running"}}


WORLD = [pod("web"), pod("api"), pod("chat", "ops"), pod("wiki", "docs")]


def after(tree: Tree, *trees: Tree) -> tuple[Snapshot, Snapshot]:
    before = snapshot_of(trees or WORLD)
    return before, before.with_documents({GUARD: tree})


def test_who_is_cut_off_is_said_with_the_ports_and_how_many_pods_that_are() -> None:
    rules = [{"from": [{"podSelector": {}}]}, {"ports": [{"port": 8080}]}]
    before, now = after(policy(policyTypes=["Ingress"], ingress=rules))
    assert list(said(before, now, [GUARD])) == [
        "cut off: namespace docs, namespace ops → namespace shop: everything but TCP 8080 (4 pairs of pods)",
        "cut off: every address outside of pods → namespace shop: everything but TCP 8080 (2 pods)",
    ]


def test_one_address_that_is_left_out_is_told_as_such() -> None:
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}
    rules = [{"to": [block, {"ipBlock": {"cidr": "::/0"}}]}, {"to": [{"namespaceSelector": {}}]}]
    before, now = after(policy(policyTypes=["Egress"], egress=rules))
    told = list(said(before, now, [GUARD]))
    assert told == ["cut off: namespace shop → 169.254.169.254: everything (2 pods)"]


def test_what_a_wider_policy_lets_in_is_told_as_opened() -> None:
    before = snapshot_of([*WORLD, policy(policyTypes=["Ingress"])])
    rule: Tree = {"from": [{"namespaceSelector": {}}], "ports": [{"port": 8080}]}
    now = before.with_documents({GUARD: policy(policyTypes=["Ingress"], ingress=[rule])})
    told = list(said(before, now, [GUARD]))
    assert told
    assert all(words.startswith("opened: ") and "TCP 8080" in words for words in told)


def test_nothing_is_said_of_what_stays_as_it_is() -> None:
    before, now = after(policy(policyTypes=["Ingress"], ingress=[{}]))
    assert list(said(before, now, [GUARD])) == []
    assert list(said(before, before, [ObjectRef("shop", "Deployment", "web", "apps")])) == []


def test_a_long_list_of_namespaces_is_cut() -> None:
    trees = [pod("web"), *(pod("x", f"space-{number}") for number in range(9))]
    before, now = after(policy(policyTypes=["Ingress"]), *trees)
    told = " ".join(said(before, now, [GUARD]))
    assert "namespace space-0, namespace space-1, namespace space-2 and 6 more → " in told


def test_a_service_that_is_withdrawn_tells_the_way_that_goes() -> None:
    before = snapshot_of([deployment(), balancer()])
    ref = ObjectRef("shop", SERVICE.name, "web")
    now = before.with_documents({ref: service()})
    told = list(said(before, now, [ref]))
    assert told
    assert all(words.startswith("no way in any more: ") for words in told)
    assert any("internet → Service shop/web (LoadBalancer 203.0.113.7" in words for words in told)


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
    assert "- cut off: namespace docs, namespace ops → Pod shop/api: everything" in text
    assert "- Keeps: TCP 8080 of Pod shop/web from every address: Service shop/web" in text
    # Nobody has said which plugin runs, so whether any of it is enforced is open.
    assert "What policies say may not be what happens" in text
