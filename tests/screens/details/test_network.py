"""The tab Net, and what the tab Why says of the policies that decide."""

from __future__ import annotations

from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.details import network, why
from ksec_tui.screens.details.tab import Hand
from ksec_tui.screens.pane import View, object_row
from tests.screens.networks import policy
from tests.screens.panes.test_network import plugin, view_of

CALICO = plugin("calico/node:v3")
DB = ObjectRef("data", "Deployment", "db", "apps")
WEB = ObjectRef("shop", "Deployment", "web", "apps")


def tab(view: View, ref: ObjectRef, width: int = 100) -> list[str]:
    """The lines of the tab for one object."""
    return [line.text for line in network.lines(Hand(object_row(view, ref), view, width))]


def after(lines: list[str], heading: str) -> list[str]:
    """The lines below a heading, up to an empty one."""
    start = next(index for index, line in enumerate(lines) if line.startswith(heading)) + 1
    rest = lines[start:]
    return rest[: rest.index("")] if "" in rest else rest


def test_a_workload_has_an_answer_and_a_reason_for_every_zone_of_each_port() -> None:
    zones = after(tab(view_of(CALICO), WEB, 200), "From where its ports")
    assert zones[0].strip() == "8080/tcp"
    assert [line.split()[0] for line in zones[1:]] == ["yes"] * 6
    assert "LB 203.0.113.7 → svc/web → deploy/web :8080" in zones[1]


def test_a_guarded_workload_is_closed_to_every_zone_but_the_one_that_is_admitted() -> None:
    zones = after(tab(view_of(CALICO), DB, 300), "From where its ports")
    by_zone = {line[10:25].strip(): line.split()[0] for line in zones[1:]}
    assert by_zone["namespaces"] == "yes"
    assert by_zone["internet"] == by_zone["any pod"] == by_zone["same namespace"] == "no"


def test_senders_are_named_and_lead_to_the_question_about_them() -> None:
    view = view_of(CALICO)
    lines = network.lines(Hand(object_row(view, DB), view, 100))
    (sender,) = (line for line in lines if line.link == "reach:shop/deploy/web data/deploy/db")
    assert "TCP 5432" in sender.text
    assert any(line.text.startswith("Who reaches it: 1 of ") for line in lines)


def test_the_tab_why_names_the_policies_that_decide_in_each_direction() -> None:
    view = view_of(CALICO)
    said = " ".join(line.text for line in why.lines(Hand(object_row(view, DB), view, 100)))
    assert "Network in:  NetworkPolicy data/closed, NetworkPolicy data/for-web decide" in said
    assert "Network out: no policy: everything is allowed" in said


def test_policies_that_were_not_read_leave_open_who_decides() -> None:
    view = view_of(CALICO, without=[NETWORK_POLICY])
    said = " ".join(line.text for line in why.lines(Hand(object_row(view, DB), view, 100)))
    assert "Network in:  not known: networkpolicies.networking.k8s.io could not be listed" in said


def test_a_policy_says_what_of_it_does_nothing() -> None:
    twice = policy("again", "data", podSelector={}, ingress=[{"from": [{"podSelector": {}}]}] * 2)
    lines = tab(view_of(CALICO, twice), ObjectRef("data", "NetworkPolicy", "again", "networking.k8s.io"))
    assert after(lines, "What of it does nothing") == ["  › Ingress rule #2 adds nothing to rule #1"]
    assert "    Deployment data/db" in lines


def test_a_namespace_has_its_row_and_its_column() -> None:
    lines = tab(view_of(CALICO), ObjectRef("", "Namespace", "data"))
    reached_by = after(lines, "What reaches its pods")
    assert any("shop" in line and "1 of 2 pairs, TCP 5432" in line for line in reached_by)
    assert any("free" in line and line.endswith("nothing") for line in reached_by)


def test_a_service_has_the_zones_of_the_ports_where_it_ends() -> None:
    lines = tab(view_of(CALICO), ObjectRef("shop", "Service", "web"))
    assert lines[2] == "Ways in through it: 2"
    assert "Deployment shop/web" in lines
    assert "  8080/tcp" in lines


def test_what_no_policy_can_be_sure_of_stands_on_top_in_full() -> None:
    lines = tab(view_of(plugin("flannel/flannel:v0.26")), WEB, 300)
    assert lines[1].startswith("! Flannel")


def test_an_object_without_a_network_says_so() -> None:
    assert any(
        "Nothing of the network" in line for line in tab(view_of(), ObjectRef("shop", "ConfigMap", "x"))
    )
