"""Every port of a workload against every zone: yes, no or maybe, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.surface import Surface, exposure_gap, surface
from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.kinds import INGRESS, NETWORK_POLICY, NODE, SERVICE, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.ways import SVC, WEB

DB = WEB.replace("web", "db").replace("8080", "5432")
OTHER = WEB.replace("web", "job").replace("namespace: shop", "namespace: batch")

NODE_PORT = SVC.replace("spec: {", "spec: {type: NodePort, ")

PLUGIN = """
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: net, namespace: kube-system}
spec:
  selector: {matchLabels: {app: net}}
  template:
    metadata: {labels: {app: net}}
    spec: {hostNetwork: true, containers: [{name: net, image: docker.io/flannel/flannel:v0.27.0}]}
---
"""

INSIDE = """
---
apiVersion: v1
kind: Node
metadata: {name: inside}
status: {addresses: [{type: InternalIP, address: 10.0.0.5}]}
---
"""


def guard(ingress: str) -> str:
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: guard, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress], ingress: {ingress}}}
---
"""


def surfaces(text: str, *, forbidden: Iterable[Kind[Any]] = ()) -> tuple[Surface, ...]:
    """The surface of Deployment shop/web in a small cluster."""
    snapshot = snapshot_of((tree for tree in yaml.safe_load_all(text) if tree), forbidden=forbidden)
    found = workload_named(snapshot, ObjectRef("shop", "Deployment", "web", "apps"))
    assert found is not None
    return surface(snapshot, found)


def answers(text: str, *, forbidden: Iterable[Kind[Any]] = ()) -> list[str]:
    """The answers for its one port, in the order of the zones."""
    (found,) = surfaces(text, forbidden=forbidden)
    return [item.words for item in found.zones]


EVERYTHING = WEB + SVC + DB + OTHER + INSIDE


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # internet, outside, nodes, any pod, namespaces, same namespace
        ("[]", ["no", "no", "no", "no", "no", "no"]),
        ("[{}]", ["no", "no", "yes", "yes", "yes", "yes"]),
        ("[{from: [{podSelector: {}}]}]", ["no", "no", "no", "no", "no", "yes"]),
        ("[{from: [{podSelector: {matchLabels: {app: db}}}]}]", ["no", "no", "no", "no", "no", "yes"]),
        ("[{from: [{podSelector: {matchLabels: {app: none}}}]}]", ["no", "no", "no", "no", "no", "no"]),
        ("[{from: [{namespaceSelector: {}}]}]", ["no", "no", "no", "yes", "yes", "yes"]),
        (
            "[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: batch}}}]}]",
            ["no", "no", "no", "no", "yes", "no"],
        ),
        (
            "[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: job}}}]}]",
            ["no", "no", "no", "no", "yes", "no"],
        ),
        ("[{from: [{ipBlock: {cidr: 10.0.0.5/32}}]}]", ["no", "no", "yes", "maybe", "maybe", "maybe"]),
        ("[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", ["no", "no", "yes", "yes", "yes", "yes"]),
        ("[{ports: [{port: 9090}]}]", ["no", "no", "no", "no", "no", "no"]),
        (
            "[{from: [{namespaceSelector: {}}], ports: [{port: main}]}]",
            ["no", "no", "no", "yes", "yes", "yes"],
        ),
    ],
)
def test_each_zone_is_answered_for_itself(rules: str, expected: list[str]) -> None:
    assert answers(EVERYTHING + guard(rules)) == expected


def test_without_any_policy_every_pod_and_node_reaches_it() -> None:
    assert answers(EVERYTHING) == ["no", "no", "yes", "yes", "yes", "yes"]


def test_the_namespaces_and_the_pods_beside_it_are_named() -> None:
    rules = (
        "[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: batch}}}, {podSelector: "
    )
    (found,) = surfaces(EVERYTHING + guard(rules + "{matchLabels: {app: db}}}]}]"))
    assert found.zone(Zone.NAMESPACES).namespaces == ("batch",)
    assert found.zone(Zone.SAME_NAMESPACE).answer.reason == "only db"
    assert "NetworkPolicy shop/guard" in found.zone(Zone.ANY_POD).answer.reason


def test_a_node_port_is_a_way_from_outside_as_far_as_nodes_are() -> None:
    text = WEB + NODE_PORT + INSIDE
    (found,) = surfaces(text)
    nodes = found.zone(Zone.NODES)
    assert (nodes.words, [item.zone for item in nodes.ways]) == ("yes", [Zone.NODES])
    assert found.zone(Zone.INTERNET).words == "no"
    public = text.replace("10.0.0.5", "203.0.113.5")
    (found,) = surfaces(public)
    assert [found.zone(zone).words for zone in (Zone.INTERNET, Zone.OUTSIDE)] == ["maybe", "maybe"]
    assert "firewall" in found.zone(Zone.INTERNET).answer.reason


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SERVICE, ["maybe", "maybe", "yes", "yes", "yes", "yes"]),
        (INGRESS, ["maybe", "maybe", "yes", "yes", "yes", "yes"]),
        # No object opens a way from outside, whatever policies say.
        (NETWORK_POLICY, ["no", "no", "maybe", "maybe", "maybe", "maybe"]),
    ],
)
def test_what_was_not_read_is_never_a_no(kind: Kind[Any], expected: list[str]) -> None:
    assert answers(EVERYTHING, forbidden=[kind]) == expected


def test_nodes_that_were_not_read_may_have_public_addresses() -> None:
    (found,) = surfaces(WEB + NODE_PORT, forbidden=[NODE])
    internet = found.zone(Zone.INTERNET)
    assert internet.words == "maybe"
    assert "nodes could not be listed" in internet.answer.reason


def test_a_plugin_that_ignores_policies_leaves_no_no() -> None:
    assert answers(EVERYTHING + PLUGIN + guard("[]")) == ["no", "no", "maybe", "maybe", "maybe", "maybe"]


def test_ports_that_only_a_service_names_are_answered_too() -> None:
    ports = {item.port for item in surfaces(WEB + SVC.replace("targetPort: main", "targetPort: 9999"))}
    assert ports == {8080, 9999}


def test_pods_that_have_ended_have_no_surface() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: once, namespace: shop}
spec: {containers: [{name: app, image: x, ports: [{containerPort: 80}]}]}
status: {phase: Succeeded}
"""
    snapshot = snapshot_of(yaml.safe_load_all(text))
    found = workload_named(snapshot, ObjectRef("shop", "Pod", "once"))
    assert found is not None
    assert surface(snapshot, found) == ()


def test_pods_with_an_address_of_the_internet_may_be_reached_from_there() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: six, namespace: shop}
spec: {containers: [{name: app, image: x, ports: [{containerPort: 80}]}]}
status: {phase: Running, podIP: "2a00:1450:4001::5"}
"""
    snapshot = snapshot_of(yaml.safe_load_all(text))
    found = workload_named(snapshot, ObjectRef("shop", "Pod", "six"))
    assert found is not None
    (port,) = surface(snapshot, found)
    assert port.zone(Zone.INTERNET).words == "maybe"


def test_a_gap_of_one_namespace_is_told_for_it() -> None:
    snapshot = snapshot_of([], forbidden=[INGRESS])
    assert "ingresses.networking.k8s.io could not be listed" in exposure_gap(snapshot, "shop")
