"""Staged fixes become one change for each object, whatever the order in which they were staged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.json_patch import json_patch as apply_operations
from ksec_tui.fixes.plan import FixPlan
from tests.fixes.cluster import READERS, WEB


def finding(check: str, subject: ObjectRef = WEB) -> Finding:
    return Finding(check, check, Verdict.FAIL, Severity.HIGH, subject, (Evidence("", "bad"),))


def plan_of(*bodies: Change | tuple[Change, ...]) -> FixPlan:
    plan = FixPlan()
    for number, changes in enumerate(bodies):
        given_changes = changes if isinstance(changes, tuple) else (changes,)
        plan = plan.stage(finding(f"toy-{number}"), Fix(f"fix {number}", given_changes, Risk.SAFE))
    return plan


def template_patch(**spec: Any) -> Change:
    return strategic(WEB, {"spec": {"template": {"spec": spec}}})


def test_a_fix_is_staged_once_for_a_finding_and_can_be_taken_back() -> None:
    one = finding("toy-a")
    plan = FixPlan().stage(one, Fix("first", (template_patch(hostPID=None),)))
    again = plan.stage(one, Fix("second", (template_patch(hostPID=False),)))
    assert [item.fix.title for item in again.staged] == ["second"]
    assert again.has(one.fingerprint)
    assert not again.unstage(one.fingerprint).has(one.fingerprint)
    assert [item.fix.title for item in plan.staged] == ["first"], "the earlier plan is as it was"


def test_strategic_patches_of_one_object_merge_by_container_name() -> None:
    plan = plan_of(
        template_patch(containers=[{"name": "app", "tty": False}], hostPID=None),
        template_patch(containers=[{"name": "side", "tty": False}], hostPID=None),
        template_patch(containers=[{"name": "app", "securityContext": {"privileged": False}}]),
    )
    (merged,) = plan.changes()
    assert merged.change.body["spec"]["template"]["spec"] == {
        "hostPID": None,
        "containers": [
            {"name": "app", "tty": False, "securityContext": {"privileged": False}},
            {"name": "side", "tty": False},
        ],
    }
    assert len(merged.staged) == 3


def test_two_fixes_that_want_different_values_are_a_conflict_and_neither_is_carried_out() -> None:
    plan = plan_of(
        template_patch(containers=[{"name": "app", "securityContext": {"runAsUser": 1000}}]),
        template_patch(containers=[{"name": "app", "securityContext": {"runAsUser": None}}]),
        template_patch(hostPID=None),
    )
    (conflict,) = plan.conflicts
    assert conflict.path == "/spec/template/spec/containers/name=app/securityContext/runAsUser"
    assert conflict.values == ("1000", "null")
    assert len(conflict.fingerprints) == 2
    (merged,) = plan.changes()
    assert merged.change.body == {"spec": {"template": {"spec": {"hostPID": None}}}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (template_patch(tolerations=[{"key": "a"}]), template_patch(tolerations=[{"key": "b"}])),
        (
            template_patch(securityContext={"$patch": "delete"}),
            template_patch(securityContext={"runAsUser": 1}),
        ),
        (
            template_patch(volumes=[{"name": "v", "$retainKeys": ["name"]}]),
            template_patch(volumes=[{"name": "v", "emptyDir": {}}]),
        ),
        (delete(WEB), template_patch(hostPID=None)),
        (create(WEB, {"kind": "Deployment"}), create(WEB, {"kind": "Deployment", "spec": {}})),
        (
            json_patch(READERS, op("replace", "/rules/0", {"verbs": ["get"]})),
            json_patch(READERS, op("replace", "/rules/0", {"verbs": ["list"]})),
        ),
        (
            json_patch(READERS, op("remove", "/rules/0")),
            json_patch(READERS, op("replace", "/rules/0/verbs", [])),
        ),
        (json_patch(READERS, op("add", "/rules/0", {})), json_patch(READERS, op("remove", "/rules/3"))),
        (
            json_patch(READERS, op("remove", "/rules/0"), op("remove", "/rules/0")),
            json_patch(READERS, op("remove", "/rules/3")),
        ),
    ],
)
def test_what_does_not_go_together_is_a_conflict(one: Change, other: Change) -> None:
    plan = plan_of(one, other)
    assert len(plan.conflicts) == 1
    assert plan.changes() == ()


def test_json_patches_of_one_object_test_first_and_remove_the_highest_position_first() -> None:
    def removal(index: int) -> Change:
        place = f"/subjects/{index}"
        return json_patch(READERS, op("test", place, {"name": f"s{index}"}), op("remove", place))

    plan = plan_of(removal(2), removal(10), removal(1), removal(2))
    (merged,) = plan.changes()
    operations = merged.change.body
    assert [item["op"] for item in operations] == ["test"] * 3 + ["remove"] * 3
    assert [item["path"] for item in operations[3:]] == ["/subjects/10", "/subjects/2", "/subjects/1"]
    document = {"subjects": [{"name": f"s{number}"} for number in range(12)]}
    left = [subject["name"] for subject in apply_operations(document, operations)["subjects"]]
    assert left == ["s0", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s11"]


def test_a_parent_that_two_json_patches_create_is_created_once() -> None:
    def label(name: str) -> Change:
        return json_patch(
            READERS, op("add", "/metadata/labels", {}), op("add", f"/metadata/labels/{name}", "x")
        )

    (merged,) = plan_of(label("a"), label("b")).changes()
    assert apply_operations({"metadata": {}}, merged.change.body) == {
        "metadata": {"labels": {"a": "x", "b": "x"}}
    }


def test_new_objects_come_first_and_removals_last_and_equal_ones_once() -> None:
    new = ObjectRef("shop", "NetworkPolicy", "deny", "networking.k8s.io")
    document = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    plan = plan_of(
        (delete(READERS), template_patch(hostPID=None), json_patch(WEB, op("remove", "/metadata/labels"))),
        (create(new, document),),
        (create(new, dict(document)), template_patch(hostIPC=None)),
    )
    assert [(item.change.type, item.change.target) for item in plan.changes()] == [
        (PatchType.CREATE, new),
        (PatchType.JSON, WEB),
        (PatchType.STRATEGIC, WEB),
        (PatchType.DELETE, READERS),
    ]


def test_what_only_a_human_can_do_is_listed_apart() -> None:
    plan = FixPlan().stage(finding("toy-a"), Fix("by hand", (), Risk.MANUAL, steps=("Edit the file.",)))
    assert [item.fix.title for item in plan.manual] == ["by hand"]
    assert plan.changes() == ()


FIXES = [
    template_patch(hostPID=None),
    template_patch(hostPID=False),
    template_patch(containers=[{"name": "app", "tty": False}]),
    template_patch(containers=[{"name": "side", "tty": False}, {"name": "app", "stdin": False}]),
    template_patch(volumes=[{"name": "tmp", "emptyDir": {}}]),
    json_patch(READERS, op("test", "/subjects/0", 1), op("remove", "/subjects/0")),
    json_patch(READERS, op("test", "/subjects/4", 1), op("remove", "/subjects/4")),
    json_patch(READERS, op("add", "/subjects/-", 7)),
    delete(READERS),
]


@given(
    st.lists(st.sampled_from(range(len(FIXES))), unique=True).flatmap(
        lambda picked: st.tuples(st.just(picked), st.permutations(picked))
    )
)
def test_the_order_of_staging_does_not_count(orders: tuple[list[int], list[int]]) -> None:
    def build(order: list[int]) -> FixPlan:
        plan = FixPlan()
        for number in order:
            plan = plan.stage(finding(f"toy-{number}x"), Fix(f"fix {number}", (FIXES[number],)))
        return plan

    one, other = map(build, orders)
    assert one == other
    assert one.changes() == other.changes()
    assert one.conflicts == other.conflicts
