"""Checks of namespaces and admission judge the server's reading, and patch only what keeps things running."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import ENDPOINT_SLICE, POD, RESOURCE_QUOTA
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Verdict
from tests.checks.workloads.pods import (
    CHECKS,
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    judged,
    secured,
    severity,
    words,
)

PSA = "pod-security.kubernetes.io/"
LEVELS = ("ns-psa-missing", "ns-psa-warn-only", "ns-psa-privileged", "ns-psa-invalid-label")


def namespace(name: str = "shop", **labels: str) -> Tree:
    """A namespace; ``warn_version`` stands for the label of that name."""
    said = {PSA + key.replace("_", "-"): value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": said}}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, {"ns-psa-missing"}),
        ({"enforce": "baseline"}, set()),
        ({"enforce": "restricted", "enforce_version": "v1.30"}, set()),
        ({"enforce": "privileged"}, {"ns-psa-privileged"}),
        ({"enforce": "Baseline"}, {"ns-psa-invalid-label"}),
        ({"enforce_version": "v1.30"}, {"ns-psa-missing"}),
        ({"warn": "restricted"}, {"ns-psa-warn-only"}),
        ({"audit": "baseline", "warn": "privileged"}, {"ns-psa-warn-only"}),
        ({"warn": "privileged"}, {"ns-psa-missing"}),
        ({"warn": "Restricted"}, {"ns-psa-warn-only", "ns-psa-invalid-label"}),
        ({"warn": "priviledged"}, {"ns-psa-missing", "ns-psa-invalid-label"}),
        ({"enforce": "baseline", "audit_version": "1.30"}, {"ns-psa-invalid-label"}),
    ],
)
def test_what_the_labels_of_a_namespace_come_to(labels: dict[str, str], expected: set[str]) -> None:
    snapshot = cluster(namespace(**labels))
    assert {check for check in LEVELS if judged(check, snapshot)} == expected
    for check in expected:
        fixed(check, namespace(**labels))


def test_spelling_labels_out_keeps_what_the_server_enforces() -> None:
    after = fixed("ns-psa-invalid-label", namespace(enforce="basline", warn="basline"))
    (found,) = after.of(next(kind for kind in CHECKS["ns-psa-missing"].kinds if kind.plural == "namespaces"))
    assert found.metadata.labels == {f"{PSA}enforce": "restricted", f"{PSA}warn": "baseline"}


def test_baseline_is_enforced_only_when_everything_seen_passes_it() -> None:
    fine = fix("ns-psa-missing", cluster(namespace(), daemon_set()))
    assert fine.risk is Risk.SAFE
    assert len(fine.changes) == 1
    stopped = fix(
        "ns-psa-missing", cluster(namespace(), daemon_set(), daemon_set(hostPID=True, name="agent"))
    )
    assert stopped.risk is Risk.MANUAL
    assert stopped.steps[0] == "These would be refused: DaemonSet agent (host namespaces)."


def test_baseline_is_not_proposed_when_pods_cannot_be_seen() -> None:
    made = fix("ns-psa-missing", snapshot_of([namespace()], forbidden=[POD]))
    assert made.risk is Risk.MANUAL
    assert "could be read" in made.steps[0]


def test_the_systems_namespaces_may_be_privileged() -> None:
    assert severity("ns-psa-privileged", namespace("kube-system", enforce="privileged")) == ""


@pytest.mark.parametrize(
    ("pinned", "server", "verdict"),
    [
        ("v1.30", "v1.33.1", None),
        ("v1.29", "v1.33.1", Verdict.FAIL),
        ("v1.34", "v1.33.1", Verdict.FAIL),
        ("v1.33", "v1.33.1", None),
        ("latest", "v1.33.1", None),
        ("v1.29", "", Verdict.UNKNOWN),
    ],
)
def test_a_pinned_policy_is_measured_against_the_server(
    pinned: str, server: str, verdict: Verdict | None
) -> None:
    snapshot = cluster(namespace(enforce="baseline", enforce_version=pinned), version=server)
    found = judged("ns-psa-version-lag", snapshot)
    assert [finding.verdict for finding in found] == ([verdict] if verdict else [])


def test_the_namespace_default_names_what_runs_in_it() -> None:
    tree = daemon_set(namespace="default")
    assert words("ns-default-used", namespace("default"), namespace("shop"), tree, daemon_set()) == [
        "DaemonSet web runs in the namespace default"
    ]


def quota(**hard: str) -> Tree:
    meta = {"name": "compute", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard}}


def test_a_quota_that_bounds_something_is_enough() -> None:
    assert severity("ns-no-quota", namespace()) == "low"
    assert severity("ns-no-quota", namespace(), quota(**{"limits.memory": "4Gi"})) == ""
    assert severity("ns-no-quota", namespace(), quota()) == "low"
    assert severity("ns-no-quota", namespace("kube-system")) == ""


def test_a_quota_leaves_room_for_twice_what_runs() -> None:
    pods: list[Tree] = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number}", "namespace": "shop"},
            "spec": {"containers": [container()]},
            "status": {"phase": "Running" if number < 33 else "Succeeded"},
        }
        for number in range(50)
    ]
    after = fixed("ns-no-quota", namespace(), *pods)
    assert [item.spec.hard for item in after.of(RESOURCE_QUOTA)] == [{"pods": "70"}]


def test_default_limits_are_missed_only_where_containers_have_none() -> None:
    limited = daemon_set(container(resources={"limits": {"memory": "1Gi"}}))
    assert severity("ns-no-limitrange", namespace(), limited) == ""
    assert severity("ns-no-limitrange", namespace()) == ""
    assert severity("ns-no-limitrange", namespace(), daemon_set()) == "info"


def webhook(kind: str = "ValidatingWebhookConfiguration", **fields: Any) -> Tree:
    hook = {
        "name": "pods.policy.example",
        "clientConfig": {"service": {"namespace": "policy", "name": "policy"}},
        "failurePolicy": "Ignore",
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "resources": ["pods"]}],
        **fields,
    }
    version = "admissionregistration.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "policy"}, "webhooks": [hook]}


def test_a_webhook_for_its_own_resources_may_fail_open() -> None:
    rules = [{"operations": ["*"], "apiGroups": ["cert-manager.io"], "resources": ["*/*"]}]
    assert severity("adm-fail-open", webhook(rules=rules)) == ""
    assert severity("adm-fail-open", webhook()) == "medium"
    assert severity("adm-fail-open", webhook(failurePolicy="Fail")) == ""


def test_a_webhook_that_guards_the_labels_of_namespaces_must_not_fail_open() -> None:
    rules = [{"operations": ["CREATE", "UPDATE"], "apiGroups": [""], "resources": ["namespaces"]}]
    assert severity("adm-fail-open", webhook(rules=rules)) == "medium"


def test_a_webhook_is_not_made_to_fail_closed_while_hardly_anyone_answers() -> None:
    made = fix("adm-fail-open", cluster(webhook()))
    assert made.risk is Risk.MANUAL
    assert made.changes == ()


def test_a_dead_mutating_webhook_is_found_and_one_by_url_is_not_judged() -> None:
    found = words("adm-webhook-dead", webhook("MutatingWebhookConfiguration"))
    assert found == [
        "Service policy/policy of webhook pods.policy.example does not exist: nothing is checked"
    ]
    assert words("adm-webhook-dead", webhook(clientConfig={"url": "https://policy.example"})) == []


def test_without_endpoints_nobody_is_called_dead() -> None:
    found = run_one(snapshot_of([webhook()], forbidden=[ENDPOINT_SLICE]), CHECKS["adm-webhook-dead"])
    assert {finding.verdict for finding in found.findings} == {Verdict.UNKNOWN}


def test_the_home_of_a_webhook_may_be_exempt_from_it() -> None:
    selector = {"matchExpressions": [{"key": f"{PSA}enforce", "operator": "DoesNotExist"}]}
    hook = webhook(namespaceSelector=selector)
    assert severity("ns-admission-exempt", namespace("policy", enforce="baseline"), hook) == ""
    assert severity("ns-admission-exempt", namespace("shop", enforce="baseline"), hook) == "medium"


def policy(**spec: Any) -> Tree:
    version = "admissionregistration.k8s.io/v1"
    kind = "ValidatingAdmissionPolicy"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "p"}, "spec": spec}


def binding(name: str, *actions: str, of: str = "p") -> Tree:
    spec = {"policyName": of, "validationActions": list(actions)}
    return {**policy(**spec), "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([policy()], ["no binding refers to it: it is never evaluated"]),
        ([policy(), binding("b", "Deny", of="q")], ["no binding refers to it: it is never evaluated"]),
        ([policy(), binding("b", "Deny")], []),
        ([policy(), binding("a", "Audit"), binding("b", "Deny", "Audit")], []),
        (
            [policy(), binding("b", "Warn", "Audit")],
            ["binding b asks for Warn and Audit: nothing is refused"],
        ),
        (
            [policy(failurePolicy="Ignore"), binding("b", "Deny")],
            ["what makes its expression fail is admitted"],
        ),
    ],
)
def test_when_an_admission_policy_is_without_effect(documents: list[Tree], expected: list[str]) -> None:
    assert words("adm-vap-unbound", *documents) == expected


def test_a_binding_that_warns_is_made_to_deny_since_it_cannot_do_both() -> None:
    after = fixed("adm-vap-unbound", policy(failurePolicy="Ignore"), binding("b", "Warn", "Audit"))
    kinds = CHECKS["adm-vap-unbound"].kinds
    (bound,) = after.of(next(kind for kind in kinds if kind.plural.endswith("bindings")))
    assert bound.spec.validation_actions == ("Deny", "Audit")


def test_root_in_a_namespace_does_not_stand_against_baseline() -> None:
    fixed("ns-psa-missing", namespace(), daemon_set(secured(runAsUser=0)))
