"""What pods to come could exchange is never told too small: any pod that comes may do no more than its lines."""

from __future__ import annotations

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
KEYS, VALUES = ("a", "b"), ("x", "y")

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from((*VALUES, "z")), max_size=2)
requirements = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": sorted(values)},
        st.sampled_from(KEYS),
        st.sampled_from(("In", "NotIn")),
        st.sets(st.sampled_from(VALUES), min_size=1),
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        st.sampled_from(KEYS),
        st.sampled_from(("Exists", "DoesNotExist")),
    ),
)
selectors = st.one_of(
    st.builds(lambda items: {"matchExpressions": items}, st.lists(requirements, max_size=2)),
    st.just({"matchLabels": {NAME_LABEL: "shop"}}),
)
pod_selectors = st.builds(lambda items: {"matchExpressions": items}, st.lists(requirements, max_size=2))
peers = st.one_of(
    st.builds(lambda pods: {"podSelector": pods}, pod_selectors),
    st.builds(lambda spaces: {"namespaceSelector": spaces}, selectors),
    st.builds(
        lambda pods, spaces: {"podSelector": pods, "namespaceSelector": spaces}, pod_selectors, selectors
    ),
)
admin_peers = st.one_of(
    st.builds(lambda spaces: {"namespaces": spaces}, selectors),
    st.builds(
        lambda pods, spaces: {"pods": {"podSelector": pods, "namespaceSelector": spaces}},
        pod_selectors,
        selectors,
    ),
)
ports = st.integers(1, 4)


@st.composite
def network_policies(draw: st.DrawFn) -> list[Tree]:
    found = []
    for number in range(draw(st.integers(0, 2))):
        rules = [
            {side: draw(st.lists(peers, min_size=1, max_size=2)), "ports": [{"port": draw(ports)}]}
            for side in ("from", "to")
        ]
        found.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"local-{number}", "namespace": "shop"},
                "spec": {
                    "podSelector": {},
                    "policyTypes": ["Ingress", "Egress"],
                    "ingress": rules[:1],
                    "egress": rules[1:],
                },
            }
        )
    return found


@st.composite
def admin_policies(draw: st.DrawFn) -> list[Tree]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        rules = [
            {
                "action": draw(st.sampled_from(("Allow", "Deny", "Pass"))),
                side: draw(st.lists(admin_peers, min_size=1, max_size=2)),
                "ports": [{"portRange": {"protocol": "TCP", "start": 1, "end": draw(ports)}}],
            }
            for side in ("from", "to")
        ]
        found.append(
            {
                "apiVersion": POLICY,
                "kind": "AdminNetworkPolicy",
                "metadata": {"name": f"wide-{number}"},
                "spec": {
                    "priority": number,
                    "subject": {"namespaces": {}},
                    "ingress": rules[:1],
                    "egress": rules[1:],
                },
            }
        )
    return found


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


@settings(max_examples=150, deadline=None)
@given(
    local=network_policies(),
    wide=admin_policies(),
    baseline=st.booleans(),
    own=labels,
    space=labels,
    at_home=st.booleans(),
)
def test_a_pod_that_comes_may_exchange_no_more_than_was_told(
    local: list[Tree], wide: list[Tree], baseline: bool, own: Tree, space: Tree, at_home: bool
) -> None:
    snapshot = snapshot_of([deployment(), *local, *wide, *([BASELINE] if baseline else [])])
    listing = analyzer_listing(snapshot, Choice(exposure=True))
    every = owners(snapshot)
    comer = Imagined("shop" if at_home else "elsewhere", "comer", own, space)
    stage = Stage(imagine(snapshot, every, [comer]))
    here, there = stage.owner(every[0]), stage.ghost(comer)
    spaces = {NAME_LABEL: "shop"} if at_home else {**space, NAME_LABEL: "elsewhere"}
    for way, lines in zip(DIRECTIONS, (listing.ingress, listing.egress), strict=True):
        ends = (there, here) if way == "ingress" else (here, there)
        assert not stage.one_side(*ends, way) - told(lines, own, spaces)


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
