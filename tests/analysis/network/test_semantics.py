"""Small worlds of every kind of policy, judged by a plain evaluator: both ends, bulk questions, both IP families."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ksec_tui.analysis.network.bulk import outside, receivers, senders
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.reach import PodEnd, address_end, flow, pod_end, verdict
from ksec_tui.analysis.network.world import network
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.naive import World, decided

Tree = dict[str, Any]
SPACES = ("a", "b", "c")
OUTSIDE = ("203.0.113.9", "10.0.0.2", "2001:db8::9", "fd00::2")
FLOWS = tuple((protocol, port) for protocol in ("TCP", "UDP") for port in (80, 81, 443))

key = st.sampled_from(("x", "y"))
value = st.sampled_from(("1", "2"))
some_labels = st.dictionaries(key, value, max_size=2)
requirement = st.one_of(
    st.fixed_dictionaries(
        {
            "key": key,
            "operator": st.sampled_from(("In", "NotIn")),
            "values": st.lists(value, min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries({"key": key, "operator": st.sampled_from(("Exists", "DoesNotExist"))}),
)
selector: st.SearchStrategy[Tree] = st.one_of(
    st.just({}),
    some_labels.map(lambda labels: {"matchLabels": labels}),
    st.lists(requirement, min_size=1, max_size=2).map(lambda items: {"matchExpressions": items}),
)
cidr = st.sampled_from(
    ("0.0.0.0/0", "::/0", "10.0.0.0/30", "10.0.0.5/29", "10.0.0.4/32", "fd00::/126", "203.0.113.0/24")
)
block = st.fixed_dictionaries({"cidr": cidr}, optional={"except": st.lists(cidr, max_size=1)})
peer = st.one_of(
    st.fixed_dictionaries({"podSelector": selector}),
    st.fixed_dictionaries({"namespaceSelector": selector}),
    st.fixed_dictionaries({"namespaceSelector": selector, "podSelector": selector}),
    st.fixed_dictionaries({"ipBlock": block}),
)
port = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from((80, 81, "web", "dns"))}),
    st.fixed_dictionaries({"protocol": st.sampled_from(("TCP", "UDP"))}),
    st.fixed_dictionaries({"protocol": st.just("UDP"), "port": st.sampled_from((80, "web", "dns"))}),
    st.fixed_dictionaries({"port": st.just(80), "endPort": st.sampled_from((80, 81, 443))}),
)
ports = st.lists(port, max_size=2)


def rules(side: str) -> st.SearchStrategy[list[Tree]]:
    rule = st.fixed_dictionaries({}, optional={side: st.lists(peer, max_size=2), "ports": ports})
    return st.lists(rule, max_size=2)


policy_spec = st.fixed_dictionaries(
    {"podSelector": selector},
    optional={
        "policyTypes": st.lists(st.sampled_from(("Ingress", "Egress")), max_size=2, unique=True),
        "ingress": rules("from"),
        "egress": rules("to"),
    },
)
admin_pods = st.one_of(
    st.fixed_dictionaries({"namespaces": selector}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaceSelector": selector, "podSelector": selector})}
    ),
)
admin_peer = st.one_of(
    admin_pods, st.fixed_dictionaries({"networks": st.lists(cidr, min_size=1, max_size=2)})
)
protocol = st.one_of(
    st.fixed_dictionaries({"destinationNamedPort": st.sampled_from(("web", "dns"))}),
    st.sampled_from(
        (
            {"tcp": {}},
            {"tcp": {"destinationPort": {"number": 80}}},
            {"udp": {"destinationPort": {"range": {"start": 80, "end": 81}}}},
        )
    ),
)
action = st.sampled_from(("Accept", "Deny", "Pass"))


def admin_rules(side: str, peers: st.SearchStrategy[Tree]) -> st.SearchStrategy[list[Tree]]:
    fields = {"action": action, side: st.lists(peers, min_size=1, max_size=2)}
    optional = {"protocols": st.lists(protocol, min_size=1, max_size=2)}
    return st.lists(st.fixed_dictionaries(fields, optional=optional), max_size=2)


admin_spec = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(("Admin", "Baseline")),
        "priority": st.integers(0, 2),
        "subject": admin_pods,
        "ingress": admin_rules("from", admin_pods),
        "egress": admin_rules("to", admin_peer),
    }
)
container_ports = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(("web", "dns", "other")),
            "containerPort": st.sampled_from((80, 81, 443)),
            "protocol": st.sampled_from(("TCP", "UDP")),
        }
    ),
    max_size=2,
)
pod_fields = st.tuples(
    st.sampled_from(SPACES), some_labels, container_ports, st.booleans(), st.integers(0, 9)
)


def made_pod(number: int, fields: tuple[str, dict[str, str], list[Tree], bool, int]) -> Tree:
    space, labels, named, both, on_host = fields
    ips = [f"10.0.0.{number + 1}", *([f"fd00::{number + 1:x}"] if both else [])]
    spec: Tree = {"containers": [{"name": "app", "ports": named}], "nodeName": f"node-{number}"}
    if on_host == 0:
        spec["hostNetwork"] = True
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": space, "labels": labels},
        "spec": spec,
        "status": {"phase": "Running", "hostIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]},
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = {space: draw(some_labels) for space in SPACES}
    pods = [
        made_pod(number, item)
        for number, item in enumerate(draw(st.lists(pod_fields, min_size=1, max_size=6)))
    ]
    local = [
        {"metadata": {"name": f"n{number}", "namespace": draw(st.sampled_from(SPACES))}, "spec": spec}
        for number, spec in enumerate(draw(st.lists(policy_spec, max_size=4)))
    ]
    specs = draw(st.lists(admin_spec, max_size=3))
    admin = [{"metadata": {"name": f"c{number}"}, "spec": spec} for number, spec in enumerate(specs)]
    return World(names, pods, local, admin)


def snapshot(world: World) -> Snapshot:
    kinds = [
        *({"kind": "Namespace", "metadata": {"name": n, "labels": k}} for n, k in world.namespaces.items()),
        *world.pods,
        *({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", **item} for item in world.policies),
        *(
            {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", **item}
            for item in world.admin
        ),
    ]
    return snapshot_of(kinds)


def end(found: Snapshot, pod: Tree) -> PodEnd:
    return pod_end(found, pod["metadata"]["namespace"], pod["metadata"]["name"])


both_said = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@both_said
@given(worlds())
def test_every_pair_of_pods_gets_the_verdict_of_the_plain_evaluator(world: World) -> None:
    found = snapshot(world)
    for source in world.pods:
        for target in world.pods:
            if source is target:
                continue
            one, two = end(found, source), end(found, target)
            whole = flow(found, one, two)
            for asked in FLOWS:
                into = decided(world, "ingress", target, source, target, asked)
                out = decided(world, "egress", source, target, target, asked)
                said = verdict(found, one, two, *asked)
                assert (said.ingress.allowed, said.egress.allowed) == (into, out), asked
                assert whole.both.allows(*asked) == (said.allowed is True)
                assert whole.unknown.allows(*asked) == (said.allowed is None)
                assert said.ingress.reasons
                assert said.egress.reasons


@both_said
@given(worlds(), st.sampled_from(OUTSIDE))
def test_addresses_outside_get_the_verdict_of_the_plain_evaluator(world: World, ip: str) -> None:
    assume(all(ip != item["ip"] for pod in world.pods for item in pod["status"]["podIPs"]))
    found = snapshot(world)
    away = address_end(ip)
    whole = network(found)
    for pod in world.pods:
        here = end(found, pod)
        for asked in FLOWS:
            into = decided(world, "ingress", pod, ip, pod, asked)
            out = decided(world, "egress", pod, ip, None, asked)
            assert verdict(found, away, here, *asked).allowed is into
            assert verdict(found, here, away, *asked).allowed is out
            for way, said in (("ingress", into), ("egress", out)):
                direction: Any = way
                parts = outside(whole, direction, here.group)
                (outcome,) = [outcome for part, outcome in parts if part.contains(ip)]
                assert outcome.sure.allows(*asked) == (said is True)
                assert outcome.unknown.allows(*asked) == (said is None)


@both_said
@given(worlds())
def test_bulk_questions_agree_with_the_pairs(world: World) -> None:
    found = snapshot(world)
    whole = network(found)
    for one in whole.groups:
        reached, senders_of = receivers(whole, one), senders(whole, one)
        for two in whole.groups:
            if one is two and one.count == 1:
                assert not reached.bits() >> one.number & 1
                continue
            there, back = (flow(found, PodEnd(a), PodEnd(b)) for a, b in ((one, two), (two, one)))
            assert reached.with_group(two).connections == there.both
            assert reached.with_group(two).unknown == there.unknown
            assert senders_of.with_group(two).connections == back.both
            assert senders_of.with_group(two).unknown == back.unknown
        web = Connections.of("TCP", 80)
        wanted = [two.count for two, ports in reached if ports & web]
        assert reached.count(web) == sum(wanted)
