"""What can be reached from where, by which chain, past which policies."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.exposure import blocked, exposures, exposures_of
from ksec_tui.cluster.kinds import NETWORK_POLICY, kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.data.demo import documents
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import (
    PUBLIC,
    Tree,
    balancer,
    deployment,
    gateway,
    ingress,
    ingress_class,
    listener,
    node,
    policy,
    reached,
    route,
    service,
    zones,
)

EDGE = node("edge", ("InternalIP", "10.0.0.5"), ("ExternalIP", "203.0.113.21"))
INSIDE = node("inside", ("InternalIP", "10.0.0.6"))
CONTROLLER = deployment("front", "ingress", port=80, image="registry.k8s.io/ingress-nginx/controller:v1.14.0")
DOOR = balancer("front", "ingress")


def test_a_public_load_balancer_is_a_chain_from_the_internet_to_the_pods_port() -> None:
    (item,) = reached(deployment(), balancer())
    assert (item.zone.value, item.certainty.value, item.port, item.protocol) == (
        "internet",
        "yes",
        8080,
        "TCP",
    )
    assert item.words == (
        f"internet → Service shop/web (LoadBalancer {PUBLIC}) → Deployment shop/web (TCP port 8080)"
    )
    assert item.chain[-1].path == "/spec/template/spec/containers/0/ports/0"


@pytest.mark.parametrize(
    ("door", "found"),
    [
        (balancer(address="10.1.2.3"), {("outside", "yes")}),
        (balancer(address=""), {("unknown", "maybe")}),
        (balancer(loadBalancerSourceRanges=["198.51.100.0/24"]), {("outside", "yes")}),
        (balancer(loadBalancerSourceRanges=["0.0.0.0/0"]), {("internet", "yes")}),
        (service(), set()),
        (service(type="NodePort"), {("nodes", "yes")}),
        (service(externalIPs=[PUBLIC]), {("internet", "maybe")}),
        (service(externalIPs=["10.9.9.9"]), {("outside", "maybe")}),
        (balancer(selector={}), set()),
        (balancer(ports=[{"port": 80, "targetPort": "nothing"}]), set()),
        (balancer(allocateLoadBalancerNodePorts=True), {("internet", "yes"), ("nodes", "yes")}),
    ],
)
def test_a_service_opens_to_the_zone_that_its_type_and_address_tell(
    door: Tree, found: set[tuple[str, str]]
) -> None:
    assert zones(deployment(), door, INSIDE) == found


def test_node_ports_may_be_on_the_internet_when_a_node_has_a_public_address() -> None:
    assert zones(deployment(), service(type="NodePort"), EDGE) == {("nodes", "yes"), ("internet", "maybe")}


def test_ended_jobs_are_not_reached() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "once", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "app", "image": "x", "ports": [{"name": "main", "containerPort": 1}]}]
        },
    }
    assert zones({**pod, "status": {"phase": "Succeeded"}}, balancer()) == set()
    assert zones({**pod, "status": {"phase": "Running"}}, balancer()) == {("internet", "yes")}


@pytest.mark.parametrize(
    ("port", "found"),
    [
        ({"containerPort": 80, "hostPort": 80}, {("nodes", "yes"), ("internet", "maybe")}),
        ({"containerPort": 80, "hostPort": 80, "hostIP": "127.0.0.1"}, set()),
        ({"containerPort": 80, "hostPort": 80, "hostIP": "10.0.0.5"}, {("nodes", "yes")}),
        ({"containerPort": 80}, set()),
    ],
)
def test_host_ports_are_on_the_nodes(port: Tree, found: set[tuple[str, str]]) -> None:
    assert zones(deployment(ports=[port]), EDGE) == found


def test_host_network_ports_are_declared_and_not_certain() -> None:
    assert zones(deployment(hostNetwork=True), INSIDE, policy()) == {("nodes", "maybe")}


def test_an_ingress_is_reached_where_its_controller_is() -> None:
    found = reached(CONTROLLER, DOOR, deployment(), service(), ingress(address=PUBLIC))
    (web,) = [item for item in found if item.workload.name == "web"]
    assert [link.ref.kind for link in web.chain] == [
        "Service",
        "Deployment",
        "Ingress",
        "Service",
        "Deployment",
    ]
    assert (web.zone.value, web.certainty.value, web.http) == ("internet", "yes", True)


def test_an_ingress_on_an_internal_controller_is_not_on_the_internet() -> None:
    inner = balancer("front", "ingress", "10.1.1.1")
    found = reached(CONTROLLER, inner, deployment(), service(), ingress(address="10.1.1.1"))
    assert {item.zone.value for item in found} == {"outside"}


def test_without_a_status_the_controller_is_found_by_its_class() -> None:
    found = reached(CONTROLLER, DOOR, ingress_class(), deployment(), service(), ingress())
    assert {item.zone.value for item in found if item.workload.name == "web"} == {"internet"}


def test_two_controllers_of_one_kind_are_told_apart_by_their_class() -> None:
    image = "registry.k8s.io/ingress-nginx/controller:v1.14.0"
    inner = deployment("inner", "ingress", image=image, args=("--controller-class=example.com/inner",))
    trees = [inner, balancer("inner", "ingress", "10.1.1.1"), CONTROLLER, DOOR, ingress_class()]
    found = reached(*trees, deployment(), service(), ingress())
    assert {item.zone.value for item in found if item.workload.name == "web"} == {"internet"}


def test_an_ingress_whose_controller_is_not_known_is_not_called_public() -> None:
    assert zones(deployment(), service(), ingress()) == {("unknown", "maybe")}


@pytest.mark.parametrize(
    ("controller", "annotations", "zone"),
    [
        ("ingress.k8s.aws/alb", {}, "outside"),
        ("ingress.k8s.aws/alb", {"alb.ingress.kubernetes.io/scheme": "internet-facing"}, "internet"),
        ("other.example/x", {}, "unknown"),
    ],
)
def test_controllers_outside_the_cluster_are_placed_by_annotation_and_class(
    controller: str, annotations: Tree, zone: str
) -> None:
    found = reached(
        deployment(), service(), ingress_class(controller=controller), ingress(annotations=annotations)
    )
    assert {item.zone.value for item in found} == {zone}


def test_the_default_backend_is_reached_as_well() -> None:
    back = {"service": {"name": "web", "port": {"name": "http"}}}
    tree = ingress(address=PUBLIC, rules=[], defaultBackend=back)
    assert zones(deployment(), service(), tree) == {("internet", "yes")}


@pytest.mark.parametrize(
    ("gate", "way", "found"),
    [
        (gateway(listener()), route(), {("internet", "yes")}),
        (gateway(listener(), address=""), route(), {("unknown", "maybe")}),
        (gateway(listener(), address="", gatewayClassName="gke-l7-rilb"), route(), {("outside", "yes")}),
        (gateway(listener(allowedRoutes={"namespaces": {"from": "Same"}})), route(), set()),
        (gateway(listener(allowedRoutes={})), route(), set()),
        (
            gateway(
                listener(
                    allowedRoutes={
                        "namespaces": {
                            "from": "Selector",
                            "selector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                        }
                    }
                )
            ),
            route(),
            {("internet", "yes")},
        ),
        (
            gateway(listener(hostname="*.example.com")),
            route(hostnames=["a.b.example.com"]),
            {("internet", "yes")},
        ),
        (gateway(listener(hostname="*.example.com")), route(hostnames=["example.com"]), set()),
        (
            gateway(listener(hostname="a.example.com")),
            route(hostnames=["*.example.com"]),
            {("internet", "yes")},
        ),
        (gateway(listener(protocol="TCP")), route(), set()),
        (gateway(listener()), route(parent={"sectionName": "other"}), set()),
        (gateway(listener()), route(parent={"port": 80}), set()),
        (gateway(listener()), route(parent={"kind": "Service"}), set()),
        (gateway(listener()), route(back={"weight": 0}), set()),
        (gateway(listener()), route("blog", back={"namespace": "shop"}), set()),
    ],
)
def test_a_route_attaches_only_where_its_gateway_takes_it(
    gate: Tree, way: Tree, found: set[tuple[str, str]]
) -> None:
    assert zones(deployment(), service(), gate, way) == found


def test_a_grant_lets_a_route_lead_to_another_namespace() -> None:
    grant = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "blog", "namespace": "shop"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "blog"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }
    way = route("blog", back={"namespace": "shop"})
    assert zones(deployment(), service(), gateway(listener()), way, grant) == {("internet", "yes")}


def _from(**peer: Any) -> Tree:
    return policy(ingress=[{"from": [peer]}])


@pytest.mark.parametrize(
    ("guard", "found"),
    [
        (policy(), set()),
        (_from(podSelector={}), set()),
        (_from(namespaceSelector={}), set()),
        (_from(ipBlock={"cidr": "0.0.0.0/0"}), {("internet", "yes")}),
        (_from(ipBlock={"cidr": "198.51.100.0/24"}), {("internet", "maybe")}),
        (policy(ingress=[{"ports": [{"port": 8080}]}]), {("internet", "yes")}),
        (policy(ingress=[{"ports": [{"port": 9090}]}]), set()),
        (policy(policyTypes=["Egress"]), {("internet", "yes")}),
    ],
)
def test_policies_shut_what_clients_cannot_pass(guard: Tree, found: set[tuple[str, str]]) -> None:
    assert zones(deployment(), balancer(), guard) == found


def test_what_policies_shut_is_told_apart_from_what_was_never_open() -> None:
    snapshot = snapshot_of([deployment(), balancer(), policy()])
    assert exposures(snapshot) == ()
    (item,) = blocked(snapshot)
    assert [str(ref) for ref in item.restricted_by] == ["NetworkPolicy shop/guard"]


def test_a_service_that_hides_the_client_is_not_called_shut() -> None:
    door = balancer(externalTrafficPolicy="Cluster")
    assert zones(deployment(), door, policy()) == {("internet", "maybe")}


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        (
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}},
            {("internet", "yes")},
        ),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "front"}}}, {("internet", "yes")}),
        ({"podSelector": {"matchLabels": {"app": "front"}}}, set()),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, {("internet", "maybe")}),
    ],
)
def test_behind_an_ingress_the_policy_judges_the_controllers_pods(
    peer: Tree, found: set[tuple[str, str]]
) -> None:
    items = reached(CONTROLLER, DOOR, deployment(), service(), ingress(address=PUBLIC), _from(**peer))
    web = {(item.zone.value, item.certainty.value) for item in items if item.workload.name == "web"}
    assert web == found


def test_policies_that_could_not_be_read_leave_every_exposure_uncertain() -> None:
    snapshot = snapshot_of([deployment(), balancer()], forbidden=[NETWORK_POLICY])
    (item,) = exposures(snapshot)
    assert item.certainty.value == "maybe"
    assert "forbidden" in item.doubt


def test_the_demo_shows_its_attack_paths_first_three_links() -> None:
    known = [
        tree
        for tree in documents()
        if kind_named(str(tree["apiVersion"]).rpartition("/")[0], str(tree["kind"])) is not None
    ]
    found = exposures_of(snapshot_of(known), ObjectRef("ci", "Deployment", "preview-runner", "apps"))
    assert found[0].words == (
        "internet → Service ingress-nginx/ingress-nginx-controller (LoadBalancer 203.0.113.10)"
        " → Deployment ingress-nginx/ingress-nginx-controller (serves class nginx)"
        " → Ingress ci/preview (shop.example.com/preview) → Service ci/preview-runner (port http)"
        " → Deployment ci/preview-runner (TCP port 3000)"
    )
    assert found[0].certainty.value == "yes"
