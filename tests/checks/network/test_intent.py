"""Policies that admit others than was meant, or nobody, or whom another rule admits already."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.reach import Flow, flow, group_end
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from tests.analysis.network.worlds import Tree, deployment, policy
from tests.checks.network.judging import CHECKS, fix, fixed, judge, severities

API = "rbac.authorization.k8s.io"
OPS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}}}
BACKUP = {"podSelector": {"matchLabels": {"app": "backup"}}}
CROWD = [deployment("backup", "ops"), deployment("chat", "ops"), deployment("wiki", "ops")]


def named(*peers: Tree, **spec: Any) -> Tree:
    return policy(policyTypes=["Ingress"], ingress=[{"from": list(peers)}], **spec)


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([named(OPS, BACKUP), deployment(), *CROWD], ["low"]),
        ([named({**OPS, **BACKUP}), deployment(), *CROWD], []),
        # The pods are at home too: both readings have a meaning.
        ([named(OPS, BACKUP), deployment("backup"), *CROWD], []),
        # Joined by and, nothing would be admitted: that was not meant.
        ([named(OPS, {"podSelector": {"matchLabels": {"app": "gone"}}}), deployment(), *CROWD], []),
        ([named(OPS, BACKUP), deployment(), CROWD[0]], []),
        ([named(OPS, {"podSelector": {}}), deployment(), *CROWD], []),
        ([named(OPS), named(BACKUP), deployment(), *CROWD], []),
    ],
)
def test_two_dashes_are_told_where_one_would_admit_far_less(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-policy-accidental-or", *trees) == found


def role(verbs: list[str], resources: list[str], group: str = "", name: str = "labeller") -> list[Tree]:
    rule = {"apiGroups": [group], "resources": resources, "verbs": verbs}
    return [
        {"apiVersion": f"{API}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]},
        {
            "apiVersion": f"{API}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": API, "kind": "User", "name": "ann@example.com"}],
        },
    ]


EXISTS = {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
TEAM = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([named(TEAM), *role(["patch"], ["namespaces"])], ["medium"]),
        ([named(TEAM), *role(["get", "list"], ["namespaces"])], []),
        ([named(OPS), *role(["patch"], ["namespaces"])], []),
        ([named({"namespaceSelector": {}}), *role(["patch"], ["namespaces"])], []),
        (
            [named({"namespaceSelector": EXISTS}), *role(["update"], ["namespaces"])],
            ["medium"],
        ),
        # Who may write the policies of the namespace needs no label.
        (
            [
                named(TEAM),
                *role(["patch"], ["namespaces"]),
                *role(["*"], ["networkpolicies"], "networking.k8s.io", "policies"),
            ],
            [],
        ),
        ([named(TEAM), *role(["*"], ["*"], "*")], []),
    ],
)
def test_labels_are_trusted_only_where_nobody_else_sets_them(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-policy-trusts-labels", *trees) == found


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        ({"podSelector": {"matchLabels": {"app": "web"}}}, []),
        ({"podSelector": {"matchLabels": {"app": "wbe"}}}, ["low"]),
        ({"podSelector": {}}, []),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gone"}}}, ["low"]),
        ({"namespaceSelector": {}}, []),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}, []),
        # Blocks are for addresses outside: that no pod has one is no mistake.
        ({"ipBlock": {"cidr": "198.51.100.0/24"}}, []),
    ],
)
def test_a_peer_that_matches_no_pod_is_told(peer: Tree, found: list[str]) -> None:
    assert (
        severities("net-policy-dangling-peer", named(peer), deployment(), deployment("api", "other")) == found
    )


def test_a_policy_that_selects_nothing_is_told_once_and_not_for_its_peers() -> None:
    trees = [
        named({"podSelector": {"matchLabels": {"app": "x"}}}, podSelector={"matchLabels": {"app": "gone"}}),
        deployment(),
    ]
    assert severities("net-policy-selects-nothing", *trees) == ["low"]
    assert severities("net-policy-dangling-peer", *trees) == []


@pytest.mark.parametrize(
    ("port", "found"),
    [
        ({"port": "main"}, []),
        ({"port": "admin"}, ["low"]),
        ({"port": "main", "protocol": "UDP"}, ["low"]),
        ({"port": 9999}, []),
    ],
)
def test_a_port_name_must_be_one_of_the_selected_pods(port: Tree, found: list[str]) -> None:
    rule = {"from": [{"podSelector": {}}], "ports": [port]}
    tree = policy(policyTypes=["Ingress"], ingress=[rule])
    assert severities("net-policy-port-name", tree, deployment()) == found


def test_a_port_name_for_egress_is_looked_up_in_the_peers() -> None:
    def out(name: str) -> Tree:
        rule = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": name}]}
        return policy(policyTypes=["Egress"], egress=[rule])

    db = deployment("db", ports=[{"name": "sql", "containerPort": 5432}])
    assert severities("net-policy-port-name", out("sql"), deployment(), db) == []
    assert severities("net-policy-port-name", out("main"), deployment(), db) == ["low"]


FRONT = {"podSelector": {"matchLabels": {"app": "front"}}}
PORT = {"protocol": "TCP", "port": 8080}
WEB: Tree = {"podSelector": {"matchLabels": {"app": "web"}}}


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ([policy(ingress=[{"from": [FRONT], "ports": [PORT]}, {"from": [{"podSelector": {}}]}])], [["#1"]]),
        (
            [policy(ingress=[{"from": [FRONT], "ports": [PORT]}, {"from": [FRONT], "ports": [{"port": 9}]}])],
            [],
        ),
        ([policy(ingress=[{"from": [FRONT]}, {"from": [FRONT]}])], [["#2"]]),
        ([policy(ingress=[{}, {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])], [["#2"]]),
        (
            [
                policy(
                    ingress=[
                        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]},
                        {"from": [{"ipBlock": {"cidr": "10.1.2.0/24"}}]},
                    ]
                )
            ],
            [],
        ),
        # The wider rule is for other pods.
        ([policy("a", ingress=[{}], **WEB), policy("b", ingress=[{"from": [FRONT]}])], []),
        ([policy("a", ingress=[{"from": [FRONT]}], **WEB), policy("b", ingress=[{}])], [["#1"]]),
        ([policy(ingress=[{"ports": [{"port": 1, "endPort": 90}]}, {"ports": [{"port": 80}]}])], [["#2"]]),
        ([policy(ingress=[{"ports": [{"port": "main"}]}, {"ports": [{"port": 8080}]}])], []),
    ],
)
def test_a_rule_that_another_covers_is_told(policies: list[Tree], found: list[list[str]]) -> None:
    findings = judge("net-policy-redundant", *policies, deployment(), deployment("front"))
    assert [[piece.words.split()[4] for piece in item.evidence] for item in findings] == found


def _flows(snapshot: Snapshot) -> dict[tuple[str, str], Flow]:
    ends = {str(item.ref): group_end(snapshot, item.ref)[0] for item in workloads(snapshot)}
    return {(a, b): flow(snapshot, ends[a], ends[b]) for a in ends for b in ends}


def test_without_its_redundant_rules_a_policy_lets_through_exactly_the_same() -> None:
    rules = [{"from": [FRONT], "ports": [PORT]}, {"from": [{"podSelector": {}}]}, {"from": [FRONT]}]
    trees = [policy(policyTypes=["Ingress"], ingress=rules), deployment(), deployment("front"), *CROWD]
    after = fixed("net-policy-redundant", *trees)
    assert _flows(after) == _flows(snapshot_of(trees))
    assert run_one(after, CHECKS["net-policy-redundant"]).findings == ()


def test_rules_that_make_a_policy_affect_egress_are_not_patched_away() -> None:
    wide: Tree = {"to": [{"namespaceSelector": {}}]}
    tree = policy(egress=[wide, {"to": [FRONT]}])
    assert fix("net-policy-redundant", tree, deployment()).risk.value == "manual"


def admin(name: str, action: str, priority: int = 50, namespace: str = "") -> Tree:
    chosen = {"matchLabels": {"kubernetes.io/metadata.name": namespace}} if namespace else {}
    rule = {"name": name, "action": action, "from": [{"namespaces": chosen}]}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": {"tier": "Admin", "priority": priority, "subject": {"namespaces": {}}, "ingress": [rule]},
    }


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ([admin("a", "Deny"), admin("b", "Accept")], ["low", "low"]),
        ([admin("a", "Deny"), admin("b", "Accept", priority=51)], []),
        ([admin("a", "Deny"), admin("b", "Deny")], []),
        ([admin("a", "Deny", namespace="shop"), admin("b", "Accept", namespace="ops")], []),
    ],
)
def test_policies_of_one_priority_must_not_contradict_each_other(
    policies: list[Tree], found: list[str]
) -> None:
    assert severities("net-admin-policy-order", *policies, deployment(), *CROWD) == found
