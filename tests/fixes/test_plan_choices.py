"""Conflicts of a plan are resolved by choice, and what says the same in two ways is no conflict."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.json_patch import json_patch as apply_operations
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.fixes.cluster import CHECKS, READERS, WEB, findings_of, shop, staged
from tests.fixes.test_plan import finding, plan_of, template_patch

USER_1, USER_2, USER_3 = (
    template_patch(containers=[{"name": "app", "securityContext": {"runAsUser": number}}])
    for number in (1, 2, 3)
)
MARKS = [finding(f"toy-{number}").fingerprint for number in range(3)]
POLICY = ObjectRef("shop", "NetworkPolicy", "ksec-egress", "networking.k8s.io")


def policy(*rules: Any) -> Change:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}
    document = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec}
    return create(POLICY, document, [f"{len(rules)} rules"])


def test_the_preferred_fix_is_carried_out_and_the_other_is_set_aside_and_told() -> None:
    plan = plan_of(USER_1, USER_2, template_patch(hostPID=None))
    assert len(plan.conflicts) == 1
    chosen = plan.prefer(MARKS[1])
    assert chosen.conflicts == ()
    (aside,) = chosen.set_aside
    assert (aside.staged.fingerprint, aside.preferred.fingerprint) == (MARKS[0], MARKS[1])
    assert aside.reason.startswith("set aside for another fix of /spec/template/spec/containers/name=app/")
    assert aside.reason.endswith(": fix 1")
    (merged,) = chosen.changes()
    assert merged.change.body["spec"]["template"]["spec"] == {
        "hostPID": None,
        "containers": [{"name": "app", "securityContext": {"runAsUser": 2}}],
    }
    assert len(plan.conflicts) == 1, "the earlier plan is as it was"


def test_the_last_choice_counts_and_the_order_of_staging_does_not() -> None:
    plan = plan_of(USER_1, USER_2)
    assert plan.prefer(MARKS[0]).prefer(MARKS[1]) == plan.prefer(MARKS[1])
    other = FixPlan().stage_many(reversed(plan.staged))
    assert other.prefer(MARKS[1]) == plan.prefer(MARKS[1])


def test_whoever_is_set_aside_conflicts_with_nobody_else() -> None:
    plan = plan_of(USER_1, USER_2, USER_3)
    assert plan.rivals(MARKS[0]) == {MARKS[1], MARKS[2]}
    chosen = plan.prefer(MARKS[0])
    assert chosen.conflicts == ()
    assert [item.staged.fingerprint for item in chosen.set_aside] == [
        item.fingerprint for item in plan.staged if item.fingerprint != MARKS[0]
    ]


def test_a_choice_goes_with_the_fix_that_asked_for_it() -> None:
    plan = plan_of(USER_1, USER_2)
    alone = plan_of(USER_1)
    assert plan.prefer(MARKS[0]).unstage(MARKS[1]) == alone
    assert plan.prefer(MARKS[1]).unstage(MARKS[1]) == alone
    assert plan.prefer(MARKS[1]).unstage(MARKS[0]).unstage(MARKS[1]) == FixPlan()
    assert alone.prefer(MARKS[0]) is alone, "there is nothing to choose"


def test_a_fix_at_odds_with_itself_cannot_be_preferred() -> None:
    plan = plan_of((USER_1, USER_2))
    assert plan.prefer(MARKS[0]) is plan
    assert [conflict.fingerprints for conflict in plan.conflicts] == [(MARKS[0],)]


def test_a_simulation_proves_the_preferred_fix_and_says_why_the_other_is_left_out() -> None:
    plan = staged(shop())
    (gone,) = (item for item in findings_of(shop()) if item.check == "toy-ghost-subject")
    plan = plan.stage(gone, Fix("Delete it", (delete(READERS),), Risk.REVIEW))
    (conflict,) = plan.stage(finding("toy-x", READERS), Fix("x", (_no_subjects(),))).conflicts
    assert set(conflict.fingerprints) == {gone.fingerprint, finding("toy-x", READERS).fingerprint}
    chosen = plan.stage(finding("toy-x", READERS), Fix("x", (_no_subjects(),))).prefer(gone.fingerprint)
    result = simulate(shop(), chosen, CHECKS)
    assert gone.fingerprint in {item.fingerprint for item in result.removed}
    (refused,) = result.refused
    assert refused.reason.startswith("Set aside for another fix of ")
    assert "Delete it" in refused.reason


def _no_subjects() -> Change:
    return json_patch(READERS, op("replace", "/subjects", []))


@pytest.mark.parametrize(
    ("one", "other", "body"),
    [
        pytest.param(
            {"securityContext": {"seLinuxOptions": None}},
            {"securityContext": {"seLinuxOptions": {"type": None}}},
            {"securityContext": {"seLinuxOptions": None}},
            id="null and a null below it",
        ),
        pytest.param(
            {"securityContext": {"$patch": "delete"}},
            {"securityContext": {"runAsUser": None, "seLinuxOptions": {"role": None}}},
            {"securityContext": {"$patch": "delete"}},
            id="a deleted mapping and nulls in it",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "$patch": "delete"}]},
            {"volumes": [{"name": "v", "hostPath": None}]},
            {"volumes": [{"name": "v", "$patch": "delete"}]},
            id="a deleted item and a null in it",
        ),
    ],
)
def test_what_takes_away_less_of_the_same_is_no_conflict(
    one: dict[str, Any], other: dict[str, Any], body: dict[str, Any]
) -> None:
    for order in ((one, other), (other, one)):
        plan = plan_of(*(template_patch(**spec) for spec in order))
        assert plan.conflicts == ()
        (merged,) = plan.changes()
        assert merged.change.body["spec"]["template"]["spec"] == body


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (op("replace", "/rules/0", {"verbs": ["get"]}), op("replace", "/rules/0/verbs", ["get"])),
        (op("replace", "/rules/0", {"verbs": ["get"]}), op("remove", "/rules/0/resources")),
        (op("remove", "/rules"), op("remove", "/rules/0/resources")),
    ],
)
def test_an_operation_that_another_one_contains_is_no_conflict(
    wide: dict[str, Any], narrow: dict[str, Any]
) -> None:
    role = {"rules": [{"verbs": ["*"], "resources": ["pods"]}]}
    for order in ((wide, narrow), (narrow, wide)):
        plan = plan_of(*(json_patch(READERS, item) for item in order))
        assert plan.conflicts == ()
        (merged,) = plan.changes()
        assert apply_operations(role, merged.change.body) == apply_operations(role, [wide])


def test_a_new_policy_that_lets_nothing_through_takes_the_place_of_one_for_all_but_an_address() -> None:
    deny, allow = policy(), policy({"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["192.0.2.1/32"]}}]})
    for order in ((deny, allow), (allow, deny)):
        plan = plan_of(*order)
        assert plan.conflicts == ()
        (merged,) = plan.changes()
        assert merged.change.type is PatchType.CREATE
        assert merged.change.body["spec"]["egress"] == []
        assert merged.change.notes == ("0 rules",)
        assert len(merged.staged) == 2


def test_strategic_patches_of_different_values_still_conflict() -> None:
    left = strategic(WEB, {"spec": {"template": {"spec": {"hostPID": None}}}})
    right = strategic(WEB, {"spec": {"template": {"spec": {"hostPID": False}}}})
    assert len(plan_of(left, right).conflicts) == 1
