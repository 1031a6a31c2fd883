"""Services: who may connect, at which addresses."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import NODE, SERVICE
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from tests.analysis.network.worlds import Tree, balancer, deployment, node, service
from tests.checks.network.judging import CHECKS, fix, fixed, severities

SSH = [{"name": "ssh", "port": 22, "targetPort": 22}]


@pytest.mark.parametrize(
    ("door", "found"),
    [
        (balancer(ports=SSH), ["high"]),
        (balancer(ports=SSH, loadBalancerSourceRanges=["0.0.0.0/0"]), ["high"]),
        (balancer(ports=SSH, loadBalancerSourceRanges=["198.51.100.0/24"]), []),
        (balancer(ports=SSH, address="10.1.1.1"), []),
        (
            balancer(ports=SSH, address="", annotations={"networking.gke.io/load-balancer-type": "Internal"}),
            [],
        ),
        (balancer(ports=SSH, address=""), ["unknown"]),
        (balancer(), []),
        (balancer(ports=[{"name": "https-alt", "port": 9443}]), []),
        (balancer(ports=[{"name": "status-port", "port": 15021}, {"name": "https", "port": 443}]), []),
        (service(ports=SSH), []),
    ],
)
def test_only_a_public_balancer_for_something_else_than_http_needs_ranges(
    door: Tree, found: list[str]
) -> None:
    assert severities("net-lb-no-source-ranges", door) == found


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("198.51.100.7", "high"),
        ("8.8.8.8", "critical"),
        ("10.96.0.10", "critical"),
        ("203.0.113.9", "critical"),
        ("192.0.2.5", "critical"),
    ],
)
def test_external_ips_are_worst_where_they_are_somebody_elses(address: str, found: str) -> None:
    dns = service("kube-dns", "kube-system", clusterIP="10.96.0.10")
    public = balancer("front", "ingress", "203.0.113.9")
    machine = node("node-1", ("InternalIP", "192.0.2.5"))
    assert severities("net-external-ips", service(externalIPs=[address]), dns, public, machine) == [found]


def test_external_ips_go_without_the_rest_of_the_service() -> None:
    before = service(externalIPs=["198.51.100.7", "198.51.100.8"])
    (after,) = fixed("net-external-ips", before).of(SERVICE)
    assert after.spec.external_ips == ()
    assert [port.port for port in after.spec.ports] == [80]


def test_source_ranges_are_bypassed_by_node_ports_only_where_there_are_some() -> None:
    ranges = ["198.51.100.0/24"]
    numbered = [{"name": "a", "port": 80, "nodePort": 30080}, {"name": "b", "port": 81, "nodePort": 30081}]
    assert severities("net-nodeports-bypass", balancer(loadBalancerSourceRanges=ranges)) == []
    assert severities("net-nodeports-bypass", balancer(allocateLoadBalancerNodePorts=True)) == []
    door = balancer(loadBalancerSourceRanges=ranges, ports=numbered)
    assert severities("net-nodeports-bypass", door) == ["medium"]
    (after,) = fixed("net-nodeports-bypass", door).of(SERVICE)
    assert [port.node_port for port in after.spec.ports] == [0, 0]
    assert after.spec.allocate_load_balancer_node_ports is False


def test_a_node_port_is_worse_where_nodes_have_public_addresses() -> None:
    door = service(type="NodePort")
    assert severities("net-node-port", door, node("a", ("InternalIP", "10.0.0.5"))) == ["medium"]
    assert severities("net-node-port", door, node("a", ("InternalIP", "198.51.100.5"))) == ["high"]
    assert severities("net-node-port", balancer(allocateLoadBalancerNodePorts=True)) == []


def test_a_node_port_is_found_even_when_nodes_cannot_be_read() -> None:
    snapshot = snapshot_of([service(type="NodePort")], forbidden=[NODE])
    found = run_one(snapshot, CHECKS["net-node-port"]).findings
    assert {(item.verdict.value, item.subject.kind) for item in found} == {
        ("fail", "Service"),
        ("unknown", "Cluster"),
    }


def test_the_service_of_a_closed_node_port_is_valid_and_still_there() -> None:
    ports = [{"name": "http", "port": 80, "nodePort": 30080}]
    door = service(type="NodePort", ports=ports, externalTrafficPolicy="Local")
    (after,) = fixed("net-node-port", deployment(), door).of(SERVICE)
    spec = after.spec
    assert (spec.type, spec.external_traffic_policy, spec.ports[0].node_port) == ("ClusterIP", "", 0)
    assert fix("net-node-port", door).risk.value == "review"
