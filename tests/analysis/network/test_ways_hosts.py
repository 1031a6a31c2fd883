"""Ways in by the addresses of nodes: host ports, pods in their node's network."""

from __future__ import annotations

import pytest

from tests.analysis.network.ways import World, check

EDGE = """
---
apiVersion: v1
kind: Node
metadata: {name: edge}
status: {addresses: [{type: InternalIP, address: 10.0.0.5}, {type: ExternalIP, address: 203.0.113.21}]}
---
apiVersion: v1
kind: Node
metadata: {name: inside}
status: {addresses: [{type: InternalIP, address: 10.0.0.6}]}
---
"""

EDGE6 = EDGE.replace("203.0.113.21", "'2001:db8::21'")

DENY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
"""


def pod(ports: str, spec: str = "", *, node: str = "edge", phase: str = "Running") -> str:
    return f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, labels: {{app: web}}}}
spec: {{nodeName: {node}, containers: [{{name: app, image: x, ports: {ports}}}]{spec}}}
status: {{phase: {phase}, podIP: 10.2.0.5}}
---
"""


NODES, WIDE = "nodes yes Pod/web:8080", "internet maybe Pod/web:8080"
FIREWALL = "a firewall may stand before the nodes"
PORT = "[{containerPort: 8080, hostPort: 80}]"

WORLDS = [
    World("a host port on a public node", EDGE + pod(PORT), (NODES, WIDE), FIREWALL),
    World("a host port on a private node", EDGE + pod(PORT, node="inside"), (NODES,)),
    World("a host port of a pod that waits for a node", EDGE + pod(PORT, node="''"), (NODES, WIDE), FIREWALL),
    World("a host port on a node with a public IPv6 address", EDGE6 + pod(PORT), (NODES, WIDE), FIREWALL),
    World(
        "a host port on the node's own loopback",
        EDGE + pod("[{containerPort: 8080, hostPort: 80, hostIP: 127.0.0.1}]"),
    ),
    World("a host port on IPv6 loopback", EDGE + pod("[{containerPort: 8080, hostPort: 80, hostIP: '::1'}]")),
    World(
        "a host port on one private address",
        EDGE + pod("[{containerPort: 8080, hostPort: 80, hostIP: 10.0.0.5}]"),
        (NODES,),
    ),
    World(
        "a host port on every address",
        EDGE + pod("[{containerPort: 8080, hostPort: 80, hostIP: 0.0.0.0}]"),
        (NODES, WIDE),
        FIREWALL,
    ),
    World("a container port alone", EDGE + pod("[{containerPort: 8080}]")),
    World("a host port of a pod that has ended", EDGE + pod(PORT, phase="Succeeded")),
    World(
        "the node's network: declared ports are a hint",
        EDGE + pod("[{containerPort: 8080}]", ", hostNetwork: true", node="inside"),
        ("nodes maybe Pod/web:8080",),
        "whether the process listens on it is not known",
    ),
    World(
        "policies do not govern the node's network",
        EDGE + DENY + pod("[{containerPort: 8080}]", ", hostNetwork: true", node="inside"),
        ("nodes maybe Pod/web:8080",),
        "whether the process listens on it is not known",
    ),
    World(
        "policies do govern a host port, which the pod's own address serves",
        EDGE + DENY + pod(PORT, node="inside"),
        ("shut nodes no Pod/web:8080",),
    ),
    World(
        "a sidecar's host port",
        EDGE
        + pod(
            "[]",
            ", initContainers: [{name: side, image: x, restartPolicy: Always, ports: "
            "[{containerPort: 8080, hostPort: 80}]}]",
            node="inside",
        ),
        (NODES,),
    ),
    World(
        "an init container's host port is gone before anyone connects",
        EDGE
        + pod(
            "[]", ", initContainers: [{name: first, image: x, ports: [{containerPort: 8080, hostPort: 80}]}]"
        ),
    ),
]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_nodes_open_just_these_ways(world: World) -> None:
    check(world)
