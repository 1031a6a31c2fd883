"""Lists of connections: who is a workload, which ranges are told, what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.listing.analyzer import analyzer_listing
from ksec_tui.analysis.network.listing.choice import Choice, ChoiceError, read_port
from ksec_tui.analysis.network.listing.mixed import mixed
from ksec_tui.analysis.network.listing.owners import owners
from ksec_tui.analysis.network.listing.rows import words
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import Tree, deployment


def pod(
    name: str, owner: tuple[str, str] | None = None, phase: str = "Running", labels: Tree | None = None
) -> Tree:
    meta: Tree = {"name": name, "namespace": "shop", "labels": labels or {}}
    if owner:
        meta["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "1", "controller": True}
        ]
    container = {"name": "main", "image": "registry.example/app:1"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [container]},
        "status": {"phase": phase},
    }


def replica_set(name: str, owner: str = "") -> Tree:
    meta: Tree = {"name": name, "namespace": "shop"}
    if owner:
        meta["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner, "uid": "1", "controller": True}
        ]
    return {**deployment(name), "kind": "ReplicaSet", "metadata": meta}


def policy(**spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"podSelector": {}, **spec},
    }


def named(*trees: Tree) -> list[str]:
    return [str(owner) for owner in owners(snapshot_of(trees))]


def rows(snapshot: Snapshot, **choice: Any) -> set[tuple[str, str, str]]:
    listing = analyzer_listing(snapshot, Choice(**choice))
    return {(row.source, row.destination, words(row.connections)) for row in listing.rows}


def test_a_pod_counts_as_its_direct_controller() -> None:
    both = [pod("web-1", ("ReplicaSet", "web-5d")), pod("web-2", ("ReplicaSet", "web-5d")), pod("bare")]
    assert named(*both) == ["shop/bare[Pod]", "shop/web-5d[ReplicaSet]"]


def test_a_controller_counts_once_whatever_of_it_was_read() -> None:
    assert named(deployment("web")) == ["shop/web[Deployment]"]
    assert named(deployment("web"), replica_set("web-5d", "web")) == ["shop/web-5d[ReplicaSet]"]
    whole = [deployment("web"), replica_set("web-5d", "web"), pod("web-1", ("ReplicaSet", "web-5d"))]
    assert named(*whole) == ["shop/web-5d[ReplicaSet]"]


def test_pods_that_ended_or_run_virtual_machines_are_no_workloads() -> None:
    machine = pod("virt-launcher-vm", labels={"kubevirt.io": "virt-launcher"})
    assert named(pod("done", phase="Succeeded"), machine, pod("runs")) == ["shop/runs[Pod]"]


def test_addresses_are_cut_where_rules_of_that_direction_cut_them() -> None:
    block = {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}
    snapshot = snapshot_of([pod("web"), policy(ingress=[{"from": [{"ipBlock": block}]}])])
    assert rows(snapshot) == {
        ("10.0.0.0-10.0.255.255[External]", "shop/web[Pod]", "All Connections"),
        ("10.2.0.0-10.255.255.255[External]", "shop/web[Pod]", "All Connections"),
        ("shop/web[Pod]", "0.0.0.0-255.255.255.255[External]", "All Connections"),
    }


def test_a_pod_that_policies_tell_from_its_siblings_is_told() -> None:
    pair = [
        pod("a-1", ("ReplicaSet", "a"), labels={"tier": "x"}),
        pod("a-2", ("ReplicaSet", "a"), labels={"tier": "y"}),
    ]
    rule = policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"tier": "x"}}}]}])
    snapshot = snapshot_of([*pair, rule])
    (found,) = mixed(owners(snapshot), policies_of(snapshot))
    assert str(found) == (
        "NetworkPolicy shop/p: spec.ingress[0]: it tells pods of shop/a[ReplicaSet] apart, which differ in "
        "the labels tier: they cannot be one line of a list"
    )


def test_labels_that_no_policy_tells_apart_make_no_mixed_workload() -> None:
    pair = [
        pod("a-1", ("ReplicaSet", "a"), labels={"tier": "x"}),
        pod("a-2", ("ReplicaSet", "a"), labels={"tier": "y"}),
    ]
    either = {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["x", "y"]}]}
    snapshot = snapshot_of([*pair, policy(podSelector=either)])
    assert list(mixed(owners(snapshot), policies_of(snapshot))) == []


@pytest.mark.parametrize(
    ("choice", "pairs"),
    [
        ({"focus": ("a",)}, {"a>b", "a>c", "b>a", "c>a", "a>", ">a"}),
        ({"focus": ("shop/a",), "direction": "egress"}, {"a>b", "a>c", "a>"}),
        ({"focus": ("a",), "direction": "ingress"}, {"b>a", "c>a", ">a"}),
        ({"focus": ("a",), "peers": ("b", "c"), "direction": "egress"}, {"a>b", "a>c"}),
        ({"focus": ("a",), "peers": ("b",)}, {"a>b", "b>a"}),
        ({"focus": ("other/a",)}, set()),
    ],
)
def test_focus_peers_and_direction_choose_pairs(choice: dict[str, Any], pairs: set[str]) -> None:
    found = rows(snapshot_of([pod("a"), pod("b"), pod("c")]), **choice)
    short = {f"{_short(source)}>{_short(destination)}" for source, destination, _ in found}
    assert short == pairs


def _short(name: str) -> str:
    return "" if "External" in name else name.removeprefix("shop/").removesuffix("[Pod]")


def test_a_port_chooses_the_pairs_that_may_use_it() -> None:
    snapshot = snapshot_of([pod("a"), pod("b"), policy(ingress=[{"ports": [{"port": 80}]}])])
    whole = rows(snapshot, port=("UDP", 80))
    assert {destination for _, destination, _ in whole} == {"0.0.0.0-255.255.255.255[External]"}
    assert len(rows(snapshot, port=("TCP", 80))) == 6


@pytest.mark.parametrize("text", ["tcp-80", "TCP/80", "80/tcp", " tcp-80 "])
def test_a_port_is_read_in_every_usual_form(text: str) -> None:
    assert read_port(text) == ("TCP", 80)


@pytest.mark.parametrize("text", ["", "80", "icmp-80", "tcp-0", "tcp-65536", "tcp-http", "tcp"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ChoiceError, match="no protocol and port"):
        read_port(text)


def test_an_unknown_controller_reaches_declared_ports_behind_ingresses() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "main"}]},
    }
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"defaultBackend": backend},
    }
    trees = [deployment("web"), service, ingress]
    expected = ("{ingress-controller}", "shop/web[Deployment]", "TCP 8080")
    assert expected in rows(snapshot_of(trees))
    closed = snapshot_of([*trees, policy(ingress=[{"from": [{"podSelector": {}}]}])])
    assert expected not in rows(closed)
    assert any("leads to shop/web[Deployment]" in note for note in analyzer_listing(closed, Choice()).notes)
