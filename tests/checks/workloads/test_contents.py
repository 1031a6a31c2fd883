"""Checks of images, limits, credentials, accounts and places judge what the whole cluster says of them."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import CLUSTER_ROLE_BINDING, LIMIT_RANGE, SERVICE_ACCOUNT, Kind
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
    live,
    severity,
    spec_of,
    words,
)

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("image", "floats"),
    [
        ("nginx", True),
        ("nginx:latest", True),
        ("registry.example:5000/nginx", True),
        ("registry.example:5000/nginx:1.27", False),
        ("nginx:1.27", False),
        (f"nginx@{DIGEST}", False),
        (f"nginx:latest@{DIGEST}", False),
        ("nginx:latest-alpine", False),
        ("", False),
    ],
)
def test_an_image_floats_without_tag_or_with_latest(image: str, floats: bool) -> None:
    assert bool(words("img-latest", daemon_set(container(image=image)))) is floats


def running(image_id: str) -> Tree:
    return {"containerStatuses": [{"name": "app", "imageID": image_id}]}


def test_an_image_is_pinned_to_what_all_its_pods_run() -> None:
    tree = daemon_set(container(image="nginx:latest"))
    pods = [live(tree, name=f"web-{n}", status=running(f"docker.io/library/nginx@{DIGEST}")) for n in "ab"]
    after = fixed("img-latest", tree, *pods)
    assert spec_of(after, tree)["containers"][0]["image"] == f"nginx:latest@{DIGEST}"


@pytest.mark.parametrize("other", [f"docker.io/library/nginx@sha256:{'f' * 64}", DIGEST, "nginx@sha256:beef"])
def test_an_image_is_not_pinned_when_pods_differ_or_hold_a_local_image(other: str) -> None:
    tree = daemon_set(container(image="nginx"))
    first = f"docker.io/library/nginx@{DIGEST}" if other.startswith("docker") else other
    pods = [live(tree, name="a", status=running(first)), live(tree, name="b", status=running(other))]
    assert fix("img-latest", cluster(tree, *pods)).risk is Risk.MANUAL


def limit_range(**item: Tree) -> Tree:
    meta = {"name": "defaults", "namespace": "shop"}
    spec = {"limits": [{"type": "Container", **item}]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": meta, "spec": spec}


@pytest.mark.parametrize(
    ("resources", "spec", "others", "expected"),
    [
        ({}, {}, [], "low"),
        ({"limits": {"memory": "128Mi"}}, {}, [], ""),
        ({"limits": {"memory": "0"}}, {}, [], "low"),
        ({"limits": {"cpu": "1"}}, {}, [], "low"),
        ({}, {"resources": {"limits": {"memory": "1Gi"}}}, [], ""),
        ({}, {}, [limit_range(default={"memory": "256Mi"})], ""),
        ({}, {}, [limit_range(max={"memory": "1Gi"})], ""),
        ({}, {}, [limit_range(default={"cpu": "1"})], "low"),
        ({}, {}, [limit_range(defaultRequest={"memory": "64Mi"})], "low"),
        (
            {},
            {},
            [{**limit_range(default={"memory": "1Gi"}), "metadata": {"name": "x", "namespace": "b"}}],
            "low",
        ),
    ],
)
def test_a_memory_limit_may_come_from_container_pod_or_namespace(
    resources: Tree, spec: Tree, others: list[Tree], expected: str
) -> None:
    tree = daemon_set(container(resources=resources), **spec)
    assert severity("wl-no-memory-limit", tree, *others) == expected


def test_without_the_limit_ranges_a_missing_limit_is_unknown() -> None:
    found = run_one(snapshot_of([daemon_set()], forbidden=[LIMIT_RANGE]), CHECKS["wl-no-memory-limit"])
    assert [finding.verdict for finding in found.findings] == [Verdict.UNKNOWN]
    assert found.tally.passed == 0


def test_a_limit_is_never_invented() -> None:
    asked = container(resources={"requests": {"memory": "64Mi"}})
    made = fix("wl-no-memory-limit", cluster(daemon_set(asked, container("other"))))
    assert made.risk is Risk.MANUAL
    assert made.changes == ()


SECRET_VALUE = "hunter2-not-a-real-one"


def test_a_literal_credential_is_told_by_its_variable_and_never_by_its_value() -> None:
    tree = daemon_set(container(env=[{"name": "DB_PASSWORD", "value": SECRET_VALUE}]))
    snapshot = cluster(tree)
    (finding,) = judged("sec-env-literal", snapshot)
    assert "DB_PASSWORD" in finding.words
    assert finding.evidence[0].path == "/spec/template/spec/containers/0/env/0/value"
    assert SECRET_VALUE not in repr(finding) + repr(fix("sec-env-literal", snapshot))


@pytest.mark.parametrize(
    "variable",
    [
        {"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"},
        {"name": "DB_PASSWORD", "value": ""},
        {"name": "USE_TOKEN", "value": "true"},
        {"name": "DB_PASSWORD", "value": "$(OTHER)"},
        {"name": "DB_URL", "value": "postgres://db.shop:5432/app"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
    ],
)
def test_what_is_no_literal_credential_is_let_be(variable: Tree) -> None:
    assert words("sec-env-literal", daemon_set(container(env=[variable]))) == []


def account(name: str, **fields: object) -> Tree:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, **fields}


def bound(kind: str, name: str, namespace: str = "") -> list[Tree]:
    """A ClusterRole and its binding to one subject."""
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}
    role = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    ref = {"apiGroup": rbac, "kind": "ClusterRole", "name": "reader"}
    binding = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "readers"}}
    return [{**role, "rules": rules}, {**binding, "subjects": [subject], "roleRef": ref}]


@pytest.mark.parametrize(
    ("spec", "others", "expected"),
    [
        ({}, [], "low"),
        ({"automountServiceAccountToken": False}, [], ""),
        ({"serviceAccountName": "a"}, [account("a", automountServiceAccountToken=False)], ""),
        (
            {"serviceAccountName": "a", "automountServiceAccountToken": True},
            [account("a", automountServiceAccountToken=False)],
            "low",
        ),
        (
            {"serviceAccountName": "a", "automountServiceAccountToken": False},
            [account("a", automountServiceAccountToken=True)],
            "",
        ),
        ({"serviceAccount": "a"}, [account("a", automountServiceAccountToken=False)], ""),
        ({"serviceAccountName": "a"}, bound("ServiceAccount", "a", "shop"), "medium"),
        ({"serviceAccountName": "a"}, bound("User", "system:serviceaccount:shop:a"), "medium"),
        ({"serviceAccountName": "a"}, bound("Group", "system:serviceaccounts:shop"), "medium"),
        ({"serviceAccountName": "a"}, bound("ServiceAccount", "a", "other"), "low"),
        ({"serviceAccountName": "a"}, bound("Group", "system:authenticated"), "low"),
    ],
)
def test_the_token_is_mounted_by_the_word_of_pod_then_account(
    spec: Tree, others: list[Tree], expected: str
) -> None:
    assert severity("sec-automount", daemon_set(**spec), *others) == expected


@pytest.mark.parametrize("kind", [SERVICE_ACCOUNT, CLUSTER_ROLE_BINDING])
def test_without_accounts_or_bindings_the_token_is_unknown(kind: Kind[Any]) -> None:
    found = run_one(snapshot_of([daemon_set()], forbidden=[kind]), CHECKS["sec-automount"])
    assert {finding.verdict for finding in found.findings} == {Verdict.UNKNOWN}


def test_a_new_account_takes_a_free_name_and_the_pull_secrets_of_the_old_one() -> None:
    shared = account("default", imagePullSecrets=[{"name": "registry"}])
    after = fixed("sec-default-sa", daemon_set(), shared, account("web"))
    made = after.find(SERVICE_ACCOUNT, "web-2", "shop")
    assert made is not None
    assert [secret.name for secret in made.image_pull_secrets] == ["registry"]
    assert made.automount_service_account_token is False


@pytest.mark.parametrize(
    ("annotations", "lost"),
    [
        ({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x"}, "eks.amazonaws.com/role-arn"),
        ({"note": "x"}, ""),
    ],
)
def test_a_new_account_has_not_the_cloud_identity_of_the_old_one_which_is_said(
    annotations: Tree, lost: str
) -> None:
    shared = {
        **account("default"),
        "metadata": {"name": "default", "namespace": "shop", "annotations": annotations},
    }
    offered = fix("sec-default-sa", cluster(daemon_set(), shared))
    assert ("identity in the cloud" in offered.may_break) is bool(lost)
    assert lost in offered.may_break


def test_the_default_account_is_worse_when_something_is_bound_to_it() -> None:
    assert severity("sec-default-sa", daemon_set()) == "low"
    assert severity("sec-default-sa", daemon_set(), *bound("ServiceAccount", "default", "shop")) == "high"
    assert severity("sec-default-sa", daemon_set(serviceAccountName="web")) == ""


@pytest.mark.parametrize(
    ("name", "fields", "found"),
    [
        ("node-tuner", {}, True),
        ("kube-proxy", {}, False),
        ("aws-node", {}, False),
        ("awsome", {}, True),
        ("anything", {"priorityClassName": "system-node-critical"}, False),
    ],
)
def test_a_stranger_in_a_system_namespace_is_told_from_an_add_on(
    name: str, fields: Tree, found: bool
) -> None:
    tree = daemon_set(name=name, namespace="kube-system", **fields)
    assert bool(words("wl-system-namespace-user", tree)) is found


def test_a_stranger_in_a_system_namespace_is_not_filed_under_the_system() -> None:
    (finding,) = judged("wl-system-namespace-user", cluster(daemon_set(name="x", namespace="kube-system")))
    assert not finding.system
