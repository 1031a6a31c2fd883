"""A fix that takes rights away says which workloads run with them, and which roles pass them on."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.fix import Fix, PatchType, Risk
from tests.checks.rbac.worlds import ANN, Tree, account, account_object, binding, fixed, group, role, rule

OPERATOR = account("op", "sys")
SECRETS = rule("secrets pods", "get")
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
COLLECTS = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"give": "it"}}]}}


def deployment(name: str = "op", **spec: Any) -> Tree:
    pod = {"serviceAccountName": "op", "containers": [{"name": "c", "image": "i"}], **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "sys"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def only(check: str, *documents: Tree) -> Fix:
    _, (fix,) = fixed(check, *documents)
    assert isinstance(fix, Fix)
    return fix


@pytest.mark.parametrize("who", [OPERATOR, group("system:serviceaccounts:sys")])
def test_workloads_that_run_with_what_is_taken_are_named(who: Tree) -> None:
    world = (account_object("op", "sys"), deployment())
    fix = only("rbac-secrets-get", role(SECRETS), binding(who), *world)
    assert fix.changes
    assert fix.may_break.endswith("Running with it: Deployment sys/op.")


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    world = (account_object("op", "sys"), *(deployment(f"op{number}") for number in range(5)))
    fix = only("rbac-secrets-get", role(SECRETS), binding(OPERATOR), *world)
    assert "Deployment sys/op0, Deployment sys/op1, Deployment sys/op2 and 2 more." in fix.may_break


def test_workloads_of_other_bindings_of_a_role_are_named_too() -> None:
    world = (account_object("op", "sys"), deployment(), binding(OPERATOR, name="b2"))
    _, fixes = fixed("rbac-secrets-get", role(SECRETS), binding(ANN), *world)
    assert all("Running with it: Deployment sys/op." in fix.may_break for fix in fixes)


@pytest.mark.parametrize(
    "workload",
    [deployment(automountServiceAccountToken=False), deployment(serviceAccountName="other")],
)
def test_without_the_accounts_token_nothing_runs_with_it(workload: Tree) -> None:
    fix = only("rbac-secrets-get", role(SECRETS), binding(OPERATOR), account_object("op", "sys"), workload)
    assert "Running" not in fix.may_break


def test_a_lesser_role_for_the_whole_binding_names_them() -> None:
    admins = binding(OPERATOR, to="ClusterRole/cluster-admin", name="ci")
    view = role(rule("pods", "get list watch"), name="view")
    fix = only("rbac-cluster-admin", view, admins, account_object("op", "sys"), deployment())
    assert [change.type for change in fix.changes] == [PatchType.CREATE, PatchType.DELETE]
    assert fix.may_break.endswith("Running with it: Deployment sys/op.")


@pytest.mark.parametrize(
    ("labels", "others", "said"),
    [
        (
            {f"{AGGREGATE}admin": "true"},
            (),
            "ClusterRole admin takes over its rules: whoever holds that loses it too.",
        ),
        ({f"{AGGREGATE}admin": "false"}, (), ""),
        (
            {f"{AGGREGATE}edit": "true", "give": "it"},
            ({**role(name="all"), **COLLECTS},),
            "ClusterRole all and ClusterRole edit take over its rules: whoever holds that loses it too.",
        ),
    ],
)
def test_roles_that_take_over_the_rules_are_named(labels: Tree, others: tuple[Tree, ...], said: str) -> None:
    _, fixes = fixed("rbac-secrets-get", role(SECRETS, labels=labels), binding(ANN), *others)
    assert said in fixes[0].may_break
    assert bool(said) is ("takes over" in fixes[0].may_break or "take over" in fixes[0].may_break)


def test_a_binding_of_which_nothing_is_left_is_said_to_go() -> None:
    """The title would else speak of a role that stays as it is."""
    fix = only("rbac-secrets-get", role(rule("secrets", "get")), binding(ANN))
    assert [change.type for change in fix.changes] == [PatchType.DELETE]
    assert fix.title.endswith(": nothing else is in it, so ClusterRoleBinding b goes")


def test_a_binding_of_which_no_subject_is_left_is_said_to_go() -> None:
    absent = account("gone", "sys")
    fix = only(
        "hyg-dangling-subject", role(rule("pods", "get")), binding(absent), account_object("op", "sys")
    )
    assert [change.type for change in fix.changes] == [PatchType.DELETE]
    assert fix.title.endswith(": nobody else is in it, so it goes")


def test_rights_that_wait_for_an_account_are_not_taken_as_if_nobody_wanted_them() -> None:
    """A workload that names an account which is not there yet gets its rights when somebody makes it."""
    world = (account_object("other", "sys"), deployment())
    people = (ANN, OPERATOR)
    fix = only("hyg-dangling-subject", role(rule("pods", "get")), binding(*people), *world)
    assert fix.risk is Risk.REVIEW
    assert "Running with it: Deployment sys/op." in fix.may_break
    alone = only("hyg-dangling-subject", role(rule("pods", "get")), binding(*people), world[0])
    assert alone.risk is Risk.SAFE
    assert alone.may_break == "An account of that name that is made later gets nothing by it."
