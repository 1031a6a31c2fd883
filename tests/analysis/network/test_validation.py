"""Policies that an API server would refuse are told with the field and the reason; good ones are not."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.validation import faults, twice
from ksec_tui.cluster.kinds import ADMIN_NETWORK_POLICY, NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of

Tree = dict[str, Any]


def policy(**spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"podSelector": {}, **spec},
    }


def from_peer(**peer: Any) -> Tree:
    return policy(ingress=[{"from": [peer]}])


def to_port(**port: Any) -> Tree:
    return policy(egress=[{"ports": [{"port": 80}, port]}])


def asking(key: str, operator: str, *values: str) -> Tree:
    return policy(podSelector={"matchExpressions": [{"key": key, "operator": operator, "values": [*values]}]})


def admin(kind: str = "AdminNetworkPolicy", name: str = "default", **spec: Any) -> Tree:
    version = "v1alpha2" if kind == "ClusterNetworkPolicy" else "v1alpha1"
    whole: Tree = {"subject": {"namespaces": {}}, **spec}
    if kind != "BaselineAdminNetworkPolicy":
        whole.setdefault("priority", 5)
    return {
        "apiVersion": f"policy.networking.k8s.io/{version}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": whole,
    }


def rule(**fields: Any) -> Tree:
    return admin(egress=[{"action": "Deny", "to": [{"namespaces": {}}], **fields}])


def cluster(**fields: Any) -> Tree:
    one = {"action": "Deny", "to": [{"namespaces": {}}], **fields}
    return admin("ClusterNetworkPolicy", tier="Admin", egress=[one])


def network(name: str, role: str = "Primary", topology: str = "Layer2") -> Tree:
    return {
        "apiVersion": "k8s.ovn.org/v1",
        "kind": "UserDefinedNetwork",
        "metadata": {"name": name, "namespace": "blue"},
        "spec": {"topology": topology, topology.lower(): {"role": role}},
    }


def found(*trees: Tree) -> list[str]:
    return [fault.field for fault in faults(snapshot_of(trees))]


WRONG = {
    "no field in a peer": (from_peer(), "spec.ingress[0].from[0]"),
    "a block and a selector": (
        from_peer(podSelector={}, ipBlock={"cidr": "10.0.0.0/8"}),
        "spec.ingress[0].from[0]",
    ),
    "no block": (from_peer(ipBlock={"cidr": "ten"}), "spec.ingress[0].from[0].ipBlock.cidr"),
    "a prefix too long": (from_peer(ipBlock={"cidr": "10.0.0.0/33"}), "spec.ingress[0].from[0].ipBlock.cidr"),
    "an empty block": (from_peer(ipBlock={}), "spec.ingress[0].from[0].ipBlock.cidr"),
    "an exception elsewhere": (
        from_peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "11.0.0.0/16"]}),
        "spec.ingress[0].from[0].ipBlock.except[1]",
    ),
    "an exception that is all": (
        from_peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}),
        "spec.ingress[0].from[0].ipBlock.except[0]",
    ),
    "an exception of the other family": (
        from_peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["fd00::/8"]}),
        "spec.ingress[0].from[0].ipBlock.except[0]",
    ),
    "a range backwards": (to_port(port=90, endPort=80), "spec.egress[0].ports[1].endPort"),
    "a range from a name": (to_port(port="http", endPort=80), "spec.egress[0].ports[1].endPort"),
    "a range from nowhere": (to_port(endPort=80), "spec.egress[0].ports[1].endPort"),
    "a range too far": (to_port(port=80, endPort=70000), "spec.egress[0].ports[1].endPort"),
    "port zero": (to_port(port=0), "spec.egress[0].ports[1].port"),
    "a port's name too long": (to_port(port="a-name-that-is-long"), "spec.egress[0].ports[1].port"),
    "a port's name of digits": (to_port(port="8080"), "spec.egress[0].ports[1].port"),
    "a port's name with two dashes": (to_port(port="a--b"), "spec.egress[0].ports[1].port"),
    "no protocol of policies": (to_port(protocol="ICMP"), "spec.egress[0].ports[1].protocol"),
    "no policy type": (policy(policyTypes=["Ingress", "egress"]), "spec.policyTypes[1]"),
    "no operator": (asking("a", "Equals", "b"), "spec.podSelector.matchExpressions[0].operator"),
    "an operator without values": (asking("a", "In"), "spec.podSelector.matchExpressions[0].values"),
    "an operator with values": (asking("a", "Exists", "b"), "spec.podSelector.matchExpressions[0].values"),
    "no key": (asking("a b", "Exists"), "spec.podSelector.matchExpressions[0].key"),
    "no domain before a key": (asking("A_b/c", "Exists"), "spec.podSelector.matchExpressions[0].key"),
    "no value": (policy(podSelector={"matchLabels": {"a": "b c"}}), "spec.podSelector.matchLabels.a"),
    "no action": (rule(action="Accept"), "spec.egress[0].action"),
    "no peers": (rule(to=[]), "spec.egress[0].to"),
    "a peer with two fields": (
        rule(to=[{"namespaces": {}, "networks": ["10.0.0.0/8"]}]),
        "spec.egress[0].to[0]",
    ),
    "a peer of ingress that is an address": (
        admin(ingress=[{"action": "Deny", "from": [{"networks": ["10.0.0.0/8"]}]}]),
        "spec.ingress[0].from[0].networks",
    ),
    "no network": (rule(to=[{"networks": ["10.0.0.0"]}]), "spec.egress[0].to[0].networks[0]"),
    "a port with two fields": (
        rule(ports=[{"namedPort": "http", "portNumber": {"protocol": "TCP", "port": 80}}]),
        "spec.egress[0].ports[0]",
    ),
    "a range of ports backwards": (
        rule(ports=[{"portRange": {"protocol": "TCP", "start": 90, "end": 80}}]),
        "spec.egress[0].ports[0].portRange.end",
    ),
    "a priority too great": (admin(priority=1001), "spec.priority"),
    "no subject": (admin(subject={}), "spec.subject"),
    "another baseline": (admin("BaselineAdminNetworkPolicy", "mine"), "metadata.name"),
    "no tier": (admin("ClusterNetworkPolicy", tier="Top"), "spec.tier"),
    "no port of a protocol": (
        cluster(protocols=[{"tcp": {"destinationPort": {"number": 0}}}]),
        "spec.egress[0].protocols[0].tcp.destinationPort.number",
    ),
    "no topology": (network("a", topology="Layer4"), "spec.topology"),
    "the cluster's own network": (network("default"), "metadata.name"),
}

GOOD = {
    "everything that is allowed": policy(
        policyTypes=["Ingress", "Egress"],
        ingress=[{}, {"from": [{"podSelector": {}, "namespaceSelector": {}}]}],
        egress=[
            {
                "to": [{"ipBlock": {"cidr": "10.1.2.3/8", "except": ["10.1.0.0/16"]}}],
                "ports": [{}, {"protocol": "SCTP"}, {"port": "http-2"}, {"port": 1, "endPort": 65535}],
            },
            {"to": [{"ipBlock": {"cidr": "::/0", "except": ["fd00::/8"]}}]},
        ],
    ),
    "labels of every form": asking("example.com/a.b_c-d", "NotIn", "", "A1.b_c-D"),
    "an admin policy": rule(
        action="Pass",
        to=[{"nodes": {}}, {"networks": ["::/0"]}, {"domainNames": ["*.example.com"]}],
        ports=[{"portNumber": {"protocol": "UDP", "port": 53}}, {"namedPort": "dns"}],
    ),
    "a cluster policy": cluster(
        action="Accept",
        protocols=[{"udp": {}}, {"tcp": {"destinationPort": {"range": {"start": 1, "end": 2}}}}],
    ),
    "a baseline": admin("BaselineAdminNetworkPolicy"),
    "a network": network("own", topology="Layer3"),
}


@pytest.mark.parametrize(("tree", "field"), WRONG.values(), ids=WRONG)
def test_a_fault_is_told_at_its_field(tree: Tree, field: str) -> None:
    assert found(tree) == [field]


@pytest.mark.parametrize("tree", GOOD.values(), ids=GOOD)
def test_what_an_api_server_takes_has_no_fault(tree: Tree) -> None:
    assert found(tree) == []


def test_a_field_that_nobody_knows_is_told_beside_the_one_that_is_missing() -> None:
    assert found(rule(to=[{"tenants": {}}])) == ["spec.egress[0].to[0].tenants"]


def test_a_second_primary_network_of_a_namespace_is_told_with_the_first() -> None:
    (fault,) = faults(snapshot_of([network("one"), network("two"), network("three", role="Secondary")]))
    assert str(fault) == (
        "UserDefinedNetwork blue/two: spec.layer2.role: a namespace has one primary network, "
        "and UserDefinedNetwork blue/one is one already"
    )


def test_a_fault_reads_as_a_sentence_and_points_into_the_object() -> None:
    (fault,) = faults(snapshot_of([to_port(port=10, endPort=1)]))
    assert str(fault) == (
        "NetworkPolicy shop/p: spec.egress[0].ports[1].endPort: 1 is less than port 10: the range is empty"
    )
    assert fault.pointer == "/spec/egress/0/ports/1/endPort"


def test_text_of_others_cannot_act_in_a_message() -> None:
    (fault,) = faults(snapshot_of([from_peer(ipBlock={"cidr": "\x1b[31m[red]\n" + "x" * 500})]))
    said = str(fault)
    assert "\x1b" not in said
    assert "\n" not in said
    assert len(said) < 250


def test_only_policies_that_come_twice_are_a_fault() -> None:
    policies = [
        ObjectRef("", ADMIN_NETWORK_POLICY.name, "a", ADMIN_NETWORK_POLICY.group),
        ObjectRef("shop", NETWORK_POLICY.name, "b", NETWORK_POLICY.group),
    ]
    told = twice([*policies, ObjectRef("shop", "Pod", "c")])
    assert {fault.ref for fault in told} == set(policies)
