"""What policies make of a way in: it depends on whose address the pod sees."""

from __future__ import annotations

import pytest

from tests.analysis.network.ways import CONTROLLER, DOOR, INGRESS, SVC, WEB, World, check

LB = """
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  externalTrafficPolicy: %s
  selector: {app: web}
  ports: [{port: 80, targetPort: main}]%s
status: {loadBalancer: {ingress: [{ip: %s}]}}
---
"""

LOCAL, CLUSTER = LB % ("Local", "", "203.0.113.7"), LB % ("Cluster", "", "203.0.113.7")
RANGED = LB % ("Local", "\n  loadBalancerSourceRanges: [198.51.100.0/24]", "203.0.113.7")
INTERNAL = LB % ("Local", "", "10.1.2.3")
SIX = LB % ("Local", "", "'2001:db8::7'")


def guard(ingress: str, *, selector: str = "{}", name: str = "guard", types: str = "[Ingress]") -> str:
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {{podSelector: {selector}, policyTypes: {types}, ingress: {ingress}}}
---
"""


def block(cidr: str, *but: str) -> str:
    return f"[{{from: [{{ipBlock: {{cidr: '{cidr}', except: [{', '.join(but)}]}}}}]}}]"


def cluster_policy(tier: str, action: str, sources: str = "[{namespaces: {}}]", priority: int = 10) -> str:
    return f"""
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: {tier.lower()}-{action.lower()}}}
spec:
  tier: {tier}
  priority: {priority}
  subject: {{namespaces: {{}}}}
  ingress: [{{name: rule, action: {action}, from: {sources}}}]
---
"""


def plugin(image: str) -> str:
    return f"""
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: net, namespace: kube-system}}
spec:
  selector: {{matchLabels: {{app: net}}}}
  template:
    metadata: {{labels: {{app: net}}}}
    spec: {{hostNetwork: true, containers: [{{name: net, image: {image}}}]}}
---
"""


YES = ("internet yes svc/web > deploy/web:8080",)
MAYBE = ("internet maybe svc/web > deploy/web:8080",)
SHUT = ("shut internet no svc/web > deploy/web:8080",)
OUTSIDE = ("outside yes svc/web > deploy/web:8080",)
NODE_ONLY = "traffic from the pod's own node always passes"

AT_CLIENT = [
    World("the client's address, admitted", WEB + LOCAL + guard(block("0.0.0.0/0")), YES),
    World(
        "the client's address, part of it",
        WEB + LOCAL + guard(block("198.51.100.0/24")),
        MAYBE,
        "198.51.100.0/24 only",
    ),
    World(
        "everything but private ranges is all of the internet",
        WEB + LOCAL + guard(block("0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16")),
        YES,
    ),
    World(
        "two halves", WEB + LOCAL + guard(block("0.0.0.0/1")) + guard(block("128.0.0.0/1"), name="rest"), YES
    ),
    World(
        "private ranges only: unless the balancer connects itself",
        WEB + LOCAL + guard(block("10.0.0.0/8")),
        MAYBE,
        "may be the load balancer's own",
    ),
    World("named pods only", WEB + LOCAL + guard("[{from: [{namespaceSelector: {}}]}]"), SHUT),
    World("no rule", WEB + LOCAL + guard("[]"), SHUT),
    World("another port", WEB + LOCAL + guard("[{ports: [{port: 9090}]}]"), SHUT),
    World("another protocol", WEB + LOCAL + guard("[{ports: [{protocol: UDP, port: 8080}]}]"), SHUT),
    World("the port by its name", WEB + LOCAL + guard("[{ports: [{port: main}]}]"), YES),
    World("a range of ports", WEB + LOCAL + guard("[{ports: [{port: 8000, endPort: 9000}]}]"), YES),
    World("a policy for other pods", WEB + LOCAL + guard("[]", selector="{matchLabels: {app: db}}"), YES),
    World("a policy for what goes out", WEB + LOCAL + guard("[]", types="[Egress]"), YES),
    World("source ranges that the policy admits", WEB + RANGED + guard(block("198.51.100.0/24")), OUTSIDE),
    World(
        "an internal balancer and a policy for its network",
        WEB + INTERNAL + guard(block("10.0.0.0/8")),
        ("outside maybe svc/web > deploy/web:8080",),
        "10.0.0.0/8 only",
    ),
    World(
        "every IPv4 address says nothing of IPv6",
        WEB + SIX + guard(block("0.0.0.0/0")),
        MAYBE,
        "load balancer's own",
    ),
    World("every IPv6 address", WEB + SIX + guard(block("::/0")), YES),
]

AT_NODE = [
    World("a node's address, everyone admitted", WEB + CLUSTER + guard(block("0.0.0.0/0")), YES),
    World(
        "a node's address, some ranges",
        WEB + CLUSTER + guard(block("10.0.0.0/8")),
        MAYBE,
        "the node's address",
    ),
    World(
        "a node's address, named pods only",
        WEB + CLUSTER + guard("[{from: [{podSelector: {}}]}]"),
        MAYBE,
        NODE_ONLY,
    ),
    World("a node's address, no rule", WEB + CLUSTER + guard("[]"), MAYBE, NODE_ONLY),
]

TIERS = [
    World(
        "a denial of pods is none of clients outside",
        WEB + LOCAL + cluster_policy("Admin", "Deny"),
        YES,
    ),
    World(
        "accepted before a NetworkPolicy is asked",
        CONTROLLER + DOOR + WEB + SVC + INGRESS + guard("[]") + cluster_policy("Admin", "Accept"),
        (
            "internet yes svc/front > deploy/front:80",
            "internet yes svc/front > deploy/front > ing/web > svc/web > deploy/web:8080",
        ),
    ),
    World(
        "denied before a NetworkPolicy is asked",
        CONTROLLER + DOOR + WEB + SVC + INGRESS + guard("[{}]") + cluster_policy("Admin", "Deny"),
        (
            "internet yes svc/front > deploy/front:80",
            "shut internet no svc/front > deploy/front > ing/web > svc/web > deploy/web:8080",
        ),
    ),
    World(
        "a baseline decides where no NetworkPolicy does",
        CONTROLLER + DOOR + WEB + SVC + INGRESS + cluster_policy("Baseline", "Deny"),
        (
            "internet yes svc/front > deploy/front:80",
            "shut internet no svc/front > deploy/front > ing/web > svc/web > deploy/web:8080",
        ),
    ),
    World(
        "a NetworkPolicy goes before a baseline",
        CONTROLLER + DOOR + WEB + SVC + INGRESS + guard("[{}]") + cluster_policy("Baseline", "Deny"),
        (
            "internet yes svc/front > deploy/front:80",
            "internet yes svc/front > deploy/front > ing/web > svc/web > deploy/web:8080",
        ),
    ),
]

FRONT = "internet yes svc/front > deploy/front:80"
BEHIND = "svc/front > deploy/front > ing/web > svc/web > deploy/web:8080"
PROXIED = CONTROLLER + DOOR + WEB + SVC + INGRESS
HOSTED = PROXIED.replace(
    "    spec:\n      containers:\n        - name: nginx",
    "    spec:\n      hostNetwork: true\n      containers:\n        - name: nginx",
)
SENDS_NOTHING = guard("[]", types="[Egress]").replace("namespace: shop", "namespace: edge")
BY_POD = "[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: front}}}]}]"
OTHER_POD = "[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}]}]"
IN_STATUS = (
    INGRESS.rstrip().removesuffix("---") + "status: {loadBalancer: {ingress: [{ip: 203.0.113.9}]}}\n---\n"
)

AT_PROXY = [
    World(
        "the controller's pods by their labels", PROXIED + guard(BY_POD), (FRONT, f"internet yes {BEHIND}")
    ),
    World("pods with other labels", PROXIED + guard(OTHER_POD), (FRONT, f"shut internet no {BEHIND}")),
    World(
        "the client's address is not what the pod sees",
        PROXIED + guard(block("198.51.100.0/24")),
        (FRONT, f"internet maybe {BEHIND}"),
        "an address that is not known",
    ),
    World(
        "a controller that may send nothing", PROXIED + SENDS_NOTHING, (FRONT, f"shut internet no {BEHIND}")
    ),
    World(
        "a controller in its node's network is no pod to policies",
        HOSTED + guard(OTHER_POD),
        (
            "internet maybe svc/front > deploy/front > ing/web > svc/web > deploy/web:8080",
            "internet yes svc/front > deploy/front:80",
            "nodes maybe deploy/front > ing/web > svc/web > deploy/web:8080",
            "nodes maybe deploy/front:80",
        ),
        "Deployment edge/front is in its node's network",
    ),
    World(
        "a proxy that is not known may be one of the named peers",
        WEB + SVC + IN_STATUS + guard(OTHER_POD),
        ("internet maybe ing/web > svc/web > deploy/web:8080",),
        "whether the proxy is one of them is not known",
    ),
    World(
        "a proxy that is not known passes no policy without rules",
        WEB + SVC + IN_STATUS + guard("[]"),
        ("shut internet no ing/web > svc/web > deploy/web:8080",),
    ),
    World(
        "Google's balancers connect from ranges that are known",
        WEB
        + SVC
        + IN_STATUS.replace("Name: nginx", "Name: gce")
        + guard("[{from: [{ipBlock: {cidr: 35.191.0.0/16}}, {ipBlock: {cidr: 130.211.0.0/22}}]}]"),
        ("internet yes ing/web > svc/web > deploy/web:8080",),
    ),
    World(
        "and from no others",
        WEB + SVC + IN_STATUS.replace("Name: nginx", "Name: gce") + guard(block("10.0.0.0/8")),
        ("shut internet no ing/web > svc/web > deploy/web:8080",),
    ),
]

PLUGINS = [
    World(
        "a plugin that ignores policies",
        WEB + LOCAL + guard("[]") + plugin("docker.io/flannel/flannel:v0.27.0"),
        MAYBE,
        "ignores NetworkPolicies",
    ),
    World(
        "a plugin that enforces them", WEB + LOCAL + guard("[]") + plugin("quay.io/calico/node:v3.30.0"), SHUT
    ),
]


@pytest.mark.parametrize("world", AT_CLIENT, ids=lambda world: world.name)
def test_a_policy_judges_the_client_where_its_address_is_kept(world: World) -> None:
    check(world)


@pytest.mark.parametrize("world", AT_NODE, ids=lambda world: world.name)
def test_a_policy_judges_a_node_where_the_client_is_hidden(world: World) -> None:
    check(world)


@pytest.mark.parametrize("world", AT_PROXY, ids=lambda world: world.name)
def test_a_policy_judges_the_proxy_behind_which_clients_stand(world: World) -> None:
    check(world)


@pytest.mark.parametrize("world", TIERS, ids=lambda world: world.name)
def test_policies_of_the_whole_cluster_count_in_their_tier(world: World) -> None:
    check(world)


@pytest.mark.parametrize("world", PLUGINS, ids=lambda world: world.name)
def test_a_policy_shuts_only_where_the_plugin_enforces_it(world: World) -> None:
    check(world)
