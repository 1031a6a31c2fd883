"""A plan that cuts what is needed is refused; one that keeps it says what else it cuts."""

from __future__ import annotations

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.build import create
from ksec_tui.fixes.flows import lost_needs
from ksec_tui.fixes.network import policy as new_policy
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import Tree, balancer, deployment, policy, service

CHECKS = {item.id: item for item in all_checks()}
CALLER = deployment("cron", "ops", args=("--call=http://web.shop/run",))
WORLD = [deployment(), service(), CALLER]
OTHERS = [deployment(), balancer(), deployment("db", port=5432, image="postgres:17.6"), service("db")]


def _finding(trees: list[Tree], check: str = "ns-no-netpol-ingress", namespace: str = "shop") -> Finding:
    found = run_one(snapshot_of(trees), CHECKS[check]).findings
    return next(item for item in found if namespace in (item.subject.name, item.subject.namespace))


def test_a_fix_that_forgets_a_caller_is_refused_and_the_caller_named() -> None:
    snapshot = snapshot_of(WORLD)
    deny = new_policy(snapshot, "shop", "deny", {}, ())
    careless = Fix("Deny all", (deny,), Risk.REVIEW, "Everything.")
    result = simulate(snapshot, FixPlan().stage(_finding(WORLD), careless), CHECKS.values())
    assert not result.ok
    (refused,) = result.refused
    assert "would cut off what is needed" in refused.reason
    assert "from Deployment ops/cron" in refused.reason
    assert result.after == {}


def test_the_fix_of_the_check_keeps_that_caller() -> None:
    snapshot = snapshot_of(WORLD)
    finding = _finding(WORLD)
    fix = fix_for(finding, CHECKS.values(), snapshot)
    assert fix is not None
    result = simulate(snapshot, FixPlan().stage(finding, fix), CHECKS.values())
    assert result.ok
    assert lost_needs(snapshot, result.snapshot, result.after) == ()
    notes = [note for change in fix.changes for note in change.notes]
    assert any("ops/cron" in note and note.endswith("(inferred)") for note in notes)


def test_what_was_cut_off_before_is_not_asked_for() -> None:
    trees = [*WORLD, policy(policyTypes=["Ingress"])]
    before = snapshot_of(trees)
    ref = ObjectRef("shop", NETWORK_POLICY.name, "more", NETWORK_POLICY.group)
    after = before.with_documents({ref: policy("more", policyTypes=["Ingress"])})
    assert lost_needs(before, after, [ref]) == ()


def test_only_what_policies_of_the_touched_namespaces_decide_is_looked_at() -> None:
    before = snapshot_of(WORLD)
    ref = ObjectRef("shop", NETWORK_POLICY.name, "deny", NETWORK_POLICY.group)
    after = before.with_documents({ref: policy("deny", policyTypes=["Ingress"])})
    assert len(lost_needs(before, after, [ref])) == 1
    assert lost_needs(before, after, [ObjectRef("ops", "Deployment", "cron", "apps")]) == ()


@pytest.mark.parametrize("first", ["ns-no-netpol-ingress", "net-public-no-policy"])
def test_closing_a_namespace_and_a_workload_of_it_makes_one_policy_of_a_name(first: str) -> None:
    snapshot = snapshot_of(OTHERS)
    checks = [first, *({"ns-no-netpol-ingress", "net-public-no-policy", "net-datastore-open"} - {first})]
    plan = FixPlan()
    for check in checks:
        finding = _finding(OTHERS, check)
        fix = fix_for(finding, CHECKS.values(), snapshot)
        assert fix is not None
        assert fix.changes
        plan = plan.stage(finding, fix)
    assert plan.conflicts == ()
    result = simulate(snapshot, plan, CHECKS.values())
    assert (result.errors, result.ok) == ((), True)
    targets = [merged.change.target for merged in plan.changes()]
    assert len(targets) == len(set(targets))
    web = next(item for item in result.snapshot.of(NETWORK_POLICY) if item.name == "ksec-allow-web")
    assert [(bool(rule.from_), bool(rule.ports)) for rule in web.spec.ingress] == [
        (True, False),
        (False, True),
    ]


def test_two_workloads_of_one_name_get_policies_of_their_own() -> None:
    twin = {**deployment(labels={"app": "twin"}), "kind": "StatefulSet"}
    twins = [
        deployment(),
        balancer(),
        twin,
        service("twin", type="NodePort", ports=[{"port": 80, "nodePort": 30080}]),
    ]
    snapshot = snapshot_of(twins)
    finding = _finding(twins)
    fix = fix_for(finding, CHECKS.values(), snapshot)
    assert fix is not None
    names = [change.target.name for change in fix.changes]
    assert len(names) == len(set(names))
    assert {"ksec-allow-web", "ksec-allow-web-statefulset"} <= set(names)


def test_different_objects_of_one_name_still_clash() -> None:
    snapshot = snapshot_of(OTHERS)
    one = new_policy(snapshot, "shop", "x", {}, [{"from": [{"podSelector": {}}]}])
    other = new_policy(
        snapshot, "shop", "x", {"matchLabels": {"app": "db"}}, [{"from": [{"podSelector": {}}]}]
    )
    bare = create(one.target, {**one.body, "spec": {**one.body["spec"], "ingress": []}})
    for change in (other, bare):
        plan = FixPlan()
        for check, item in (("ns-no-netpol-ingress", one), ("net-datastore-open", change)):
            plan = plan.stage(_finding(OTHERS, check), Fix("x", (item,), Risk.REVIEW, "x"))
        assert len(plan.conflicts) == 1
