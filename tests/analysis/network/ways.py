"""Small worlds in YAML and, in one line each, the ways in that they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.exposure import Exposure, blocked, exposures
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of

SHORT = {
    "Deployment": "deploy",
    "Service": "svc",
    "Ingress": "ing",
    "Gateway": "gw",
    "EndpointSlice": "slice",
}


@dataclass(frozen=True)
class World:
    """A cluster in YAML and what can be reached in it.

    Attributes:
        name: what is special about it.
        text: its objects.
        ways: as `ways` gives them; those that policies shut begin with ``shut``.
        doubt: part of the reason of what is in doubt.
    """

    name: str
    text: str
    ways: tuple[str, ...] = ()
    doubt: str = ""

    def snapshot(self) -> Snapshot:
        """Its state, with every kind read."""
        return snapshot_of(tree for tree in yaml.safe_load_all(self.text) if tree)


def check(world: World) -> None:
    """Assert that a world has just these ways in, and says what is not certain."""
    snapshot = world.snapshot()
    assert ways(snapshot) == sorted(world.ways)
    said = " | ".join(item.doubt for item in exposures(snapshot))
    assert world.doubt in said
    if not world.doubt:
        assert not said.strip(" |")


def ways(snapshot: Snapshot) -> list[str]:
    """``internet yes svc/web > deploy/web:8080`` for each exposure, sorted; each once."""
    found = {_line(item, item.certainty.value) for item in exposures(snapshot)}
    return sorted(found | {"shut " + _line(item, "no") for item in blocked(snapshot)})


def _line(item: Exposure, answer: str) -> str:
    protocol = "" if item.protocol == "TCP" else item.protocol.lower()
    return f"{item.zone.value} {answer} {' > '.join(_short(item.chain))}:{item.port}{protocol}"


def _short(chain: Iterable[Link]) -> Iterable[str]:
    return (f"{SHORT.get(link.ref.kind, link.ref.kind)}/{link.ref.name}" for link in chain)


WEB = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: app, image: registry.example/web:1, ports: [{name: main, containerPort: 8080}]}
---
"""
"""What is to be reached: Deployment shop/web on port 8080."""

SVC = """
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: main}]}
---
"""

CONTROLLER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: edge}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: nginx
          image: registry.k8s.io/ingress-nginx/controller:v1.14.0
          ports: [{name: http, containerPort: 80}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
"""

DOOR = """
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: edge}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  externalTrafficPolicy: Local
  selector: {app: front}
  ports: [{port: 80, targetPort: http}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}
---
"""

INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
---
"""
