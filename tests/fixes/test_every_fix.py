"""Every change that a check proposes is written in a form that its object takes, at a place that lasts."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.fix import Change, PatchType, Risk
from ksec_tui.fixes.json_values import is_index, parse_pointer
from ksec_tui.fixes.merge_keys import shape_of
from tests.fixes.test_rollback import CHECKS, fixes_of

every_check = pytest.mark.parametrize("check_id", CHECKS)


def changes_of(check_id: str) -> list[Change]:
    return [change for fix in fixes_of(check_id)[1] for change in fix.changes]


@every_check
def test_a_custom_resource_gets_no_strategic_merge_patch(check_id: str) -> None:
    for change in changes_of(check_id):
        if change.type is PatchType.STRATEGIC:
            assert shape_of(change.target.group, change.target.kind) is not None, change.target


@every_check
def test_no_pod_and_no_job_is_patched_in_its_fixed_fields(check_id: str) -> None:
    for change in changes_of(check_id):
        if change.target.kind in ("Pod", "Job") and change.type is PatchType.STRATEGIC:
            assert change.body.keys() <= {"metadata"}, change.target


@every_check
def test_every_position_that_a_patch_names_is_tested_first(check_id: str) -> None:
    for change in changes_of(check_id):
        if change.type is PatchType.JSON:
            tested: list[tuple[str, ...]] = []
            for operation in change.body:
                path = parse_pointer(operation["path"])
                if operation["op"] == "test":
                    tested.append(path)
                else:
                    assert all(any(guards(test, place) for test in tested) for place in positions(path)), (
                        operation
                    )


def positions(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [path[: index + 1] for index, part in enumerate(path) if is_index(part)]


def guards(test: tuple[Any, ...], place: tuple[Any, ...]) -> bool:
    """Whether a test of `test` holds only when the item that is meant stands at `place`."""
    size = min(len(test), len(place))
    return test[:size] == place[:size]


@every_check
def test_a_fix_that_changes_nothing_says_what_a_human_must_do(check_id: str) -> None:
    for fix in fixes_of(check_id)[1]:
        assert bool(fix.changes) is not (fix.risk is Risk.MANUAL)
        assert fix.changes or fix.steps
