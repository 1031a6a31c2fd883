"""From one group to all others at once: who may reach it, whom it may reach, which addresses outside.

A question goes through sets of groups, so that it costs as much as there are different answers, not as there
are pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ksec_tui.analysis.network.addresses import ANYWHERE, AddressSet, cuts
from ksec_tui.analysis.network.deciding import OPEN, Bucket, Match, Outcome, decide
from ksec_tui.analysis.network.groups import Group, NamedPort
from ksec_tui.analysis.network.labels import numbers_of
from ksec_tui.analysis.network.ports import NONE, Connections
from ksec_tui.analysis.network.rules import Direction, Ports
from ksec_tui.analysis.network.side import BoundPolicy, Found, Rule, Side, resolved
from ksec_tui.analysis.network.world import Network

Layers = dict[Outcome, int]
"""What one end says -> the groups at the other end for which it says so, as bits; disjoint, together all."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Groups with which the same may flow.

    Attributes:
        connections: what may flow for certain.
        unknown: what may flow or not.
        bits: the groups.
    """

    connections: Connections
    unknown: Connections
    bits: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """The groups with which something may flow: senders to one, or receivers from one.

    Attributes:
        network: whose groups they are.
        layers: disjoint, by what may flow.
    """

    network: Network
    layers: tuple[Layer, ...]

    def bits(self, wanted: Connections | None = None, *, unknown: bool = False) -> int:
        """The groups with which something of `wanted` (anything) flows for certain; or may flow, with `unknown`."""
        found = 0
        for layer in self.layers:
            flows = layer.connections | layer.unknown if unknown else layer.connections
            if flows if wanted is None else flows & wanted:
                found |= layer.bits
        return found

    def count(self, wanted: Connections | None = None) -> int:
        """How many pods that are."""
        return self.network.pods_in(self.bits(wanted))

    def __iter__(self) -> Iterator[tuple[Group, Connections]]:
        """Each group with what flows for certain, in the order of the groups."""
        pairs = [
            (number, layer.connections)
            for layer in self.layers
            if layer.connections
            for number in numbers_of(layer.bits)
        ]
        groups = self.network.groups
        for number, connections in sorted(pairs, key=lambda pair: pair[0]):
            yield groups[number], connections

    def with_group(self, group: Group) -> Layer:
        """What flows with one group."""
        bit = 1 << group.number
        for layer in self.layers:
            if layer.bits & bit:
                return layer
        return Layer(NONE, NONE, 0)


def receivers(network: Network, source: Group) -> Crowd:
    """The groups that a group's pods can reach, and on which of their ports."""
    out = spread(network, "egress", source, subject=True)
    return _met(network, source, out, spread(network, "ingress", source, subject=False))


def senders(network: Network, destination: Group) -> Crowd:
    """The groups whose pods can reach a group's, and on which of its ports."""
    into = spread(network, "ingress", destination, subject=True)
    return _met(network, destination, into, spread(network, "egress", destination, subject=False))


def _met(network: Network, fixed: Group, left: Layers, right: Layers) -> Crowd:
    """What both ends allow; without the group itself where it is a single pod."""
    found: dict[tuple[Connections, Connections], int] = {}
    alone = ~(1 << fixed.number) if fixed.lone else -1
    for one, here in left.items():
        for two, there in right.items():
            bits = here & there & alone
            if bits:
                sure = one.sure & two.sure
                key = sure, (one.allow & two.allow) - sure
                found[key] = found.get(key, 0) | bits
    kept = (Layer(*key, bits) for key, bits in found.items() if key[0] or key[1])
    return Crowd(network, tuple(kept))


def spread(network: Network, direction: Direction, fixed: Group, *, subject: bool) -> Layers:
    """What the policies at one end say for every group at the other.

    Args:
        network: the cluster.
        direction: whose policies: ``ingress`` those at the receiving end.
        fixed: one end.
        subject: whether `fixed` is the governed end, and the others its peers; else it is the peer of all others.
    """
    every = network.space.every
    if subject and fixed.host_network:
        return {OPEN: every}
    asking = _Asking(network, network.side(direction), fixed, subject)
    local = asking.local()
    found: Layers = {}
    if not asking.side.tiers:
        for said, bits in local.items():
            outcome = OPEN if said is None else decide((), *said, ())
            if bits:
                found[outcome] = found.get(outcome, 0) | bits
        return found
    free = local.get(None, 0)
    baseline = list(asking.tier(asking.side.baseline, free)) if free else []
    for bits, admin in asking.tier(asking.side.admin, every):
        cases = [(part, said, ()) for said, part in local.items() if said is not None]
        for part, said, last in (*cases, *((part, None, last) for part, last in baseline)):
            if both := bits & part:
                outcome = decide(admin, None, NONE, last) if said is None else decide(admin, *said, last)
                found[outcome] = found.get(outcome, 0) | both
    return found


Said = tuple[Connections, Connections] | None
"""What NetworkPolicies allow for certain and besides; None where none isolates."""


@dataclass(frozen=True, slots=True)
class _Asking:
    network: Network
    side: Side
    fixed: Group
    subject: bool

    @property
    def _moving_destination(self) -> bool:
        """Whether the destination, whose port names count, is the end that is not fixed."""
        return (self.side.direction == "ingress") != self.subject

    def local(self) -> dict[Said, int]:
        """What NetworkPolicies say, for every group at the other end."""
        every = self.network.space.every
        if self.subject:
            policies = self.side.selecting(self.fixed)
            if not policies:
                return {None: every}
            isolated = every
            sure, maybe = self._own_rules(policies)
        else:
            isolated = self.side.isolated
            sure, maybe = self._rules_about(self.side.sure), self._rules_about(self.side.maybe)
        found: dict[Said, int] = {None: every & ~isolated}
        certain = disjoint(sure, isolated)
        if not maybe:
            return found | {(ports, NONE): bits for ports, bits in certain.items()}
        for possible, here in disjoint(maybe, isolated).items():
            for ports, there in certain.items():
                if bits := here & there:
                    found[ports, possible] = bits
        return found

    def _own_rules(
        self, policies: Iterable[BoundPolicy]
    ) -> tuple[dict[Connections, int], dict[Connections, int]]:
        sure: dict[Connections, int] = {}
        maybe: dict[Connections, int] = {}
        every = self.network.space.every
        for item in policies:
            for rule in item.rules(self.side.direction) or ():
                self._cover(sure, rule.clause.ports, every if rule.clause.anyone else rule.peers.bits)
                if rule.maybe:
                    self._cover(maybe, rule.clause.ports, rule.maybe.bits)
        return sure, maybe

    def _rules_about(self, rules: Found) -> dict[Connections, int]:
        found: dict[Connections, int] = {}
        space = self.network.space
        number = self.fixed.number
        home = space.home[number]
        local = 1 << (number - space.base[home])
        for (mask, ports), parts in rules.near.get(home, {}).items():
            if mask & local:
                self._cover(found, ports, space.bits(parts))
        for (peers, ports), bits in rules.wide.items():
            if peers.has(number):
                self._cover(found, ports, bits)
        for ports, bits in rules.anyone.items():
            self._cover(found, ports, bits)
        return found

    def _cover(self, found: dict[Connections, int], ports: Ports, bits: int) -> None:
        for connections, part in self._resolved(ports, bits):
            found[connections] = found.get(connections, 0) | part

    def _resolved(self, ports: Ports, bits: int) -> Iterator[tuple[Connections, int]]:
        if not ports.names:
            yield ports.fixed, bits
        elif not self._moving_destination:
            yield resolved(ports, self.fixed.ports), bits
        else:
            for named, having in self.network.by_ports.items():
                if part := having & bits:
                    yield resolved(ports, named), part

    def tier(
        self, buckets: Iterable[tuple[BoundPolicy, ...]], bits: int
    ) -> Iterator[tuple[int, list[Bucket]]]:
        """The groups `bits` cut by which rules of a tier match, with those rules."""
        cut: list[_Cut] = [(bits, ())]
        for place, bucket in enumerate(buckets):
            closing = False
            for turn, item in enumerate(bucket):
                if self.subject and not item.subjects.has(self.fixed.number):
                    continue
                for rule in item.rules(self.side.direction) or ():
                    for match, having in self._matching(item, rule):
                        cut = list(_cut(cut, having, (place, turn, match)))
                        closing = closing or _closes(match)
            if not closing:
                continue
            # What a rule has decided on every port, no policy of a later priority is asked about.
            for part, steps in cut:
                if _settled(steps):
                    yield part, _in_order(steps)
            cut = [(part, steps) for part, steps in cut if not _settled(steps)]
        for part, steps in cut:
            yield part, _in_order(steps)

    def _matching(self, item: BoundPolicy, rule: Rule) -> Iterator[tuple[Match, int]]:
        for sure, bits in self._ends(item, rule):
            for ports, part in self._resolved(rule.clause.ports, bits):
                if part and ports:
                    yield Match(rule.clause.action, ports, sure, rule), part

    def _ends(self, item: BoundPolicy, rule: Rule) -> Iterator[tuple[bool, int]]:
        """The groups at the other end that a rule matches, for certain and besides."""
        if self.subject:
            if rule.clause.anyone:
                yield True, self.network.space.every
                return
            sure = rule.peers.bits
            yield True, sure
            yield False, rule.maybe.bits & ~sure
        else:
            touches = rule.touches(self.fixed)
            if touches is not False:
                yield bool(touches), item.subjects.bits


_Step = tuple[int, int, Match]
"""The place of a priority, the turn of a policy in it, and a rule of it that matches."""

_Cut = tuple[int, tuple[_Step, ...]]
"""Groups as bits, and the rules that match them."""


def _cut(parts: Iterable[_Cut], bits: int, step: _Step) -> Iterator[_Cut]:
    for part, steps in parts:
        inside = part & bits
        if inside:
            yield inside, (*steps, step)
        if rest := part ^ inside:
            yield rest, steps


def _settled(steps: tuple[_Step, ...]) -> bool:
    return any(_closes(match) for _, _, match in steps)


def _closes(match: Match) -> bool:
    return match.sure and match.ports.all


def _in_order(steps: Iterable[_Step]) -> list[Bucket]:
    buckets: dict[int, dict[int, list[Match]]] = {}
    for place, turn, match in steps:
        buckets.setdefault(place, {}).setdefault(turn, []).append(match)
    return [tuple(tuple(found) for found in bucket.values()) for bucket in buckets.values()]


def disjoint(covers: Mapping[Connections, int], universe: int) -> dict[Connections, int]:
    """Groups by the union of all that covers them: from sets that overlap to sets that do not."""
    found: dict[Connections, int] = {NONE: universe}
    for ports, bits in covers.items():
        for known, having in list(found.items()):
            inside = having & bits
            if not inside:
                continue
            more = known | ports
            if more == known:
                continue
            if inside == having:
                del found[known]
            else:
                found[known] = having ^ inside
            found[more] = found.get(more, 0) | inside
    return {ports: bits for ports, bits in found.items() if bits}


def outside(network: Network, direction: Direction, group: Group) -> tuple[tuple[AddressSet, Outcome], ...]:
    """What the policies of a group say of addresses outside of pods: all addresses, in parts of one answer each."""
    if group.host_network:
        return ((ANYWHERE, OPEN),)
    side = network.side(direction)
    named = group.ports if direction == "ingress" else ()
    admin, baseline = ([_governing(bucket, group) for bucket in tier] for tier in (side.admin, side.baseline))
    policies = side.selecting(group)
    anyone, by_ports = _by_ports(side, policies, named)
    ranked = [
        rule for bucket in (*admin, *baseline) for item in bucket for rule in item.rules(direction) or ()
    ]
    # What NetworkPolicies allow is a union, so their rules count together by ports; the others go one by one.
    sets = {part: number for number, part in enumerate(dict.fromkeys((*by_ports.values(), *_named(ranked))))}
    allowing = [(1 << sets[addresses], ports) for ports, addresses in by_ports.items()]
    found: dict[Outcome, list[AddressSet]] = {}
    for part, held in cuts(tuple(sets)):
        isolated = None
        if policies:
            isolated = Connections.union((anyone, *(ports for bit, ports in allowing if held & bit)))
        matching = partial(_matching, held=held, sets=sets, named=named, direction=direction)
        outcome = decide(
            [list(map(matching, bucket)) for bucket in admin],
            isolated,
            NONE,
            [] if policies else [list(map(matching, bucket)) for bucket in baseline],
        )
        found.setdefault(outcome, []).append(part)
    return tuple((AddressSet.union(parts), outcome) for outcome, parts in found.items())


def _governing(bucket: Iterable[BoundPolicy], group: Group) -> list[BoundPolicy]:
    return [item for item in bucket if item.subjects.has(group.number)]


def _named(rules: Iterable[Rule]) -> Iterator[AddressSet]:
    return (rule.addresses for rule in rules if rule.addresses)


def _by_ports(
    side: Side, policies: Iterable[BoundPolicy], named: tuple[NamedPort, ...]
) -> tuple[Connections, dict[Connections, AddressSet]]:
    """What NetworkPolicies allow with every address, and besides: ports -> the addresses."""
    anyone: list[Connections] = []
    found: dict[Connections, list[AddressSet]] = {}
    for item in policies:
        for rule in item.rules(side.direction) or ():
            ports = resolved(rule.clause.ports, named)
            if rule.clause.anyone:
                anyone.append(ports)
            elif rule.addresses and ports:
                found.setdefault(ports, []).append(rule.addresses)
    together = {ports: AddressSet.union(dict.fromkeys(parts)) for ports, parts in found.items()}
    return Connections.union(anyone), together


def _matching(
    item: BoundPolicy,
    held: int,
    sets: Mapping[AddressSet, int],
    named: tuple[NamedPort, ...],
    direction: Direction,
) -> list[Match]:
    """The rules of a cluster-wide policy that match a part of the addresses, told by the sets that hold it."""
    found = []
    for rule in item.rules(direction) or ():
        sure = rule.clause.anyone or bool(rule.addresses and held >> sets[rule.addresses] & 1)
        if sure or rule.clause.hosts:
            found.append(Match(rule.clause.action, resolved(rule.clause.ports, named), sure, rule))
    return found
