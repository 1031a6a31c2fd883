"""What is no matter of rules: nodes, pods themselves, ended pods, addresses not known, plugins, what was not read."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.doubts import doubt
from ksec_tui.analysis.network.engines import FOREIGN
from ksec_tui.analysis.network.reach import (
    EndError,
    PodEnd,
    Verdict,
    address_end,
    flow,
    group_end,
    pod_end,
    verdict,
)
from ksec_tui.analysis.network.world import Rules, network, policies_of
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NAMESPACE, NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import daemon_set, definition, deployment, policy

Tree = dict[str, Any]
CALICO = daemon_set("calico-node", "quay.io/calico/node:v3.31.2")
DENY = policy("deny", policyTypes=["Ingress", "Egress"])


def pod(name: str, ip: str = "", node: str = "n1", phase: str = "Running", **spec: Any) -> Tree:
    address = {"podIPs": [{"ip": ip}]} if ip else {}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {"containers": [{"name": "c"}], "nodeName": node, **spec},
        "status": {"phase": phase, "hostIP": "10.8.0.1" if node == "n1" else "10.8.0.2", **address},
    }


def node(name: str, ip: str) -> Tree:
    return {"kind": "Node", "metadata": {"name": name}, "status": {"addresses": [{"address": ip}]}}


NODES = (node("n1", "10.8.0.1"), node("n2", "10.8.0.2"))


def asked(snapshot: Snapshot, source: str, target: str, port: int = 80, **fields: Any) -> Verdict:
    ends = [
        address_end(text) if "." in text else pod_end(snapshot, "shop", text) for text in (source, target)
    ]
    return verdict(snapshot, ends[0], ends[1], "TCP", port, **fields)


def test_a_pod_reaches_itself_whatever_the_policies_say() -> None:
    snapshot = snapshot_of([pod("a", "10.1.0.1"), DENY])
    found = asked(snapshot, "a", "a")
    assert found.allowed is True
    assert found.ingress.reasons[0].words == "a pod always reaches itself"
    one = pod_end(snapshot, "shop", "a")
    assert flow(snapshot, one, one).both.all


def test_a_pod_and_its_own_node_always_reach_each_other() -> None:
    snapshot = snapshot_of([pod("a", "10.1.0.1"), DENY, *NODES])
    assert asked(snapshot, "10.8.0.1", "a").allowed is True
    assert asked(snapshot, "a", "10.8.0.1").allowed is True
    assert asked(snapshot, "10.8.0.2", "a").allowed is False
    assert asked(snapshot, "a", "10.8.0.2").allowed is False
    assert "is the node of shop/a" in asked(snapshot, "a", "10.8.0.1").egress.reasons[0].words


def test_a_cluster_wide_policy_can_cut_a_pod_off_its_node_but_not_the_node_off_it() -> None:
    tree = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {
            "tier": "Admin",
            "subject": {"namespaces": {}},
            "egress": [{"action": "Deny", "to": [{"networks": ["10.8.0.0/16"]}]}],
        },
    }
    snapshot = snapshot_of([pod("a", "10.1.0.1"), tree, *NODES])
    assert asked(snapshot, "a", "10.8.0.1").allowed is False
    assert asked(snapshot, "10.8.0.1", "a").allowed is True


def test_pods_in_their_nodes_network_are_governed_by_nothing_and_matched_by_address_only() -> None:
    host = pod("host", "10.8.0.2", "n2", hostNetwork=True)
    by_label = policy("label", ingress=[{"from": [{"podSelector": {}}]}])
    snapshot = snapshot_of([host, pod("a", "10.1.0.1"), by_label])
    assert asked(snapshot, "a", "host").allowed is True
    assert "policies do not govern" in asked(snapshot, "a", "host").ingress.reasons[0].words
    assert asked(snapshot, "host", "a").allowed is False
    by_address = policy("address", ingress=[{"from": [{"ipBlock": {"cidr": "10.8.0.2/32"}}]}])
    assert asked(snapshot_of([host, pod("a", "10.1.0.1"), by_address]), "host", "a").allowed is True


def test_a_host_network_pod_on_the_same_node_is_the_node() -> None:
    snapshot = snapshot_of([pod("host", "10.8.0.1", hostNetwork=True), pod("a", "10.1.0.1"), DENY])
    assert asked(snapshot, "host", "a").allowed is True
    assert asked(snapshot, "a", "host").allowed is True


def test_ended_pods_are_no_ends_and_pending_ones_are() -> None:
    trees = [pod("done", phase="Succeeded"), pod("failed", phase="Failed"), pod("soon", phase="Pending")]
    snapshot = snapshot_of(trees)
    for name in ("done", "failed"):
        with pytest.raises(EndError, match="has ended"):
            pod_end(snapshot, "shop", name)
    assert pod_end(snapshot, "shop", "soon").pod is not None
    assert len(network(snapshot).groups) == 1
    with pytest.raises(EndError, match="no pod shop/none was read"):
        pod_end(snapshot, "shop", "none")


def test_a_template_stands_for_the_pods_that_were_not_supplied() -> None:
    snapshot = snapshot_of([deployment("web"), deployment("db", "data"), policy(namespace="data")])
    (web,) = group_end(snapshot, ObjectRef("shop", "Deployment", "web", "apps"))
    (store,) = group_end(snapshot, ObjectRef("data", "Deployment", "db", "apps"))
    assert verdict(snapshot, web, store, "TCP", 80).allowed is False
    assert verdict(snapshot, store, web, "TCP", 80).allowed is True


def test_a_block_may_hold_a_pod_whose_address_is_not_known_yet() -> None:
    some = policy("some", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}])
    every = policy("every", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])
    unknown = snapshot_of([pod("a"), pod("b", "10.1.0.2"), some])
    found = asked(unknown, "a", "b")
    assert found.allowed is None
    assert "addresses that are not known" in found.ingress.reasons[-1].words
    assert asked(unknown, "a", "b", port=81).allowed is False
    assert asked(snapshot_of([pod("a"), pod("b", "10.1.0.2"), every]), "a", "b").allowed is True
    assert asked(snapshot_of([pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), some]), "a", "b").allowed is True


def test_whether_blocks_match_pods_can_be_switched() -> None:
    by_address = policy("p", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    snapshot = snapshot_of([pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), by_address])
    assert asked(snapshot, "a", "b").allowed is True
    rules = Rules(blocks_match_pods=False)
    one, two = (pod_end(snapshot, "shop", name, rules) for name in ("a", "b"))
    assert verdict(snapshot, one, two, "TCP", 80, rules).allowed is False
    assert verdict(snapshot, address_end("10.1.0.1"), two, "TCP", 80, rules).allowed is True


@pytest.mark.parametrize(
    ("rule", "flaw"),
    [
        ({"from": [{}]}, "/spec/ingress/0/from/0: a peer without any field"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}, "which the API refuses"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}, "no block of addresses"),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["x"]}}]}, "no block of addresses"),
        ({"ports": [{"port": 90, "endPort": 70}]}, "endPort needs"),
        ({"ports": [{"port": "web", "endPort": 90}]}, "endPort needs"),
        ({"ports": [{"protocol": "ICMP"}]}, "ICMP is no protocol that has ports"),
    ],
)
def test_what_the_api_refuses_allows_nothing_and_is_told(rule: Tree, flaw: str) -> None:
    tree = policy("bad", ingress=[rule])
    snapshot = snapshot_of([pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), tree])
    assert asked(snapshot, "a", "b").allowed is False
    (found,) = policies_of(snapshot)
    assert flaw in found.flaws[0]


def test_absent_and_empty_selectors_differ() -> None:
    trees = [pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), {**pod("c", "10.1.0.3")}]
    trees[2]["metadata"] = {"name": "c", "namespace": "other"}
    for peer, near, far in (
        ({"podSelector": {}}, True, False),
        ({"namespaceSelector": {}}, True, True),
        ({"podSelector": {}, "namespaceSelector": None}, True, False),
        ({"podSelector": None, "namespaceSelector": {}}, True, True),
    ):
        snapshot = snapshot_of([*trees, policy("p", ingress=[{"from": [peer]}])])
        target = pod_end(snapshot, "shop", "b")
        for end, wanted in ((("shop", "a"), near), (("other", "c"), far)):
            assert verdict(snapshot, pod_end(snapshot, *end), target, "TCP", 80).allowed is wanted, peer


def test_a_namespace_without_an_object_has_the_label_of_its_name() -> None:
    name = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
    tree = policy("p", "other", ingress=[{"from": [{"namespaceSelector": name}]}])
    target = pod("b", "10.1.0.2")
    target["metadata"]["namespace"] = "other"
    snapshot = snapshot_of([pod("a", "10.1.0.1"), target, tree])
    ends = pod_end(snapshot, "shop", "a"), pod_end(snapshot, "other", "b")
    assert verdict(snapshot, *ends, "TCP", 80).allowed is True


def test_protocols_without_ports_need_a_rule_for_everything() -> None:
    for ports, wanted in (({}, True), ({"ports": [{"protocol": "TCP"}, {"protocol": "UDP"}]}, False)):
        snapshot = snapshot_of([pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), policy("p", ingress=[ports])])
        ends = pod_end(snapshot, "shop", "a"), pod_end(snapshot, "shop", "b")
        assert verdict(snapshot, *ends, "ICMP", 1).allowed is wanted


def test_a_port_name_means_each_pods_own_port_also_of_a_sidecar() -> None:
    def with_port(name: str, ip: str, number: int, kind: str) -> Tree:
        port = {"name": "web", "containerPort": number}
        sidecar = {"name": "s", "restartPolicy": "Always", "ports": [port]}
        boxes: Tree = {"containers": [{"name": "c", "ports": [port] if kind == "main" else []}]}
        inits = {"side": [sidecar], "init": [{"name": "i", "ports": [port]}]}.get(kind, [])
        return pod(name, ip, **boxes, initContainers=inits)

    rule = policy("p", ingress=[{"ports": [{"port": "web"}]}])
    trees = [
        pod("a", "10.1.0.1"),
        with_port("b", "10.1.0.2", 80, "main"),
        with_port("c", "10.1.0.3", 81, "side"),
        with_port("d", "10.1.0.4", 80, "init"),
    ]
    snapshot = snapshot_of([*trees, rule])
    allowed = {
        (name, port) for name in "bcd" for port in (80, 81) if asked(snapshot, "a", name, port).allowed
    }
    assert allowed == {("b", 80), ("c", 81)}


def test_an_address_range_that_is_allowed_in_part_is_left_open() -> None:
    rule = policy("p", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    snapshot = snapshot_of([pod("a", "10.1.0.1"), rule])
    (one,) = network(snapshot).groups
    ranges = (("10.2.0.0/16", True), ("0.0.0.0/0", None), ("11.0.0.0/8", False))
    for text, wanted in ranges:
        assert verdict(snapshot, address_end(text), PodEnd(one), "TCP", 80).allowed is wanted


def test_a_plugin_that_ignores_policies_casts_doubt_on_what_they_deny_only() -> None:
    flannel = daemon_set("kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.27.4")
    trees = [pod("a", "10.1.0.1"), pod("b", "10.1.0.2")]
    denied = asked(snapshot_of([*trees, flannel, DENY]), "a", "b")
    assert (denied.allowed, denied.certain) == (False, None)
    assert "ignores NetworkPolicies" in denied.doubt
    open_ = asked(snapshot_of([*trees, flannel]), "a", "b")
    assert (open_.allowed, open_.certain, open_.doubt) == (True, True, "")


def test_other_engines_cast_doubt_on_everything() -> None:
    trees = [pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), CALICO]
    found = asked(snapshot_of([*trees, definition("globalnetworkpolicies.crd.projectcalico.org")]), "a", "b")
    assert (found.allowed, found.certain) == (True, None)
    assert "Calico" in found.doubt
    assert asked(snapshot_of(trees), "a", "b").certain is True


def test_policies_of_the_networking_group_are_no_foreign_ones() -> None:
    assert not [name for name in FOREIGN if name.endswith("policy.networking.k8s.io")]


def test_what_could_not_be_read_is_named() -> None:
    trees = [pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), CALICO]
    unread = asked(snapshot_of(trees, forbidden=[NETWORK_POLICY]), "a", "b")
    assert (unread.allowed, unread.certain) == (True, None)
    assert unread.turning[0].gap
    assert "networkpolicies" in doubt(snapshot_of(trees, forbidden=[NETWORK_POLICY]))
    by_label = policy("p", ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}])
    labels = snapshot_of([*trees, by_label], forbidden=[NAMESPACE])
    assert "labels" in asked(labels, "a", "b").doubt
    assert asked(snapshot_of(trees, forbidden=[NAMESPACE]), "a", "b").certain is True
    crds = asked(snapshot_of(trees, forbidden=[CUSTOM_RESOURCE]), "a", "b")
    assert "another engine" in crds.doubt
    assert doubt(snapshot_of(trees)) == ""


@pytest.mark.parametrize(
    ("agent", "certain"),
    [
        (CALICO, True),
        (daemon_set("cilium", "quay.io/cilium/cilium:v1.18.4"), None),
        (deployment("unknown"), None),
    ],
    ids=["calico", "cilium", "not known"],
)
def test_a_block_that_lets_a_pod_in_hangs_on_the_plugin(agent: Tree, certain: bool | None) -> None:
    by_address: Tree = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    trees = [pod("a", "10.1.0.1"), pod("b", "10.1.0.2"), agent]
    found = asked(snapshot_of([*trees, policy("p", ingress=[by_address])]), "a", "b")
    assert (found.allowed, found.certain) == (True, certain)
    assert found.ingress.reasons[0].words.endswith("Ingress rule #1 allows it, by the pod's address")
    assert ("by its address" in found.doubt) is (certain is None)
    by_label: Tree = {"from": [{"podSelector": {}}]}
    for rules in ([by_address, by_label], [by_label, by_address]):
        both = asked(snapshot_of([*trees, policy("p", ingress=rules)]), "a", "b")
        assert "by its address" not in both.doubt
