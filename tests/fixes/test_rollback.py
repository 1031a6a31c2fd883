"""The way back from every change leads to the object as it was."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.fix import Fix, PatchType
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import carries_altered_text
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.rollback import recreation, reverse_patch
from tests.fixes.objects import strategic
from tests.fixes.test_plan import template_patch
from tests.fixes.test_plan_properties import LIVE, SPECS

CHECKS = {item.id: item for item in all_checks(optional=True) if item.make_fix is not None}


@functools.cache
def fixes_of(check_id: str) -> tuple[Snapshot, list[Fix]]:
    """The fixes of all that a check finds on its Risky example."""
    item: Check[Any] = CHECKS[check_id]
    snapshot = example_snapshot(item.page.risky)
    found = (finding for finding in run_one(snapshot, item).findings if finding.verdict is Verdict.FAIL)
    fixes = (fix_for(finding, CHECKS.values(), snapshot) for finding in found)
    return snapshot, [fix for fix in fixes if fix is not None]


@pytest.mark.parametrize("check_id", CHECKS)
def test_the_way_back_from_the_fixes_of_every_check_leads_to_the_object_as_it_was(check_id: str) -> None:
    snapshot, fixes = fixes_of(check_id)
    for fix in fixes:
        documents = {change.target: snapshot.document(change.target) for change in fix.changes}
        for change in fix.changes:
            before = documents[change.target]
            after = documents[change.target] = apply(before, change)
            if before is None:
                assert change.type is PatchType.CREATE, "its way back is to delete it"
            elif after is None:
                made = recreation(before)
                if before["kind"] in ("Secret", "ConfigMap"):
                    assert made is None, "what they hold is not known"
                else:
                    assert made is not None
                    assert made["metadata"].items() <= before["metadata"].items()
                    assert {**made, "metadata": 0} == {
                        **{key: value for key, value in before.items() if key != "status"},
                        "metadata": 0,
                    }
            else:
                back = reverse_patch(before, after)
                if back is None:
                    assert carries_altered_text(before), "a value that the way back needs was withheld"
                else:
                    assert equal(json_patch(after, back), before)


def test_nearly_every_way_back_can_be_written() -> None:
    withheld = {
        check_id
        for check_id in CHECKS
        for fix in fixes_of(check_id)[1]
        for change in fix.changes
        if (before := fixes_of(check_id)[0].document(change.target)) is not None
        and carries_altered_text(before)
    }
    assert len(withheld) <= 3, withheld


KEYS = st.sampled_from(["a", "name", "b/c", "d~e", "0", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


@settings(max_examples=300)
@given(OBJECTS, OBJECTS)
def test_the_way_back_between_any_two_objects_is_found(before: dict[str, Any], after: dict[str, Any]) -> None:
    back = reverse_patch(before, after)
    assert back is not None
    assert equal(json_patch(after, back), before)


@given(SPECS)
def test_the_way_back_from_any_patch_of_a_workload_is_found(spec: dict[str, Any]) -> None:
    after = strategic(LIVE, template_patch(**spec).body)
    back = reverse_patch(LIVE, after)
    assert back is not None
    assert equal(json_patch(after, back), LIVE)
    assert [item["op"] for item in back] == sorted(
        (item["op"] for item in back), key=lambda name: name != "test"
    )


def test_the_way_back_does_not_go_where_another_container_stands_now() -> None:
    after = strategic(LIVE, template_patch(containers=[{"name": "side", "tty": True}]).body)
    back = reverse_patch(LIVE, after)
    containers = after["spec"]["template"]["spec"]["containers"]
    containers.reverse()
    with pytest.raises(PatchError, match="not the expected one"):
        json_patch(after, back)


@pytest.mark.parametrize("full", [{"key": "value"}, ["value"]])
def test_what_a_change_emptied_comes_back_though_the_server_left_the_empty_rest_out(full: object) -> None:
    """Kubernetes API conventions: empty maps and lists are mostly not stored (omitempty)."""
    before = {"metadata": {"name": "a", "annotations": full}}
    way = reverse_patch(before, {"metadata": {"name": "a", "annotations": type(full)()}})
    assert way is not None
    for stored in ({"name": "a"}, {"name": "a", "annotations": type(full)()}):
        assert json_patch({"metadata": stored}, way) == before


def test_an_account_that_a_change_named_goes_by_its_old_name_too() -> None:
    """core/v1 conversion of PodSpec: `serviceAccount` follows `serviceAccountName`, and stands in for it."""
    before = {"spec": {"nodeName": "n"}}
    after = {"spec": {"nodeName": "n", "serviceAccountName": "web"}}
    way = reverse_patch(before, after)
    assert way is not None
    assert json_patch(after, way) == before
    assert json_patch({"spec": {**after["spec"], "serviceAccount": "web"}}, way) == before
