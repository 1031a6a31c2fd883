"""From where each port of a workload can be reached: every zone answered for itself, with the reason.

The answers are what the objects that were read say. Why the cluster may do otherwise (policies of another
engine, a plugin of which nothing is known) is the same for all and is told by `doubts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import ANY4, AddressSet
from ksec_tui.analysis.network.admission import admission, governing, groups_of, policy_gap
from ksec_tui.analysis.network.backing import targets
from ksec_tui.analysis.network.balancers import DOCUMENTATION, Zone, is_public, parse_ip
from ksec_tui.analysis.network.bulk import senders
from ksec_tui.analysis.network.engines import Answer, enforcing_cni
from ksec_tui.analysis.network.entries import Entry, Source
from ksec_tui.analysis.network.exposure import Certainty, Exposure, blocked, exposures
from ksec_tui.analysis.network.gateways import ROUTE_KINDS
from ksec_tui.analysis.network.labels import bits_of, numbers_of
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.selectors import alive, declared_ports
from ksec_tui.analysis.network.strangers import stranger_enters
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import GATEWAY, INGRESS, NODE, OPENSHIFT_ROUTE, SERVICE, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

OUTER = (Zone.INTERNET, Zone.OUTSIDE, Zone.NODES)
_FEW = 50
"""Up to how many namespaces are listed where all are meant."""

OPENERS: tuple[Kind[KubeObject], ...] = (SERVICE, INGRESS, GATEWAY, *ROUTE_KINDS, OPENSHIFT_ROUTE)
"""The kinds of objects that lead traffic into namespaces; a Gateway may do so from another one."""

INNER = (Zone.ANY_POD, Zone.NAMESPACES, Zone.SAME_NAMESPACE)


@dataclass(frozen=True, slots=True)
class Reach:
    """One zone.

    Attributes:
        zone: which.
        answer: whether clients there reach the port; the reason is a phrase, for yes as well.
        ways: the exposures behind a yes or maybe from outside, what is certain first; those that policies shut
            behind a no.
        namespaces: for NAMESPACES the other namespaces of which some pods reach it; in a large cluster none
            is listed where all do (`everywhere`).
        everywhere: whether all pods of all other namespaces reach it.
    """

    zone: Zone
    answer: Answer
    ways: tuple[Exposure, ...] = ()
    namespaces: tuple[str, ...] = ()
    everywhere: bool = False

    @property
    def words(self) -> str:
        """``yes``, ``no`` or ``maybe``."""
        return {True: "yes", False: "no", None: "maybe"}[self.answer.value]


@dataclass(frozen=True, slots=True)
class Surface:
    """One port of a workload's pods.

    Attributes:
        workload: whose.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        port: the pods' port.
        zones: an answer for each of the zones, `OUTER` then `INNER`. The pod's own node always reaches it.
    """

    workload: ObjectRef
    protocol: str
    port: int
    zones: tuple[Reach, ...]

    def zone(self, wanted: Zone) -> Reach:
        """The answer for one zone.

        Raises:
            KeyError: UNKNOWN is no zone that is answered for.
        """
        for item in self.zones:
            if item.zone is wanted:
                return item
        raise KeyError(wanted)


def surface(snapshot: Snapshot, workload: Workload) -> tuple[Surface, ...]:
    """Every known port of a workload: those that it declares, that Services lead to, that are exposed.

    In its node's network it may listen on more ports than these; none is known then.
    """
    return tuple(_surface(snapshot, workload)) if alive(workload) else ()


def _surface(snapshot: Snapshot, workload: Workload) -> Iterator[Surface]:
    open_ones, shut = _by_port(snapshot, workload.ref)
    inside = _Inside(snapshot, workload)
    ports = {*declared_ports(workload.spec), *_served(snapshot, workload), *open_ones, *shut}
    for protocol, port in sorted(ports, key=lambda item: (item[1], item[0])):
        ways = open_ones.get((protocol, port), [])
        closed = shut.get((protocol, port), [])
        outer = [_outer(snapshot, workload, zone, ways, closed) for zone in OUTER[:2]]
        nodes = _nodes(snapshot, workload, protocol, port, ways)
        yield Surface(workload.ref, protocol, port, (*outer, nodes, *inside.zones(protocol, port)))


_Ways = dict[tuple[str, int], list[Exposure]]


def _by_port(snapshot: Snapshot, ref: ObjectRef) -> tuple[_Ways, _Ways]:
    index: dict[ObjectRef, tuple[_Ways, _Ways]] = snapshot.derived(_index, _index)
    return index.get(ref, ({}, {}))


def _index(snapshot: Snapshot) -> dict[ObjectRef, tuple[_Ways, _Ways]]:
    found: dict[ObjectRef, tuple[_Ways, _Ways]] = {}
    for place, items in enumerate((exposures(snapshot), blocked(snapshot))):
        for item in items:
            slot = found.setdefault(item.workload, ({}, {}))[place]
            slot.setdefault((item.protocol, item.port), []).append(item)
    return found


def _served(snapshot: Snapshot, workload: Workload) -> frozenset[tuple[str, int]]:
    """The ports that Services lead to, declared or not."""
    index: dict[ObjectRef, set[tuple[str, int]]] = snapshot.derived(_served, _by_services)
    return frozenset(index.get(workload.ref, ()))


def _by_services(snapshot: Snapshot) -> dict[ObjectRef, set[tuple[str, int]]]:
    index: dict[ObjectRef, set[tuple[str, int]]] = {}
    for service in snapshot.of(SERVICE):
        for port in service.spec.ports:
            for target in targets(snapshot, service, port):
                index.setdefault(target.workload.ref, set()).add((target.protocol, target.port))
    return index


def _outer(
    snapshot: Snapshot, workload: Workload, zone: Zone, ways: Sequence[Exposure], closed: Sequence[Exposure]
) -> Reach:
    """The internet, or a private network around: by the objects that open a way from there."""
    # Who lets the internet in, lets in the networks around as well.
    wide = {zone} if zone is Zone.INTERNET else {zone, Zone.INTERNET}
    found = sorted(
        (item for item in ways if item.zone in wide), key=lambda item: item.certainty.value == "maybe"
    )
    if found:
        first = found[0]
        sure = first.certainty is Certainty.YES
        return Reach(zone, Answer(True if sure else None, first.doubt or first.words), tuple(found))
    lost = [item for item in ways if item.zone is Zone.UNKNOWN]
    if lost:
        return Reach(zone, Answer(None, lost[0].doubt or lost[0].words), tuple(lost))
    unsure = _unsure(snapshot, workload, zone, ways)
    if unsure:
        return Reach(zone, Answer(None, unsure))
    shut = tuple(item for item in closed if item.zone in wide)
    if shut:
        names = ", ".join(map(str, shut[0].restricted_by))
        return Reach(zone, Answer(False, f"{names} let nothing through of {shut[0].words}"), shut)
    return Reach(zone, Answer(False, "no object opens a way in from there"))


def _unsure(snapshot: Snapshot, workload: Workload, zone: Zone, ways: Sequence[Exposure]) -> str:
    """Why a zone without a known way may have one."""
    if zone is Zone.INTERNET:
        public = _public_pod(workload)
        if public:
            return f"its pod {public} is an address of the internet's; whether that is routed is not known"
        if any(item.zone is Zone.NODES for item in ways) and (gap := snapshot.gap(NODE)):
            return f"whether nodes have public addresses is not known: {gap}"
    return exposure_gap(snapshot, workload.namespace)


def exposure_gap(snapshot: Snapshot, namespace: str) -> str:
    """Why not every way into a namespace is known; empty when all is.

    Files that hold no object of a kind describe a cluster without it, but for Services.
    """
    for kind in OPENERS:
        if kind is not SERVICE and snapshot.coverage.of(kind).state is State.NOT_SUPPLIED:
            continue
        gap = snapshot.gap(kind, None if kind is GATEWAY else namespace)
        if gap:
            return gap
    return ""


def _public_pod(workload: Workload) -> str:
    """An address of a pod that the internet could route to; ranges for examples count as none here."""
    if workload.spec.host_network:
        return ""
    for pod in workload.pods:
        for text in (pod.status.pod_ip, *(item.ip for item in pod.status.pod_ips)):
            address = parse_ip(text)
            if (
                address is not None
                and is_public(address)
                and not any(address in block for block in DOCUMENTATION)
            ):
                return text
    return ""


def _nodes(
    snapshot: Snapshot, workload: Workload, protocol: str, port: int, ways: Sequence[Exposure]
) -> Reach:
    """Other nodes and what runs in their network: by an open port of nodes, else by the pods' own addresses."""
    found = sorted(
        (item for item in ways if item.zone is Zone.NODES), key=lambda item: item.certainty.value == "maybe"
    )
    if found and found[0].certainty is Certainty.YES:
        return Reach(Zone.NODES, Answer(True, found[0].words), tuple(found))
    if workload.spec.host_network:
        doubt = "its network is its node's: whether it listens there is not known"
        return Reach(Zone.NODES, Answer(None, found[0].doubt if found else doubt), tuple(found))
    direct = Entry(workload, protocol, port, Zone.NODES, (), Source.CLIENT, clients=_node_addresses(snapshot))
    answer = admission(snapshot, direct)
    if answer.admitted:
        words = "nodes route to the addresses of pods, and no policy is against it"
        return Reach(Zone.NODES, Answer(True, words), tuple(found))
    if found or answer.admitted is None:
        return Reach(Zone.NODES, Answer(None, found[0].doubt if found else answer.doubt), tuple(found))
    words = f"{_listed([str(ref) for ref in answer.policies])}: no node but the pods' own is admitted"
    return Reach(Zone.NODES, Answer(False, words))


def _node_addresses(snapshot: Snapshot) -> AddressSet:
    """The private addresses of all nodes, from which they speak to pods; any address while none is known."""
    found: AddressSet = snapshot.derived(_node_addresses, _addresses)
    return found or ANY4


def _addresses(snapshot: Snapshot) -> AddressSet:
    texts = (
        item.address
        for node in snapshot.of(NODE)
        for item in node.status.addresses
        if item.type == "InternalIP"
    )
    return AddressSet.union(AddressSet.address(address) for text in texts if (address := parse_ip(text)))


class _Inside:
    """The pods of one workload as the policies of both ends see them: who among all pods reaches which ports."""

    def __init__(self, snapshot: Snapshot, workload: Workload) -> None:
        self._home = workload.namespace
        self._host = workload.spec.host_network
        self._doubt = policy_gap(snapshot, workload.namespace)
        self._idle = enforcing_cni(snapshot)
        if self._host or self._doubt:
            return
        self._world = network(snapshot)
        self._groups = groups_of(self._world, workload)
        self._crowds = [senders(self._world, group) for group in self._groups]
        numbers = (group.number for group in self._world.in_namespace(self._home))
        self._here = bits_of(numbers, len(self._world.groups))

    def zones(self, protocol: str, port: int) -> Iterator[Reach]:
        """The answers for `INNER`."""
        doubt = self._doubt
        if self._host:
            doubt = "pods reach it at its node's address; whether it listens there is not known"
        if doubt:
            yield from (Reach(zone, Answer(None, doubt)) for zone in INNER)
            return
        asked = Connections.of(protocol, port, port)
        for reach in (self._any_pod(asked), self._namespaces(asked), self._same(asked)):
            if reach.answer.value is False and self._idle.value is False:
                words = f"policies stand against it, but {self._idle.reason}"
                yield Reach(reach.zone, Answer(None, words))
            else:
                yield reach

    def _any_pod(self, asked: Connections) -> Reach:
        found = [stranger_enters(self._world, group, asked=asked) for group in self._groups]
        if any(outcome.sure & asked for outcome in found) or not found:
            return Reach(Zone.ANY_POD, Answer(True, self._governed("every pod is admitted")))
        if any(outcome.allow & asked for outcome in found):
            return Reach(Zone.ANY_POD, Answer(None, "it depends on the addresses that new pods get"))
        return Reach(Zone.ANY_POD, Answer(False, self._governed("no pod without labels is admitted")))

    def _namespaces(self, asked: Connections) -> Reach:
        every = self._world.space.every & ~self._here
        sure = self._bits(asked) & every
        if sure == every and every:
            names = self._names(every) if len(self._world.namespaces) <= _FEW else ()
            answer = Answer(True, "pods of every other namespace")
            return Reach(Zone.NAMESPACES, answer, namespaces=names, everywhere=True)
        if sure:
            names = self._names(sure)
            return Reach(Zone.NAMESPACES, Answer(True, f"pods of {_listed(names)}"), namespaces=names)
        maybe = self._bits(asked, unknown=True) & every
        if maybe:
            names = self._names(maybe)
            words = f"pods of {_listed(names)}: it depends on addresses that are not known"
            return Reach(Zone.NAMESPACES, Answer(None, words), namespaces=names)
        return Reach(Zone.NAMESPACES, Answer(False, "no pod of another namespace"))

    def _names(self, bits: int) -> tuple[str, ...]:
        """The namespaces of some groups."""
        groups = self._world.groups
        return tuple(sorted({groups[number].namespace for number in numbers_of(bits)}))

    def _same(self, asked: Connections) -> Reach:
        """Pods beside it: all of them and a new one, some, or none."""
        zone, world = Zone.SAME_NAMESPACE, self._world
        found = [stranger_enters(world, group, self._home, asked) for group in self._groups]
        if any(outcome.sure & asked for outcome in found) or not found:
            return Reach(zone, Answer(True, self._governed("every pod of the namespace is admitted")))
        sure = self._bits(asked) & self._here
        if sure:
            chosen = (item.ref.name for number in numbers_of(sure) for item in world.groups[number].workloads)
            return Reach(zone, Answer(True, f"only {_listed(sorted(set(chosen)))}"))
        if self._bits(asked, unknown=True) & self._here:
            return Reach(zone, Answer(None, "it depends on addresses that are not known"))
        return Reach(zone, Answer(False, self._governed("no pod of the namespace is admitted")))

    def _bits(self, asked: Connections, *, unknown: bool = False) -> int:
        found = 0
        for crowd in self._crowds:
            found |= crowd.bits(asked, unknown=unknown)
        return found

    def _governed(self, words: str) -> str:
        """Which policies decide, and what."""
        side = self._world.ingress
        names = list(dict.fromkeys(str(ref) for group in self._groups for ref in governing(side, group)))
        return f"{_listed(names)}: {words}" if names else "no policy governs it: open by default"


def _listed(names: Sequence[str]) -> str:
    """The first few of some names."""
    more = len(names) - 4
    return ", ".join(names[:4]) + (f" and {more} more" if more > 0 else "")
