"""Ways in by Services: load balancers, node ports, external IPs, names, endpoints made by hand."""

from __future__ import annotations

import pytest

from tests.analysis.network.ways import SVC, WEB, World, check


def service(spec: str, *, status: str = "", annotations: str = "{}", extra: str = "") -> str:
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop, annotations: {annotations}{extra}}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: main}}], {spec}}}
status: {{loadBalancer: {{ingress: [{status}]}}}}
---
"""


def node(name: str, address: str, kind: str = "ExternalIP") -> str:
    addresses = f"[{{type: {kind}, address: '{address}'}}]"
    return f"---\n{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, status: {{addresses: {addresses}}}}}\n"


def pod(name: str, on: str, phase: str = "Running", ip: str = "10.2.0.5", app: str = "web") -> str:
    return f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: {app}}}}}
spec: {{nodeName: {on}, containers: [{{name: app, image: x, ports: [{{name: main, containerPort: 8080}}]}}]}}
status: {{phase: {phase}, podIP: {ip}}}
---
"""


SLICE = """
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 8080, protocol: TCP}]
endpoints: [%s]
---
"""

BALANCER = "type: LoadBalancer, allocateLoadBalancerNodePorts: false, externalTrafficPolicy: Local"
PUBLIC, PRIVATE = "{ip: 203.0.113.7}", "{ip: 10.1.2.3}"

WORLDS = [
    World(
        "a public balancer",
        WEB + service(BALANCER, status=PUBLIC),
        ("internet yes svc/web > deploy/web:8080",),
    ),
    World(
        "an internal balancer",
        WEB + service(BALANCER, status=PRIVATE),
        ("outside yes svc/web > deploy/web:8080",),
    ),
    World(
        "a balancer with a public IPv6 address",
        WEB + service(BALANCER, status="{ip: '2001:db8::7'}"),
        ("internet yes svc/web > deploy/web:8080",),
    ),
    World(
        "a balancer with a unique local IPv6 address",
        WEB + service(BALANCER, status="{ip: 'fd12::7'}"),
        ("outside yes svc/web > deploy/web:8080",),
    ),
    World(
        "an IPv4 address written as IPv6 stays private",
        WEB + service(BALANCER, status="{ip: '::ffff:10.0.0.9'}"),
        ("outside yes svc/web > deploy/web:8080",),
    ),
    World(
        "one private and one public address are public",
        WEB + service(BALANCER, status=f"{PRIVATE}, {PUBLIC}"),
        ("internet yes svc/web > deploy/web:8080",),
    ),
    World(
        "a balancer without address or word of its scheme is nowhere for certain",
        WEB + service(BALANCER),
        ("unknown maybe svc/web > deploy/web:8080",),
        "the load balancer may be internal",
    ),
    World(
        "a manifest that asks for a public balancer gets one",
        WEB
        + service(
            BALANCER, annotations="{service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}"
        ),
        ("internet yes svc/web > deploy/web:8080",),
    ),
    World(
        "a balancer of a cluster that has no address yet is pending",
        WEB
        + service(
            BALANCER,
            annotations="{service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}",
            extra=", uid: a1",
        ),
        ("internet maybe svc/web > deploy/web:8080",),
        "it has no address yet",
    ),
    World(
        "source ranges leave a part of the world",
        WEB + service(BALANCER + ", loadBalancerSourceRanges: [198.51.100.0/24]", status=PUBLIC),
        ("outside yes svc/web > deploy/web:8080",),
    ),
    World(
        "two halves of everything are everything",
        WEB + service(BALANCER + ", loadBalancerSourceRanges: [0.0.0.0/1, 128.0.0.0/1]", status=PUBLIC),
        ("internet yes svc/web > deploy/web:8080",),
    ),
    World(
        "source ranges do not hold for the node ports beside the balancer",
        WEB
        + service("type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]", status=PUBLIC)
        + node("n1", "203.0.113.21"),
        (
            "outside yes svc/web > deploy/web:8080",
            "nodes yes svc/web > deploy/web:8080",
            "internet maybe svc/web > deploy/web:8080",
        ),
        "a firewall may stand before the nodes",
    ),
    World(
        "a node port on nodes with private addresses",
        WEB + service("type: NodePort") + node("n1", "10.0.0.5", "InternalIP"),
        ("nodes yes svc/web > deploy/web:8080",),
    ),
    World(
        "a node port of one node is no other node's: traffic policy Local, pod on the private node",
        service("type: NodePort, externalTrafficPolicy: Local")
        + pod("web", "inside")
        + node("inside", "10.0.0.5")
        + node("edge", "203.0.113.21"),
        ("nodes yes svc/web > Pod/web:8080",),
    ),
    World(
        "traffic policy Local with the pod on the public node",
        service("type: NodePort, externalTrafficPolicy: Local")
        + pod("web", "edge")
        + node("inside", "10.0.0.5")
        + node("edge", "203.0.113.21"),
        ("nodes yes svc/web > Pod/web:8080", "internet maybe svc/web > Pod/web:8080"),
        "a firewall may stand before the nodes",
    ),
    World(
        "an external IP that is public",
        WEB + service("externalIPs: [203.0.113.5]"),
        ("internet maybe svc/web > deploy/web:8080",),
        "may not route that address",
    ),
    World(
        "an external IP that is private",
        WEB + service("externalIPs: ['fd00::5']"),
        ("outside maybe svc/web > deploy/web:8080",),
        "may not route that address",
    ),
    World("an external IP that is no address", WEB + service("externalIPs: [nonsense]")),
    World("a cluster IP", WEB + service("type: ClusterIP")),
    World("a headless Service", WEB + service("clusterIP: None")),
    World(
        "a Tailscale device",
        WEB + service("type: ClusterIP", annotations='{tailscale.com/expose: "true"}'),
        ("outside maybe svc/web > deploy/web:8080",),
        "only where Tailscale's operator runs",
    ),
    World("finished pods are not reached", service(BALANCER, status=PUBLIC) + pod("web", "n1", "Succeeded")),
    World(
        "failed pods beside running ones",
        service(BALANCER, status=PUBLIC) + pod("old", "n1", "Failed") + pod("web", "n1"),
        ("internet yes svc/web > Pod/web:8080",),
    ),
    World(
        "no selector, an endpoint that names a pod",
        service(BALANCER, status=PUBLIC).replace("selector: {app: web}, ", "")
        + SLICE % "{addresses: [10.2.0.5], targetRef: {kind: Pod, name: web}}"
        + pod("web", "n1"),
        ("internet yes svc/web > slice/web-1 > Pod/web:8080",),
    ),
    World(
        "no selector, an endpoint with a pod's address",
        service(BALANCER, status=PUBLIC).replace("selector: {app: web}, ", "")
        + SLICE % "{addresses: [10.2.0.5]}"
        + pod("web", "n1"),
        ("internet yes svc/web > slice/web-1 > Pod/web:8080",),
    ),
    World(
        "no selector, an endpoint outside the cluster",
        service(BALANCER, status=PUBLIC).replace("selector: {app: web}, ", "")
        + SLICE % "{addresses: [192.168.7.7]}"
        + pod("web", "n1"),
    ),
    World(
        "UDP and TCP of one number are two ports",
        WEB.replace("ports: [{", "ports: [{name: dns, containerPort: 8080, protocol: UDP}, {")
        + service(BALANCER, status=PUBLIC)
        .replace("{port: 80, ", "{port: 80, protocol: UDP, ")
        .replace("main", "dns"),
        ("internet yes svc/web > deploy/web:8080udp",),
    ),
    World(
        "a named port of another protocol",
        WEB + service(BALANCER, status=PUBLIC).replace("{port:", "{protocol: UDP, port:"),
    ),
    World("a Service for nobody", SVC + service(BALANCER, status=PUBLIC)),
]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_service_opens_just_these_ways(world: World) -> None:
    check(world)
