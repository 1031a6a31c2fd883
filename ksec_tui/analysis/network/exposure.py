"""Which ports of which workloads can be reached from where, by which chain of objects, past which policies.

An exposure is an entry (a Service, Ingress, Gateway, host port) that NetworkPolicies let through. Policies
of other engines are not read; `policies.isolated` says when there may be some.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.network.admission import admission
from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.entries import Entry
from ksec_tui.analysis.network.proxies import direct_entries
from ksec_tui.analysis.network.routes import ingress_entries, route_entries
from ksec_tui.cluster.kinds import (
    GATEWAY,
    GATEWAY_CLASS,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    INGRESS_CLASS,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    OPENSHIFT_ROUTE,
    REFERENCE_GRANT,
    SERVICE,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

EXPOSURE_KINDS = (
    SERVICE,
    INGRESS,
    INGRESS_CLASS,
    NETWORK_POLICY,
    NAMESPACE,
    NODE,
    GATEWAY,
    GATEWAY_CLASS,
    HTTP_ROUTE,
    GRPC_ROUTE,
    TLS_ROUTE,
    TCP_ROUTE,
    UDP_ROUTE,
    REFERENCE_GRANT,
    OPENSHIFT_ROUTE,
)
"""What is read for it, besides workloads."""


class Certainty(Enum):
    """Whether an exposure is a fact or hangs on something that no object shows."""

    YES = "yes"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One port of a workload that can be reached from one zone.

    Attributes:
        workload: whose port.
        port: the pod's port.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        zone: where clients may stand.
        certainty: MAYBE when `doubt` says why.
        chain: the objects on the way, the workload last.
        restricted_by: the policies that isolate the workload and yet let this through; of what is shut, those
            that shut it, or shut the proxy before it.
        doubt: what is not known; empty for YES.
        http: whether a proxy on the way lets only HTTP through.
        admitted_by: the rules of these policies that let it through.
    """

    workload: ObjectRef
    port: int
    protocol: str
    zone: Zone
    certainty: Certainty
    chain: tuple[Link, ...]
    restricted_by: tuple[ObjectRef, ...] = ()
    doubt: str = ""
    http: bool = False
    admitted_by: tuple[Link, ...] = ()

    @property
    def words(self) -> str:
        """``internet → Service shop/web (LoadBalancer 203.0.113.7) → Deployment shop/web (TCP port 8080)``."""
        start = self.zone.value if self.zone is not Zone.UNKNOWN else "somewhere"
        return " → ".join((start, *map(str, self.chain)))


def exposures(snapshot: Snapshot) -> tuple[Exposure, ...]:
    """Every exposure, by workload, zone (widest first) and port; computed once."""
    return _split(snapshot)[0]


def blocked(snapshot: Snapshot) -> tuple[Exposure, ...]:
    """Entries that NetworkPolicies shut: published, but nothing comes through."""
    return _split(snapshot)[1]


def exposures_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[Exposure, ...]:
    """The exposures of one workload."""
    index: dict[ObjectRef, tuple[Exposure, ...]] = snapshot.derived(_by_workload, _by_workload)
    return index.get(ref, ())


def _by_workload(snapshot: Snapshot) -> dict[ObjectRef, tuple[Exposure, ...]]:
    index: dict[ObjectRef, list[Exposure]] = {}
    for item in exposures(snapshot):
        index.setdefault(item.workload, []).append(item)
    return {ref: tuple(items) for ref, items in index.items()}


def entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Every way in, before NetworkPolicies are asked; computed once."""
    found: tuple[Entry, ...] = snapshot.derived(_entries, _entries)
    return found


def _entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    return (*direct_entries(snapshot), *ingress_entries(snapshot), *route_entries(snapshot))


def _split(snapshot: Snapshot) -> tuple[tuple[Exposure, ...], tuple[Exposure, ...]]:
    found: tuple[tuple[Exposure, ...], tuple[Exposure, ...]] = snapshot.derived(_judge_all, _judge_all)
    return found


def _judge_all(snapshot: Snapshot) -> tuple[tuple[Exposure, ...], tuple[Exposure, ...]]:
    order = {zone: rank for rank, zone in enumerate(Zone)}
    open_ones: list[Exposure] = []
    shut: list[Exposure] = []
    for entry in entries(snapshot):
        answer = admission(snapshot, entry)
        doubt = entry.doubt or answer.doubt
        item = Exposure(
            entry.workload.ref,
            entry.port,
            entry.protocol,
            entry.zone,
            Certainty.MAYBE if doubt else Certainty.YES,
            entry.chain,
            answer.policies,
            doubt,
            entry.http,
            answer.by,
        )
        (shut if answer.admitted is False else open_ones).append(item)

    def place(item: Exposure) -> tuple[ObjectRef, int, int, str, str]:
        return item.workload, order[item.zone], item.port, item.protocol, item.words

    return tuple(sorted(open_ones, key=place)), tuple(sorted(shut, key=place))
