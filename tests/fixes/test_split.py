"""A binding to a default or aggregated role gets a role of its own: cut once for all findings, proven, and undone."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for, run, run_one
from ksec_tui.fixes.effects import effects
from ksec_tui.fixes.export import LAYOUTS, contents
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.checks.rbac.worlds import (
    ANN,
    CHECKS,
    Tree,
    account,
    account_object,
    binding,
    fails,
    fixed,
    role,
    rule,
)
from tests.checks.rbac.worlds import group as team

DEFAULT: dict[str, Any] = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
RULES = (
    rule("pods pods/exec pods/log", "create delete get list"),
    rule("secrets configmaps", "get list watch"),
    rule("serviceaccounts", "get impersonate list"),
    rule("deployments", "get list", "apps"),
)
EDIT = role(*RULES, name="edit", **DEFAULT)
BOUND = binding(team("dev"), to="ClusterRole/edit", namespace="shop", name="dev")
THREE = ("rbac-impersonate-sa", "rbac-pod-create", "rbac-secrets-list")


def staged(*documents: Tree, checks: tuple[str, ...] = THREE) -> tuple[Snapshot, list[Staged]]:
    snapshot = snapshot_of(documents)
    found = []
    for check in checks:
        for finding in fails(check, *documents):
            fix = fix_for(finding, CHECKS.values(), snapshot)
            assert fix is not None
            found.append(Staged(finding, fix))
    return snapshot, found


def proven(*documents: Tree, checks: tuple[str, ...] = THREE) -> Simulation:
    snapshot, items = staged(*documents, checks=checks)
    result = simulate(snapshot, FixPlan().stage_many(items), CHECKS.values())
    assert (result.ok, result.added, result.errors) == (True, (), ())
    return result


def only_fix(check: str, *documents: Tree) -> Fix:
    _, (fix,) = fixed(check, *documents)
    assert isinstance(fix, Fix)
    return fix


def rules_of(snapshot: Snapshot, kind: Any = ROLE) -> list[Tree]:
    (made,) = (item for item in snapshot.of(kind) if item.name.endswith("-narrowed"))
    return list((snapshot.document(made.ref) or {})["rules"])


def test_a_role_of_the_namespace_takes_the_place_of_the_default_one() -> None:
    fix = only_fix("rbac-secrets-list", EDIT, BOUND)
    assert (fix.risk, fix.title) == (
        Risk.REVIEW,
        "Take listing of Secrets out of ClusterRole edit, for dev alone",
    )
    assert [(change.type.value, str(change.target)) for change in fix.changes] == [
        ("create", "Role shop/dev-narrowed"),
        ("create", "RoleBinding shop/dev-narrowed"),
        ("delete", "RoleBinding shop/dev"),
    ]
    assert "may escalate and bind roles" in fix.may_break
    assert fix.changes[0].notes[0].startswith("what ClusterRole edit granted when it was read")
    after = proven(EDIT, BOUND, checks=("rbac-secrets-list",)).snapshot
    assert rules_of(after) == [
        RULES[0],
        rule("configmaps", "get list watch"),
        rule("secrets", "get"),
        *RULES[2:],
    ]
    (left,) = after.of(ROLE_BINDING)
    document = after.document(left.ref)
    assert document is not None
    assert (document["subjects"], document["roleRef"]["kind"]) == (BOUND["subjects"], "Role")
    assert after.document(after.of(CLUSTER_ROLE)[0].ref) == EDIT


def test_a_cluster_role_of_its_own_where_the_grant_holds_in_the_whole_cluster() -> None:
    urls = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}
    everywhere = binding(team("dev"), to="ClusterRole/edit", name="dev")
    after = proven(role(*RULES, urls, name="edit", **DEFAULT), everywhere).snapshot
    assert [item.name for item in after.of(CLUSTER_ROLE_BINDING)] == ["dev-narrowed"]
    assert rules_of(after, CLUSTER_ROLE)[-1] == urls


def test_what_a_role_cannot_grant_is_not_copied_into_one() -> None:
    idle = ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, rule("nodes", "get"))
    mixed = rule("persistentvolumes services", "list")
    after = proven(role(*RULES[2:3], *idle, mixed, name="edit", **DEFAULT), BOUND, checks=THREE[:1]).snapshot
    assert rules_of(after) == [rule("serviceaccounts", "get list"), rule("services", "list")]


def test_the_rules_that_a_controller_will_collect_are_copied() -> None:
    total = {
        **role(name="team"),
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"part": "yes"}}]},
    }
    parts = [role(item, name=f"p{number}", labels={"part": "yes"}) for number, item in enumerate(RULES)]
    after = proven(total, *parts, binding(ANN, to="ClusterRole/team", namespace="shop", name="dev")).snapshot
    assert {name for item in rules_of(after) for name in item["resources"]} >= {"deployments", "pods"}
    assert all("impersonate" not in item["verbs"] for item in rules_of(after))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_all_fixes_of_a_binding_are_one_role_in_any_order(order: tuple[int, ...]) -> None:
    snapshot, items = staged(EDIT, BOUND)
    plan = FixPlan()
    for place in order:
        plan = plan.stage(items[place].finding, items[place].fix)
    assert plan.conflicts == ()
    assert [merged.change.type.value for merged in plan.changes()] == ["create", "create", "delete"]
    result = simulate(snapshot, plan, CHECKS.values())
    assert result.ok
    assert rules_of(result.snapshot) == [
        rule("pods/exec pods/log", "create delete get list"),
        rule("pods", "delete get list"),
        rule("configmaps", "get list watch"),
        rule("secrets", "get"),
        rule("serviceaccounts", "get list"),
        RULES[3],
    ]
    for place in order:
        plan = plan.unstage(items[place].finding.fingerprint)
    assert plan.changes() == ()


def test_nobody_but_its_subjects_loses_anything() -> None:
    other = binding(team("ops"), to="ClusterRole/edit", name="ops")
    snapshot, items = staged(EDIT, BOUND, other)
    mine = [item for item in items if item.finding.subject.name == "dev"]
    result = simulate(snapshot, FixPlan().stage_many(mine), CHECKS.values())
    told = effects(snapshot, result)
    (rights,) = told.rights
    assert str(rights.who) == "Group dev"
    assert rights.gained == ()
    lost = {(row.resource, cell.verb) for row in rights.lost for cell in row.cells}
    assert lost == {
        ("pods", "create"),
        ("secrets", "list"),
        ("secrets", "watch"),
        ("serviceaccounts", "impersonate"),
    }


def test_what_is_left_of_a_binding_is_told_to_stay_and_not_to_go() -> None:
    snapshot, items = staged(EDIT, BOUND, checks=THREE[:1])
    result = simulate(snapshot, FixPlan().stage_many(items), CHECKS.values())
    checks = {item.check for item in result.moved}
    assert {"rbac-pod-create", "rbac-pod-exec", "rbac-secrets-list"} <= checks
    assert all(item.subject.name == "dev-narrowed" for item in result.moved)
    assert [item.check for item in result.removed] == ["rbac-impersonate-sa"]
    assert (
        f"1 finding goes, {len(result.moved)} stay under a new name, none new"
        in effects(snapshot, result).brief
    )
    left = run(result.snapshot, CHECKS.values())
    risks = {item.check for item in left.findings if item.severity > 0 and item.subject.namespace == "shop"}
    assert risks == checks


def test_a_subject_that_does_not_exist_stays_told() -> None:
    people = (account("here", "shop"), account("gone", "shop"))
    bound = binding(*people, to="ClusterRole/edit", namespace="shop", name="dev")
    result = proven(EDIT, bound, account_object("here", "shop"), checks=("rbac-pod-create",))
    (moved,) = (item for item in result.moved if item.check == "hyg-dangling-subject")
    assert moved.subject.path == "shop/dev-narrowed"


def test_names_are_cut_and_never_taken() -> None:
    long = binding(ANN, to="ClusterRole/edit", namespace="shop", name="x" * 253)
    name = only_fix("rbac-pod-create", EDIT, long).changes[0].target.name
    assert (len(name), name.endswith("-narrowed")) == (253, True)
    taken = role(rule("pods", "get"), name="dev-narrowed", namespace="shop")
    second = only_fix("rbac-pod-create", EDIT, BOUND, taken)
    assert second.changes[0].target.name == "dev-narrowed-2"
    assert second == only_fix("rbac-pod-create", EDIT, BOUND, taken)


def test_where_no_name_is_free_a_human_chooses_one() -> None:
    taken = [
        role(rule("pods", "get"), name=f"dev-narrowed{end}", namespace="shop")
        for end in ("", *(f"-{number}" for number in range(2, 10)))
    ]
    fix = only_fix("rbac-pod-create", EDIT, BOUND, *taken)
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())


def test_what_was_made_by_half_of_a_plan_is_not_made_again() -> None:
    half = proven(EDIT, BOUND, checks=("rbac-pod-create",)).snapshot
    made = [half.document(half.of(kind)[0].ref) for kind in (ROLE, ROLE_BINDING)]
    fix = only_fix("rbac-pod-create", EDIT, BOUND, *(item for item in made if item is not None))
    assert [(item.type.value, item.target.path) for item in fix.changes] == [("delete", "shop/dev")]
    assert "RoleBinding shop/dev-narrowed replaces" in fix.title


def test_where_nothing_would_be_left_the_binding_goes() -> None:
    fix = only_fix("rbac-secrets-list", role(rule("secrets", "list"), name="edit", **DEFAULT), BOUND)
    assert [change.type.value for change in fix.changes] == ["delete"]


def test_whoever_wants_the_binding_gone_gets_nothing_in_its_place() -> None:
    everyone = binding(team("system:authenticated"), to="ClusterRole/edit", namespace="shop", name="all")
    result = proven(EDIT, everyone, checks=("rbac-everyone-subject", *THREE))
    assert [(item.change.type.value, item.change.target.path) for item in result.changes] == [
        ("delete", "shop/all")
    ]
    assert result.moved == ()


def test_a_role_of_kube_system_is_narrowed_itself_unless_kubernetes_needs_it() -> None:
    own = role(*RULES, name="agents", namespace="kube-system")
    bound = binding(ANN, to="Role/agents", namespace="kube-system", name="ann")
    component = account("agent", "kube-system")
    system = binding(component, to="Role/agents", namespace="kube-system", name="agents")
    alone, shared = (
        next(fix for fix in fixed("rbac-pod-create", own, bound, *more)[1] if fix is not None)
        for more in ((), (system,))
    )
    assert [change.type.value for change in alone.changes] == ["json"]
    assert [change.type.value for change in shared.changes] == ["create", "create", "delete"]


def test_who_could_not_put_it_back_is_warned_instead() -> None:
    admin = role(*RULES, rule("rolebindings", "create", "rbac.authorization.k8s.io"), name="admin", **DEFAULT)
    plain = snapshot_of((admin, binding(ANN, to="ClusterRole/admin", namespace="shop", name="ann")))
    kinds = (CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING)
    snapshot = Snapshot(
        SourceInfo(user="ann"), {kind.resource: plain.of(kind) for kind in kinds}, plain.coverage
    )
    (finding,) = run_one(snapshot, CHECKS["rbac-secrets-list"]).findings
    fix = fix_for(finding, CHECKS.values(), snapshot)
    assert fix is not None
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert "ann could not undo it" in fix.steps[0]


def test_what_an_addon_manager_would_put_back_is_told_instead() -> None:
    addon = {"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}
    bound = binding(team("dev"), to="ClusterRole/edit", namespace="shop", name="dev", **addon)
    snapshot = snapshot_of((EDIT, bound))
    (finding,) = fails("rbac-pod-create", EDIT, bound)
    fix = offer(finding, CHECKS.values(), snapshot)
    assert fix is not None
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert any("but for what the fixes take out" in step for step in fix.steps)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_makes_the_new_before_the_old_goes_and_knows_the_way_back(layout: str) -> None:
    snapshot, items = staged(EDIT, BOUND)
    plan = FixPlan().stage_many(items)
    result = simulate(snapshot, plan, CHECKS.values())
    files = contents(result, plan, snapshot, (layout,))
    text = "\n".join(files.values())
    assert "dev-narrowed" in text
    assert "what ClusterRole edit granted when it was read" in text or layout == "json"
    if layout == "kubectl":
        done, back = files["kubectl/commands.sh"].split("# The way back.")
        steps = [line.split()[1] for line in done.splitlines() if line.startswith("kubectl")]
        assert steps == ["apply", "apply", "delete"] * 2  # asked of the server first
        assert [line.split()[2] for line in back.splitlines() if line] == ["create", "delete", "delete"]
        again = next(text for name, text in files.items() if name.endswith(".create.yaml"))
        assert yaml.safe_load(again) == BOUND
