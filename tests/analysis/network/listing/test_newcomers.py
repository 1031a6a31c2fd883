"""What pods to come could exchange is never told too small: any pod that comes may do no more than its lines."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.analysis.network.listing.analyzer import analyzer_listing
from ksec_tui.analysis.network.listing.choice import Choice
from ksec_tui.analysis.network.listing.imagined import Imagined, imagine
from ksec_tui.analysis.network.listing.owners import owners
from ksec_tui.analysis.network.listing.rows import Exposed
from ksec_tui.analysis.network.listing.stage import Stage
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.rules import DIRECTIONS
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import Tree, deployment

POLICY = "policy.networking.k8s.io/v1alpha1"
EVERYONE: Tree = {"namespaces": {}}

LABELS: list[dict[str, str]] = [
    {key: value for key, value in zip("ab", values, strict=True) if value}
    for values in product(("", "x", "y"), repeat=2)
]
"""Every label set that the selectors below tell apart."""


def asks(key: str, operator: str, *values: str) -> Tree:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


selectors = st.sampled_from(
    [
        {},
        asks("a", "In", "x"),
        asks("b", "In", "x"),
        asks("a", "NotIn", "x"),
        asks("b", "Exists"),
        {"matchLabels": {"a": "x"}, **asks("b", "DoesNotExist")},
    ]
)
spaces = st.one_of(selectors, st.just({"matchLabels": {NAME_LABEL: "shop"}}))
peers = st.one_of(
    st.builds(lambda pods: {"podSelector": pods}, selectors),
    st.builds(lambda pods, spaces: {"podSelector": pods, "namespaceSelector": spaces}, selectors, spaces),
)
admin_peers = st.builds(
    lambda pods, spaces: {"pods": {"podSelector": pods, "namespaceSelector": spaces}}, selectors, spaces
)
ports = st.integers(1, 3)


@st.composite
def network_policies(draw: st.DrawFn) -> list[Tree]:
    """None, or one that governs the workload, with rules for both directions."""
    rules = {
        way: [{side: [draw(peers)], "ports": [{"port": draw(ports)}]} for _ in range(draw(st.integers(1, 2)))]
        for way, side in (("ingress", "from"), ("egress", "to"))
    }
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **rules}
    found = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "local", "namespace": "shop"},
        "spec": spec,
    }
    return [found] if draw(st.sampled_from((True, True, False))) else []


@st.composite
def admin_policies(draw: st.DrawFn) -> list[Tree]:
    """One with up to four rules for each direction, the last of which may deny everything."""
    rules = {}
    for way, side in (("ingress", "from"), ("egress", "to")):
        rules[way] = [
            {
                "action": draw(st.sampled_from(("Pass", "Allow", "Deny"))),
                side: [draw(admin_peers)],
                "ports": [{"portRange": {"protocol": "TCP", "start": 1, "end": draw(ports)}}],
            }
            for _ in range(draw(st.integers(1, 3)))
        ]
        if draw(st.sampled_from((True, True, False))):
            rules[way].append({"action": "Deny", side: [EVERYONE]})
    found = {
        "apiVersion": POLICY,
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "wide"},
        "spec": {"priority": 1, "subject": EVERYONE, **rules},
    }
    return [found]


BASELINE = {
    "apiVersion": POLICY,
    "kind": "BaselineAdminNetworkPolicy",
    "metadata": {"name": "default"},
    "spec": {
        "subject": {"namespaces": {}},
        "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
        "egress": [{"action": "Deny", "to": [{"namespaces": {}}]}],
    },
}


def told(lines: tuple[Exposed, ...], own: Tree, space: Tree) -> Connections:
    """What the lines that a pod with these labels is meant by say together."""
    return Connections.union(
        line.connections for line in lines if line.kind is not None and line.kind.has(own, space)
    )


def comers() -> list[Imagined]:
    """Pods with every label set, at home and in namespaces with every label set."""
    found = [Imagined("shop", f"comer-{number}", own) for number, own in enumerate(LABELS)]
    for place, space in enumerate(LABELS):
        found += [
            Imagined(f"elsewhere-{place}", f"comer-{number}", own, space) for number, own in enumerate(LABELS)
        ]
    return found


@settings(max_examples=80, deadline=None)
@given(local=network_policies(), wide=admin_policies(), baseline=st.booleans())
def test_a_pod_that_comes_may_exchange_no_more_than_was_told(
    local: list[Tree], wide: list[Tree], baseline: bool
) -> None:
    snapshot = snapshot_of([deployment(), *local, *wide, *([BASELINE] if baseline else [])])
    listing = analyzer_listing(snapshot, Choice(exposure=True))
    every = owners(snapshot)
    stage = Stage(imagine(snapshot, every, comers()))
    here = stage.owner(every[0])
    for comer in comers():
        there = stage.ghost(comer)
        spaces = {**(comer.namespace_labels or {}), NAME_LABEL: comer.namespace}
        for way, lines in zip(DIRECTIONS, (listing.ingress, listing.egress), strict=True):
            ends = (there, here) if way == "ingress" else (here, there)
            more = stage.one_side(*ends, way) - told(lines, comer.labels, spaces)
            assert not more, (way, comer)


def policy(name: str, **spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"podSelector": {}, **spec},
    }


def lines(*trees: Tree) -> set[tuple[str, str]]:
    """Who may come in and over what, by the lines on ingress."""
    listing = analyzer_listing(snapshot_of([deployment(), *trees]), Choice(exposure=True))
    return {(line.other, str(line.connections)) for line in listing.ingress if line.kind is not None}


def test_a_selector_that_implies_another_has_the_ports_of_both() -> None:
    either = {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}}
    one = {"podSelector": {"matchLabels": {"app": "a"}}}
    found = lines(
        policy(
            "both",
            ingress=[{"from": [either], "ports": [{"port": 80}]}, {"from": [one], "ports": [{"port": 443}]}],
        )
    )
    assert ("shop/[pod with {app=a}]", "TCP 80,443") in found
    assert len(found) == 2


def test_a_selector_that_nothing_can_meet_has_no_line() -> None:
    never = {
        "podSelector": {
            "matchLabels": {"app": "a"},
            "matchExpressions": [{"key": "app", "operator": "DoesNotExist"}],
        }
    }
    assert lines(policy("never", ingress=[{"from": [never]}])) == set()


def test_a_pod_that_one_rule_passes_on_and_another_lets_in_has_a_line_of_its_own() -> None:
    passing = {
        "apiVersion": POLICY,
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "trusted"},
        "spec": {
            "priority": 1,
            "subject": {"namespaces": {}},
            "ingress": [
                {"action": "Pass", "from": [{"namespaces": {"matchLabels": {"team": "pay"}}}]},
                {"action": "Deny", "from": [{"namespaces": {}}]},
            ],
        },
    }
    client = {"podSelector": {"matchLabels": {"app": "client"}}, "namespaceSelector": {}}
    found = lines(passing, policy("clients", ingress=[{"from": [client], "ports": [{"port": 80}]}]))
    assert found == {("[namespace with {team=pay}]/[pod with {app=client}]", "TCP 80")}


def test_a_port_that_is_known_by_name_only_is_told_by_its_name() -> None:
    out = {"to": [{"namespaceSelector": {}}], "ports": [{"port": "http"}, {"port": 53, "protocol": "UDP"}]}
    snapshot = snapshot_of([deployment(), policy("out", policyTypes=["Egress"], egress=[out])])
    (line,) = analyzer_listing(snapshot, Choice(exposure=True)).egress
    assert (line.other, str(line.connections), line.names) == ("entire-cluster", "UDP 53", ("TCP http",))
