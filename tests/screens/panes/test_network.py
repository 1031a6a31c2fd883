"""The pane of the network, without a terminal: ways in, policies, and what one must know before believing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, NETWORK_POLICY, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.lens import NOBODY, Lens
from ksec_tui.screens.pane import Listing, Row, View
from ksec_tui.screens.panes.network import PANE
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import text_of
from ksec_tui.session import State
from tests.screens.networks import from_pods, networked, policy
from tests.screens.world import thing

EXPOSURE, POLICIES, REACH, MATRIX, BLAST = PANE.listings


def view_of(
    *more: Document, without: Sequence[Kind[Any]] = (), lens: Lens = NOBODY, ascii_only: bool = False
) -> View:
    """A view of the small cluster with policies, and more in it."""
    head = {"kind": "Cluster", "serverVersion": "v1.33.4", "today": "2026-11-21"}
    snapshot = snapshot_of([head, *networked(*more)], forbidden=without)
    return View.of(State(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=ascii_only, lens=lens)


def said(listing: Listing, row: Row, column: str) -> str:
    """What a cell shows."""
    (found,) = (item for item in listing.columns if item.id == column)
    return text_of(found.cell(row))


def plugin(image: str) -> Document:
    """A DaemonSet that could be a network plugin."""
    labels = {"app": "net"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "net", "image": image}]}}
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    return thing("apps/v1", "DaemonSet", "net", "kube-system", spec=spec)


# Exposure


def test_the_chain_from_the_door_to_the_port_stands_on_one_line() -> None:
    view = view_of()
    first = EXPOSURE.rows(view)[0]
    assert said(EXPOSURE, first, "zone") == "internet"
    assert said(EXPOSURE, first, "chain") == "LB 203.0.113.7 → svc/web → deploy/web :8080"
    assert said(EXPOSURE, first, "policies") == "none"
    assert "no policy stands before it" in first.notes


def test_what_comes_from_the_internet_stands_above_what_only_nodes_reach_and_what_is_shut() -> None:
    door: Document = {
        "type": "LoadBalancer",
        "selector": {"app": "db"},
        "ports": [{"port": 5432}],
        "externalTrafficPolicy": "Local",
        "allocateLoadBalancerNodePorts": False,
    }
    published = {"loadBalancer": {"ingress": [{"ip": "203.0.113.8"}]}}
    service = thing("v1", "Service", "door", "data", spec=door, status=published)
    rows = EXPOSURE.rows(view_of(service, plugin("calico/node:v3")))
    order = [(row.ref.name, said(EXPOSURE, row, "zone")) for row in rows]
    assert order[0] == ("web", "internet")
    assert order[-1] == ("db", "shut")
    assert "shut by NetworkPolicy data/closed, NetworkPolicy data/for-web" in rows[-1].notes


def test_a_way_in_that_ends_before_any_pod_is_told_last() -> None:
    lost = {"type": "LoadBalancer", "selector": {"app": "gone"}, "ports": [{"port": 443}]}
    rows = EXPOSURE.rows(view_of(thing("v1", "Service", "lost", "shop", spec=lost)))
    assert said(EXPOSURE, rows[-1], "zone") == "nowhere"
    assert rows[-1].ref.name == "lost"
    assert "→ nothing:" in said(EXPOSURE, rows[-1], "chain")


def test_routes_that_nobody_follows_are_not_passed_over() -> None:
    crd = thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "ingressroutes.traefik.io",
        spec={"group": "traefik.io"},
    )
    rows = EXPOSURE.rows(view_of(crd))
    (found,) = (row for row in rows if row.ref.name == "ingressroutes.traefik.io")
    assert said(EXPOSURE, found, "zone") == "unread?"
    assert "not analysed" in said(EXPOSURE, found, "chain")


def test_a_filter_for_a_service_finds_what_comes_in_by_it() -> None:
    rows = EXPOSURE.rows(view_of())
    assert all("Service shop/web" in row.text for row in rows if row.ref.name == "web")


# Policies


def by_name(view: View) -> dict[str, Row]:
    return {row.ref.name: row for row in POLICIES.rows(view)}


def test_a_policy_says_whom_it_selects_and_what_it_admits() -> None:
    rows = by_name(view_of())
    assert said(POLICIES, rows["closed"], "selects") == "every pod (1)"
    assert said(POLICIES, rows["closed"], "admits") == "in: nothing"
    assert said(POLICIES, rows["for-web"], "selects") == "1 pod: db"
    assert said(POLICIES, rows["for-web"], "admits") == "in: pods app=web of shop on TCP 5432"
    assert not said(POLICIES, rows["closed"], "effect")


@pytest.mark.parametrize(
    ("item", "remark"),
    [
        (policy("x", "free", podSelector={"matchLabels": {"app": "gone"}}), "selects no pod"),
        (policy("x", "data", podSelector={}, policyTypes=["Ingress"]), "changes nothing: other policies"),
        (policy("x", "data", podSelector={}, policyTypes=["Ingress", "Egress"]), ""),
        (
            policy("x", "free", podSelector={}, ingress=[from_pods("gone", "shop")]),
            "Ingress rule #1 matches nobody",
        ),
        (
            policy("x", "free", podSelector={}, policyTypes=["Egress"], ingress=[{}]),
            "its ingress rules are ignored: policyTypes leave ingress out",
        ),
        (
            policy(
                "x",
                "data",
                podSelector={"matchLabels": {"app": "db"}},
                ingress=[from_pods("web", "shop", 5432)],
            ),
            "changes nothing: other policies isolate the same pods and allow as much",
        ),
        (
            policy("x", "free", podSelector={}, ingress=[{}, from_pods("web", "shop")]),
            "Ingress rule #2 adds nothing to rule #1",
        ),
    ],
    ids=("selects-nothing", "twice", "counts", "nobody", "ignored", "shadowed", "rule"),
)
def test_what_of_a_policy_does_nothing_is_said(item: Document, remark: str) -> None:
    found = said(POLICIES, by_name(view_of(item))["x"], "effect")
    assert found.startswith(remark) if remark else not found


def admin(name: str, priority: int, action: str) -> Document:
    everyone: Document = {"namespaces": {}}
    rule = {"name": "all", "action": action, "from": [everyone]}
    spec = {"priority": priority, "subject": everyone, "ingress": [rule]}
    return thing("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", name, spec=spec)


def test_policies_of_admins_come_first_in_the_order_in_which_they_decide() -> None:
    rows = POLICIES.rows(view_of(admin("late", 20, "Deny"), admin("early", 10, "Allow")))
    tiers = [(row.ref.name, said(POLICIES, row, "tier")) for row in rows]
    assert tiers == [("early", "Admin 10"), ("late", "Admin 20"), ("closed", "—"), ("for-web", "—")]
    assert said(POLICIES, rows[1], "admits") == "in: denies every pod of every namespace (all)"


def test_kinds_of_policies_that_are_not_read_are_named() -> None:
    name = "ciliumnetworkpolicies.cilium.io"
    crd = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", name, spec={"group": "cilium.io"})
    rows = by_name(view_of(crd))
    assert said(POLICIES, rows[name], "effect") == "not read"
    assert said(POLICIES, rows[name], "admits") == "?"


def test_a_policy_that_the_api_refuses_says_what_is_wrong() -> None:
    bad = policy("bad", "free", podSelector={}, ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/99"}}]}])
    row = by_name(view_of(bad))["bad"]
    assert "/spec/ingress/0/from/0" in said(POLICIES, row, "effect")


# What one must know


def test_a_plugin_that_ignores_policies_is_told_above_every_view() -> None:
    asked = Lens(reach="shop/web data/db", blast=ObjectRef("shop", "Deployment", "web", "apps"))
    view = view_of(plugin("flannel/flannel:v0.26"), lens=asked)
    for listing in PANE.listings:
        assert listing.notice is not None
        assert "ignores NetworkPolicies" in listing.notice(view)
    assert PANE.badge is not None
    assert PANE.badge(view) == "!CNI"


def test_policies_that_could_not_be_read_are_told_and_nothing_is_called_denied() -> None:
    view = view_of(plugin("calico/node:v3"), without=[NETWORK_POLICY])
    assert "networkpolicies.networking.k8s.io could not be listed" in notice(view)
    assert {glyph for row in MATRIX.rows(view) for glyph in said(MATRIX, row, "map")} == {"?"}


def test_several_reasons_are_counted() -> None:
    view = view_of(without=[NETWORK_POLICY, NAMESPACE])
    assert notice(view).startswith("! (+")


def test_nothing_is_told_of_a_cluster_whose_policies_are_enforced_and_read() -> None:
    assert notice(view_of(plugin("calico/node:v3"))) == ""


def test_every_view_stands_with_nothing_read_at_all() -> None:
    snapshot = snapshot_of([], forbidden=KINDS)
    view = View.of(State(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=False)
    for listing in PANE.listings:
        assert all(row.ref.kind == "Answer" for row in listing.rows(view))
        assert listing.notice is not None
        assert listing.notice(view)


def test_hostile_names_and_rules_are_shown_as_what_they_are() -> None:
    evil = "x\x1b]52;c;aGk=\x07[@click=app.quit]y[/]"
    item = policy(evil, "free", podSelector={"matchLabels": {evil: evil}}, ingress=[from_pods(evil, evil)])
    view = view_of(item)
    for listing in PANE.listings:
        for row in listing.rows(view):
            for column in listing.columns:
                assert "\x1b" not in text_of(column.cell(row))
