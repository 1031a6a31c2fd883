"""What NetworkPolicies do to a workload (networking/v1; semantics as the API reference states them)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from ksec_tui.analysis.network.addresses import INTERNET
from ksec_tui.analysis.network.bulk import spread
from ksec_tui.analysis.network.engines import Answer, foreign_engines
from ksec_tui.analysis.network.rules import EVERY_PORT, Action
from ksec_tui.analysis.network.rules import Direction as Direction
from ksec_tui.analysis.network.selectors import label_sets, named_ports, policies_for
from ksec_tui.analysis.network.side import Rule
from ksec_tui.analysis.network.world import ADMIN_KINDS, Network, network
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NETWORK_POLICY, Kind
from ksec_tui.cluster.networking import IngressPolicyRule, NetworkPolicy, PolicyPeer, PolicyPort
from ksec_tui.cluster.snapshot import Snapshot


class Openness(Enum):
    """How wide an ingress rule opens; the value says it in words."""

    EVERYONE = "every source, inside and outside the cluster"
    ADDRESSES = "every IP address"
    PODS = "every pod of every namespace"


def affects(policy: NetworkPolicy, direction: Direction) -> bool:
    """Whether a policy isolates the pods that it selects, in that direction."""
    return policy.isolates_ingress if direction == "ingress" else policy.isolates_egress


def isolating(snapshot: Snapshot, workload: Workload, direction: Direction) -> tuple[NetworkPolicy, ...]:
    """The NetworkPolicies that select a workload's pods, or some of them, and affect that direction.

    None for a host-network workload: a pod that shares its node's address is no subject of policies
    (the API leaves it open; no common plugin does it).
    """
    if workload.spec.host_network:
        return ()
    sets = label_sets(snapshot, workload)
    return tuple(
        policy
        for policy in policies_for(snapshot, workload.namespace, sets)
        if affects(policy, direction) and any(policy.spec.pod_selector.matches(labels) for labels in sets)
    )


def isolated(snapshot: Snapshot, workload: Workload, direction: Direction) -> Answer:
    """Whether a workload's pods accept (or send) only what policies allow.

    A cluster-wide policy does it by a rule that denies every pod (or, to the outside, every address) all ports.
    Not known when none does but policies of another engine may, or may not have been read.
    """
    found = isolating(snapshot, workload, direction)
    sets = label_sets(snapshot, workload)
    if found and all(any(item.spec.pod_selector.matches(labels) for item in found) for labels in sets):
        return Answer(True, ", ".join(policy.name for policy in found))
    gap = snapshot.gap(NETWORK_POLICY, workload.namespace)
    if gap:
        return Answer(None, gap)
    if workload.spec.host_network:
        return Answer(False, "it uses the node's network, which policies do not govern")
    wide = _closed_cluster_wide(snapshot, workload, direction)
    if wide:
        return Answer(True, wide)
    unread = next((gap for kind in ADMIN_KINDS if (gap := _gap(snapshot, kind))), None)
    if unread:
        return Answer(None, f"no NetworkPolicy selects it; {unread}")
    foreign = foreign_engines(snapshot)
    if foreign.value:
        return Answer(
            None, f"no NetworkPolicy selects it; policies of {foreign.reason} may, and were not read"
        )
    if foreign.value is None:
        return Answer(
            None, f"no NetworkPolicy selects it; whether another engine's policies do: {foreign.reason}"
        )
    return Answer(False, "no NetworkPolicy selects it")


def _gap(snapshot: Snapshot, kind: Kind[Any]) -> str | None:
    """Why cluster-wide policies are not known; files that hold none describe a cluster without them."""
    not_there = snapshot.coverage.of(kind).state is State.NOT_SUPPLIED
    return None if not_there else snapshot.gap(kind)


def _closed_cluster_wide(snapshot: Snapshot, workload: Workload, direction: Direction) -> str:
    """The cluster-wide policies by which each of a workload's pods is closed but for exceptions; else empty."""
    if not any(snapshot.of(kind) for kind in ADMIN_KINDS):
        return ""
    world = network(snapshot)
    side = world.side(direction)
    names: dict[str, None] = {}
    for group in world.groups_of(workload):
        found = [
            str(item.policy.ref)
            for bucket in (*side.admin, *side.baseline)
            for item in bucket
            if item.subjects.has(group.number)
            and any(_denies_all(world, rule) for rule in item.rules(direction) or ())
        ]
        denied = spread(world, direction, group, subject=True) if found else {}
        if not any(outcome.deny for outcome in denied):
            return ""
        names.update(dict.fromkeys(found))
    return ", ".join(names)


def _denies_all(world: Network, rule: Rule) -> bool:
    clause = rule.clause
    if clause.action is not Action.DENY or clause.ports != EVERY_PORT:
        return False
    pods = world.space.pods.bits
    return clause.anyone or rule.peers.bits & pods == pods or rule.addresses.covers(INTERNET)


def peer_openness(peer: PolicyPeer) -> Openness | None:
    """How wide one peer is, if it is one that admits everybody."""
    block = peer.ip_block
    if block is not None:
        whole = block.cidr.strip().endswith("/0") and not block.except_
        return Openness.ADDRESSES if whole and peer.pod_selector is None else None
    spaces, pods = peer.namespace_selector, peer.pod_selector
    if spaces is not None and spaces.empty and (pods is None or pods.empty):
        return Openness.PODS
    return None


def openness(rule: IngressPolicyRule) -> Openness | None:
    """How wide a rule is: no peers at all admit everyone, external clients included."""
    if not rule.from_:
        return Openness.EVERYONE
    found = [wide for peer in rule.from_ if (wide := peer_openness(peer)) is not None]
    return next((kind for kind in Openness if kind in found), None)


def all_ports(ports: Sequence[PolicyPort]) -> bool:
    """Whether a rule's ports leave none out, for one protocol at least."""
    return not ports or any(
        item.port is None or (isinstance(item.port, int) and item.port <= 1 and (item.end_port or 0) >= 65535)
        for item in ports
    )


def covers_port(ports: Sequence[PolicyPort], workload: Workload, protocol: str, port: int) -> bool:
    """Whether a rule's ports include one port of a workload; names are looked up in its containers."""
    if not ports:
        return True
    for item in ports:
        if (item.protocol or "TCP") != protocol:
            continue
        match item.port:
            case None:
                return True
            case int(first):
                if first <= port <= (item.end_port or first):
                    return True
            case str(name):
                if name == str(port) or port in named_ports(workload.spec, name, protocol):
                    return True
    return False
