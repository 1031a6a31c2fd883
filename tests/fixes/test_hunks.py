"""A staged fix can be taken apart: what is refused goes, what is left is the same patch without it."""

from __future__ import annotations

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Change, Cut, Fix, PatchType, Risk
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.hunks import change_of, hunks, refuse, split
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.fixes.cluster import READERS, WEB, web


def staged(*changes: Change, subject: ObjectRef = WEB) -> Staged:
    finding = Finding("toy", "Toy", Verdict.FAIL, Severity.HIGH, subject, (Evidence("/", "toy"),))
    return Staged(finding, Fix("try", changes, Risk.REVIEW))


def template(**containers: dict[str, object]) -> Change:
    items = [{"name": name, **body} for name, body in containers.items()]
    return strategic(WEB, {"spec": {"template": {"spec": {"hostPID": None, "containers": items}}}})


TWO = template(app={"securityContext": {"privileged": False, "runAsUser": None}}, side={"tty": False})


def test_a_piece_for_each_change_and_for_each_field_of_it() -> None:
    item = staged(TWO)
    (whole,) = hunks(item)
    assert whole.words == "spec.template.spec.hostPID is taken out (+3 more)"
    assert [piece.words for piece in split(item, whole)] == [
        "spec.template.spec.hostPID is taken out",
        "spec.template.spec.containers[name=app].securityContext.privileged: false",
        "spec.template.spec.containers[name=app].securityContext.runAsUser is taken out",
        "spec.template.spec.containers[name=side].tty: false",
    ]
    assert len({piece.key for piece in (whole, *split(item, whole))}) == 5


def test_each_field_alone_and_together_they_are_the_whole() -> None:
    item = staged(TWO)
    document = web()
    for piece in split(item, hunks(item)[0]):
        document = apply(document, change_of(item, piece)) or {}
    assert document == apply(web(), TWO)


def test_what_is_refused_goes_and_leaves_nothing_empty_behind() -> None:
    item = staged(TWO)
    plan = FixPlan((item,))
    pieces = split(item, hunks(item)[0])
    left = refuse(plan, (pieces[0], pieces[1], pieces[2])).of(item.fingerprint)
    assert left is not None
    assert left.edited
    assert left.fix.changes[0].body == {
        "spec": {"template": {"spec": {"containers": [{"name": "side", "tty": False}]}}}
    }
    assert refuse(plan, pieces) == FixPlan()
    assert refuse(plan, hunks(item)) == FixPlan()
    assert refuse(plan, ()) == plan


def test_one_of_two_changes_can_be_refused() -> None:
    item = staged(TWO, delete(READERS))
    first, second = hunks(item)
    assert second.words == f"delete {READERS}"
    left = refuse(FixPlan((item,)), (first,)).of(item.fingerprint)
    assert left is not None
    assert left.fix.changes == (delete(READERS),)


def test_operations_of_a_json_patch_are_pieces_and_its_tests_stay_with_the_rest() -> None:
    body = json_patch(READERS, op("test", "/a", 1), op("remove", "/a"), op("add", "/b", "x"))
    item = staged(body)
    first, second = split(item, hunks(item)[0])
    assert (first.words, second.words) == ("/a goes", 'add /b: "x"')
    left = refuse(FixPlan((item,)), (first,)).of(item.fingerprint)
    assert left is not None
    assert [operation["op"] for operation in left.fix.changes[0].body] == ["test", "add"]


@pytest.mark.parametrize(
    "change",
    [delete(READERS), create(WEB, web()), strategic(WEB, {"spec": {"replicas": 1}})],
    ids=["delete", "create", "one field"],
)
def test_what_is_one_piece_is_not_split(change: Change) -> None:
    item = staged(change)
    (whole,) = hunks(item)
    assert split(item, whole) == (whole,)
    assert change_of(item, whole) == change


def test_what_takes_rights_out_of_a_role_is_one_piece_and_says_what_it_does() -> None:
    change = Change(READERS, PatchType.JSON, [op("test", "/a", 1), op("remove", "/a")], (Cut(("get",)),))
    (whole,) = hunks(staged(change))
    assert whole.words == "/a goes"
    assert split(staged(change), whole) == (whole,)


def test_a_list_item_that_is_to_go_is_one_piece() -> None:
    gone = {"name": "side", "$patch": "delete"}
    item = staged(strategic(WEB, {"spec": {"template": {"spec": {"containers": [gone]}}}}))
    assert hunks(item)[0].words == "spec.template.spec.containers[name=side] goes"


def test_every_fix_of_the_demo_can_be_taken_apart_and_put_together() -> None:
    snapshot = load(DemoSource(today="2026-11-21"))[0]
    checks = all_checks()
    seen = 0
    for finding in run(snapshot, checks).findings:
        fix = fix_for(finding, checks, snapshot) if finding.fixable else None
        if fix is None or not fix.changes:
            continue
        item = Staged(finding, fix)
        for hunk in hunks(item):
            pieces = split(item, hunk)
            seen += len(pieces)
            for piece in pieces:
                rest = refuse(FixPlan((item,)), tuple(other for other in pieces if other != piece))
                left = rest.of(item.fingerprint)
                assert left is not None
                if len(pieces) > 1 and change_of(item, hunk).type is PatchType.STRATEGIC:
                    assert left.fix.changes[hunk.index].body == change_of(item, piece).body
    assert seen > 500
