"""Ways in by the Gateway API: which listener takes which route, and what a route leads to."""

from __future__ import annotations

import pytest

from tests.analysis.network.ways import SVC, WEB, World, check

APP = WEB + SVC


def gateway(
    listener: str = "{name: web, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}",
    *,
    kind: str = "edge",
    spec: str = "",
    status: str = "{addresses: [{type: IPAddress, value: 203.0.113.7}]}",
    meta: str = "",
) -> str:
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: public, namespace: edge{meta}}}
spec: {{gatewayClassName: {kind}, listeners: [{listener}]{spec}}}
status: {status}
---
"""


def route(
    rules: str = "[{backendRefs: [{name: web, port: 80}]}]",
    *,
    kind: str = "HTTPRoute",
    namespace: str = "shop",
    parent: str = "",
    spec: str = "",
    status: str = "{}",
    meta: str = "",
) -> str:
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: way, namespace: {namespace}{meta}}}
spec: {{parentRefs: [{{name: public, namespace: edge{parent}}}], rules: {rules}{spec}}}
status: {status}
---
"""


def said(accepted: str, resolved: str = "True", parent: str = "") -> str:
    conditions = f"[{{type: Accepted, status: '{accepted}'}}, {{type: ResolvedRefs, status: '{resolved}'}}]"
    return (
        f"{{parents: [{{parentRef: {{name: public, namespace: edge{parent}}}, conditions: {conditions}}}]}}"
    )


def grant(sender: str, kind: str = "HTTPRoute", name: str = "") -> str:
    target = "{group: '', kind: Service" + (f", name: {name}" if name else "") + "}"
    given = f"{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {sender}}}"
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: theirs, namespace: shop}}
spec: {{from: [{given}], to: [{target}]}}
---
"""


MADE = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envoy, namespace: %s}
spec:
  selector: {matchLabels: {app: envoy}}
  template:
    metadata: {labels: {app: envoy}}
    spec: {containers: [{name: envoy, image: x, ports: [{containerPort: 10443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: envoy, namespace: %s, labels: %s}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  externalTrafficPolicy: Local
  selector: {app: envoy}
  ports: [{port: 443, targetPort: 10443}]
status: {loadBalancer: {ingress: [{ip: 10.8.8.8}]}}
---
"""

CLASS = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edge}
spec: {controllerName: %s}
---
"""

OPEN = "internet yes gw/public > HTTPRoute/way > svc/web > deploy/web:8080"
MAYBE = OPEN.replace("yes", "maybe")
LOST = OPEN.replace("internet yes", "unknown maybe")
INSIDE = OPEN.replace("internet", "outside")
ENVOY = ("outside yes svc/envoy > deploy/envoy:10443", "outside yes svc/envoy > deploy/envoy > " + OPEN[13:])
PENDING = "{conditions: [{type: Accepted, status: Unknown}, {type: Programmed, status: Unknown}]}"
KINDS = "{name: web, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}}"
MIRROR = "{type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}"


def plain(protocol: str) -> str:
    return f"{{name: web, port: 443, protocol: {protocol}, allowedRoutes: {{namespaces: {{from: All}}}}}}"


def of_kind(kind: str) -> tuple[str, ...]:
    return (OPEN.replace("HTTPRoute", kind),)


WORLDS = [
    World("a listener by its name", APP + gateway() + route(parent=", sectionName: web"), (OPEN,)),
    World("a listener by its port", APP + gateway() + route(parent=", port: 443"), (OPEN,)),
    World("another port", APP + gateway() + route(parent=", port: 80")),
    World("a listener that takes other kinds only", APP + gateway(KINDS) + route()),
    World(
        "a listener that takes the kind", APP + gateway(KINDS) + route(kind="GRPCRoute"), of_kind("GRPCRoute")
    ),
    World("TLS routes on TLS", APP + gateway(plain("TLS")) + route(kind="TLSRoute"), of_kind("TLSRoute")),
    World("TCP routes on TCP", APP + gateway(plain("TCP")) + route(kind="TCPRoute"), of_kind("TCPRoute")),
    World("UDP routes on TCP", APP + gateway(plain("TCP")) + route(kind="UDPRoute")),
    World("TLS routes on HTTPS", APP + gateway() + route(kind="TLSRoute")),
    World("a Gateway of another group", APP + gateway() + route(parent=", group: example.com")),
    World("a mesh's parent is no way in", APP + gateway() + route(parent=", kind: Service, group: ''")),
    World(
        "a ListenerSet is not read",
        APP + gateway() + route(parent=", kind: ListenerSet"),
        ("unknown maybe HTTPRoute/way > svc/web > deploy/web:8080",),
        "attaches to ListenerSet public, which is not read",
    ),
    World("a redirect leads nowhere", APP + gateway() + route("[{filters: [{type: RequestRedirect}]}]")),
    World(
        "a weight of nothing", APP + gateway() + route("[{backendRefs: [{name: web, port: 80, weight: 0}]}]")
    ),
    World("a mirror gets the traffic too", APP + gateway() + route(f"[{{filters: [{MIRROR}]}}]"), (OPEN,)),
    World(
        "a mirror beside one backend",
        APP + gateway() + route(f"[{{backendRefs: [{{name: gone, port: 80, filters: [{MIRROR}]}}]}}]"),
        (OPEN,),
    ),
    World(
        "a backend that is no Service",
        APP + gateway() + route("[{backendRefs: [{kind: Bucket, name: web, port: 80}]}]"),
    ),
    World(
        "a backend elsewhere without a grant",
        APP
        + gateway()
        + route("[{backendRefs: [{name: web, namespace: shop, port: 80}]}]", namespace="blog"),
    ),
    World(
        "a backend elsewhere with a grant for that name",
        APP
        + gateway()
        + grant("blog", name="web")
        + route("[{backendRefs: [{name: web, namespace: shop, port: 80}]}]", namespace="blog"),
        (OPEN,),
    ),
    World(
        "a grant for another name",
        APP
        + gateway()
        + grant("blog", name="db")
        + route("[{backendRefs: [{name: web, namespace: shop, port: 80}]}]", namespace="blog"),
    ),
    World(
        "a grant for another kind of route",
        APP
        + gateway()
        + grant("blog", "GRPCRoute")
        + route("[{backendRefs: [{name: web, namespace: shop, port: 80}]}]", namespace="blog"),
    ),
    World("a route that its Gateway refused", APP + gateway() + route(status=said("False"))),
    World("a route that its Gateway accepted", APP + gateway() + route(status=said("True")), (OPEN,)),
    World(
        "a refusal by another parent does not count",
        APP + gateway() + route(status=said("False", parent=", sectionName: other")),
        (OPEN,),
    ),
    World(
        "a route that nobody has looked at",
        APP + gateway() + route(meta=", uid: a1"),
        (MAYBE,),
        "no controller has accepted HTTPRoute shop/way",
    ),
    World(
        "a route of which not every backend is found",
        APP + gateway() + route(status=said("True", "False")),
        (MAYBE,),
        "does not find every backend",
    ),
    World(
        "a Gateway that was refused",
        APP + route() + gateway(status="{conditions: [{type: Accepted, status: 'False'}]}"),
    ),
    World(
        "a Gateway that waits for a controller",
        APP + route() + gateway(status=PENDING),
        (LOST,),
        "no GatewayClass edge",
    ),
    World(
        "Google's internal class",
        APP + route() + gateway(kind="gke-l7-rilb", status="{}"),
        (INSIDE,),
    ),
    World(
        "Amazon's controller: internal unless told otherwise",
        APP + route() + CLASS % "gateway.k8s.aws/alb" + gateway(status="{}"),
        (INSIDE,),
    ),
    World(
        "annotations for what is made",
        APP
        + route()
        + gateway(
            status="{}",
            spec=", infrastructure: {annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internal}}",
        ),
        (INSIDE,),
    ),
    World(
        "the Service made for it, in its namespace",
        APP
        + route()
        + gateway()
        + MADE % ("edge", "edge", "{gateway.networking.k8s.io/gateway-name: public}"),
        ENVOY,
    ),
    World(
        "the Service made for it, in the controller's namespace",
        APP
        + route()
        + gateway()
        + MADE
        % (
            "envoy-system",
            "envoy-system",
            "{gateway.envoyproxy.io/owning-gateway-name: public, gateway.envoyproxy.io/owning-gateway-namespace: edge}",
        ),
        ENVOY,
    ),
    World(
        "a Service that the Gateway names as its address",
        APP
        + route()
        + gateway(
            status="{}", spec=", addresses: [{type: Hostname, value: envoy.istio-system.svc.cluster.local}]"
        )
        + MADE % ("istio-system", "istio-system", "{}"),
        ENVOY,
    ),
]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_route_is_reached_just_there(world: World) -> None:
    check(world)
