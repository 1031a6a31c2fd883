"""What refuses external IPs of Services, and what only may."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import ADMISSION_BINDING, ADMISSION_POLICY, POD, VALIDATING_WEBHOOK, Kind
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import PatchType, Risk
from ksec_tui.findings.verdict import Verdict
from tests.checks.versions.test_fitting import static
from tests.checks.versions.worlds import TODAY, cluster, fixed, judged

ADMISSION = "admissionregistration.k8s.io/v1"


def server(*flags: str) -> dict[str, Any]:
    pod = static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.35.9")
    pod["spec"]["containers"][0]["command"] = ["kube-apiserver", *flags]
    return pod


def policy(expression: str, *actions: str) -> list[dict[str, Any]]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["services"]}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression}]}
    bound = {"policyName": "p", "validationActions": list(actions)}
    meta = {"name": "p"}
    return [
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": meta, "spec": spec},
        {
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": meta,
            "spec": bound,
        },
    ]


def webhook(resource: str) -> dict[str, Any]:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": [resource]}
    hook = {"name": "policy.example.org", "rules": [rule]}
    meta = {"name": "engine"}
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": meta,
        "webhooks": [hook],
    }


SPEAKS = "!has(object.spec.externalIPs)"
FILES = "--admission-control-config-file=/a"


@pytest.mark.parametrize(
    ("version", "objects", "expected"),
    [
        ("v1.35.9", [server()], Verdict.FAIL),
        ("v1.35.9", [server("--enable-admission-plugins=DenyServiceExternalIPs")], None),
        ("v1.35.9", [server(), *policy(SPEAKS, "Deny")], None),
        ("v1.35.9", [server(), *policy(SPEAKS, "Audit")], Verdict.FAIL),
        ("v1.35.9", [server(), *policy("has(object.spec.ports)", "Deny")], Verdict.FAIL),
        ("v1.35.9", [server(), webhook("services")], Verdict.UNKNOWN),
        ("v1.35.9", [server(), webhook("*")], Verdict.UNKNOWN),
        ("v1.35.9", [server(), webhook("nodes")], Verdict.FAIL),
        ("v1.35.9", [server(FILES)], Verdict.FAIL),
        ("v1.36.5", [server(FILES)], Verdict.UNKNOWN),
        ("", [server(FILES)], Verdict.UNKNOWN),
        ("v1.35.9-eks-3cfe0ce", [], Verdict.UNKNOWN),
        ("v1.35.9-gke.1640000", [], Verdict.UNKNOWN),
    ],
)
def test_only_what_is_seen_not_to_be_refused_is_told(
    version: str, objects: list[dict[str, Any]], expected: Verdict | None
) -> None:
    found = judged("adm-external-ips", cluster(version, *objects))
    assert [item.verdict for item in found] == ([] if expected is None else [expected])


def unreadable(kind: Kind[Any]) -> Snapshot:
    head = {"kind": "Cluster", "serverVersion": "v1.35.9", "today": TODAY}
    return snapshot_of([head, *([] if kind is POD else [server()])], forbidden=(kind,))


@pytest.mark.parametrize("kind", [POD, ADMISSION_POLICY, ADMISSION_BINDING, VALIDATING_WEBHOOK])
def test_what_was_not_read_may_refuse_them(kind: Kind[Any]) -> None:
    (found,) = judged("adm-external-ips", unreadable(kind))
    assert found.verdict is Verdict.UNKNOWN


def test_the_fix_is_a_policy_where_the_server_has_them_and_a_plugin_before() -> None:
    new = fixed("adm-external-ips", cluster("v1.30.0", server()))
    assert new is not None
    assert [(change.type, change.target.kind) for change in new.changes] == [
        (PatchType.CREATE, "ValidatingAdmissionPolicy"),
        (PatchType.CREATE, "ValidatingAdmissionPolicyBinding"),
    ]
    old = fixed("adm-external-ips", cluster("v1.29.9", server()))
    assert old is not None
    assert old.risk is Risk.MANUAL
    assert any("DenyServiceExternalIPs" in step for step in old.steps)
