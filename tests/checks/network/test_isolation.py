"""Namespaces, data stores and policies: what stays open inside the cluster, and the policies that close it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from tests.analysis.network.worlds import (
    PUBLIC,
    Tree,
    balancer,
    daemon_set,
    definition,
    deployment,
    ingress,
    ingress_class,
    policy,
    service,
)
from tests.checks.network.judging import CHECKS, fix, fixed, judge, severities, ways

CONTROLLER = deployment("front", "ingress", port=80, image="registry.k8s.io/ingress-nginx/controller:v1.14.0")
GUARDED = policy("guard", "ingress", ingress=[{"ports": [{"port": 80}]}])
POSTGRES = deployment("db", port=5432, image="postgres:17.6")


def _rules(snapshot: Snapshot, name: str) -> Any:
    document = next(snapshot.document(item.ref) for item in snapshot.of(NETWORK_POLICY) if item.name == name)
    assert document is not None
    return document["spec"].get("ingress")


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([deployment()], ["medium"]),
        ([deployment(), policy()], []),
        ([deployment(), policy(podSelector={"matchLabels": {"app": "other"}})], ["medium"]),
        ([deployment(), policy(policyTypes=["Egress"])], ["medium"]),
        ([deployment(), definition("ciliumnetworkpolicies.cilium.io")], ["unknown"]),
        ([deployment(hostNetwork=True)], []),
        ([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "empty"}}], []),
    ],
)
def test_a_namespace_fails_for_workloads_that_no_policy_isolates(trees: list[Tree], found: list[str]) -> None:
    assert severities("ns-no-netpol-ingress", *trees) == found


def test_each_open_workload_is_named_and_pointed_at() -> None:
    (finding,) = judge("ns-no-netpol-ingress", deployment(), deployment("api"))
    assert str(finding.subject) == "Namespace shop"
    assert [str(piece.ref) for piece in finding.evidence] == ["Deployment shop/api", "Deployment shop/web"]
    assert finding.evidence[0].path == "/spec/template/metadata/labels"


def test_policies_that_were_not_read_are_not_taken_for_missing() -> None:
    snapshot = snapshot_of([deployment()], forbidden=[NETWORK_POLICY])
    for check in ("ns-no-netpol-ingress", "ns-no-netpol-egress", "net-datastore-open"):
        found = run_one(snapshot, CHECKS[check]).findings
        assert {item.verdict.value for item in found} <= {"unknown"}


def cluster_wide(tier: str, **rule: Any) -> Tree:
    denied = {"name": "deny", "action": "Deny", "from": [{"namespaces": {}}], **rule}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "default-deny"},
        "spec": {"tier": tier, "priority": 100, "subject": {"namespaces": {}}, "ingress": [denied]},
    }


@pytest.mark.parametrize(
    ("denied", "found"),
    [
        (cluster_wide("Baseline"), []),
        (cluster_wide("Admin"), []),
        (cluster_wide("Baseline", action="Accept"), ["medium", "medium"]),
        (
            cluster_wide("Baseline", protocols=[{"tcp": {"destinationPort": {"number": 22}}}]),
            ["medium", "medium"],
        ),
    ],
)
def test_a_cluster_wide_default_deny_counts_as_much(denied: Tree, found: list[str]) -> None:
    assert severities("ns-no-netpol-ingress", deployment(), deployment("x", "other"), denied) == found


def test_agents_of_kubernetes_on_every_node_are_not_told() -> None:
    assert severities("ns-no-netpol-ingress", daemon_set("csi-node", "registry.k8s.io/csi:v1")) == []


def test_kube_systems_policies_are_left_to_its_distribution() -> None:
    snapshot = snapshot_of([deployment(namespace="kube-system")])
    (finding,) = run_one(snapshot, CHECKS["ns-no-netpol-ingress"]).findings
    assert finding.system
    make = CHECKS["ns-no-netpol-ingress"].make_fix
    subject = CHECKS["ns-no-netpol-ingress"].on.find(snapshot, finding.subject)
    assert make is not None
    assert make(subject, snapshot) is None


def test_a_closed_namespace_keeps_load_balancers_and_ingresses() -> None:
    trees = [
        *(CONTROLLER, GUARDED, balancer("front", "ingress"), ingress_class()),
        *(deployment(), service(), ingress(address=PUBLIC)),
        *(deployment("mail", port=8025), balancer("mail", address="203.0.113.8")),
        deployment("worker"),
    ]
    after = fixed("ns-no-netpol-ingress", *trees)
    assert ways(after) == ways(snapshot_of(trees))
    front = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}},
        "podSelector": {"matchLabels": {"app": "front"}},
    }
    own: Tree = {"from": [{"podSelector": {}}]}
    assert _rules(after, "ksec-allow-web") == [
        own,
        {"from": [front], "ports": [{"protocol": "TCP", "port": 8080}]},
    ]
    assert _rules(after, "ksec-allow-mail") == [own, {"ports": [{"protocol": "TCP", "port": 8025}]}]
    names = {item.name for item in after.of(NETWORK_POLICY) if item.namespace == "shop"}
    assert names == {
        "ksec-allow-web",
        "ksec-allow-mail",
        "ksec-allow-same-namespace",
        "ksec-default-deny-ingress",
    }
    made = [item for item in after.of(NETWORK_POLICY) if item.namespace == "shop"]
    assert {item.metadata.labels["app.kubernetes.io/managed-by"] for item in made} == {"ksec-tui"}


def test_webhooks_and_scraped_ports_stay_open_to_their_callers() -> None:
    tree = deployment(port=8443)
    tree["spec"]["template"]["metadata"]["annotations"] = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9090",
    }
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {
                "name": "guard.example.com",
                "clientConfig": {"service": {"name": "web", "namespace": "shop"}},
                "rules": [{"operations": ["CREATE"], "apiGroups": ["apps"], "resources": ["deployments"]}],
            }
        ],
    }
    after = fixed("ns-no-netpol-ingress", tree, service(ports=[{"port": 443, "targetPort": "main"}]), hook)
    assert _rules(after, "ksec-allow-web") == [
        {"from": [{"podSelector": {}}]},
        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 9090}]},
        {"ports": [{"protocol": "TCP", "port": 8443}]},
    ]


def test_closing_the_rest_of_a_namespace_does_not_open_what_is_guarded() -> None:
    guard = policy(podSelector={"matchLabels": {"app": "db"}})
    trees = [deployment(), deployment("db"), guard]
    after = fixed("ns-no-netpol-ingress", *trees)
    names = {item.name: item for item in after.of(NETWORK_POLICY)}
    assert set(names) == {"guard", "ksec-allow-web", "ksec-default-deny-ingress"}
    assert names["ksec-allow-web"].spec.pod_selector.match_labels == {"app": "web"}


def test_a_name_that_is_taken_is_not_overwritten() -> None:
    taken = policy("ksec-default-deny-ingress", policyTypes=["Egress"])
    after = fixed("ns-no-netpol-ingress", deployment(), taken)
    names = {item.name for item in after.of(NETWORK_POLICY)}
    assert {"ksec-default-deny-ingress", "ksec-default-deny-ingress-2"} <= names


def test_egress_is_never_closed_by_a_guess() -> None:
    found = fix("ns-no-netpol-egress", deployment())
    assert (found.risk.value, found.changes) == ("manual", ())


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([POSTGRES], ["medium"]),
        ([POSTGRES, policy()], []),
        ([POSTGRES, policy(ingress=[{}])], ["high"]),
        (
            [POSTGRES, policy(ingress=[{"from": [{"namespaceSelector": {}}], "ports": [{"port": 5432}]}])],
            ["high"],
        ),
        ([POSTGRES, policy(ingress=[{"ports": [{"port": 9187}]}])], []),
        ([POSTGRES, policy(ingress=[{"from": [{"podSelector": {}}]}])], []),
        ([POSTGRES, definition("ciliumnetworkpolicies.cilium.io")], ["unknown"]),
        ([deployment()], []),
        ([deployment("db", port=7777, image="registry.example/library/redis:8")], ["medium"]),
    ],
)
def test_a_data_store_is_worse_opened_than_forgotten(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-datastore-open", *trees) == found


def test_an_open_rule_of_a_data_store_is_narrowed_to_its_namespace_and_ports() -> None:
    wide = policy(ingress=[{"ports": [{"port": 5432}]}, {"from": [{"podSelector": {}}]}])
    assert _rules(fixed("net-datastore-open", POSTGRES, wide), "guard") == [
        {"from": [{"podSelector": {}}], "ports": [{"port": 5432}]},
        {"from": [{"podSelector": {}}]},
    ]


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"ingress": [{}]}, 1),
        ({"ingress": [{"from": []}]}, 1),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}, 1),
        ({"ingress": [{"from": [{"namespaceSelector": {}}]}]}, 1),
        ({"ingress": [{"ports": [{"port": 80}]}]}, 0),
        ({"ingress": []}, 0),
        ({"ingress": [{}], "policyTypes": ["Egress"]}, 0),
        ({"egress": [{}], "policyTypes": ["Egress"]}, 0),
    ],
)
def test_a_policy_admits_everyone_only_by_a_rule_for_all_sources_and_ports(spec: Tree, count: int) -> None:
    assert len(judge("net-policy-admits-everyone", policy(**spec))) == count


def test_a_narrowed_policy_keeps_the_ways_in() -> None:
    trees = [deployment(), balancer(), policy(ingress=[{}])]
    assert ways(fixed("net-policy-admits-everyone", *trees)) == ways(snapshot_of(trees))


def test_a_selector_that_matches_nothing_is_told_with_the_label_that_was_meant() -> None:
    stray = policy(podSelector={"matchLabels": {"app": "chekout"}})
    (finding,) = judge("net-policy-selects-nothing", stray, deployment("checkout"))
    assert finding.words == "no workload has app=chekout; app=checkout is there"
    assert judge("net-policy-selects-nothing", policy(), service()) == ()


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"policyTypes": ["Ingress"], "egress": [{}]}, 1),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, 1),
        ({"egress": [{}]}, 0),
        ({"policyTypes": ["Ingress"], "egress": []}, 0),
    ],
)
def test_rules_are_ignored_only_when_policy_types_leave_them_out(spec: Tree, count: int) -> None:
    assert len(judge("net-ignored-section", policy(**spec))) == count


def test_one_manifest_alone_is_not_blamed_for_policies_that_were_not_supplied(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(deployment()))
    snapshot, _ = load(FileSource([str(tmp_path)], today="2026-11-21"))
    for check in (
        "ns-no-netpol-ingress",
        "ns-no-netpol-egress",
        "ns-metadata-reachable",
        "net-egress-no-dns",
    ):
        findings = run_one(snapshot, CHECKS[check]).findings
        assert {item.verdict.value for item in findings} == {"unknown"}
        assert any("were not supplied" in item.reason for item in findings), check
