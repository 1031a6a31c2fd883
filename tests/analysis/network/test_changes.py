"""What a change of policies, labels or pods does to connections, held against every pair of pods."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ksec_tui.analysis.network.changes import Change, Place, flow_changes
from ksec_tui.analysis.network.reach import address_end, flow
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.naive import World
from tests.analysis.network.test_semantics import OUTSIDE, end, snapshot, worlds
from tests.analysis.network.worlds import deployment

Tree = dict[str, Any]
WEB = ("TCP", 80)


def policy(name: str, namespace: str = "shop", **spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def words(changes: tuple[Change, ...]) -> set[tuple[str, str, str]]:
    return {(str(item.source), str(item.destination), str(item.connections)) for item in changes}


def pods_of(place: Place, world: World) -> set[str]:
    return {
        pod["metadata"]["name"]
        for pod in world.pods
        if place.every
        or pod["metadata"]["namespace"] in place.namespaces
        or any(
            (ref.namespace, ref.name) == (pod["metadata"]["namespace"], pod["metadata"]["name"])
            for ref in place.workloads
        )
    }


def told(changes: tuple[Change, ...], world: World) -> list[tuple[str, str]]:
    return sorted(
        (one, two)
        for change in changes
        if change.connections.allows(*WEB)
        and change.source.addresses is None
        and change.destination.addresses is None
        for one in pods_of(change.source, world)
        for two in pods_of(change.destination, world)
        if one != two
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), worlds(), st.booleans(), st.booleans())
def test_every_pair_that_changed_is_told_once(one: World, two: World, spaces: bool, labels: bool) -> None:
    pods = one.pods
    if labels:
        pods = [{**pod, "metadata": {**pod["metadata"], "labels": {"x": "1"}}} for pod in pods]
    later = World(two.namespaces if spaces else one.namespaces, pods, two.policies, two.admin)
    before, after = snapshot(one), snapshot(later)
    found = flow_changes(before, after)
    lost, gained, outside = [], [], set()
    for source in one.pods:
        for target in one.pods:
            if source is target:
                continue
            old = flow(before, end(before, source), end(before, target)).both.allows(*WEB)
            new = flow(after, end(after, source), end(after, target)).both.allows(*WEB)
            pair = source["metadata"]["name"], target["metadata"]["name"]
            if old and not new:
                lost.append(pair)
            elif new and not old:
                gained.append(pair)
        for ip in OUTSIDE[::2]:
            for way in ("in", "out"):
                ends = [(address_end(ip), end(state, source)) for state in (before, after)]
                flows = [
                    flow(state, *(pair if way == "in" else pair[::-1])).both.allows(*WEB)
                    for state, pair in zip((before, after), ends, strict=True)
                ]
                if flows[0] and not flows[1]:
                    outside.add((source["metadata"]["name"], ip, way))
    assert told(found.lost, one) == sorted(lost)
    assert told(found.gained, one) == sorted(gained)
    assert outside == {
        (name, ip, way)
        for change in found.lost
        if change.connections.allows(*WEB)
        for way, away, here in (
            ("in", change.source, change.destination),
            ("out", change.destination, change.source),
        )
        if away.addresses is not None
        for ip in OUTSIDE[::2]
        if away.addresses.contains(ip)
        for name in pods_of(here, one)
    }


def test_a_default_deny_takes_every_sender_away() -> None:
    trees = [deployment("web"), deployment("db", "data"), deployment("cache", "data")]
    found = flow_changes(snapshot_of(trees), snapshot_of([*trees, policy("deny", "data")]))
    assert found.gained == ()
    assert words(found.lost) == {
        ("0.0.0.0/0, ::/0", "namespace data", "everything"),
        ("namespace shop", "namespace data", "everything"),
        ("namespace data", "namespace data", "everything"),
    }


def test_a_change_of_something_else_changes_no_flow() -> None:
    trees = [deployment("web"), deployment("db", "data"), policy("deny", "data")]
    after = [deployment("web", image="registry.example/app:2"), *trees[1:]]
    found = flow_changes(snapshot_of(trees), snapshot_of(after))
    assert (found.lost, found.gained) == ((), ())


def test_only_the_namespaces_asked_for_are_looked_at() -> None:
    trees = [deployment("web"), deployment("db", "data")]
    after = snapshot_of([*trees, policy("deny", "data"), policy("deny", "shop")])
    found = flow_changes(snapshot_of(trees), after, namespaces=["shop"])
    assert words(found.lost) == {
        ("0.0.0.0/0, ::/0", "namespace shop", "everything"),
        ("namespace data", "namespace shop", "everything"),
        ("namespace shop", "namespace data", "everything"),
    }


def test_a_narrower_rule_loses_the_ports_that_it_leaves_out() -> None:
    trees = [deployment("web"), deployment("db", "data"), deployment("cache", "data")]
    some = {"podSelector": {"matchLabels": {"app": "db"}}}
    wide = policy("p", "data", **some, ingress=[{"ports": [{"port": 1, "endPort": 90}]}])
    narrow = policy("p", "data", **some, ingress=[{"ports": [{"port": 80}]}])
    found = flow_changes(snapshot_of([*trees, wide]), snapshot_of([*trees, narrow]))
    assert {(where, what) for _, where, what in words(found.lost)} == {
        ("Deployment data/db", "TCP 1-79,81-90")
    }
    assert words(flow_changes(snapshot_of([*trees, narrow]), snapshot_of([*trees, wide])).gained) == words(
        found.lost
    )


def test_leaving_the_nodes_network_brings_a_pod_under_the_policies() -> None:
    trees = [deployment("db", "data"), policy("deny", "data")]
    before = snapshot_of([*trees, deployment("web", "data", hostNetwork=True)])
    after = snapshot_of([*trees, deployment("web", "data")])
    lost = words(flow_changes(before, after).lost)
    assert ("0.0.0.0/0, ::/0", "Deployment data/web", "everything") in lost
    assert ("Deployment data/db", "Deployment data/web", "everything") in lost
