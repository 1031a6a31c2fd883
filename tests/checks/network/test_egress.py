"""What pods may call: the metadata service, DNS, the API server; and the policies that limit it."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.kinds import CLUSTER_NETWORK_POLICY, NETWORK_POLICY
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import Tree, definition, deployment, meta, policy, service
from tests.checks.network.judging import CHECKS, fix, fixed, severities

AWS = "aws:///eu-west-1a/i-0a1b2c3d4e5f60718"
GKE = "gce://shop-prod/europe-west1-b/gke-pool-1"
BLOCKED = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}
DNS = [
    deployment("coredns", "kube-system", labels={"k8s-app": "kube-dns"}, port=5353),
    service(
        "kube-dns",
        "kube-system",
        selector={"k8s-app": "kube-dns"},
        ports=[
            {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": 5353},
            {"name": "dns-tcp", "protocol": "TCP", "port": 53, "targetPort": 5353},
            {"name": "metrics", "protocol": "TCP", "port": 9153},
        ],
    ),
]
SYSTEM_OPEN = policy("open", "kube-system", policyTypes=["Ingress", "Egress"], ingress=[{}], egress=[{}])


def machine(provider: str, **labels: str) -> Tree:
    meta = {"name": "node-1", "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {"providerID": provider}}


def account(namespace: str = "shop", **annotations: str) -> Tree:
    meta = {"name": "web", "namespace": namespace, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


IRSA = account("other", **{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/web"})


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([deployment(), machine(AWS)], ["high"]),
        ([deployment(), machine(AWS), IRSA], ["medium"]),
        ([deployment(), machine(GKE, **{"iam.gke.io/gke-metadata-server-enabled": "true"})], ["low"]),
        ([deployment(), machine("kind://docker/kind/node-1")], []),
        ([deployment(), machine("")], ["unknown"]),
        ([deployment()], ["unknown"]),
        ([deployment(hostNetwork=True), machine(AWS)], []),
        ([deployment(), machine(AWS), policy(policyTypes=["Egress"])], []),
        ([deployment(), machine(AWS), policy(policyTypes=["Egress"], egress=[{}])], ["high"]),
        ([deployment(), machine(AWS), policy(policyTypes=["Egress"], egress=[{"to": [BLOCKED]}])], []),
        # Policies add up: what one leaves out, another lets through.
        (
            [
                *(
                    deployment(),
                    machine(AWS),
                    policy("a", policyTypes=["Egress"], egress=[{"to": [BLOCKED]}]),
                ),
                policy("b", policyTypes=["Egress"], egress=[{"ports": [{"port": 80}]}]),
            ],
            ["high"],
        ),
        ([deployment(), machine(""), policy(policyTypes=["Egress"])], []),
    ],
)
def test_the_metadata_service_counts_where_a_cloud_is_and_policies_let_through(
    trees: list[Tree], found: list[str]
) -> None:
    assert severities("ns-metadata-reachable", *trees) == found


def test_one_cluster_wide_policy_does_it_where_that_kind_is_served() -> None:
    crd = definition("clusternetworkpolicies.policy.networking.k8s.io")
    after = fixed("ns-metadata-reachable", deployment(), machine(GKE), crd)
    (made,) = after.of(CLUSTER_NETWORK_POLICY)
    # Cloud DNS answers at the same address, so that names pass before the rest is denied.
    assert [rule.action for rule in made.spec.egress] == ["Pass", "Deny"]
    assert run_one(after, CHECKS["ns-metadata-reachable"]).findings == ()


def test_an_identity_that_is_given_out_at_that_address_is_not_cut_off() -> None:
    who = account(**{"iam.gke.io/gcp-service-account": "web@shop.iam.gserviceaccount.com"})
    found = fix("ns-metadata-reachable", deployment(serviceAccountName="web"), machine(GKE), who)
    assert found.risk.value == "manual"


def test_a_rule_that_opens_the_address_is_narrowed_by_hand() -> None:
    wide = policy(policyTypes=["Egress"], egress=[{}])
    assert fix("ns-metadata-reachable", deployment(), machine(AWS), wide).risk.value == "manual"


def _staged(snapshot: Snapshot, *checks: str) -> FixPlan:
    plan = FixPlan()
    for check in checks:
        for finding in run_one(snapshot, CHECKS[check]).findings:
            found = fix_for(finding, CHECKS.values(), snapshot)
            if found is not None:
                plan = plan.stage(finding, found)
    return plan


def test_leaving_metadata_out_does_not_open_what_a_default_deny_closes() -> None:
    snapshot = snapshot_of([deployment(), machine(AWS), *DNS, SYSTEM_OPEN])
    plan = _staged(snapshot, "ns-no-netpol-egress", "ns-metadata-reachable")
    result = simulate(snapshot, plan, CHECKS.values())
    assert result.ok
    assert "egress" not in _egress(result.snapshot, "ksec-egress")
    alone = simulate(snapshot, _staged(snapshot, "ns-no-netpol-egress"), CHECKS.values())
    assert alone.ok
    assert "ns-metadata-reachable" in {item.check for item in alone.removed}


def _egress(snapshot: Snapshot, name: str) -> Any:
    document = next(snapshot.document(item.ref) for item in snapshot.of(NETWORK_POLICY) if item.name == name)
    assert document is not None
    return document["spec"]


def binding(namespace: str = "shop", name: str = "web") -> list[Tree]:
    api = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}
    return [
        {
            "apiVersion": f"{api}/v1",
            "kind": "Role",
            "metadata": {"name": name, "namespace": namespace},
            "rules": [rule],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": meta(name, namespace),
            "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": namespace}],
        },
    ]


SERVERS = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "kubernetes",
        "namespace": "default",
        "labels": {"kubernetes.io/service-name": "kubernetes"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.10"]}, {"addresses": ["10.0.0.11"]}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}


def calling(name: str, url: str, **spec: Any) -> Tree:
    tree = deployment(name, **spec)
    container = tree["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "BACKEND_URL", "value": url}]
    return tree


def test_egress_keeps_names_the_api_server_and_services_that_are_named() -> None:
    trees = [
        *(*DNS, SYSTEM_OPEN, *binding(), account(), SERVERS),
        calling("web", "http://user:secret@api.ops.svc.cluster.local/v1", serviceAccountName="web"),
        deployment("quiet"),
        *(deployment("api", "ops", port=9000), service("api", "ops"), policy("open", "ops", egress=[{}])),
    ]
    after = fixed("ns-no-netpol-egress", *trees)
    names = {item.name for item in after.of(NETWORK_POLICY) if item.namespace == "shop"}
    assert names == {"ksec-allow-egress-web", "ksec-allow-egress-every-pod", "ksec-egress"}
    asked, inside = _egress(after, "ksec-allow-egress-every-pod")["egress"]
    assert inside == {"to": [{"podSelector": {}}]}
    assert asked["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    # The pods listen on 5353, which is what policies see; metrics are not for everyone.
    assert asked["ports"] == [{"protocol": "TCP", "port": 5353}, {"protocol": "UDP", "port": 5353}]
    *common, called, served = _egress(after, "ksec-allow-egress-web")["egress"]
    assert common == [asked, inside], (
        "what every pod needs must not be cut off until the next policy is there"
    )
    assert called["ports"] == [{"protocol": "TCP", "port": 9000}]
    assert [peer["ipBlock"]["cidr"] for peer in served["to"]] == ["10.0.0.10/32", "10.0.0.11/32"]
    assert served["ports"] == [{"protocol": "TCP", "port": 6443}]
    assert run_one(after, CHECKS["net-egress-no-dns"]).findings == ()
    assert run_one(after, CHECKS["net-egress-no-api"]).findings == ()


def test_a_node_cache_is_asked_at_its_own_address() -> None:
    cache = deployment(
        "node-local-dns",
        "kube-system",
        image="registry.k8s.io/dns/k8s-dns-node-cache:1.26.0",
        hostNetwork=True,
    )
    cache["spec"]["template"]["spec"]["containers"][0]["args"] = ["-localip", "169.254.20.10,10.96.0.10"]
    after = fixed("ns-no-netpol-egress", deployment(), *DNS, SYSTEM_OPEN, cache)
    rules = _egress(after, "ksec-allow-egress-every-pod")["egress"]
    assert [peer["ipBlock"]["cidr"] for peer in rules[1]["to"]] == ["169.254.20.10/32", "10.96.0.10/32"]


def udp(port: int) -> Tree:
    return policy(policyTypes=["Egress"], egress=[{"ports": [{"port": port, "protocol": "UDP"}]}])


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([deployment(), *DNS], []),
        ([deployment(), *DNS, policy(policyTypes=["Egress"])], ["low"]),
        ([deployment(dnsPolicy="None"), *DNS, policy(policyTypes=["Egress"])], []),
        # 53 is the Service's port; the pods listen on 5353.
        (
            [
                deployment(),
                *DNS,
                udp(53),
            ],
            ["low"],
        ),
        (
            [
                deployment(),
                *DNS,
                udp(5353),
            ],
            [],
        ),
        ([deployment(), policy(policyTypes=["Egress"])], []),
    ],
)
def test_a_default_deny_must_leave_name_resolution(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-egress-no-dns", *trees) == found
