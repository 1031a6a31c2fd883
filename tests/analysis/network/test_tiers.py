"""Cluster-wide policies: order, ambiguity, what is not known of them, and which workloads they close."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.policies import isolated
from ksec_tui.analysis.network.reach import PodEnd, Verdict, address_end, group_end, pod_end, verdict
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.cluster.kinds import CLUSTER_NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import deployment, policy, workload

Tree = dict[str, Any]
ALL: Tree = {"namespaces": {}}
CALICO = deployment("calico-node", "kube-system", image="quay.io/calico/node:v3.31.2")
CALICO = {**CALICO, "kind": "DaemonSet"}


def rule(action: str, *peers: Tree, side: str = "from", **fields: Any) -> Tree:
    return {"name": action.lower(), "action": action, side: list(peers or (ALL,)), **fields}


def wide(name: str, *rules: Tree, tier: str = "Admin", priority: int = 10, **spec: Any) -> Tree:
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": {"tier": tier, "priority": priority, "subject": ALL, "ingress": list(rules), **spec},
    }


def old(kind: str, name: str, *rules: Tree, **spec: Any) -> Tree:
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"subject": ALL, "ingress": list(rules), **spec},
    }


def judged(*trees: Tree, protocol: str = "TCP", port: int = 8080, to: str = "") -> Verdict:
    snapshot = snapshot_of([deployment("web"), deployment("db", "data"), CALICO, *trees])
    ends = [group_end(snapshot, ObjectRef(*ref, "apps"))[0] for ref in (WEB, DB)]
    target = address_end(to) if to else ends[1]
    return verdict(snapshot, ends[0], target, protocol, port)


WEB, DB = ("shop", "Deployment", "web"), ("data", "Deployment", "db")
DENY_ALL = policy("deny", "data")


def test_the_lower_priority_goes_first() -> None:
    first, second = wide("a", rule("Deny"), priority=2), wide("b", rule("Accept"), priority=1)
    found = judged(first, second)
    assert found.allowed is True
    assert [reason.ref and reason.ref.name for reason in found.ingress.reasons] == ["b"]


def test_two_policies_of_one_priority_that_disagree_leave_it_open() -> None:
    found = judged(wide("a", rule("Deny")), wide("b", rule("Accept")))
    assert found.allowed is None
    words = [reason.words for reason in found.ingress.reasons]
    assert any("a: Ingress rule #1 (deny) denies it" in text for text in words)
    assert any("b: Ingress rule #1 (accept) allows it" in text for text in words)
    assert "same priority disagree" in words[-1]


def test_two_policies_of_one_priority_that_agree_do_not() -> None:
    assert judged(wide("a", rule("Deny")), wide("b", rule("Deny"))).allowed is False


def test_a_pass_leaves_the_decision_to_the_namespace() -> None:
    passing = wide("a", rule("Pass"), rule("Deny"))
    assert judged(passing).allowed is True
    found = judged(passing, DENY_ALL)
    assert found.allowed is False
    assert [reason.allows for reason in found.ingress.reasons] == [None, False]


def test_a_baseline_counts_only_where_no_networkpolicy_selects_the_pod() -> None:
    base = wide("base", rule("Deny"), tier="Baseline")
    assert judged(base).allowed is False
    assert judged(base, policy("open", "data", ingress=[{}])).allowed is True
    assert judged(wide("base", rule("Accept"), tier="Baseline"), DENY_ALL).allowed is False


def test_the_kinds_of_the_former_api_version_are_read() -> None:
    ports = [{"portNumber": {"protocol": "TCP", "port": 8080}}, {"portRange": {"start": 9000, "end": 9001}}]
    admin = old("AdminNetworkPolicy", "a", rule("Allow", ports=ports), priority=5)
    base = old("BaselineAdminNetworkPolicy", "default", rule("Deny"))
    assert judged(admin, base).allowed is True
    assert judged(admin, base, port=9001).allowed is True
    assert judged(admin, base, port=8081).allowed is False
    assert judged(admin, DENY_ALL).allowed is True
    named = old("AdminNetworkPolicy", "a", rule("Deny", ports=[{"namedPort": "main"}]), priority=5)
    assert judged(named).allowed is False
    assert judged(named, port=8081).allowed is True


@pytest.mark.parametrize("action", ["Accept", "Deny", "Pass"])
def test_a_kind_of_peer_that_is_not_known_fails_closed(action: str) -> None:
    found = judged(wide("a", rule(action, {"planets": {"name": "mars"}}), rule("Accept")))
    assert found.allowed is (action == "Accept")
    odd = judged(wide("a", rule(action, protocols=[{"quic": {}}]), rule("Accept")))
    assert odd.allowed is (action == "Accept")


def test_a_kind_of_peer_that_is_not_known_is_told() -> None:
    snapshot = snapshot_of([wide("a", rule("Deny", {"planets": {}}))])
    (found,) = policies_of(snapshot)
    assert found.flaws == (
        "/spec/ingress/0/from/0: a peer of a kind that is not known; the rule denies everybody",
    )


def test_domain_names_may_be_any_address_outside_and_no_pod() -> None:
    named = rule("Accept", {"domainNames": ["*.example.com"]}, side="to")
    denied = rule("Deny", {"networks": ["0.0.0.0/0", "::/0"]}, side="to")
    tree = wide("a", egress=[named, denied])
    found = judged(tree, to="203.0.113.9")
    assert found.allowed is None
    assert "addresses that are not known" in found.egress.reasons[-1].words
    assert judged(tree).allowed is False


def test_nodes_are_known_by_their_addresses() -> None:
    node = {
        "kind": "Node",
        "metadata": {"name": "n", "labels": {"role": "x"}},
        "status": {"addresses": [{"type": "Hostname", "address": "n"}, {"address": "10.8.0.1"}]},
    }
    tree = wide("a", egress=[rule("Deny", {"nodes": {"matchLabels": {"role": "x"}}}, side="to")])
    assert judged(tree, node, to="10.8.0.1").allowed is False
    assert judged(tree, node, to="10.8.0.2").allowed is True
    assert judged(tree, node).allowed is True


def test_a_policy_of_an_unknown_tier_does_nothing_and_is_told() -> None:
    tree = wide("a", rule("Deny"), tier="Middle")
    assert judged(tree).allowed is True
    assert policies_of(snapshot_of([tree]))[0].flaws == ("/spec/tier: Middle is no tier",)


def test_policies_that_could_not_be_read_make_it_uncertain() -> None:
    snapshot = snapshot_of([deployment("web"), CALICO], forbidden=[CLUSTER_NETWORK_POLICY])
    (web,) = group_end(snapshot, ObjectRef(*WEB, "apps"))
    assert isinstance(web, PodEnd)
    found = verdict(snapshot, address_end("10.0.0.1"), web, "TCP", 80)
    assert (found.allowed, found.certain) == (True, None)
    assert "forbidden" in found.doubt


@pytest.mark.parametrize(
    ("trees", "closed"),
    [
        ((wide("base", rule("Deny"), tier="Baseline"),), True),
        ((wide("admin", rule("Accept", ALL, protocols=[{"tcp": {}}]), rule("Deny")),), True),
        ((wide("some", rule("Deny", {"namespaces": {"matchLabels": {"a": "b"}}})),), False),
        ((wide("ports", rule("Deny", protocols=[{"tcp": {}}])),), False),
        ((wide("never", rule("Accept"), rule("Deny")),), False),
        ((wide("elsewhere", rule("Deny"), subject={"namespaces": {"matchLabels": {"a": "b"}}}),), False),
    ],
)
def test_a_workload_that_cluster_wide_policies_close_is_isolated(
    trees: tuple[Tree, ...], closed: bool
) -> None:
    snapshot, web = workload(deployment(), deployment("other"), *trees)
    answer = isolated(snapshot, web, "ingress")
    assert answer.value is closed
    if closed:
        assert answer.reason == f"ClusterNetworkPolicy {trees[0]['metadata']['name']}"


def test_denying_the_metadata_alone_closes_no_egress() -> None:
    imds = rule("Deny", {"networks": ["169.254.169.254/32"]}, side="to")
    snapshot, web = workload(deployment(), wide("a", egress=[imds]))
    assert isolated(snapshot, web, "egress").value is False
    everything = rule("Deny", {"networks": ["0.0.0.0/0", "::/0"]}, side="to")
    snapshot, web = workload(deployment(), wide("a", egress=[everything]))
    assert isolated(snapshot, web, "egress").value is True


def test_denying_one_family_of_addresses_leaves_the_other_open() -> None:
    def dual(name: str, *ips: str) -> Tree:
        return {
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"containers": [{"name": "c"}]},
            "status": {"phase": "Running", "podIPs": [{"ip": ip} for ip in ips]},
        }

    pods = [dual("a", "10.0.0.1", "fd00::1"), dual("b", "10.0.0.2", "fd00::2")]
    for networks, allowed in ((["0.0.0.0/0"], None), (["::/0"], None), (["0.0.0.0/0", "::/0"], False)):
        snapshot = snapshot_of([*pods, wide("a", egress=[rule("Deny", {"networks": networks}, side="to")])])
        one, two = (pod_end(snapshot, "shop", name) for name in ("a", "b"))
        assert verdict(snapshot, one, two, "TCP", 80).allowed is allowed
    snapshot = snapshot_of([*pods, policy("p", "shop", ingress=[{"from": [{"ipBlock": {"cidr": "::/0"}}]}])])
    one, two = (pod_end(snapshot, "shop", name) for name in ("a", "b"))
    assert verdict(snapshot, one, two, "TCP", 80).allowed is True
