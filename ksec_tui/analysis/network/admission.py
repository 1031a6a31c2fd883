"""Whether policies let what comes in by an entry through to the pods, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ksec_tui.analysis.network.addresses import ANY4, ANY6, AddressSet, partition
from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.balancers import PRIVATE
from ksec_tui.analysis.network.bulk import outside
from ksec_tui.analysis.network.deciding import Match
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.entries import Entry, Source
from ksec_tui.analysis.network.explaining import rule_name
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.pairs import judge, local
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.rules import Action
from ksec_tui.analysis.network.side import Rule, Side, resolved
from ksec_tui.analysis.network.world import ADMIN_KINDS, Network, network, policies_of
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Admission:
    """What policies make of an entry.

    Attributes:
        admitted: yes, no, or None when that is not known.
        doubt: why it is not known.
        policies: those that govern the pods; for an entry behind a shut proxy those that shut the proxy.
        by: the rules that let it through, with their place in the policy.
    """

    admitted: bool | None
    doubt: str = ""
    policies: tuple[ObjectRef, ...] = ()
    by: tuple[Link, ...] = ()


OPEN = Admission(admitted=True)

_TRACED = 50
"""Of how many parts of the address space the rules that decide are looked up."""


def admission(snapshot: Snapshot, entry: Entry) -> Admission:
    """Whether the policies that govern a workload's pods let an entry through to some of them."""
    if entry.shut:
        return Admission(False, "", entry.shut)
    if entry.workload.spec.host_network:
        return OPEN
    gap = policy_gap(snapshot, entry.workload.namespace)
    if gap:
        return Admission(None, gap)
    if not policies_of(snapshot):
        return OPEN
    world = network(snapshot)
    found = _best(_judged(world, entry, group) for group in groups_of(world, entry.workload))
    enforced = enforcing_cni(snapshot)
    if found.admitted is not True and enforced.value is False:
        return Admission(None, f"policies stand against it, but {enforced.reason}", found.policies)
    return found


def policy_gap(snapshot: Snapshot, namespace: str) -> str:
    """Why not all policies that may govern pods of a namespace are known; empty when they are."""
    gap = snapshot.gap(NETWORK_POLICY, namespace)
    for kind in ADMIN_KINDS:
        if gap is None and snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED:
            gap = snapshot.gap(kind)
    return gap or ""


def groups_of(world: Network, workload: Workload) -> tuple[Group, ...]:
    """The groups of a workload's pods; computed once."""
    known: dict[ObjectRef, tuple[Group, ...]] = world.snapshot.derived(groups_of, lambda _: {})
    if workload.ref not in known:
        known[workload.ref] = world.groups_of(workload)
    return known[workload.ref]


def governing(side: Side, group: Group) -> tuple[ObjectRef, ...]:
    """The policies that govern a group at one end, those of all namespaces first."""
    every = [*side.admin, *side.baseline]
    wide = [item for bucket in every for item in bucket if item.subjects.has(group.number)]
    return tuple(dict.fromkeys(item.policy.ref for item in (*wide, *side.selecting(group))))


def _best(found: Iterable[Admission]) -> Admission:
    """What holds for the pods that are easiest to reach; a workload without pods to run is judged as open."""
    rank = {True: 0, None: 1, False: 2}
    return min(found, key=lambda item: rank[item.admitted], default=OPEN)


@dataclass(slots=True)
class _Judge:
    """Asks about one port of one group of pods; gathers which rules allow it, and which policies hold senders back."""

    world: Network
    group: Group
    asked: Connections
    by: dict[Link, None] = field(default_factory=dict)
    held: dict[ObjectRef, None] = field(default_factory=dict)

    def takes(self, peer: Group | AddressSet, *, home: bool = False) -> bool | None:
        """Whether the pods take connections of a peer; None when that hangs on something unknown."""
        side, group = self.world.ingress, self.group
        said = local(side, group, peer, group.ports)
        steps: list[Match] = []
        trace = steps.append
        outcome = judge(
            side,
            group,
            peer,
            group.ports,
            said=said,
            trace=lambda match, _: trace(match),
            asked=self.asked,
            at_home=home,
        )
        if not outcome.allow & self.asked:
            return False
        sure = not outcome.deny & self.asked
        rules = [match.rule for match in steps if match.action is Action.ALLOW]
        if not rules:
            rules = [rule for rule, ports, _ in said.rules if ports & self.asked]
        self.by.update(dict.fromkeys(map(self._link, rules)))
        return True if sure else None

    def credit(self, admitted: AddressSet) -> None:
        """Notes the rules that admit some of those addresses; where many policies have an order, the first few."""
        side = self.world.ingress
        if side.tiers:
            named = (rule.addresses for rule in self._rules() if rule.addresses)
            parts = (part & admitted for part in partition((admitted, *named)))
            for inside in islice(filter(None, parts), _TRACED):
                self.takes(inside)
            return
        admitting = (
            self._link(rule)
            for rule in self._rules()
            if (rule.clause.anyone or rule.addresses & admitted)
            and resolved(rule.clause.ports, self.group.ports) & self.asked
        )
        self.by.update(dict.fromkeys(admitting))

    def governors(self) -> tuple[ObjectRef, ...]:
        """The policies that govern these pods' ingress, those of all namespaces first."""
        return governing(self.world.ingress, self.group)

    def pods_allowed(self) -> bool:
        """Whether some rule lets some pods or nodes in on the port."""
        return any(
            rule.clause.scopes and resolved(rule.clause.ports, self.group.ports) & self.asked
            for rule in self._rules()
            if rule.clause.action is Action.ALLOW
        )

    def _rules(self) -> Iterator[Rule]:
        side = self.world.ingress
        for bucket in (*side.admin, *side.baseline, side.selecting(self.group)):
            for item in bucket:
                if item.subjects.has(self.group.number):
                    yield from item.rules("ingress") or ()

    def _link(self, rule: Rule) -> Link:
        path = f"/spec/ingress/{rule.clause.number - 1}"
        return Link(rule.policy.ref, path, rule_name(self.world.ingress, rule))


def _judged(world: Network, entry: Entry, group: Group) -> Admission:
    asker = _Judge(world, group, Connections.of(entry.protocol, entry.port, entry.port))
    governors = asker.governors()
    if not governors and entry.source is not Source.PROXY_PODS:
        return OPEN
    admitted, doubt = _answer(asker, entry)
    return Admission(admitted, doubt, tuple(dict.fromkeys((*governors, *asker.held))), tuple(asker.by))


def _answer(asker: _Judge, entry: Entry) -> tuple[bool | None, str]:
    match entry.source:
        case Source.CLIENT | Source.BALANCED:
            return _from_clients(asker, entry)
        case Source.NODE:
            return _from_nodes(asker, _family(entry))
        case Source.PROXY_PODS:
            return _from_pods(asker, entry.proxies)
        case Source.PROXY:
            return _from_proxy(asker, entry)


def _from_clients(asker: _Judge, entry: Entry) -> tuple[bool | None, str]:
    """Clients keep their address, unless a load balancer opens connections of its own."""
    clients = entry.clients or _family(entry)
    taken, unsure = _taken(asker, clients)
    if taken.covers(clients):
        return True, ""
    if taken or unsure:
        return None, f"policies admit the addresses {_few(taken | unsure)} only"
    if entry.source is Source.BALANCED:
        own = _taken(asker, PRIVATE)[0]
        if own:
            words = (
                f"policies admit the addresses {_few(own)} only, one of which may be the load balancer's own"
            )
            return None, words
    return False, ""


def _family(entry: Entry) -> AddressSet:
    """Every address of the family that is spoken on the way: IPv4 where that is not told."""
    return ANY6 if entry.clients.ranges6 and not entry.clients.ranges4 else ANY4


def _from_nodes(asker: _Judge, every: AddressSet) -> tuple[bool | None, str]:
    """What a node forwards bears a node's address; which one, and whether it is the pod's own node, is open."""
    taken, unsure = _taken(asker, every)
    if taken.covers(every):
        return True, ""
    if taken or unsure:
        few = _few(taken | unsure)
        return (
            None,
            f"policies admit the addresses {few} only: it depends on the node's address, which the pod sees",
        )
    if asker.takes(every, home=True) is False:
        return False, ""
    return None, "policies admit only named peers, but traffic from the pod's own node always passes"


def _from_pods(asker: _Judge, proxies: tuple[Workload, ...]) -> tuple[bool | None, str]:
    doubt = ""
    for proxy in proxies:
        for group in groups_of(asker.world, proxy):
            answer = asker.takes(group)
            sends = judge(asker.world.egress, group, asker.group, asker.group.ports)
            if not sends.allow & asker.asked:
                asker.held.update(dict.fromkeys(governing(asker.world.egress, group)))
                continue
            if answer and not sends.deny & asker.asked:
                return True, ""
            if group.host_network:
                doubt = f"{proxy.ref} is in its node's network: it depends on the address that the pod sees"
            elif answer is not False:
                doubt = f"policies may admit {proxy.ref}: it depends on an address that is not known"
    return (None, doubt) if doubt else (False, "")


def _from_proxy(asker: _Judge, entry: Entry) -> tuple[bool | None, str]:
    """A proxy that is not known: a pod of any namespace, or something outside the cluster."""
    every = _family(entry)
    taken, unsure = _taken(asker, every)
    if taken.covers(every) or (entry.clients and taken.covers(entry.clients)):
        return True, ""
    if entry.clients and not (taken | unsure) & entry.clients:
        return False, ""
    if taken or unsure or asker.pods_allowed():
        return None, "policies admit named peers only: whether the proxy is one of them is not known"
    return False, ""


def _taken(asker: _Judge, clients: AddressSet) -> tuple[AddressSet, AddressSet]:
    """Which of some addresses policies admit, and which they may admit."""
    taken: list[AddressSet] = []
    unsure: list[AddressSet] = []
    for part, outcome in outside(asker.world, "ingress", asker.group):
        inside = part & clients
        if inside and outcome.allow & asker.asked:
            (unsure if outcome.deny & asker.asked else taken).append(inside)
    asker.credit(AddressSet.union((*taken, *unsure)))
    return AddressSet.union(taken), AddressSet.union(unsure)


def _few(addresses: AddressSet) -> str:
    """The first of some ranges in words."""
    text = str(addresses).split(", ")
    return ", ".join(text[:4]) + (f" and {len(text) - 4} more ranges" if len(text) > 4 else "")
