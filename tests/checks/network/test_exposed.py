"""What faces the internet is judged by what it is, what it may do and what stands before it."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import GATEWAY, INGRESS
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from tests.analysis.network.worlds import (
    PUBLIC,
    Tree,
    balancer,
    definition,
    deployment,
    ingress,
    node,
    policy,
    service,
)
from tests.checks.network.judging import CHECKS, fix, fixed, judge, severities, ways

EDGE = node("edge", ("ExternalIP", "203.0.113.21"))
REDIS = deployment(port=6379, image="redis:8.2")


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([REDIS, balancer()], ["critical"]),
        ([REDIS, balancer(address="10.1.1.1")], []),
        ([REDIS, balancer(address="")], ["unknown"]),
        ([REDIS, balancer(loadBalancerSourceRanges=["198.51.100.0/24"])], []),
        ([REDIS, service(type="NodePort"), EDGE], ["high"]),
        ([REDIS, service(type="NodePort")], []),
        ([REDIS, balancer(), policy()], []),
        ([REDIS, service(), ingress(address=PUBLIC)], []),
        ([deployment(port=9200), service(), ingress(address=PUBLIC)], ["critical"]),
        ([deployment(image="quay.io/argoproj/argocd:v3.1"), balancer()], []),
        ([deployment(image="quay.io/prometheus-operator/prometheus-operator:v1"), balancer()], []),
        ([deployment(), balancer()], []),
    ],
)
def test_sensitive_ports_fail_only_where_the_internet_gets_to_them(
    trees: list[Tree], found: list[str]
) -> None:
    assert severities("net-sensitive-port-public", *trees) == found


def test_one_port_with_two_ways_is_told_once_by_the_certain_one() -> None:
    door = balancer(allocateLoadBalancerNodePorts=True)
    (finding,) = judge("net-sensitive-port-public", REDIS, door, EDGE)
    chain = f"internet → Service shop/web (LoadBalancer {PUBLIC}) → Deployment shop/web (TCP port 6379)"
    assert [piece.words for piece in finding.evidence] == [f"port 6379 (Redis) can be reached: {chain}"]
    assert str(finding.evidence[0].ref) == "Service shop/web"


def test_what_was_not_read_is_told_and_what_was_found_stays() -> None:
    snapshot = snapshot_of([REDIS, balancer()], forbidden=[INGRESS, GATEWAY])
    verdicts = {
        (str(item.subject), item.verdict.value)
        for item in run_one(snapshot, CHECKS["net-sensitive-port-public"]).findings
    }
    assert verdicts == {("Deployment shop/web", "fail"), ("Cluster cluster", "unknown")}


def _mounting(*, read_only: bool) -> Tree:
    tree = deployment(volumes=[{"name": "logs", "hostPath": {"path": "/var/log"}}])
    mount = {"name": "logs", "mountPath": "/logs", "readOnly": read_only}
    tree["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [mount]
    return tree


def _privileged(**spec: Any) -> Tree:
    tree = deployment(**spec)
    tree["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return tree


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (_privileged(), ["critical"]),
        (_privileged(hostUsers=False), ["high"]),
        (_mounting(read_only=False), ["critical"]),
        (_mounting(read_only=True), ["high"]),
        (deployment(volumes=[{"name": "unused", "hostPath": {"path": "/"}}]), []),
        (deployment(), []),
    ],
)
def test_power_over_the_node_is_worst_on_the_internet(tree: Tree, found: list[str]) -> None:
    assert severities("net-public-risky-workload", tree, balancer()) == found
    assert severities("net-public-risky-workload", tree, service()) == []


def test_a_public_workload_needs_a_policy_unless_another_engine_may_have_one() -> None:
    calico = definition("globalnetworkpolicies.crd.projectcalico.org")
    assert severities("net-public-no-policy", deployment(), balancer()) == ["high"]
    assert severities("net-public-no-policy", deployment(), service(type="NodePort"), EDGE) == ["medium"]
    assert severities("net-public-no-policy", deployment(), balancer(), calico) == ["unknown"]
    open_door = policy(ingress=[{"ports": [{"port": 8080}]}])
    assert severities("net-public-no-policy", deployment(), balancer(), open_door) == []


def test_the_new_policy_keeps_every_way_in() -> None:
    trees = [deployment(), balancer(), deployment("api"), service("api")]
    assert ways(fixed("net-public-no-policy", *trees)) == ways(snapshot_of(trees))


def test_a_published_data_store_is_withdrawn_by_hand_before_a_policy_is_written() -> None:
    found = fix("net-public-no-policy", REDIS, balancer())
    assert (found.risk.value, found.changes) == ("manual", ())
    assert found.steps == ("Stop publishing Redis on port 6379 by Service shop/web.",)


def test_pods_that_cannot_be_told_from_guarded_ones_are_left_to_a_human() -> None:
    # Both carry app=web; a policy for the one would open the other, which is guarded, wider.
    guarded = deployment("guarded", labels={"app": "web", "tier": "db"})
    guard = policy(podSelector={"matchLabels": {"tier": "db"}})
    found = fix("net-public-no-policy", deployment(), guarded, guard, balancer())
    assert found.risk.value == "manual"
