"""An object that needs a JSON patch and a strategic one gets one patch, so that its pods are replaced once."""

from __future__ import annotations

from typing import Any

from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.build import json_patch, op
from ksec_tui.fixes.fold import folded
from ksec_tui.fixes.json_patch import json_patch as apply_operations
from ksec_tui.fixes.plan import Merged
from tests.fixes.cluster import READERS, WEB
from tests.fixes.objects import deployment
from tests.fixes.test_plan import plan_of, template_patch

PATH = "/spec/template/spec/containers/0"
NO_ADMIN = json_patch(
    WEB,
    op("test", f"{PATH}/name", "app"),
    op("test", f"{PATH}/securityContext/capabilities/add/0", "SYS_ADMIN"),
    op("remove", f"{PATH}/securityContext/capabilities/add/0"),
)
HARDEN = template_patch(
    hostPID=None,
    containers=[{"name": "app", "securityContext": {"privileged": False}, "tty": None}],
    volumes=[{"name": "tmp", "emptyDir": {}}],
)


def live(**spec: Any) -> dict[str, Any]:
    context = {"capabilities": {"add": ["SYS_ADMIN", "KILL"]}, "privileged": True}
    return deployment(
        containers=[{"name": "app", "image": "a", "tty": True, "securityContext": context}],
        hostPID=True,
        **spec,
    )


def fold(document: dict[str, Any], *changes: Change) -> tuple[Merged, ...]:
    merged = plan_of(*changes).changes()
    after: Any = document
    for item in merged:
        after = apply(after, item.change)
    result = folded(merged, {WEB: document}, {WEB: after})
    for item in result:
        document = apply(document, item.change) or {}
    assert document == after, "folded or not, the outcome is the same"
    return result


def test_a_json_patch_and_a_strategic_one_become_one_json_patch() -> None:
    (one,) = fold(live(), NO_ADMIN, HARDEN)
    assert one.change.type is PatchType.JSON
    assert one.change.body[: len(NO_ADMIN.body)] == NO_ADMIN.body
    assert {item.fix.title for item in one.staged} == {"fix 0", "fix 1"}


def test_a_list_that_is_put_back_whole_is_tested_first() -> None:
    document = live(volumes=[{"name": "v", "emptyDir": {}}])
    (one,) = fold(document, NO_ADMIN, HARDEN)
    path = "/spec/template/spec/volumes"
    assert {
        "op": "test",
        "path": path,
        "value": document["spec"]["template"]["spec"]["volumes"],
    } in one.change.body
    assert [item["op"] for item in one.change.body if item["path"] == path] == ["test", "replace"]
    assert apply_operations(document, one.change.body)["spec"]["template"]["spec"]["volumes"] == [
        {"name": "tmp", "emptyDir": {}},
        {"name": "v", "emptyDir": {}},
    ]


def test_a_single_patch_and_patches_of_other_objects_stay_as_they_are() -> None:
    other = json_patch(READERS, op("remove", "/subjects/0"))
    merged = plan_of(HARDEN, other).changes()
    assert folded(merged, {WEB: live(), READERS: {}}, {WEB: live(), READERS: {}}) == merged


def test_two_patches_stay_two_where_one_would_carry_what_was_withheld() -> None:
    secret = [{"name": "v", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "(withheld: 8 bytes)"}}}]
    assert [item.change.type for item in fold(live(volumes=secret), NO_ADMIN, HARDEN)] == [
        PatchType.JSON,
        PatchType.STRATEGIC,
    ]
