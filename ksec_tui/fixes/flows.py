"""What a plan does to connections: what it cuts off, what it opens, and whether that was needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ksec_tui.analysis.network.basics import API_SERVICE_REF, api_servers, calls_api, dns
from ksec_tui.analysis.network.policies import Direction, isolating
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.reach import End, EndError, PodEnd, address_end, flow, group_end
from ksec_tui.analysis.network.selectors import namespaces_running, workloads_in
from ksec_tui.analysis.network.world import ADMIN_KINDS, network
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.network_needs import Need, Who, needs_by, needs_of

POLICY_KINDS = frozenset((kind.group, kind.name) for kind in (NETWORK_POLICY, *ADMIN_KINDS))
"""What decides over connections."""

_SOMEWHERE = 4
"""Namespaces whose pods stand for every pod of the cluster."""


def lost_needs(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> tuple[Need, ...]:
    """What is needed, was allowed for certain, and is not any more, once the `touched` objects are changed."""
    met = (need for namespace in concerned(before, touched) for need in _met_in(before, namespace))
    return tuple(need for need in dict.fromkeys(met) if not _allowed(after, need))


def concerned(snapshot: Snapshot, touched: Iterable[ObjectRef]) -> tuple[str, ...]:
    """The namespaces whose pods changes of policies concern."""
    policies = [ref for ref in touched if (ref.group, ref.kind) in POLICY_KINDS]
    if any(not ref.namespace for ref in policies):
        return namespaces_running(snapshot)
    return tuple(sorted({ref.namespace for ref in policies}))


def _met_in(snapshot: Snapshot, namespace: str) -> tuple[Need, ...]:
    """What a namespace needs and is allowed for certain."""
    found: tuple[Need, ...] = snapshot.derived((_met_in, namespace), partial(_collect, namespace=namespace))
    return found


def _collect(snapshot: Snapshot, namespace: str) -> tuple[Need, ...]:
    return tuple(need for need in dict.fromkeys(_needs_in(snapshot, namespace)) if _allowed(snapshot, need))


def policies_over(snapshot: Snapshot, need: Need) -> Iterator[ObjectRef]:
    """The NetworkPolicies that decide over a connection at either of its ends."""
    ends: list[tuple[ObjectRef | None, Direction]] = [(need.target, "ingress"), (need.caller, "egress")]
    for ref, direction in ends:
        workload = None if ref is None else workload_named(snapshot, ref)
        if workload is not None:
            yield from (policy.ref for policy in isolating(snapshot, workload, direction))


def _needs_in(snapshot: Snapshot, namespace: str) -> Iterator[Need]:
    """What the pods of a namespace must be let in from, and out to."""
    yield from needs_by(snapshot, ObjectRef("", "Namespace", namespace))
    for workload in workloads_in(snapshot, namespace):
        if workload.spec.host_network:
            continue
        yield from needs_of(snapshot, workload.ref)
        yield from needs_by(snapshot, workload.ref)
        yield from basic_needs(snapshot, workload)


def basic_needs(snapshot: Snapshot, workload: Workload) -> Iterator[Need]:
    """Name resolution for every pod, and the API server for pods whose account may do something."""
    found = dns(snapshot)
    if found is not None:
        for server in found.workloads:
            for protocol, port in found.ports:
                why = f"it resolves names by {found.service.ref}"
                if server.ref != workload.ref:
                    yield Need(server.ref, protocol, port, Who.WORKLOAD, workload.ref, why)
    if api_servers(snapshot) and calls_api(snapshot, workload):
        for _, port in api_servers(snapshot)[:1]:
            why = f"its account {workload.spec.account} has rights"
            yield Need(API_SERVICE_REF, "TCP", port, Who.WORKLOAD, workload.ref, why, inferred=True)


def _allowed(snapshot: Snapshot, need: Need) -> bool:
    """Whether policies allow all of it for certain; what has no pods now needs nothing."""
    try:
        sources, targets = _sources(snapshot, need), _targets(snapshot, need)
    except EndError:
        return True
    wanted = Connections.of(need.protocol, need.port, need.port)
    return all(
        not wanted - flow(snapshot, source, target).both
        for source in sources
        for target in targets
        if not (isinstance(source, PodEnd) and isinstance(target, PodEnd) and source.group is target.group)
    )


def _targets(snapshot: Snapshot, need: Need) -> tuple[End, ...]:
    if need.target == API_SERVICE_REF:
        servers = api_servers(snapshot)
        return tuple(address_end(address) for address, port in servers if port == need.port)
    return group_end(snapshot, need.target)


def _sources(snapshot: Snapshot, need: Need) -> tuple[End, ...]:
    if need.who is Who.ANYONE:
        return (address_end("0.0.0.0/0"),)
    world = network(snapshot)
    if need.caller is None:
        others = [name for name in namespaces_running(snapshot) if name != need.target.namespace]
        groups = [world.in_namespace(name)[:1] for name in others[:_SOMEWHERE]]
        return tuple(PodEnd(group) for found in groups for group in found if not group.host_network)
    if need.who is Who.NAMESPACE:
        return tuple(
            PodEnd(group) for group in world.in_namespace(need.caller.name) if not group.host_network
        )
    return group_end(snapshot, need.caller)
