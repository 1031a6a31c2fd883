"""The policies at one end of connections: who is governed there, by which rules, found from either end."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.groups import Group, NamedPort
from ksec_tui.analysis.network.members import Members, Space
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.rules import Clause, Direction, Policy, Ports, Tier


@dataclass(slots=True, eq=False)
class Rule:
    """A rule and whom it matches.

    Attributes:
        policy: whose it is.
        clause: what it says.
        peers: the groups that it matches.
        maybe: groups that it may match, as their addresses are not known.
        addresses: the addresses outside of pods that it matches.
        selected: the groups that it matches by selectors, not by an address.
    """

    policy: Policy
    clause: Clause
    peers: Members
    maybe: Members
    addresses: AddressSet
    selected: Members

    def by_address(self, peer: Group | AddressSet) -> bool:
        """Whether it is only by a block of addresses that a pod is meant, which not every network plugin does."""
        if not isinstance(peer, Group) or peer.host_network or self.clause.anyone:
            return False
        return bool(self.clause.blocks) and not self.selected.has(peer.number)

    def touches(self, peer: Group | AddressSet) -> bool | None:
        """Whether it matches a peer; None when it may."""
        if self.clause.anyone:
            return True
        if isinstance(peer, Group):
            return self.peers.has(peer.number) or (None if self.maybe.has(peer.number) else False)
        if self.addresses.covers(peer):
            return True
        return None if self.clause.hosts or self.addresses & peer else False


@dataclass(slots=True, eq=False)
class BoundPolicy:
    """A policy, the groups that it governs, and its rules; None where it does not affect a direction."""

    policy: Policy
    subjects: Members
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Its rules of one direction."""
        return self.ingress if direction == "ingress" else self.egress


Parts = dict[int, int]
"""Groups by the number of their namespace, as bits counted from its first."""


@dataclass(slots=True)
class Found:
    """NetworkPolicy rules by the peers that they match, so that a peer's are found without asking all.

    Attributes:
        near: namespace number of the peer -> (its groups there, ports) -> the groups governed.
        wide: (the peers, ports) -> the groups governed, as bits over all groups; for peers in many namespaces.
        anyone: ports -> the groups governed by rules that match every peer, as bits.
    """

    near: dict[int, dict[tuple[int, Ports], Parts]]
    wide: dict[tuple[Members, Ports], int]
    anyone: dict[Ports, int]


class Side:
    """The policies of one direction.

    Attributes:
        direction: which.
        isolated: the groups that NetworkPolicies isolate, as bits.
        admin: the policies of the admin tier by priority.
        baseline: those of the baseline tier.
        sure: NetworkPolicy rules by the peers that they match.
        maybe: the same for peers that they may match.
    """

    def __init__(self, space: Space, direction: Direction, policies: Iterable[BoundPolicy]) -> None:
        self.direction = direction
        self._space = space
        every = self._every = [item for item in policies if item.rules(direction) is not None]
        self.admin = _buckets(item for item in every if item.policy.tier is Tier.ADMIN)
        self.baseline = _buckets(item for item in every if item.policy.tier is Tier.BASELINE)
        self._by_namespace: dict[int, list[tuple[int, BoundPolicy]]] = {}
        local = [item for item in every if item.policy.tier is Tier.NAMESPACE]
        for item in local:
            for number, mask in (item.subjects.parts or {}).items():
                self._by_namespace.setdefault(number, []).append((mask, item))
        isolated: Parts = {}
        for item in local:
            _add(isolated, item.subjects)
        self.isolated = self._space.bits(isolated)
        self.sure = self._found(local, maybe=False)
        self.maybe = self._found(local, maybe=True)
        self._known: dict[int, tuple[BoundPolicy, ...]] = {}

    def selecting(self, group: Group) -> tuple[BoundPolicy, ...]:
        """The NetworkPolicies that select a group and affect this direction, in the order of their names."""
        known = self._known.get(group.number)
        if known is None:
            space = self._space.home[group.number]
            bit = 1 << (group.number - self._space.base[space])
            known = tuple([item for mask, item in self._by_namespace.get(space, ()) if mask & bit])
            self._known[group.number] = known
        return known

    def governed(self, policies: Container[Policy]) -> int:
        """The groups that some policies govern in this direction, as bits."""
        found = 0
        for item in self._every:
            if item.policy in policies:
                found |= item.subjects.bits
        return found

    @property
    def tiers(self) -> bool:
        """Whether there are policies of the admin or baseline tier."""
        return bool(self.admin or self.baseline)

    def _found(self, policies: Iterable[BoundPolicy], *, maybe: bool) -> Found:
        near: dict[int, dict[tuple[int, Ports], Parts]] = {}
        wide: dict[tuple[Members, Ports], Parts] = {}
        anyone: dict[Ports, Parts] = {}
        for item in policies:
            if not item.subjects:
                continue
            for rule in item.rules(self.direction) or ():
                ports, peers = rule.clause.ports, rule.maybe if maybe else rule.peers
                if rule.clause.anyone:
                    if not maybe:
                        _add(anyone.setdefault(ports, {}), item.subjects)
                elif peers.parts is None:
                    _add(wide.setdefault((peers, ports), {}), item.subjects)
                else:
                    for space, mask in peers.parts.items():
                        _add(near.setdefault(space, {}).setdefault((mask, ports), {}), item.subjects)
        bits = self._space.bits
        return Found(
            near,
            {key: bits(parts) for key, parts in wide.items()},
            {ports: bits(parts) for ports, parts in anyone.items()},
        )


def _add(parts: Parts, members: Members) -> None:
    for space, mask in (members.parts or {}).items():
        parts[space] = parts.get(space, 0) | mask


def _buckets(policies: Iterable[BoundPolicy]) -> tuple[tuple[BoundPolicy, ...], ...]:
    ordered = sorted(policies, key=lambda item: (item.policy.priority, item.policy.ref))
    return tuple(tuple(items) for _, items in groupby(ordered, key=lambda item: item.policy.priority))


@lru_cache(maxsize=65_536)
def resolved(ports: Ports, named: tuple[NamedPort, ...]) -> Connections:
    """What a rule covers on a pod that has these ports by name; a name that it has not covers nothing."""
    found = ports.fixed
    for name, protocol in ports.names:
        for known, kind, number in named:
            if known == name and protocol in ("", kind):
                found = found | Connections.of(kind, number, number)
    return found
