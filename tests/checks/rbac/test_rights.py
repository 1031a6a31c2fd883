"""Checks of single rights judge what a binding really gives, where it gives it, and to whom."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from tests.checks.rbac.worlds import (
    ANN,
    GROUP,
    Tree,
    account,
    binding,
    fails,
    group,
    judged,
    role,
    rule,
    severities,
    version,
)

HOOKS = "admissionregistration.k8s.io"
WRITE_BINDINGS = rule("clusterrolebindings rolebindings", "create", GROUP)


@pytest.mark.parametrize(
    ("check", "rules", "cluster", "inside"),
    [
        ("rbac-secrets-list", [rule("secrets", "watch")], ["critical"], ["high"]),
        ("rbac-secrets-list", [rule("secrets", "get")], [], []),
        ("rbac-secrets-list", [rule("secrets", "list", "v1")], [], []),
        ("rbac-secrets-list", [rule("secrets", "list", "example.com")], [], []),
        ("rbac-secrets-list", [rule("*", "list", "example.com")], [], []),
        ("rbac-secrets-list", [rule("secrets", "list", "*")], ["critical"], ["high"]),
        ("rbac-secrets-list", [rule("Secrets", "list")], [], []),
        ("rbac-secrets-list", [rule("secrets/*", "list")], [], []),
        ("rbac-secrets-list", [rule("secrets", "list", names="tls")], ["high"], ["medium"]),
        ("rbac-secrets-get", [rule("secrets", "get")], ["high"], ["medium"]),
        ("rbac-secrets-get", [rule("secrets", "get", names="tls")], ["medium"], ["low"]),
        ("rbac-secrets-get", [rule("configmaps", "get"), rule("secrets", "create")], [], []),
        ("rbac-pod-create", [rule("pods", "create")], ["critical"], ["high"]),
        ("rbac-pod-create", [rule("pods", "create", names="web")], [], []),
        ("rbac-pod-create", [rule("pods", "create patch", names="web")], ["high"], ["medium"]),
        ("rbac-pod-create", [rule("pods/log", "create")], [], []),
        ("rbac-pod-exec", [rule("pods", "create")], [], []),
        ("rbac-pod-exec", [rule("*/exec", "create")], ["critical"], ["high"]),
        ("rbac-pod-exec", [rule("pods/*", "create")], [], []),
        ("rbac-pod-exec", [rule("pods/attach", "create", names="web")], ["high"], ["medium"]),
        ("rbac-token-request", [rule("serviceaccounts/token", "create")], ["critical"], ["high"]),
        ("rbac-token-request", [rule("serviceaccounts/token", "create", "authentication.k8s.io")], [], []),
        ("rbac-token-request", [rule("serviceaccounts/token", "create", names="ci")], ["high"], ["medium"]),
        ("rbac-nodes-proxy", [rule("nodes/proxy", "get")], ["critical"], []),
        ("rbac-nodes-proxy", [rule("nodes", "get")], [], []),
        ("rbac-nodes-proxy", [rule("*", "get")], ["critical"], []),
        ("rbac-webhook-write", [rule("mutatingwebhookconfigurations", "patch", HOOKS)], ["critical"], []),
        (
            "rbac-webhook-write",
            [rule("mutatingwebhookconfigurations", "deletecollection", HOOKS, "x")],
            [],
            [],
        ),
        ("rbac-webhook-write", [rule("validatingwebhookconfigurations", "get list", HOOKS)], [], []),
        ("rbac-impersonate-user", [rule("users", "impersonate")], ["critical"], []),
        ("rbac-impersonate-user", [rule("users", "*", names="bob")], ["high"], []),
        ("rbac-impersonate-sa", [rule("serviceaccounts", "impersonate")], ["critical"], ["high"]),
        ("rbac-impersonate-group", [rule("groups", "impersonate")], [], []),
        ("rbac-impersonate-group", [rule("groups users", "impersonate")], ["critical"], []),
        (
            "rbac-impersonate-group",
            [rule("groups", "impersonate", names="dev"), rule("users", "impersonate")],
            [],
            [],
        ),
        (
            "rbac-impersonate-group",
            [rule("groups", "impersonate", names="system:masters"), rule("users", "impersonate")],
            ["critical"],
            [],
        ),
        ("rbac-escalate", [rule("clusterroles", "escalate", GROUP)], [], []),
        ("rbac-escalate", [rule("clusterroles", "escalate update", GROUP)], ["critical"], []),
        ("rbac-escalate", [rule("roles", "escalate patch", GROUP)], ["critical"], ["high"]),
        ("rbac-escalate", [rule("roles", "escalate", GROUP), rule("clusterroles", "update", GROUP)], [], []),
        ("rbac-bind", [rule("clusterroles", "bind", GROUP)], [], []),
        ("rbac-bind", [rule("clusterroles", "bind", GROUP), WRITE_BINDINGS], ["critical"], ["high"]),
        ("rbac-bind", [rule("rolebindings", "bind create", GROUP)], [], []),
        ("rbac-bind", [rule("roles", "bind", GROUP, "reader"), WRITE_BINDINGS], ["high"], ["medium"]),
        ("rbac-wildcard-verb", [rule("secrets", "*")], ["high"], ["medium"]),
        ("rbac-wildcard-verb", [rule("widgets", "*", "example.com")], ["low"], ["low"]),
        ("rbac-wildcard-resource", [rule("*", "get")], ["critical"], ["high"]),
        ("rbac-wildcard-resource", [rule("*", "list watch")], ["high"], ["high"]),
        ("rbac-wildcard-resource", [rule("*", "*", "example.com")], [], []),
        ("rbac-wildcard-resource", [rule("*", "*", "apps")], ["high"], ["medium"]),
        ("rbac-cluster-admin", [rule("*", "*", "*")], ["critical"], ["high"]),
        ("rbac-cluster-admin", [rule("*", "*")], [], []),
        ("rbac-cluster-admin", [rule("*", "*", "*", names="x")], [], []),
        ("rbac-cluster-admin", [rule("*", "get", "*"), rule("pods", "*", "*")], [], []),
    ],
)
def test_a_right_counts_only_where_the_api_server_would_grant_it(
    check: str, rules: list[Tree], cluster: list[str], inside: list[str]
) -> None:
    server = version("v1.35.0")
    assert severities(check, server, role(*rules), binding(ANN)) == cluster
    assert severities(check, server, role(*rules), binding(ANN, namespace="shop")) == inside


def test_a_namespace_whose_pods_are_powerful_counts_as_the_whole_cluster() -> None:
    assert severities(
        "rbac-secrets-list", role(rule("secrets", "list")), binding(ANN, namespace="kube-system")
    ) == ["critical"]


def test_a_right_for_everyone_is_one_step_worse() -> None:
    documents = (role(rule("secrets", "get")), binding(group("system:authenticated"), namespace="shop"))
    assert severities("rbac-secrets-get", *documents) == ["high"]


def test_get_opens_a_shell_before_1_35_only() -> None:
    documents = (role(rule("pods/exec", "get")), binding(ANN))
    assert severities("rbac-pod-exec", version("v1.34.2"), *documents) == ["critical"]
    assert judged("rbac-pod-exec", version("v1.35.0"), *documents).tally.passed == 1
    unknown = judged("rbac-pod-exec", *documents)
    assert [finding.verdict for finding in unknown.findings] == [Verdict.UNKNOWN]
    assert "1.35" in unknown.findings[0].reason


def test_write_access_that_completes_bind_may_come_from_another_binding() -> None:
    documents = [
        role(rule("clusterroles", "bind", GROUP)),
        binding(ANN),
        role(WRITE_BINDINGS, name="writer", namespace="shop"),
    ]
    other = binding(ANN, to="Role/writer", namespace="shop", name="writers")
    stranger = binding(group("dev"), to="Role/writer", namespace="shop", name="writers")
    assert [finding.subject.name for finding in fails("rbac-bind", *documents, other)] == ["b"]
    assert fails("rbac-bind", *documents, stranger) == []


def test_write_access_in_an_unread_role_leaves_bind_open() -> None:
    documents = (
        role(rule("roles", "bind", GROUP), namespace="shop"),
        binding(ANN, to="Role/r", namespace="shop"),
        binding(ANN, to="ClusterRole/writer", namespace="shop", name="writers"),
    )
    result = judged("rbac-bind", *documents, forbidden=(CLUSTER_ROLE,))
    assert _by_verdict(result.findings, Verdict.UNKNOWN) == ["RoleBinding shop/b", "Cluster cluster"]
    assert result.tally.passed == 0


def test_a_right_that_is_useless_alone_is_unknown_in_a_role_that_was_not_read() -> None:
    edit = binding(ANN, to="ClusterRole/edit", namespace="shop")
    for check in ("rbac-bind", "rbac-escalate"):
        assert [finding.verdict for finding in judged(check, edit).findings] == [Verdict.UNKNOWN]


def test_what_no_role_binding_can_give_needs_no_look_at_its_role() -> None:
    edit = binding(ANN, to="ClusterRole/edit", namespace="shop")
    for check in (
        "rbac-nodes-proxy",
        "rbac-webhook-write",
        "rbac-impersonate-user",
        "rbac-impersonate-group",
    ):
        assert judged(check, edit).tally.not_applicable == 1


def test_whoever_may_do_everything_is_told_so_once() -> None:
    documents = (role(rule("*", "*", "*")), binding(ANN))
    for check in (
        "rbac-secrets-list",
        "rbac-pod-exec",
        "rbac-wildcard-verb",
        "rbac-wildcard-resource",
        "rbac-bind",
    ):
        assert judged(check, *documents).tally.not_applicable == 1


def test_cluster_admin_in_manifests_needs_no_copy_of_the_default_role() -> None:
    assert severities("rbac-cluster-admin", binding(ANN, to="ClusterRole/cluster-admin")) == ["critical"]


def test_a_default_role_that_was_not_read_is_unknown_and_not_absent() -> None:
    edit = binding(ANN, to="ClusterRole/edit", namespace="shop")
    for check in ("rbac-secrets-list", "hyg-dangling-role"):
        assert [finding.verdict for finding in judged(check, edit).findings] == [Verdict.UNKNOWN]


def test_evidence_names_subject_right_and_place_and_points_into_the_role() -> None:
    rules = (rule("pods", "get"), rule("secrets", "list watch", names="tls"))
    documents = (
        role(*rules, namespace="shop"),
        binding(account("web"), ANN, to="Role/r", namespace="shop"),
    )
    (finding,) = fails("rbac-secrets-list", *documents)
    piece = finding.evidence[0]
    assert piece.path == "/rules/1"
    assert piece.ref is not None
    assert str(piece.ref) == "Role shop/r"
    assert piece.words == (
        "ServiceAccount shop/web and 1 more may list, watch secrets (only tls) in namespace shop through Role r"
    )


def test_a_user_who_may_read_only_one_namespace_still_learns_of_it() -> None:
    here = (
        role(rule("secrets", "list"), namespace="shop"),
        binding(ANN, to="Role/r", namespace="shop"),
        binding(ANN, to="ClusterRole/edit", namespace="shop", name="edits"),
    )
    result = judged("rbac-secrets-list", *here, forbidden=(CLUSTER_ROLE,))
    assert _by_verdict(result.findings, Verdict.FAIL) == ["RoleBinding shop/b"]
    assert _by_verdict(result.findings, Verdict.UNKNOWN) == ["Cluster cluster"]
    assert result.tally.passed == 0


def test_roles_that_could_not_be_read_give_unknown_and_never_pass() -> None:
    documents = (role(rule("secrets", "list"), namespace="shop"), binding(ANN, to="Role/r", namespace="shop"))
    result = judged("rbac-secrets-list", *documents, forbidden=(ROLE,))
    assert _by_verdict(result.findings, Verdict.UNKNOWN) == ["Cluster cluster"]
    assert (result.tally.passed, result.tally.failed) == (0, 0)


def _by_verdict(findings: tuple[Finding, ...], verdict: Verdict) -> list[str]:
    return [str(finding.subject) for finding in findings if finding.verdict is verdict]
