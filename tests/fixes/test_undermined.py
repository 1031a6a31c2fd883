"""A fix that takes what another object makes up for is not carried out together with one that changes that object."""

from __future__ import annotations

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.analysis.network.worlds import deployment as workload
from tests.analysis.network.worlds import policy
from tests.checks.rbac.worlds import ANN, Tree, account, account_object, binding, group, role, rule
from tests.fixes.test_rights_in_use import deployment

CHECKS = {item.id: item for item in all_checks()}


def together(documents: list[Tree], *checks: str) -> Simulation:
    """The proof of a plan with every fix that these checks have."""
    snapshot = snapshot_of(documents)
    plan = FixPlan()
    for finding in run(snapshot, [CHECKS[name] for name in checks]).findings:
        fix = offer(finding, CHECKS.values(), snapshot)
        if fix is not None and fix.changes:
            plan = plan.stage(finding, fix)
    assert {item.finding.check for item in plan.staged} == set(checks)
    return simulate(snapshot, plan, CHECKS.values())


def refused(result: Simulation) -> dict[str, str]:
    return {item.staged.finding.check: item.reason for item in result.refused}


READ = role(rule("pods secrets", "get list"), name="wide")
SOME = role(rule("secrets", "get"), name="some", namespace="shop")
NARROW = binding(ANN, to="Role/some", namespace="shop", name="narrow")


def test_a_binding_that_adds_nothing_stays_while_the_other_loses_what_both_give() -> None:
    """Both fixes alone are right; together they would take from ann what nobody wanted to take."""
    world = [READ, SOME, binding(ANN, group("dev"), to="ClusterRole/wide", name="wide"), NARROW]
    assert refused(together(world, "hyg-redundant")) == {}
    assert refused(together(world, "hyg-redundant", "rbac-secrets-list")) == {}, "get is what both give"
    told = refused(together(world, "hyg-redundant", "rbac-secrets-get"))
    assert set(told) == {"hyg-redundant"}
    assert (
        "rests on ClusterRole wide as it was read, which another staged fix changes" in told["hyg-redundant"]
    )
    assert "stage it again" in told["hyg-redundant"]


def test_bindings_that_make_up_for_each_other_in_a_row_go_together() -> None:
    world = [
        READ,
        SOME,
        binding(ANN, to="ClusterRole/wide", name="wide"),
        NARROW,
        binding(ANN, to="Role/some", namespace="shop", name="narrow-2"),
    ]
    result = together(world, "hyg-redundant")
    assert refused(result) == {}
    assert len(result.changes) == 2


def test_a_rule_that_adds_nothing_stays_while_the_wider_one_is_narrowed() -> None:
    everyone = policy("all", ingress=[{}])
    some = policy(
        "some", ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"purpose": "production"}}}]}]
    )
    result = together([workload(), everyone, some], "net-policy-redundant", "net-policy-admits-everyone")
    assert set(refused(result)) == {"net-policy-redundant"}
    assert refused(together([workload(), everyone, some], "net-policy-redundant")) == {}


@pytest.mark.parametrize("other", ["hyg-missing-sa", ""])
def test_rights_of_an_account_stay_while_it_is_made(other: str) -> None:
    documents = [
        role(rule("pods", "get")),
        binding(ANN, account("op", "sys")),
        account_object("default", "sys"),
        deployment(),
    ]
    result = together(documents, "hyg-dangling-subject", *([other] if other else []))
    assert set(refused(result)) == ({"hyg-dangling-subject"} if other else set())
