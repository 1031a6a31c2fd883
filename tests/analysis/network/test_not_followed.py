"""What leads nowhere, what is seen and not followed, and who passes policies by rights."""

from __future__ import annotations

import pytest
import yaml

from ksec_tui.analysis.network.api_doors import api_doors
from ksec_tui.analysis.network.dead_ends import dead_ends
from ksec_tui.analysis.network.unread import ROUTES, unread
from ksec_tui.cluster.kinds import ROLE_BINDING, SERVICE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.ways import CONTROLLER, DOOR, INGRESS, SVC, WEB
from tests.analysis.network.worlds import definition, deployment
from tests.analysis.rbac.worlds import bind, role, rule


def world(text: str) -> Snapshot:
    return snapshot_of(tree for tree in yaml.safe_load_all(text) if tree)


BALANCER = SVC.replace("spec: {", "spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ")

GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec: {gatewayClassName: edge, listeners: [{name: web, port: 80, protocol: HTTP}]}
status: {addresses: [{type: IPAddress, value: 203.0.113.7}]}
---
"""

ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: way, namespace: shop}
spec: {parentRefs: [{name: public}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
"""


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (BALANCER, "Service shop/web", "no pods match its selector"),
        (
            WEB + BALANCER.replace("main", "admin"),
            "Service shop/web",
            "no container of its pods names a port admin",
        ),
        (
            WEB + BALANCER.replace("selector: {app: web}, ", ""),
            "Service shop/web",
            "no EndpointSlice names a pod",
        ),
        (CONTROLLER + DOOR + INGRESS, "Ingress shop/web", "Service shop/web does not exist"),
        (
            WEB + CONTROLLER + DOOR + INGRESS + SVC.replace("name: http", "name: grpc"),
            "Service shop/web",
            "it has no port http",
        ),
        (CONTROLLER + DOOR + INGRESS + SVC, "Service shop/web", "no pods match its selector"),
        (GATEWAY, "Gateway shop/public", "no route is attached to it"),
        (GATEWAY + ROUTE, "HTTPRoute shop/way", "Service shop/web does not exist"),
        (WEB + SVC + ROUTE, "HTTPRoute shop/way", "no listener of Gateway shop/public takes it"),
        (
            GATEWAY + ROUTE.replace("name: web,", "name: web, namespace: blog,"),
            "HTTPRoute shop/way",
            "no ReferenceGrant",
        ),
        (
            GATEWAY + ROUTE.replace("name: web,", "kind: Bucket, name: web,"),
            "HTTPRoute shop/way",
            "is a Bucket",
        ),
    ],
)
def test_what_is_published_and_leads_nowhere_says_what_is_missing(text: str, where: str, why: str) -> None:
    found = [item for item in dead_ends(world(text)) if str(item.ref) == where and why in item.why]
    assert len(found) == 1
    assert found[0].words.endswith(f"nothing: {found[0].why}")


def test_what_leads_to_pods_is_no_dead_end() -> None:
    assert dead_ends(world(WEB + SVC + CONTROLLER + DOOR + INGRESS + GATEWAY + ROUTE)) == ()


def test_a_service_that_could_not_be_read_is_not_called_missing() -> None:
    trees = [tree for tree in yaml.safe_load_all(CONTROLLER + INGRESS) if tree]
    (found,) = dead_ends(snapshot_of(trees, forbidden=[SERVICE]))
    assert "could not be listed" in found.why


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_routes_of_other_kinds_are_told_as_not_analysed(name: str) -> None:
    (found,) = unread(snapshot_of([definition(name)]))
    assert "not analysed" in found.words
    assert not found.tunnel


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("docker.io/cloudflare/cloudflared:2026.1.0", "Cloudflare Tunnel"),
        ("ngrok/ngrok:3", "ngrok"),
        ("ghcr.io/tailscale/tailscale:v1.90.0", "Tailscale"),
        ("snowdreamtech/frpc:0.65", "frp"),
    ],
)
def test_tunnels_are_told_by_their_image(image: str, name: str) -> None:
    (found,) = unread(snapshot_of([deployment("tunnel", image=image)]))
    assert found.tunnel
    assert name in found.words
    assert found.path == "/spec/template/spec/containers/0/image"


def test_an_ordinary_image_is_no_tunnel() -> None:
    assert unread(snapshot_of([deployment(image="registry.example/frpc.example/app:1")])) == ()


RIGHTS = [
    role("shop/forward", rule("create", "pods/portforward")),
    bind("shop/forward", "Role forward", "User ann"),
    role("proxy", rule("get", "services/proxy")),
    bind("proxy", "ClusterRole proxy", "Group ops"),
    role("kubelet", rule("create", "nodes/proxy")),
    bind("kubelet", "ClusterRole kubelet", "User root"),
    role("other/forward", rule("create", "pods/portforward")),
    bind("other/forward", "Role forward", "User bob"),
]


def test_who_may_forward_ports_or_proxy_passes_every_policy() -> None:
    found = api_doors(snapshot_of(RIGHTS), "shop")
    assert {(str(item.who), item.right) for item in found.doors} == {
        ("User ann", "create pods/portforward"),
        ("Group ops", "get services/proxy"),
        ("User root", "create nodes/proxy"),
    }
    assert not found.unknown


def test_bindings_that_were_not_read_may_name_more() -> None:
    found = api_doors(snapshot_of(RIGHTS, forbidden=[ROLE_BINDING]), "shop")
    assert "User ann" not in {str(item.who) for item in found.doors}
    assert found.unknown
