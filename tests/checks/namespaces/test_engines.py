"""Whether anything refuses pods, what webhooks leave out or send away, and who shares a namespace."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, KYVERNO_CLUSTER_POLICY, NAMESPACE
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Verdict
from tests.checks.control_plane.pods import static_pod
from tests.checks.secrets.test_secrets import account, granted, load_balancer, rule, web
from tests.checks.workloads.pods import (
    CHECKS,
    Tree,
    cluster,
    container,
    daemon_set,
    fixed,
    judged,
    severity,
    words,
)

ADMISSION = "admissionregistration.k8s.io/v1"
PODS = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
SECRETS = {**PODS, "resources": ["secrets"]}


def namespace(name: str = "shop", **labels: str) -> Tree:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def enforcing(level: str) -> Tree:
    return namespace("safe", **{"pod-security.kubernetes.io/enforce": level})


def webhooks(*hooks: Tree, kind: str = "ValidatingWebhookConfiguration") -> Tree:
    return {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": "policy"}, "webhooks": list(hooks)}


def hook(**fields: Any) -> Tree:
    service = {"service": {"namespace": "policy", "name": "policy"}}
    return {"name": "pods.policy.example", "clientConfig": service, "rules": [PODS], **fields}


def vap(*actions: str) -> list[Tree]:
    spec = {"matchConstraints": {"resourceRules": [PODS]}}
    policy = {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": spec,
    }
    bound = {"policyName": "p", "validationActions": list(actions)}
    kind = "ValidatingAdmissionPolicyBinding"
    return [policy, {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": "b"}, "spec": bound}]


def kyverno(*actions: str, usual: str = "", kind: str = "ClusterPolicy", **meta: str) -> Tree:
    rules = [
        {"name": f"rule-{n}", "validate": {"message": "no", **({"failureAction": action} if action else {})}}
        for n, action in enumerate(actions)
    ]
    spec = {"rules": rules, **({"validationFailureAction": usual} if usual else {})}
    return {"apiVersion": "kyverno.io/v1", "kind": kind, "metadata": {"name": "p", **meta}, "spec": spec}


def definition(name: str) -> Tree:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
    }


GATEKEEPER = definition("constrainttemplates.templates.gatekeeper.sh")


@pytest.mark.parametrize(
    ("documents", "verdict"),
    [
        ([namespace()], "fail"),
        ([namespace("kube-system")], ""),
        ([namespace(), enforcing("baseline")], ""),
        ([namespace(), enforcing("privileged")], "fail"),
        ([namespace(), *vap("Deny")], ""),
        ([namespace(), *vap("Audit", "Warn")], "fail"),
        ([namespace(), kyverno("Enforce")], ""),
        ([namespace(), kyverno("Audit")], "fail"),
        ([namespace(), webhooks(hook())], "unknown"),
        ([namespace(), webhooks(hook(rules=[SECRETS]))], "fail"),
        ([namespace(), GATEKEEPER], "unknown"),
        ([namespace(), static_pod("kube-apiserver", ["--admission-control-config-file=/a"])], "unknown"),
        ([namespace(), static_pod("kube-apiserver", [])], "fail"),
    ],
)
def test_whether_anything_refuses_pods(documents: list[Tree], verdict: str) -> None:
    found = judged("adm-none", cluster(*documents))
    assert [finding.verdict.value for finding in found] == ([verdict] if verdict else [])


def test_a_default_that_cannot_be_seen_is_told_with_the_finding() -> None:
    assert "not visible" in words("adm-none", namespace())[0]
    assert "not visible" not in words("adm-none", namespace(), static_pod("kube-apiserver", []))[0]


@pytest.mark.parametrize("kind", [NAMESPACE, CUSTOM_RESOURCE, KYVERNO_CLUSTER_POLICY])
def test_what_may_not_be_listed_may_refuse_pods(kind: Any) -> None:
    (finding,) = run_one(snapshot_of([namespace()], forbidden=[kind]), CHECKS["adm-none"]).findings
    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (kyverno("", usual="Audit"), ["/spec/validationFailureAction"]),
        (kyverno(""), ["/spec/validationFailureAction"]),
        (kyverno("", usual="enforce"), []),
        (kyverno("Audit", usual="Enforce"), ["/spec/rules/0/validate/failureAction"]),
        (kyverno("Enforce", "Audit"), ["/spec/rules/1/validate/failureAction"]),
        (kyverno("Enforce"), []),
        (kyverno("Audit", kind="Policy", namespace="shop"), ["/spec/rules/0/validate/failureAction"]),
        ({**kyverno(), "spec": {"rules": [{"name": "m", "mutate": {}}]}}, []),
    ],
)
def test_kyverno_policies_that_only_report(policy: Tree, told: list[str]) -> None:
    found = judged("adm-kyverno-audit", cluster(policy))
    assert [piece.path for finding in found for piece in finding.evidence] == told


@pytest.mark.parametrize("policy", [kyverno("Enforce", "Audit", ""), kyverno(""), kyverno("", usual="audit")])
def test_the_fix_makes_every_rule_refuse(policy: Tree) -> None:
    fixed("adm-kyverno-audit", policy)


def test_constraints_of_gatekeeper_are_unknown_not_fine() -> None:
    (finding,) = judged("adm-kyverno-audit", cluster(GATEKEEPER))
    assert (finding.verdict, finding.subject) == (Verdict.UNKNOWN, CLUSTER)
    assert "Gatekeeper" in finding.reason


def selector(key: str, operator: str = "DoesNotExist", *values: str) -> Tree:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


NAMES = selector("kubernetes.io/metadata.name", "NotIn", "kube-system")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, ""),
        ({"objectSelector": selector("skip")}, "medium"),
        ({"objectSelector": {"matchLabels": {"checked": "yes"}}}, "medium"),
        ({"namespaceSelector": selector("skip")}, "low"),
        ({"namespaceSelector": NAMES}, ""),
        ({"matchConditions": [{"name": "c", "expression": "!('x' in object.metadata.labels)"}]}, "medium"),
        ({"matchConditions": [{"name": "c", "expression": "request.userInfo.username != 'x'"}]}, ""),
        ({"objectSelector": selector("skip"), "rules": [SECRETS]}, ""),
    ],
)
def test_selectors_by_which_a_webhook_is_stepped_around(fields: Tree, wanted: str) -> None:
    assert severity("adm-ns-bypass", webhooks(hook(**fields))) == wanted


def test_a_label_of_namespaces_that_the_engine_guards_itself_is_no_way_around() -> None:
    guard = hook(
        name="labels.policy.example", rules=[{**PODS, "operations": ["*"], "resources": ["namespaces"]}]
    )
    assert severity("adm-ns-bypass", webhooks(hook(namespaceSelector=selector("skip")), guard)) == ""


def service(**spec: Any) -> Tree:
    meta = {"name": "policy", "namespace": "policy"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://policy.example/validate", "medium"),
        ("https://192.0.2.9:8443/", "medium"),
        ("https://[::1", "medium"),
        ("https://127.0.0.1:9443/", ""),
        ("https://[::1]:9443/", ""),
        ("https://policy.policy.svc:443/", ""),
        ("https://10.96.0.7/", ""),
    ],
)
def test_webhooks_outside_of_the_cluster(url: str, wanted: str) -> None:
    documents = [webhooks(hook(clientConfig={"url": url})), service(clusterIP="10.96.0.7")]
    assert severity("adm-webhook-external", *documents) == wanted


def test_a_webhook_outside_that_gets_secrets_is_worse() -> None:
    outside = hook(clientConfig={"url": "https://policy.example/"}, rules=[SECRETS])
    assert severity("adm-webhook-external", webhooks(outside)) == "high"
    elsewhere = service(type="ExternalName", externalName="policy.example")
    assert severity("adm-webhook-external", webhooks(hook()), elsewhere) == "medium"
    assert severity("adm-webhook-external", webhooks(hook()), service()) == ""


def test_webhooks_that_may_rewrite_pods_are_listed() -> None:
    kind = "MutatingWebhookConfiguration"
    (told,) = words("adm-mutating-inventory", webhooks(hook(), hook(rules=[SECRETS]), kind=kind))
    assert told == "webhook pods.policy.example, answered by Service policy/policy, may rewrite pods"


POWERFUL: list[list[Tree]] = [
    [daemon_set(container(securityContext={"privileged": True}), name="agent")],
    [daemon_set(name="agent", hostPID=True)],
    [
        daemon_set(name="agent", serviceAccountName="strong"),
        account("strong"),
        *granted(
            rule("secrets", "list"), subject={"kind": "ServiceAccount", "name": "strong", "namespace": "shop"}
        ),
    ],
]


@pytest.mark.parametrize("powerful", POWERFUL)
def test_exposed_beside_powerful(powerful: list[Tree]) -> None:
    open_one = [namespace(), web(), account(), load_balancer()]
    (told,) = words("ns-mixed-trust", *open_one, *powerful)
    assert told.startswith("DaemonSet shop/agent")
    assert "DaemonSet shop/web, which the internet reaches" in told
    assert not words("ns-mixed-trust", namespace(), web(), account(), *powerful)


def test_one_workload_alone_shares_with_nobody() -> None:
    both = daemon_set(
        container(ports=[{"containerPort": 8080}], securityContext={"privileged": True}),
        serviceAccountName="web",
    )
    assert not words("ns-mixed-trust", namespace(), both, account(), load_balancer())
