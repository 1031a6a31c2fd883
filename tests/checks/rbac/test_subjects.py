"""Checks of who is granted something: anyone, everyone, the masters, default and absent accounts."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import SERVICE_ACCOUNT
from ksec_tui.findings.verdict import Verdict
from tests.checks.rbac.worlds import (
    ANN,
    Tree,
    account,
    account_object,
    binding,
    fails,
    group,
    judged,
    role,
    rule,
    severities,
)

BOOTSTRAP: Tree = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
ANYONE: Tree = {"kind": "User", "name": "system:anonymous"}
READ = role(rule("pods", "get"))


@pytest.mark.parametrize("subject", [ANYONE, group("system:unauthenticated")])
def test_rights_without_login_are_critical(subject: Tree) -> None:
    assert severities("rbac-anonymous-subject", READ, binding(subject)) == ["critical"]


def test_paths_without_login_are_less_than_objects() -> None:
    health = role({"nonResourceURLs": ["/healthz"], "verbs": ["get"]})
    assert severities("rbac-anonymous-subject", health, binding(ANYONE)) == ["medium"]


@pytest.mark.parametrize("name", ["system:public-info-viewer", "system:discovery", "system:basic-user"])
def test_the_default_policy_for_everyone_is_expected(name: str) -> None:
    everyone = binding(group("system:authenticated"), to=f"ClusterRole/{name}", name=name, **BOOTSTRAP)
    assert fails("rbac-everyone-subject", everyone) == []


def test_a_reserved_name_does_not_excuse_another_role() -> None:
    borrowed = binding(group("system:authenticated"), name="system:discovery", **BOOTSTRAP)
    (finding,) = fails("rbac-everyone-subject", READ, borrowed)
    assert not finding.system


def test_kubeadm_cluster_info_is_expected_for_anyone() -> None:
    name = "kubeadm:bootstrap-signer-clusterinfo"
    expected = binding(ANYONE, to=f"Role/{name}", name=name, namespace="kube-public")
    elsewhere = binding(ANYONE, to=f"Role/{name}", name=name, namespace="shop")
    assert fails("rbac-anonymous-subject", expected) == []
    assert len(fails("rbac-anonymous-subject", elsewhere)) == 1


@pytest.mark.parametrize(
    ("rules", "namespace", "expected"),
    [
        ([rule("pods", "get list")], "", ["high"]),
        ([rule("pods", "get list")], "shop", ["medium"]),
        ([rule("pods", "create")], "", ["critical"]),
        ([rule("secrets", "get")], "shop", ["high"]),
        ([rule("configmaps", "get", names="info")], "shop", ["low"]),
    ],
)
def test_rights_of_everyone_weigh_by_what_they_are(
    rules: list[Tree], namespace: str, expected: list[str]
) -> None:
    everyone = binding(group("system:serviceaccounts"), namespace=namespace)
    assert severities("rbac-everyone-subject", role(*rules), everyone) == expected


def test_a_group_that_only_looks_like_all_accounts_is_ordinary() -> None:
    assert fails("rbac-everyone-subject", READ, binding(group("system:serviceaccounts-ci"))) == []


def test_masters_belong_to_the_default_binding_only() -> None:
    default = binding(
        group("system:masters"), to="ClusterRole/cluster-admin", name="cluster-admin", **BOOTSTRAP
    )
    assert fails("rbac-masters-subject", default) == []
    assert judged("rbac-cluster-admin", default).findings[0].system
    assert severities("rbac-masters-subject", READ, binding(group("system:masters"))) == ["high"]


def test_somebody_added_to_a_default_binding_is_not_part_of_the_system() -> None:
    added = binding(
        group("system:masters"), ANN, to="ClusterRole/cluster-admin", name="cluster-admin", **BOOTSTRAP
    )
    assert [finding.system for finding in fails("rbac-cluster-admin", added)] == [False]


def test_an_account_named_as_a_user_is_still_the_default_account() -> None:
    as_user = {"kind": "User", "name": "system:serviceaccount:shop:default"}
    assert severities("rbac-default-sa-grant", READ, binding(as_user)) == ["high"]
    assert severities("rbac-default-sa-grant", READ, binding(account("default"), namespace="shop")) == [
        "medium"
    ]
    assert fails("rbac-default-sa-grant", role(), binding(account("default"), namespace="shop")) == []


def test_an_absent_account_is_told_with_its_namespace_taken_from_the_binding() -> None:
    (finding,) = fails("hyg-dangling-subject", READ, binding(account("gone"), namespace="shop"))
    assert finding.evidence[0].words.startswith("ServiceAccount shop/gone does not exist")
    there = account_object("gone", "shop")
    assert fails("hyg-dangling-subject", READ, there, binding(account("gone"), namespace="shop")) == []
    assert (
        len(fails("hyg-dangling-subject", READ, there, binding(account("gone", "other"), namespace="shop")))
        == 1
    )


def test_users_groups_and_default_accounts_never_dangle() -> None:
    people = (ANN, group("dev"), account("default"))
    assert fails("hyg-dangling-subject", READ, binding(*people, namespace="shop")) == []


def test_an_account_of_an_unread_namespace_may_exist() -> None:
    documents = (READ, binding(account("web"), namespace="shop"))
    findings = judged("hyg-dangling-subject", *documents, forbidden=(SERVICE_ACCOUNT,)).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}


def test_the_role_of_another_namespace_is_not_there() -> None:
    elsewhere = role(rule("pods", "get"), namespace="other")
    (finding,) = fails("hyg-dangling-role", elsewhere, binding(ANN, to="Role/r", namespace="shop"))
    assert finding.words == "Role shop/r does not exist; User ann would hold it in namespace shop"


def test_a_cluster_role_binding_cannot_bind_a_role() -> None:
    assert (
        len(
            fails("hyg-dangling-role", role(rule("pods", "get"), namespace="shop"), binding(ANN, to="Role/r"))
        )
        == 1
    )


def test_subjects_that_match_nobody_are_no_subjects() -> None:
    assert severities("hyg-no-subjects", READ, binding({"kind": "user", "name": "ann"})) == ["info"]
    assert severities("hyg-no-subjects", READ, binding(account("web"))) == ["info"]
    assert severities("hyg-no-subjects", READ, binding(ANN)) == []
    assert (
        severities("hyg-no-subjects", binding(name="system:node", to="ClusterRole/system:node", **BOOTSTRAP))
        == []
    )
