"""What NetworkPolicies isolate and admit, and when that cannot be told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ksec_tui.analysis.network.policies import Openness, all_ports, covers_port, isolated, openness
from ksec_tui.analysis.network.selectors import selected_by_policy
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NETWORK_POLICY
from ksec_tui.cluster.networking import IngressPolicyRule
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import Tree, definition, deployment, policy, workload


def _rule(**fields: Any) -> IngressPolicyRule:
    return msgspec.convert(fields, IngressPolicyRule)


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ({}, True, False),
        ({"egress": []}, True, False),
        ({"egress": [{}]}, True, True),
        ({"policyTypes": []}, True, False),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, False, True),
        ({"policyTypes": ["Ingress"], "egress": [{}]}, True, False),
        ({"podSelector": {"matchLabels": {"app": "other"}}}, False, False),
        (
            {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]}},
            True,
            False,
        ),
        ({"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}, True, False),
        ({"podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}}, False, False),
    ],
)
def test_policy_types_and_selectors_decide_which_direction_is_isolated(
    spec: Tree, ingress: bool, egress: bool
) -> None:
    snapshot, web = workload(deployment(), policy(**spec))
    assert isolated(snapshot, web, "ingress").value is ingress
    assert isolated(snapshot, web, "egress").value is egress


def test_a_policy_of_another_namespace_isolates_nothing() -> None:
    snapshot, web = workload(deployment(), policy(namespace="other"))
    assert isolated(snapshot, web, "ingress").value is False


@pytest.mark.parametrize(
    "name",
    [
        "ciliumnetworkpolicies.cilium.io",
        "networkpolicies.crd.projectcalico.org",
        "authorizationpolicies.security.istio.io",
    ],
)
def test_with_another_policy_engine_nobody_is_called_unprotected(name: str) -> None:
    snapshot, web = workload(deployment(), definition(name))
    assert isolated(snapshot, web, "ingress").value is None
    guarded, same = workload(deployment(), definition(name), policy())
    assert isolated(guarded, same, "ingress").value is True


def test_a_definition_of_the_same_kind_in_an_unrelated_group_means_nothing() -> None:
    snapshot, web = workload(deployment(), definition("networkpolicies.example.com"))
    assert isolated(snapshot, web, "ingress").value is False


@pytest.mark.parametrize("kind", [NETWORK_POLICY, CUSTOM_RESOURCE])
def test_what_could_not_be_read_is_not_taken_for_absent(kind: Any) -> None:
    _, web = workload(deployment())
    assert isolated(snapshot_of([deployment()], forbidden=[kind]), web, "ingress").value is None


def test_host_network_pods_are_no_subjects() -> None:
    snapshot, web = workload(deployment(hostNetwork=True), policy())
    assert isolated(snapshot, web, "ingress").value is False


def test_a_workload_of_which_one_pod_is_left_out_is_not_isolated() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": True}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "labels": {"app": "web", "debug": "true"},
            "ownerReferences": [owner],
        },
        "spec": {"containers": [{"name": "app", "image": "x"}]},
        "status": {"phase": "Running"},
    }
    guard = policy(podSelector={"matchExpressions": [{"key": "debug", "operator": "DoesNotExist"}]})
    snapshot, web = workload(deployment(), pod, guard)
    assert [item.ref for item in selected_by_policy(snapshot, snapshot.of(NETWORK_POLICY)[0])] == [web.ref]
    assert isolated(snapshot, web, "ingress").value is False


@pytest.mark.parametrize(
    ("rule", "wide"),
    [
        ({}, Openness.EVERYONE),
        ({"from": []}, Openness.EVERYONE),
        ({"from": [{"namespaceSelector": {}}]}, Openness.PODS),
        ({"from": [{"namespaceSelector": {}, "podSelector": {}}]}, Openness.PODS),
        ({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]}, None),
        ({"from": [{"podSelector": {}}]}, None),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, Openness.ADDRESSES),
        ({"from": [{"ipBlock": {"cidr": "::/0"}}]}, Openness.ADDRESSES),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}, None),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"namespaceSelector": {}}]}, Openness.PODS),
    ],
)
def test_which_rules_admit_everyone(rule: Tree, wide: Openness | None) -> None:
    assert openness(_rule(**rule)) is wide


@pytest.mark.parametrize(
    ("ports", "everything"),
    [
        ([], True),
        ([{"protocol": "TCP"}], True),
        ([{"port": 1, "endPort": 65535}], True),
        ([{"port": 80}], False),
        ([{"port": 1024, "endPort": 65535}], False),
        ([{"port": "http"}], False),
    ],
)
def test_which_port_lists_leave_none_out(ports: list[Tree], everything: bool) -> None:
    assert all_ports(_rule(ports=ports).ports) is everything


@pytest.mark.parametrize(
    ("port", "protocol", "covered"),
    [
        ({"port": 8080}, "TCP", True),
        ({"port": 8080, "protocol": "UDP"}, "TCP", False),
        ({"port": 8000, "endPort": 8080}, "TCP", True),
        ({"port": 8000, "endPort": 8079}, "TCP", False),
        ({"port": "main"}, "TCP", True),
        ({"port": "main", "protocol": "UDP"}, "UDP", False),
        ({"port": "other"}, "TCP", False),
        ({"protocol": "TCP"}, "TCP", True),
        ({"protocol": "TCP"}, "SCTP", False),
    ],
)
def test_a_rule_covers_ports_by_number_range_and_name(port: Tree, protocol: str, covered: bool) -> None:
    _, web = workload(deployment())
    assert covers_port(_rule(ports=[port]).ports, web, protocol, 8080) is covered
