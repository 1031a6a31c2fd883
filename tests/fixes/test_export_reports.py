"""REPORT.md and MANUAL.md tell what becomes of each field and who must act, and carry no markup of the cluster's."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.fixes.export import contents
from ksec_tui.fixes.fields import FieldChange, field_changes
from ksec_tui.fixes.markdown import escaped
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.fixes.cluster import CHECKS, WEB, objects_of_the_shop, shop, staged

ROLE = ObjectRef("shop", "Role", "r", "rbac.authorization.k8s.io")


def changes(before: dict[str, object], after: dict[str, object], ref: ObjectRef = WEB) -> list[str]:
    return [item.words for item in field_changes(ref, before, after)]


def test_items_of_merged_lists_are_named_by_their_key() -> None:
    def spec(*containers: dict[str, object]) -> dict[str, object]:
        return {"spec": {"template": {"spec": {"containers": list(containers)}}}}

    old = spec({"name": "a"}, {"name": "b", "securityContext": {"privileged": True}})
    new = spec({"name": "b", "securityContext": {"runAsNonRoot": True}}, {"name": "a"})
    assert changes(old, new) == [
        "spec.template.spec.containers[b].securityContext.privileged: true -> unset",
        "spec.template.spec.containers[b].securityContext.runAsNonRoot: unset -> true",
    ]


def test_atomic_lists_tell_what_goes_and_what_comes() -> None:
    one, two = {"verbs": ["get"]}, {"verbs": ["*"]}
    assert changes({"rules": [one, two]}, {"rules": [one]}, ROLE) == ['rules[1]: {"verbs": ["*"]} -> unset']
    assert changes({"rules": [one]}, {"rules": [one, two]}, ROLE) == ['rules[+]: unset -> {"verbs": ["*"]}']
    assert changes({"rules": [one]}, {"rules": [two]}, ROLE) == ['rules[0].verbs[0]: "get" -> "*"']


def test_nothing_is_told_of_what_stays_and_little_of_what_is_long() -> None:
    assert changes({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) == []
    (told,) = field_changes(WEB, {"a": "x" * 999}, {})
    assert len(told.before) < 200
    assert told.after == "unset"


def test_a_key_with_dots_reads_as_one_key() -> None:
    assert changes({}, {"labels": {"a.b/c": "d"}}) == ['labels."a.b/c": unset -> "d"']


def test_a_line_break_in_a_value_stays_on_the_line() -> None:
    assert field_changes(WEB, {"a": "x\ny"}, {}) == (FieldChange("a", '"x\\ny"', "unset"),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/x", "see https&#58;//evil.example/x"),
        ("www.evil.example", "www&#46;evil.example"),
        ("ask @everyone", "ask @<!-- -->everyone"),
        ("app@sha256:0", "app@sha256:0"),
        ("costs $x$", r"costs \$x\$"),
    ],
)
def test_no_text_becomes_a_link_a_call_or_a_formula(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_each_object_is_told_with_its_fields_and_findings() -> None:
    snapshot = shop()
    plan = staged(snapshot)
    text = contents(simulate(snapshot, plan, CHECKS), plan, snapshot)["REPORT.md"]
    section = text.partition("### Deployment shop/web\n")[2].partition("### ")[0]
    told = "spec.template.spec.containers[app].securityContext.privileged: true -> false"
    assert f"- {escaped(told)}\n" in section
    assert escaped("toy-privileged") in section
    assert escaped("toy-host-pid") in section
    assert "May break: It may need devices" in section
    assert "- Deployment shop/web: 1 pod\n" in text.partition("## Pods that are replaced")[2]


def test_the_report_says_which_objects_come_and_go() -> None:
    objects = [item for item in objects_of_the_shop() if item["kind"] != "ServiceAccount"]
    snapshot = snapshot_of(objects)
    plan = staged(snapshot)
    text = contents(simulate(snapshot, plan, CHECKS), plan, snapshot)["REPORT.md"]
    assert "### Deleted: RoleBinding shop/readers" in text


def test_what_is_made_elsewhere_is_listed_for_a_human_with_its_fields() -> None:
    objects = objects_of_the_shop()
    objects[0]["metadata"] |= {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "shop-1"},
    }
    snapshot = snapshot_of(objects)
    plan = staged(snapshot)
    files = contents(simulate(snapshot, plan, CHECKS), plan, snapshot)
    text = files["MANUAL.md"].partition("## At the source")[2]
    assert "### Deployment shop/web" in text
    assert "Helm release shop-1" in text
    assert escaped("spec.template.spec.hostPID: true -> unset") in text
    assert "RoleBinding" not in text
    assert "Helm release shop-1" in files["REPORT.md"].partition("see MANUAL.md")[2]


def test_steps_for_a_human_can_be_ticked_off() -> None:
    snapshot = shop()
    (item,) = (item for item in staged(snapshot).staged if item.finding.check == "toy-host-pid")
    plan = FixPlan().stage(item.finding, Fix("by hand", (), Risk.MANUAL, steps=("First.", "Then.")))
    files = contents(simulate(snapshot, plan, CHECKS), plan, snapshot)
    assert "- [ ] First.\n- [ ] Then.\n" in files["MANUAL.md"]


def test_without_anything_for_a_human_there_is_no_manual() -> None:
    snapshot = shop()
    plan = staged(snapshot)
    assert "MANUAL.md" not in contents(simulate(snapshot, plan, CHECKS), plan, snapshot)
