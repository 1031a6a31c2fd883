"""Policies that nobody should write: what the API refuses never opens anything, huge ones cost little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ksec_tui.analysis.network.blast import blast_radius
from ksec_tui.analysis.network.bulk import outside
from ksec_tui.analysis.network.exposure import blocked, exposures
from ksec_tui.analysis.network.listing.choice import Choice
from ksec_tui.analysis.network.listing.plain import plain_listing
from ksec_tui.analysis.network.reach import address_end, pod_end, verdict
from ksec_tui.analysis.network.redundancy import redundant
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import balancer, deployment, policy

Tree = dict[str, Any]
MANY = 10_000
SECONDS = 6.0
"""Of the processor; each of these took ten times as long when sets were put together one by one."""


def pod(name: str, ip: str) -> Tree:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": ip}]},
    }


PODS = (pod("a", "10.1.0.1"), pod("b", "10.1.0.2"))


def enters(rule: Tree, port: int = 80) -> bool | None:
    snapshot = snapshot_of([*PODS, policy("odd", ingress=[rule])])
    return verdict(
        snapshot, pod_end(snapshot, "shop", "a"), pod_end(snapshot, "shop", "b"), "TCP", port
    ).allowed


def expression(operator: str, *values: str) -> Tree:
    found: Tree = {"key": "app", "operator": operator, "values": list(values)}
    return {"from": [{"podSelector": {"matchExpressions": [found]}}]}


@pytest.mark.parametrize(
    "rule",
    [
        {"ports": [{"port": 0}]},
        {"ports": [{"port": 0, "endPort": 65535}]},
        {"ports": [{"port": 1, "endPort": 99999}]},
        {"ports": [{"port": -5, "endPort": 80}]},
        {"ports": [{"port": 443, "endPort": 80}]},
        {"ports": [{"port": "web", "endPort": 90}]},
        {"ports": [{"port": ""}]},
        {"ports": [{"protocol": "tcp"}]},
        {"ports": [{"protocol": "ICMP"}]},
        {"from": [{}]},
        {"from": [{"podSelector": None}]},
        {"from": [{"serviceAccounts": {}}]},
        {"from": [{"ipBlock": {}}]},
        {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}, "podSelector": {}}]},
        {"from": [{"ipBlock": {"cidr": "0.0.0.0/0/0"}}]},
        {"from": [{"ipBlock": {"cidr": "10.1.0.1"}}]},
        {"from": [{"ipBlock": {"cidr": "010.1.0.0/16"}}]},
        {"from": [{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["everything"]}}]},
        expression("In"),
        expression("NotIn"),
        expression("Exists", "a"),
        expression("DoesNotExist", "b"),
        expression("Gt", "1"),
        expression("in", "a"),
    ],
    ids=str,
)
def test_what_the_api_refuses_opens_nothing(rule: Tree) -> None:
    assert enters(rule) is False


def test_a_policy_whose_own_selector_is_refused_governs_nobody() -> None:
    odd = {"matchExpressions": [{"key": "app", "operator": "NotIn"}]}
    snapshot = snapshot_of([*PODS, policy("odd", podSelector=odd, ingress=[])])
    (group,) = network(snapshot).groups
    assert not network(snapshot).ingress.selecting(group)


def blocks(number: int) -> list[Tree]:
    return [
        {"ipBlock": {"cidr": f"{11 + at // 65536}.{at // 256 % 256}.{at % 256}.0/25"}} for at in range(number)
    ]


def one_rule() -> list[Tree]:
    return [policy("p", ingress=[{"from": blocks(MANY)}], egress=[{"to": blocks(MANY)}])]


def exceptions() -> list[Tree]:
    out = [item["ipBlock"]["cidr"] for item in blocks(MANY)]
    return [policy("p", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": out}}]}])]


def many_policies() -> list[Tree]:
    found = blocks(MANY)
    return [policy(f"p{at}", ingress=[{"from": found[at : at + 10]}]) for at in range(0, MANY, 10)]


def overlapping() -> list[Tree]:
    rules = [
        {"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [item["ipBlock"]["cidr"]]}}]}
        for item in blocks(MANY // 10)
    ]
    return [policy("p", ingress=rules)]


def many_ports() -> list[Tree]:
    return [policy("p", ingress=[{"ports": [{"port": 2 * at + 1} for at in range(MANY)]}])]


def many_values() -> list[Tree]:
    values = [f"v{at}" for at in range(5_000)]
    one = {"matchExpressions": [{"key": "app", "operator": "In", "values": values}]}
    each = {
        "matchExpressions": [{"key": f"k{at}", "operator": "NotIn", "values": ["x"]} for at in range(5_000)]
    }
    return [policy("p", ingress=[{"from": [{"podSelector": one}, {"podSelector": each}]}])]


def everything(snapshot: Snapshot) -> None:
    world = network(snapshot)
    for group in world.groups:
        outside(world, "ingress", group)
    one, two = pod_end(snapshot, "shop", "a"), pod_end(snapshot, "shop", "b")
    verdict(snapshot, one, two, "TCP", 80)
    verdict(snapshot, address_end("11.0.3.4"), two, "TCP", 80)
    assert blast_radius(snapshot, workloads(snapshot)[0]).targets
    assert plain_listing(snapshot, Choice())
    assert exposures(snapshot) or blocked(snapshot)
    assert len([redundant(snapshot, item.ref) for item in snapshot.of(NETWORK_POLICY)])


@pytest.mark.parametrize("made", [one_rule, exceptions, many_policies, overlapping, many_ports, many_values])
def test_huge_policies_are_judged_in_little_time(made: Callable[[], list[Tree]]) -> None:
    snapshot = snapshot_of([*PODS, deployment("a"), balancer("a"), *made()])
    begin = time.process_time()
    everything(snapshot)
    assert time.process_time() - begin < SECONDS
