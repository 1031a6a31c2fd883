"""Ways in by Ingresses and OpenShift Routes: through their controller, wherever that is reached."""

from __future__ import annotations

import pytest

from tests.analysis.network.ways import CONTROLLER, DOOR, INGRESS, SVC, WEB, World, check

APP = WEB + SVC
STATUS = "status: {loadBalancer: {ingress: [{ip: %s}]}}\n---\n"
FRONT = "internet yes svc/front > deploy/front:80"
CHAIN = "svc/front > deploy/front > ing/web > svc/web > deploy/web:8080"
ALONE = "ing/web > svc/web > deploy/web:8080"


def ingress(*, status: str = "", annotations: str = "{}", name: str = "nginx", backend: str = "web") -> str:
    text = INGRESS.rstrip().removesuffix("---") + (STATUS % status if status else "---\n")
    text = text.replace("namespace: shop}", f"namespace: shop, annotations: {annotations}}}")
    text = text.replace("service: {name: web,", f"service: {{name: {backend},")
    return text.replace("  ingressClassName: nginx\n", f"  ingressClassName: {name}\n" if name else "")


def kind(name: str, controller: str, *, default: bool = False) -> str:
    note = '{ingressclass.kubernetes.io/is-default-class: "true"}' if default else "{}"
    meta = f"{{name: {name}, annotations: {note}}}"
    head = f"apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {meta}"
    return f"---\n{{{head}, spec: {{controller: {controller}}}}}\n---\n"


NAMED = """
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {type: ExternalName, externalName: %s, ports: [{name: http, port: 80}]}
---
"""

SHUT_FRONT = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: edge}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
"""

ROUTER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: router-default, namespace: openshift-ingress}
spec:
  selector: {matchLabels: {app: router}}
  template:
    metadata: {labels: {app: router}}
    spec: {containers: [{name: router, image: 'quay.io/x@sha256:00', ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: router-default, namespace: openshift-ingress}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  externalTrafficPolicy: Local
  selector: {app: router}
  ports: [{port: 80}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.30}]}}
---
"""

ROUTE = """
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: web, namespace: shop}
spec: {host: shop.example.com, to: {kind: Service, name: web}, port: {targetPort: main}}
---
"""

NO_CLASS = "it names no class and none is the default"

WORLDS = [
    World(
        "the controller by its class",
        APP + CONTROLLER + DOOR + INGRESS,
        (FRONT, f"internet yes {CHAIN}"),
    ),
    World(
        "the controller by the address that both publish",
        APP
        + CONTROLLER.split("apiVersion: networking")[0]
        + DOOR
        + ingress(status="203.0.113.10", name="any"),
        (FRONT, f"internet yes {CHAIN}"),
    ),
    World(
        "the controller of the default class",
        APP
        + CONTROLLER.split("apiVersion: networking")[0]
        + DOOR
        + kind("nginx", "k8s.io/ingress-nginx", default=True)
        + ingress(name=""),
        (FRONT, f"internet yes {CHAIN}"),
    ),
    World(
        "a class by annotation",
        APP + CONTROLLER + DOOR + ingress(name="", annotations="{kubernetes.io/ingress.class: nginx}"),
        (FRONT, f"internet yes {CHAIN}"),
    ),
    World(
        "a controller without any way in",
        APP + CONTROLLER + INGRESS,
        (f"unknown maybe {ALONE}",),
        "no object leads to Deployment edge/front, which serves class nginx",
    ),
    World(
        "a controller behind an internal balancer, whatever the host is called",
        APP + CONTROLLER + DOOR.replace("203.0.113.10", "10.9.9.9") + INGRESS,
        ("outside yes svc/front > deploy/front:80", f"outside yes {CHAIN}"),
    ),
    World("no class at all", APP + ingress(name=""), (f"unknown maybe {ALONE}",), NO_CLASS),
    World(
        "a class that is not there",
        APP + ingress(name="istio"),
        (f"unknown maybe {ALONE}",),
        "no IngressClass istio",
    ),
    World(
        "a controller that is not known",
        APP + kind("odd", "example.com/odd") + ingress(name="odd"),
        (f"unknown maybe {ALONE}",),
        "the pods of controller example.com/odd are not known",
    ),
    World(
        "an unknown controller with a private address in the status",
        APP + kind("odd", "example.com/odd") + ingress(name="odd", status="10.7.7.7"),
        (f"outside yes {ALONE}",),
    ),
    World(
        "Amazon's controller: internal unless told otherwise",
        APP + kind("alb", "ingress.k8s.aws/alb") + ingress(name="alb"),
        (f"outside yes {ALONE}",),
    ),
    World(
        "Amazon's controller, facing the internet",
        APP
        + kind("alb", "ingress.k8s.aws/alb")
        + ingress(name="alb", annotations="{alb.ingress.kubernetes.io/scheme: internet-facing}"),
        (f"internet yes {ALONE}",),
    ),
    World("Google's public class", APP + ingress(name="gce"), (f"internet yes {ALONE}",)),
    World("Google's internal class", APP + ingress(name="gce-internal"), (f"outside yes {ALONE}",)),
    World(
        "Azure's gateway with a private address",
        APP + ingress(name="agw", annotations='{appgw.ingress.kubernetes.io/use-private-ip: "true"}'),
        (f"outside yes {ALONE}",),
    ),
    World(
        "a Tailscale Ingress stays in the private network",
        APP + ingress(name="tailscale"),
        (f"outside yes {ALONE}",),
    ),
    World(
        "a Tailscale funnel does not",
        APP + ingress(name="tailscale", annotations='{tailscale.com/funnel: "true"}'),
        (f"internet yes {ALONE}",),
    ),
    World(
        "policies that shut the controller shut what is behind it",
        APP + CONTROLLER + DOOR + INGRESS + SHUT_FRONT,
        ("shut internet no svc/front > deploy/front:80", f"shut internet no {CHAIN}"),
    ),
    World(
        "a backend that is a name in the cluster",
        APP + CONTROLLER + DOOR + NAMED % "web.shop.svc.cluster.local" + ingress(backend="other"),
        (FRONT, "internet maybe svc/front > deploy/front > ing/web > svc/other > svc/web > deploy/web:8080"),
        "not every proxy follows an ExternalName",
    ),
    World(
        "a backend that is a name elsewhere",
        APP + CONTROLLER + DOOR + NAMED % "intranet.example.com" + ingress(backend="other"),
        (FRONT,),
    ),
    World(
        "names that lead in a circle end",
        APP + CONTROLLER + DOOR + NAMED % "other.shop.svc" + ingress(backend="other"),
        (FRONT,),
    ),
    World("a backend that is not there", APP + CONTROLLER + DOOR + ingress(backend="gone"), (FRONT,)),
    World(
        "an OpenShift Route through its router",
        APP + ROUTER + ROUTE,
        (
            "internet yes svc/router-default > deploy/router-default:80",
            "internet yes svc/router-default > deploy/router-default > Route/web > svc/web > deploy/web:8080",
        ),
    ),
    World(
        "an OpenShift Route without a router",
        APP + ROUTE,
        ("unknown maybe Route/web > svc/web > deploy/web:8080",),
        "no way into a router is known",
    ),
]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_an_ingress_is_reached_just_there(world: World) -> None:
    check(world)
