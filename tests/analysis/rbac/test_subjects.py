"""Subjects are known by their normal form, with the groups the API server adds and the pods that run as them."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.rbac.bindings import rules_of
from ksec_tui.analysis.rbac.grants import bindings_of, can, gaps, who_can
from ksec_tui.analysis.rbac.identity import Identity, Who, identity_of, user_named
from ksec_tui.analysis.rbac.subjects import subjects
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE, SERVICE_ACCOUNT
from ksec_tui.findings.examples import example_snapshot, snapshot_of

WORLD = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everyone}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: Group, name: "system:serviceaccounts"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: web}, {kind: User, name: ann}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: idle, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop}
spec: {serviceAccountName: web, containers: [{name: c, image: i}]}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: job-1, namespace: shop}
spec: {serviceAccountName: web, containers: [{name: c, image: i}]}
status: {phase: Succeeded}
"""
WEB = Who("ServiceAccount", "web", "shop")


def test_subjects_of_bindings_and_unbound_accounts_are_listed_with_their_running_pods() -> None:
    found = {str(item.who): item for item in subjects(example_snapshot(WORLD))}
    assert list(found) == [
        "Group system:serviceaccounts",
        "ServiceAccount shop/idle",
        "ServiceAccount shop/web",
        "User ann",
    ]
    web = found["ServiceAccount shop/web"]
    assert [pod.name for pod in web.pods] == ["web-1"]
    assert [grant.binding.name for grant in web.direct] == ["readers"]
    assert [grant.binding.name for grant in web.inherited] == ["everyone"]
    assert (web.exists, found["ServiceAccount shop/idle"].exists, found["User ann"].exists) == (
        False,
        True,
        None,
    )


def test_whether_an_account_exists_is_open_when_accounts_were_not_read() -> None:
    found = subjects(example_snapshot(WORLD, forbidden=(SERVICE_ACCOUNT,)))
    assert {item.exists for item in found} == {None}


def test_who_can_names_those_that_bindings_name_and_the_masters() -> None:
    snapshot = example_snapshot(WORLD)
    found = who_can(snapshot, "get", "", "pods", namespace="shop")
    assert [str(who) for who in found] == [
        "Group system:masters",
        "Group system:serviceaccounts",
        "ServiceAccount shop/web",
        "User ann",
    ]
    assert Who("User", "ann") not in who_can(snapshot, "get", "", "pods")


def test_one_account_has_the_same_grants_however_it_is_written() -> None:
    snapshot = example_snapshot(WORLD)
    assert user_named("system:serviceaccount:shop:web") == WEB
    assert (
        bindings_of(snapshot, user_named("system:serviceaccount:shop:web"))
        == bindings_of(snapshot, WEB)
        != ()
    )


@pytest.mark.parametrize(
    "name", ["system:serviceaccount:shop", "system:serviceaccount::web", "system:serviceaccount:a:b:c"]
)
def test_what_only_begins_like_an_account_is_a_user(name: str) -> None:
    assert user_named(name) == Who("User", name)


@pytest.mark.parametrize(
    ("who", "groups"),
    [
        (WEB, ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")),
        (Who("User", "ann"), ("system:authenticated",)),
        (Who("User", "system:anonymous"), ("system:unauthenticated",)),
        (Who("User", "system:node:n1"), ("system:nodes", "system:authenticated")),
        (Who("Group", "dev"), ("dev", "system:authenticated")),
        (Who("Group", "system:unauthenticated"), ("system:unauthenticated",)),
    ],
)
def test_the_api_server_adds_these_groups(who: Who, groups: tuple[str, ...]) -> None:
    assert identity_of(who).groups == groups


def test_members_of_masters_need_no_binding() -> None:
    (grant,) = can(snapshot_of([]), Identity("root", ("system:masters",)), "delete", "", "nodes", name="n")
    assert grant.subject == Who("Group", "system:masters")


def test_an_incomplete_answer_says_what_was_not_read() -> None:
    assert gaps(example_snapshot(WORLD)) == ()
    (gap,) = gaps(example_snapshot(WORLD, forbidden=(ROLE,)), "shop")
    assert gap == "roles.rbac.authorization.k8s.io could not be listed (forbidden)"


def test_an_aggregated_role_in_a_manifest_has_the_rules_it_will_get() -> None:
    def cluster_role(name: str, **more: Any) -> dict[str, Any]:
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": {"to": "all"}, **more.pop("metadata", {})},
            **more,
        }

    part = cluster_role("part", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])
    selectors = {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}
    manifest = snapshot_of([part, cluster_role("all", aggregationRule=selectors)])
    stored = snapshot_of([part, cluster_role("all", aggregationRule=selectors, metadata={"uid": "1"})])
    for snapshot, expected in ((manifest, [("get",)]), (stored, [])):
        role = snapshot.find(CLUSTER_ROLE, "all")
        assert role is not None
        assert [rule.verbs for rule in rules_of(snapshot, role)] == expected
