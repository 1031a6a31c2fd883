"""Connections lead into pods only by ports at which something of theirs listens."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.model import Vertex
from tests.analysis.paths.worlds import Tree, cluster, container, daemon_set, namespace, node, steps
from tests.checks.workloads.pods import fixed

FRONT = daemon_set(name="web")
IN = ("DaemonSet shop/web", "connect")


def on_node(*ports: int, address: str = "10.0.0.1", name: str = "agent") -> list[Tree]:
    """A DaemonSet in the network of its node, with a pod."""
    app = container(ports=[{"containerPort": port, "hostPort": port} for port in ports])
    owner = daemon_set(app, name=name, namespace="ops", hostNetwork=True)
    meta = {
        "name": f"{name}-x1",
        "namespace": "ops",
        "labels": {"app": name},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "name": name,
                "uid": f"uid-{name}",
                "controller": True,
            }
        ],
    }
    spec = {**owner["spec"]["template"]["spec"], "nodeName": "n1"}
    status = {"phase": "Running", "hostIP": address, "podIP": address, "podIPs": [{"ip": address}]}
    return [owner, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}]


def only_to(*rules: Tree) -> Tree:
    """A policy that lets the pods of ``shop`` connect to this and nothing else."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "out", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)},
    }


def to(block: str, port: int, protocol: str = "TCP") -> Tree:
    return {"to": [{"ipBlock": {"cidr": block}}], "ports": [{"port": port, "protocol": protocol}]}


def entered(*documents: Tree) -> set[str]:
    """The workloads into which connections lead."""
    found = steps(cluster(namespace(), namespace("ops"), node(), *documents))
    return {target for _, kind, target in found if kind == "connect" and not target.startswith("pods within")}


@pytest.mark.parametrize(
    ("ports", "allowed", "reached"),
    [
        ((9100,), None, True),
        ((), None, False),
        ((9100,), to("10.0.0.1/32", 9100), True),
        ((9100,), to("10.0.0.1/32", 443), False),
        ((9100,), to("10.0.0.2/32", 9100), False),
    ],
)
def test_a_pod_in_the_network_of_a_node_counts_by_the_ports_that_it_declares(
    ports: tuple[int, ...], allowed: Tree | None, reached: bool
) -> None:
    policies = [] if allowed is None else [only_to(allowed)]
    assert ("DaemonSet ops/agent" in entered(FRONT, *on_node(*ports), *policies)) is reached


def api_server(address: str) -> Tree:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address]}],
    }


def test_the_port_of_the_api_server_is_no_way_into_a_pod() -> None:
    policy = only_to(to("10.0.0.1/32", 6443))
    assert "DaemonSet ops/agent" not in entered(FRONT, *on_node(6443), policy, api_server("10.0.0.1"))
    assert "DaemonSet ops/agent" in entered(FRONT, *on_node(6443), policy, api_server("10.0.0.9"))


def names() -> list[Tree]:
    labels = {"k8s-app": "kube-dns"}
    app = container(ports=[{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 9153}])
    owner = daemon_set(app, name="coredns", namespace="kube-system")
    owner["spec"]["template"]["metadata"]["labels"] = labels
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"selector": labels, "ports": [{"port": 53, "protocol": "UDP"}]},
    }
    return [namespace("kube-system"), owner, service]


def test_asking_for_names_is_no_way_into_the_dns_and_its_other_ports_are() -> None:
    pods = {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]}
    asking = {**pods, "ports": [{"port": 53, "protocol": "UDP"}]}
    assert "DaemonSet kube-system/coredns" not in entered(FRONT, *names(), only_to(asking))
    assert "DaemonSet kube-system/coredns" in entered(FRONT, *names(), only_to(pods))


def test_what_is_open_by_the_network_of_the_node_is_closed_by_leaving_it() -> None:
    world = [node(provider="kind://docker/kind/n1"), namespace("ops"), *on_node(9100)]
    world[0]["status"] = {"addresses": [{"type": "ExternalIP", "address": "203.0.113.7"}]}
    snapshot = cluster(*world)
    agent = Vertex("workload", "agent", "ops", "DaemonSet.apps")
    found = graph(snapshot)
    opened = [edge for edge in found.edges if edge.kind == "expose" and found.target(edge) == agent]
    assert opened
    for edge in opened:
        assert any("wl-host-network" in cut.checks and not cut.partly for cut in edge.cuts)
    after = steps(fixed("wl-host-network", *world))
    assert not {source for source, kind, target in after if kind == "expose" and target == agent.words}
