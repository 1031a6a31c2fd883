"""Every way of asking says the same: pair by pair, in bulk, as a list, as a matrix, as a blast radius, as a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from ksec_tui.analysis.network.blast import blast_radius
from ksec_tui.analysis.network.changes import Change, Place, flow_changes
from ksec_tui.analysis.network.exposure import Certainty, blocked, exposures
from ksec_tui.analysis.network.listing.choice import Choice
from ksec_tui.analysis.network.listing.plain import plain_listing
from ksec_tui.analysis.network.matrix import matrix
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.reach import End, Flow, address_end, flow, group_end
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.naive import World
from tests.analysis.network.test_semantics import (
    OUTSIDE,
    admin_spec,
    both_said,
    end,
    policy_spec,
    snapshot,
    some_labels,
    worlds,
)
from tests.analysis.network.worlds import balancer, daemon_set, deployment, policy

Tree = dict[str, Any]
Ends = dict[ObjectRef, End]


def flows(found: Snapshot, ends: Ends) -> dict[tuple[ObjectRef, ObjectRef], Flow]:
    return {(one, two): flow(found, ends[one], ends[two]) for one in ends for two in ends if one != two}


def ends_of(found: Snapshot, world: World) -> Ends:
    return {
        ObjectRef(pod["metadata"]["namespace"], "Pod", pod["metadata"]["name"]): end(found, pod)
        for pod in world.pods
    }


@both_said
@given(worlds())
def test_lists_blast_radius_and_matrix_agree_with_every_pair(world: World) -> None:
    found = snapshot(world)
    every = flows(found, ends_of(found, world))
    listed = {(pair.source, pair.destination): pair for pair in plain_listing(found, Choice())}
    for (one, two), said in every.items():
        pair = listed.get((one, two))
        assert (pair.connections if pair else NONE) == said.both
        assert (pair.perhaps if pair else NONE) == said.unknown
    for workload in workloads(found):
        blast = blast_radius(found, workload)
        wanted = {two: said.both for (one, two), said in every.items() if one == workload.ref and said.both}
        assert {item.workload.ref: item.connections for item in blast.workloads} == wanted
        assert blast.pods == len(wanted)
    table = matrix(found)
    for source in table.namespaces:
        for destination in table.namespaces:
            cells = [
                said.both
                for (one, two), said in every.items()
                if (one.namespace, two.namespace) == (source, destination)
            ]
            cell = table.cell(source, destination)
            assert (cell.pairs, cell.reached) == (len(cells), sum(map(bool, cells)))
            assert cell.some == Connections.union(cells)
            common = ALL if cells else NONE
            for item in cells:
                common = common & item
            assert cell.every == common


@both_said
@given(worlds(), st.sampled_from(OUTSIDE))
def test_lists_agree_on_addresses(world: World, ip: str) -> None:
    assume(all(ip != item["ip"] for pod in world.pods for item in pod["status"]["podIPs"]))
    found = snapshot(world)
    away = address_end(ip)
    listing = plain_listing(found, Choice())
    for ref, here in ends_of(found, world).items():
        for ends, inward in (((away, here), True), ((here, away), False)):
            said = flow(found, *ends)
            told = NONE
            for pair in listing:
                own, other = (pair.destination, pair.source) if inward else (pair.source, pair.destination)
                if own == ref and not isinstance(other, ObjectRef) and other.contains(ip):
                    told = told | pair.connections
            assert told == said.both


@st.composite
def steps(draw: st.DrawFn) -> tuple[World, World]:
    """A world, and the same with other policies, and perhaps other labels of pods and namespaces."""
    before = draw(worlds())
    kept = draw(st.sets(st.integers(0, 3)))
    local = [item for number, item in enumerate(before.policies) if number in kept]
    local += [
        {"metadata": {"name": f"new{number}", "namespace": draw(st.sampled_from("abc"))}, "spec": spec}
        for number, spec in enumerate(draw(st.lists(policy_spec, max_size=2)))
    ]
    admin = [item for number, item in enumerate(before.admin) if number in kept]
    admin += [{"metadata": {"name": "new"}, "spec": spec} for spec in draw(st.lists(admin_spec, max_size=1))]
    after = replace(before, policies=local, admin=admin)
    if draw(st.booleans()):
        pods = [
            {**pod, "metadata": {**pod["metadata"], "labels": draw(some_labels)}}
            if draw(st.booleans())
            else pod
            for pod in before.pods
        ]
        after = replace(after, pods=pods)
    if draw(st.booleans()):
        after = replace(after, namespaces={name: draw(some_labels) for name in before.namespaces})
    return before, after


def is_in(ref: ObjectRef | str, place: Place) -> bool:
    if isinstance(ref, str):
        return place.addresses is not None and place.addresses.contains(ref)
    if place.addresses is not None:
        return False
    return place.every or ref.namespace in place.namespaces or ref in place.workloads


def told(changes: tuple[Change, ...], one: ObjectRef | str, two: ObjectRef | str) -> Connections:
    return Connections.union(
        item.connections for item in changes if is_in(one, item.source) and is_in(two, item.destination)
    )


@both_said
@given(steps(), st.sampled_from(OUTSIDE))
def test_a_change_tells_just_what_differs_between_the_pairs(step: tuple[World, World], ip: str) -> None:
    before, after = step
    assume(all(ip != item["ip"] for pod in before.pods for item in pod["status"]["podIPs"]))
    old, new = snapshot(before), snapshot(after)
    changes = flow_changes(old, new)
    were, are = flows(old, ends_of(old, before)), flows(new, ends_of(new, after))
    for pair, was in were.items():
        assert told(changes.lost, *pair) == was.both - are[pair].both
        assert told(changes.gained, *pair) == are[pair].both - was.both
    away = address_end(ip)
    now = ends_of(new, after)
    for ref, here in ends_of(old, before).items():
        into, out = flow(old, away, here).both, flow(old, here, away).both
        then_into, then_out = flow(new, away, now[ref]).both, flow(new, now[ref], away).both
        assert told(changes.lost, ip, ref) == into - then_into
        assert told(changes.gained, ip, ref) == then_into - into
        assert told(changes.lost, ref, ip) == out - then_out
        assert told(changes.gained, ref, ip) == then_out - out


@both_said
@given(
    st.lists(policy_spec, max_size=3), st.lists(admin_spec, max_size=2), st.sampled_from(OUTSIDE), some_labels
)
def test_what_comes_in_by_a_balancer_is_judged_as_the_engine_does(
    local: list[Tree], admin: list[Tree], ip: str, labels: dict[str, str]
) -> None:
    marked = {"app": "web", **labels}
    prefix = 128 if ":" in ip else 32
    trees = [
        {"kind": "Namespace", "metadata": {"name": "a", "labels": labels}},
        deployment("web", "a", port=80, labels=marked),
        balancer("web", "a", selector=marked, loadBalancerSourceRanges=[f"{ip}/{prefix}"]),
        daemon_set("calico-node", "quay.io/calico/node:v3.31.2"),
        *(policy(f"n{number}", "a", **spec) for number, spec in enumerate(local)),
        *(
            {
                "apiVersion": "policy.networking.k8s.io/v1alpha2",
                "kind": "ClusterNetworkPolicy",
                "metadata": {"name": f"c{number}"},
                "spec": spec,
            }
            for number, spec in enumerate(admin)
        ),
    ]
    found = snapshot_of(trees)
    (web,) = group_end(found, ObjectRef("a", "Deployment", "web", "apps"))
    said = flow(found, address_end(ip), web)
    opened = {item.certainty for item in exposures(found) if item.workload.name == "web"}
    shut = any(item.workload.name == "web" for item in blocked(found))
    if said.both.allows("TCP", 80):
        assert opened
        assert not shut
    elif said.unknown.allows("TCP", 80):
        assert opened == {Certainty.MAYBE}
    else:
        # A balancer that opens connections of its own may still come in by an address of the network's.
        assert shut or opened == {Certainty.MAYBE}
