"""Fixes of RBAC objects change what they promise, guard every position, and leave Kubernetes' own alone."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, KINDS, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.examples import example_snapshot, snapshot_of
from ksec_tui.findings.fix import Fix, PatchType, Risk
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.rbac import drop_binding
from ksec_tui.fixes.simulate import simulate
from tests.checks.rbac.worlds import (
    ANN,
    CHECKS,
    GROUP,
    Tree,
    account,
    account_object,
    binding,
    fails,
    fixed,
    group,
    role,
    rule,
    version,
)

ANYONE: Tree = {"kind": "User", "name": "system:anonymous"}
VIEW = role(rule("pods", "get list watch"), name="view")


def carried_out(check: str, *documents: Tree) -> Snapshot:
    """The cluster after the fix of the only finding; it must go and nothing may come."""
    snapshot, (fix,) = fixed(check, *documents)
    (finding,) = fails(check, *documents)
    result = simulate(snapshot, FixPlan().stage(finding, fix), CHECKS.values())
    assert (result.ok, result.errors, result.added) == (True, (), ())
    return result.snapshot


def rules_after(check: str, *rules: Tree) -> list[Any]:
    after = carried_out(check, role(*rules), binding(ANN))
    (left,) = after.of(CLUSTER_ROLE)
    document = after.document(left.ref)
    assert document is not None
    return list(document["rules"])


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_the_fix_of_each_page_removes_its_finding_and_brings_none(check: str) -> None:
    item = CHECKS[check]
    snapshot = example_snapshot(item.page.risky)
    findings = run_one(snapshot, item).findings
    assert findings
    for finding in findings:
        fix = fix_for(finding, CHECKS.values(), snapshot)
        assert fix is not None
        if fix.risk is Risk.MANUAL:
            assert fix.steps
            continue
        assert fix.may_break or fix.risk is Risk.SAFE
        result = simulate(snapshot, FixPlan().stage(finding, fix), CHECKS.values())
        assert (result.ok, result.added) == (True, ())
        assert finding in result.removed


def test_only_the_risky_verb_of_the_risky_resource_goes() -> None:
    everything = rule("pods secrets configmaps", "get list watch")
    assert rules_after("rbac-secrets-list", rule("nodes", "get"), everything) == [
        rule("nodes", "get"),
        rule("pods configmaps", "get list watch"),
        rule("secrets", "get"),
    ]


def test_a_star_of_verbs_is_written_out_before_one_is_taken_away() -> None:
    (left,) = rules_after("rbac-pod-create", rule("pods", "*"))
    assert left == rule("pods", "delete deletecollection get list patch update watch")


def test_other_api_groups_with_a_resource_of_that_name_keep_it() -> None:
    mixed = {"apiGroups": ["", "metrics.k8s.io"], "resources": ["pods"], "verbs": ["create", "get"]}
    assert rules_after("rbac-pod-create", mixed) == [
        {"apiGroups": ["", "metrics.k8s.io"], "resources": ["pods"], "verbs": ["get"]},
        {"apiGroups": ["metrics.k8s.io"], "resources": ["pods"], "verbs": ["create", "get"]},
    ]


def test_what_would_be_left_without_effect_goes_too() -> None:
    rules = (rule("configmaps", "get"), rule("pods/exec pods/log", "create get"), rule("nodes", "list"))
    assert rules_after("rbac-pod-exec", *rules) == [
        rule("configmaps", "get"),
        rule("pods/log", "create get"),
        rule("nodes", "list"),
    ]


def test_a_role_that_would_be_empty_is_unbound_instead() -> None:
    after = carried_out("rbac-secrets-get", role(rule("secrets", "get")), binding(ANN))
    assert after.of(CLUSTER_ROLE_BINDING) == ()
    assert after.of(CLUSTER_ROLE)[0].rules


def test_who_else_loses_the_right_is_said() -> None:
    documents = (role(rule("secrets pods", "get")), binding(ANN), binding(group("dev"), name="b2"))
    _, fixes = fixed("rbac-secrets-get", *documents)
    assert all("1 other binding of ClusterRole r loses it too" in fix.may_break for fix in fixes)


def test_every_position_is_guarded_and_removed_from_the_end() -> None:
    subjects = (ANYONE, ANN, group("system:unauthenticated"))
    _, (fix,) = fixed("rbac-anonymous-subject", role(rule("pods", "get")), binding(*subjects))
    (change,) = fix.changes
    assert change.type is PatchType.JSON
    assert [(step["op"], step["path"]) for step in change.body] == [
        ("test", "/roleRef/name"),
        ("test", "/subjects/2"),
        ("test", "/subjects/0"),
        ("remove", "/subjects/2"),
        ("remove", "/subjects/0"),
    ]


def test_the_last_subject_takes_the_binding_with_it() -> None:
    after = carried_out("rbac-anonymous-subject", role(rule("pods", "get")), binding(ANYONE))
    assert after.of(CLUSTER_ROLE_BINDING) == ()


def test_accounts_of_two_namespaces_get_a_binding_in_each_before_the_great_one_goes() -> None:
    people = (account("a", "one"), account("b", "two"), account("gone", "two"), account("default", "one"))
    admins = binding(*people, to="ClusterRole/cluster-admin", name="ci")
    objects = (account_object("a", "one"), account_object("b", "two"))
    _, (fix,) = fixed("rbac-cluster-admin", VIEW, admins, *objects)
    assert [change.type.value for change in fix.changes] == ["create", "create", "delete"]
    after = carried_out("rbac-cluster-admin", VIEW, admins, *objects)
    bound = {item.namespace: [who.name for who in item.subjects or ()] for item in after.of(ROLE_BINDING)}
    assert bound == {"one": ["a"], "two": ["b"]}


def test_people_have_no_namespace_so_a_human_must_choose() -> None:
    fix = only_fix("rbac-cluster-admin", VIEW, binding(ANN, to="ClusterRole/cluster-admin"))
    assert fix is not None
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())


def test_from_a_wildcard_of_resources_nothing_is_subtracted() -> None:
    everything = role(rule("*", "list"), name="edit", labels={"kubernetes.io/bootstrapping": "rbac-defaults"})
    fix = only_fix("rbac-secrets-list", everything, binding(ANN, to="ClusterRole/edit"))
    assert fix is not None
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert "names resources by *" in fix.steps[0]


def test_bindings_of_kubernetes_itself_are_never_touched() -> None:
    controller = account("job-controller", "kube-system")
    name = "system:controller:job-controller"
    documents = (
        role(rule("pods", "create"), name=name),
        binding(controller, to=f"ClusterRole/{name}", name=name),
    )
    assert fails("rbac-pod-create", *documents)[0].system
    assert only_fix("rbac-pod-create", *documents) is None


def test_nodes_proxy_is_replaced_by_what_the_version_offers() -> None:
    documents = (role(rule("nodes nodes/proxy nodes/stats", "get")), binding(ANN))
    old = only_fix("rbac-nodes-proxy", {"kind": "Cluster", "serverVersion": "v1.32.1"}, *documents)
    new = only_fix("rbac-nodes-proxy", {"kind": "Cluster", "serverVersion": "v1.33.1"}, *documents)
    assert old is not None
    assert new is not None
    assert old.changes[0].body[-1]["value"]["resources"] == ["nodes", "nodes/stats", "nodes/metrics"]
    assert "nodes/pods" in new.changes[0].body[-1]["value"]["resources"]


def test_a_binding_of_that_name_is_not_overwritten() -> None:
    taken = binding(ANN, to="ClusterRole/view", namespace="ci", name="b-view")
    admins = binding(account("ci", "ci"), to="ClusterRole/cluster-admin")
    fix = only_fix("rbac-cluster-admin", VIEW, taken, admins, account_object("ci", "ci"))
    assert fix is not None
    assert fix.risk is Risk.MANUAL


def only_fix(check: str, *documents: Tree) -> Fix | None:
    _, fixes = fixed(check, *documents)
    (fix,) = fixes
    assert fix is None or isinstance(fix, Fix)
    return fix


def test_escalate_goes_and_the_rest_of_the_rule_stays() -> None:
    (left,) = rules_after("rbac-escalate", rule("clusterroles", "escalate get update", GROUP))
    assert left == rule("clusterroles", "get update", GROUP)


def planned(*documents: Tree, checks: tuple[str, ...]) -> tuple[Snapshot, FixPlan]:
    """The cluster, and a plan of the fixes of everything that `checks` find in it."""
    plan = FixPlan()
    snapshot = snapshot_of(documents)
    for check in checks:
        for finding in fails(check, *documents):
            fix = fix_for(finding, CHECKS.values(), snapshot)
            assert fix is not None
            plan = plan.stage(finding, fix)
    return snapshot, plan


SECRETS = ("rbac-secrets-get", "rbac-secrets-list")


@pytest.mark.parametrize("checks", [SECRETS, SECRETS[::-1]])
def test_fixes_of_one_rule_go_together(checks: tuple[str, ...]) -> None:
    documents = (role(rule("pods secrets", "get list watch delete")), binding(ANN))
    snapshot, plan = planned(*documents, checks=checks)
    assert plan.conflicts == ()
    (merged,) = plan.changes()
    assert merged.change.body == [
        {"op": "test", "path": "/rules/0", "value": rule("pods secrets", "get list watch delete")},
        {"op": "replace", "path": "/rules/0", "value": rule("pods", "get list watch delete")},
        {"op": "add", "path": "/rules/-", "value": rule("secrets", "delete")},
    ]
    result = simulate(snapshot, plan, CHECKS.values())
    assert (result.ok, result.added, result.errors) == (True, (), ())
    assert {finding.check for finding in result.removed} >= set(checks)


def test_what_two_fixes_take_together_may_leave_no_rule() -> None:
    snapshot, plan = planned(role(rule("secrets", "get list")), binding(ANN), checks=SECRETS)
    result = simulate(snapshot, plan, CHECKS.values())
    assert (result.ok, result.added) == (True, ())
    (left,) = result.snapshot.of(CLUSTER_ROLE)
    assert not left.rules


def test_every_kind_of_cut_goes_with_every_other() -> None:
    documents = (
        version("v1.32.1"),
        role(rule("secrets", "get"), rule("pods pods/* nodes/proxy", "*"), rule("pods/exec", "create")),
        binding(ANN),
    )
    checks = (*SECRETS, "hyg-inert-rule", "rbac-nodes-proxy", "rbac-pod-create", "rbac-wildcard-verb")
    snapshot, plan = planned(*documents, checks=checks)
    result = simulate(snapshot, plan, CHECKS.values())
    assert (result.ok, result.added, result.errors) == (True, (), ())
    (left,) = result.snapshot.of(CLUSTER_ROLE)
    document = result.snapshot.document(left.ref)
    assert document is not None
    kept = "delete deletecollection get list patch update watch"
    assert document["rules"] == [
        {**rule("nodes/metrics nodes/stats", f"create {kept}"), "verbs": f"create {kept}".split()},
        rule("pods/exec", "create"),
        rule("pods", kept),
    ]


def test_a_wildcard_that_does_not_give_the_verb_does_not_stand_in_the_way() -> None:
    rules = (rule("*", "watch", "apps"), rule("pods", "create get"))
    assert rules_after("rbac-pod-create", *rules) == [rules[0], rule("pods", "get")]


def as_user(name: str, *documents: Tree) -> Snapshot:
    snapshot = snapshot_of(documents)
    return Snapshot(
        SourceInfo(user=name),
        {kind.resource: snapshot.of(kind) for kind in KINDS},
        snapshot.coverage,
    )


def offered(snapshot: Snapshot, check: str) -> list[Fix | None]:
    findings = run_one(snapshot, CHECKS[check]).findings
    return [fix_for(finding, CHECKS.values(), snapshot) for finding in findings]


OWNER = role(rule("secrets", "get"), rule("roles clusterroles", "update escalate bind", GROUP), name="owner")


def test_what_the_user_needs_to_undo_a_fix_is_left_to_them() -> None:
    documents = (OWNER, binding(ANN, to="ClusterRole/owner"))
    (fix,) = offered(as_user("ann", *documents), "rbac-escalate")
    assert fix is not None
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert "ann could not undo it" in fix.steps[0]


def test_who_keeps_what_undoes_a_fix_is_not_locked_out() -> None:
    documents = (OWNER, binding(ANN, to="ClusterRole/owner"))
    (secrets,) = offered(as_user("ann", *documents), "rbac-secrets-get")
    (other,) = offered(as_user("bob", *documents), "rbac-escalate")
    twice = (*documents, {**OWNER, "metadata": {"name": "two"}}, binding(ANN, to="ClusterRole/two", name="c"))
    fixes = [secrets, other, *offered(as_user("ann", *twice), "rbac-escalate")]
    assert [fix.risk for fix in fixes if fix is not None] == [Risk.REVIEW] * 4


def test_the_last_administrators_are_never_removed() -> None:
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    admins = role(everything, {"nonResourceURLs": ["*"], "verbs": ["list"]}, name="root")
    snapshot = snapshot_of((admins, binding(ANN, to="ClusterRole/root")))
    (bound,) = bindings(snapshot)
    alone = drop_binding(bound, snapshot, "Delete it", Risk.SAFE)
    second = binding(group("sre"), to="ClusterRole/root", name="c")
    more = snapshot_of((admins, binding(ANN, to="ClusterRole/root"), second))
    assert alone is not None
    assert "last binding by which people administer the cluster" in alone.steps[0]
    kept = drop_binding(bindings(more)[0], more, "Delete it", Risk.SAFE)
    assert kept is not None
    assert kept.changes
