"""What a compromised workload can reach."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.network.blast import METADATA, Blast, blast_radius
from ksec_tui.analysis.workloads import workload_named, workloads
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import deployment

Tree = dict[str, Any]

SERVER: Tree = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "kubernetes",
        "namespace": "default",
        "labels": {"kubernetes.io/service-name": "kubernetes"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.9.0.1"]}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}
NODE: Tree = {
    "kind": "Node",
    "metadata": {"name": "n1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.8.0.1"}, {"address": "n1"}]},
}
WEB = deployment("web")
STORE = deployment(
    "db",
    "data",
    image="docker.io/library/postgres:17",
    ports=[{"containerPort": 5432}, {"name": "metrics", "containerPort": 9187}],
)


def policy(name: str = "p", namespace: str = "shop", **spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def blast(*trees: Tree, **fields: Any) -> Blast:
    snapshot = snapshot_of([WEB, STORE, SERVER, NODE, *trees], **fields)
    workload = workload_named(snapshot, ObjectRef("shop", "Deployment", "web", "apps"))
    assert workload is not None
    return blast_radius(snapshot, workload)


def targets(found: Blast) -> dict[str, bool | None]:
    return {item.name: item.allowed for item in found.targets}


def test_without_policies_everything_is_within_reach() -> None:
    found = blast()
    (reached,) = found.workloads
    assert reached.workload.ref.path == "data/db"
    assert reached.connections.all
    assert reached.serving == (("TCP", 5432), ("TCP", 9187))
    assert reached.stores == {5432: "PostgreSQL"}
    assert found.stores == (reached,)
    assert targets(found) == {"metadata": True, "api server": True, "nodes": True, "internet": True}
    assert "open by default" in found.target("metadata").reasons[0].words


def test_a_policy_at_the_other_end_takes_a_workload_out_of_reach() -> None:
    found = blast(policy(namespace="data", ingress=[{"from": [{"podSelector": {}}]}]))
    assert found.workloads == ()
    assert found.stores == ()
    assert found.pods == 0


def test_only_the_ports_that_both_ends_allow_count() -> None:
    found = blast(policy(namespace="data", ingress=[{"ports": [{"port": 9187}]}]))
    (reached,) = found.workloads
    assert reached.serving == (("TCP", 9187),)
    assert reached.stores == {}
    assert found.stores == ()


def test_limited_egress_leaves_what_it_names_and_tells_the_rule() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16", "10.0.0.0/8"]}}]}
    found = blast(policy(policyTypes=["Egress"], egress=[rule]))
    assert targets(found) == {"metadata": False, "api server": False, "nodes": False, "internet": True}
    internet = found.target("internet")
    assert internet.addresses.contains("203.0.113.9")
    assert not internet.addresses.contains(METADATA)
    assert [reason.rule for reason in internet.reasons] == ["Egress rule #1"]
    assert "no rule of it allows" in found.target("metadata").reasons[0].words


def test_a_cluster_wide_policy_can_shut_the_metadata_off() -> None:
    tree = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "no-metadata"},
        "spec": {
            "tier": "Admin",
            "priority": 1,
            "subject": {"namespaces": {}},
            "egress": [{"name": "imds", "action": "Deny", "to": [{"networks": [f"{METADATA}/32"]}]}],
        },
    }
    found = blast(tree)
    assert targets(found) == {"metadata": False, "api server": True, "nodes": True, "internet": True}
    (reason,) = found.target("metadata").reasons
    assert (reason.ref and reason.ref.name, reason.rule) == ("no-metadata", "Egress rule #1 (imds)")


def test_the_api_server_is_unknown_while_its_endpoints_are() -> None:
    found = blast(forbidden=[ENDPOINT_SLICE])
    server = found.target("api server")
    assert server.allowed is None
    assert "forbidden" in server.reasons[0].words


def test_pods_in_their_nodes_network_are_not_held_back() -> None:
    tree = deployment("web", hostNetwork=True)
    found = blast(policy(policyTypes=["Egress"]), tree)
    assert set(targets(found).values()) == {True}
    assert "node's network" in found.target("internet").reasons[0].words


def test_live_pods_are_counted_and_ended_ones_are_not() -> None:
    def pod(name: str, phase: str) -> Tree:
        meta = {"name": name, "namespace": "other"}
        return {"kind": "Pod", "metadata": meta, "spec": {}, "status": {"phase": phase}}

    found = blast(pod("a", "Running"), pod("b", "Pending"), pod("c", "Succeeded"), pod("d", "Failed"))
    assert found.pods == 2
    assert found.share == 1.0


def test_reasons_name_the_workload_that_was_asked_about_though_others_are_alike() -> None:
    found = blast(deployment("another"))
    assert found.target("internet").reasons[0].words.startswith("no policy governs the egress of shop/web:")


def test_workloads_scaled_to_none_are_no_pods_that_are_reached() -> None:
    trees = [deployment("web", labels={"app": "same"}), deployment("other", labels={"app": "same"})]
    snapshot = snapshot_of(trees)
    for item in workloads(snapshot):
        assert blast_radius(snapshot, item).pods == 0


def test_pods_and_policies_that_were_not_read_are_told() -> None:
    words = " ".join(item.words for item in blast(forbidden=[POD]).doubts)
    assert "pods that were not read may be reached besides" in words
    assert "pods that were not read" not in " ".join(item.words for item in blast().doubts)
