"""A fix of RBAC says who loses and gains what, and what stays."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.fixes.rights import rights_changes

API = "rbac.authorization.k8s.io"
ROLE = ObjectRef("", "ClusterRole", "reader", API)
BOT = Who("ServiceAccount", "bot", "ci")


def role(name: str, *resources: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "resources": list(resources), "verbs": ["get", "list"]}
    return {"apiVersion": f"{API}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}


def binding(name: str, to: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{API}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": to},
        "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}],
    }


def test_who_loses_what_and_what_stays() -> None:
    before = snapshot_of([role("reader", "pods", "secrets"), binding("bot-reads", "reader")])
    after = before.with_documents({ROLE: role("reader", "pods")})
    (change,) = rights_changes(before, after, [ROLE])
    assert change.who == BOT
    assert [(row.resource, [cell.verb for cell in row.cells]) for row in change.lost] == [
        ("secrets", ["get", "list"])
    ]
    assert change.gained == ()
    assert change.kept == (2, 1)
    said = "ServiceAccount ci/bot loses get/list secrets (cluster); keeps 2 rights on 1 resource"
    assert change.words == said


def test_what_another_binding_still_grants_is_not_lost() -> None:
    before = snapshot_of(
        [
            role("reader", "pods", "secrets"),
            role("all-secrets", "secrets"),
            binding("bot-reads", "reader"),
            binding("bot-too", "all-secrets"),
        ]
    )
    after = before.with_documents({ROLE: role("reader", "pods")})
    assert rights_changes(before, after, [ROLE]) == ()


def test_a_binding_that_goes_takes_all_it_gave() -> None:
    ref = ObjectRef("", "ClusterRoleBinding", "bot-reads", API)
    before = snapshot_of([role("reader", "pods"), binding("bot-reads", "reader")])
    (change,) = rights_changes(before, before.with_documents({ref: None}), [ref])
    assert [row.resource for row in change.lost] == ["pods"]
    assert change.kept == (0, 0)


def test_objects_that_grant_nothing_change_no_rights() -> None:
    pod = ObjectRef("ci", "Pod", "x")
    snapshot = snapshot_of([role("reader", "pods"), binding("bot-reads", "reader")])
    assert rights_changes(snapshot, snapshot, [pod]) == ()


def test_losing_everything_is_said_in_one_word() -> None:
    ref = ObjectRef("", "ClusterRoleBinding", "bot-is-god", API)
    everything = role("god")
    everything["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    before = snapshot_of([everything, binding("bot-is-god", "god")])
    (change,) = rights_changes(before, before.with_documents({ref: None}), [ref])
    assert change.words == "ServiceAccount ci/bot loses everything (cluster); keeps 0 rights on 0 resources"
