"""Every kind of network policy in one language: who is meant, and for each direction ordered rules.

Only what an object says; which pods that is, is decided elsewhere. What the API server would refuse is taken
to do nothing and is listed as a flaw; what a newer API may say and this program does not know fails closed, as
the API asks: it allows nothing, and denies everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Literal

from ksec_tui.analysis.network.addresses import NOWHERE, AddressError, AddressSet
from ksec_tui.analysis.network.labels import EVERYTHING, Canon, canonical
from ksec_tui.analysis.network.ports import ALL, FIRST, LAST, NONE, PROTOCOLS, Connections
from ksec_tui.cluster.admin_policies import AdminPeer, AdminPolicy, AdminPort, AdminProtocol, AdminRule
from ksec_tui.cluster.networking import NetworkPolicy, PolicyPeer, PolicyPort
from ksec_tui.cluster.ref import ObjectRef

Direction = Literal["ingress", "egress"]
DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")


class Tier(Enum):
    """Which policies decide before which, in that order."""

    ADMIN = "Admin"
    NAMESPACE = "NetworkPolicy"
    BASELINE = "Baseline"


class Action(Enum):
    """What a rule does with what it matches; NetworkPolicies know only ALLOW."""

    ALLOW = "allows"
    DENY = "denies"
    PASS = "passes on"  # noqa: S105 no password


PortName = tuple[str, str]
"""(name, protocol); an empty protocol takes any."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a rule covers: `fixed`, and ports by name, which each destination pod resolves for itself."""

    fixed: Connections = ALL
    names: tuple[PortName, ...] = ()


EVERY_PORT = Ports()
NO_PORT = Ports(NONE)


@dataclass(frozen=True, slots=True)
class Scope:
    """Pods by selectors: of one namespace (`home`), or of the namespaces that a selector matches."""

    home: str | None = None
    namespaces: Canon = EVERYTHING
    pods: Canon = EVERYTHING


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule of one direction.

    Attributes:
        number: its place in the list, from 1.
        name: an admin rule's own name.
        action: what it does.
        anyone: whether it takes every peer, inside and outside of the cluster.
        scopes: peers by selectors.
        blocks: peers by address, as they are written.
        addresses: those together.
        nodes: peers that are nodes, by their labels.
        hosts: whether it names domains, whose addresses nobody knows beforehand.
        ports: what it covers.
    """

    number: int
    name: str = ""
    action: Action = Action.ALLOW
    anyone: bool = False
    scopes: tuple[Scope, ...] = ()
    blocks: tuple[AddressSet, ...] = ()
    nodes: tuple[Canon, ...] = ()
    hosts: bool = False
    ports: Ports = EVERY_PORT
    addresses: AddressSet = NOWHERE


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of any kind.

    Attributes:
        ref: the object.
        tier: when it decides.
        priority: lower goes first inside an admin tier; 0 for NetworkPolicies, whose order does not matter.
        subject: whom it governs; None when that cannot be told, and so nobody.
        ingress: its rules; None when it does not affect that direction.
        egress: the same.
        flaws: what is wrong with it, in words, with the JSON pointer first.
    """

    ref: ObjectRef
    tier: Tier
    priority: int
    subject: Scope | None
    ingress: tuple[Clause, ...] | None
    egress: tuple[Clause, ...] | None
    flaws: tuple[str, ...] = ()

    def rules(self, direction: Direction) -> tuple[Clause, ...] | None:
        """Its rules of one direction; None when it does not affect it."""
        return self.ingress if direction == "ingress" else self.egress


@dataclass(slots=True)
class _Reader:
    """Gathers flaws while one policy is translated."""

    flaws: list[str] = field(default_factory=list)

    def flaw(self, path: str, words: str) -> None:
        self.flaws.append(f"{path}: {words}")

    def block(self, path: str, cidr: str, but: Sequence[str] = ()) -> AddressSet | None:
        try:
            return AddressSet.block(cidr, but)
        except AddressError as error:
            self.flaw(path, str(error))
            return None


def network_policy(item: NetworkPolicy) -> Policy:
    """A NetworkPolicy (networking/v1)."""
    reader = _Reader()
    spec = item.spec
    ingress = egress = None
    if item.isolates_ingress:
        ingress = tuple(
            _clause(reader, item.namespace, "ingress", number, rule.from_, rule.ports)
            for number, rule in enumerate(spec.ingress, 1)
        )
    if item.isolates_egress:
        egress = tuple(
            _clause(reader, item.namespace, "egress", number, rule.to, rule.ports)
            for number, rule in enumerate(spec.egress, 1)
        )
    subject = Scope(item.namespace, pods=canonical(spec.pod_selector))
    return Policy(item.ref, Tier.NAMESPACE, 0, subject, ingress, egress, tuple(reader.flaws))


def _clause(
    reader: _Reader,
    home: str,
    direction: Direction,
    number: int,
    peers: Sequence[PolicyPeer],
    ports: Sequence[PolicyPort],
) -> Clause:
    path = f"/spec/{direction}/{number - 1}"
    covered = _ports(reader, path, ports)
    if not peers:
        return Clause(number, anyone=True, ports=covered)
    scopes: list[Scope] = []
    blocks: list[AddressSet] = []
    for place, peer in enumerate(peers):
        at = f"{path}/{'from' if direction == 'ingress' else 'to'}/{place}"
        pods, spaces = peer.pod_selector, peer.namespace_selector
        if peer.ip_block is not None:
            if pods is not None or spaces is not None:
                reader.flaw(at, "an ipBlock together with a selector, which the API refuses")
            elif block := reader.block(at, peer.ip_block.cidr, peer.ip_block.except_):
                blocks.append(block)
        elif pods is None and spaces is None:
            reader.flaw(at, "a peer without any field that is known: it stands for nobody")
        else:
            chosen = EVERYTHING if pods is None else canonical(pods)
            scopes.append(
                Scope(home, pods=chosen) if spaces is None else Scope(None, canonical(spaces), chosen)
            )
    return Clause(
        number, scopes=tuple(scopes), blocks=tuple(blocks), ports=covered, addresses=_joined(blocks)
    )


def _joined(blocks: Sequence[AddressSet]) -> AddressSet:
    """Together; a single one stays the very object, which many policies have in common."""
    return blocks[0] if len(blocks) == 1 else AddressSet.union(blocks)


def _ports(reader: _Reader, path: str, ports: Sequence[PolicyPort]) -> Ports:
    if not ports:
        return EVERY_PORT
    fixed: list[Connections] = []
    names: list[PortName] = []
    for place, item in enumerate(ports):
        at = f"{path}/ports/{place}"
        protocol, port, end = item.protocol or "TCP", item.port, item.end_port
        if isinstance(port, str) and port.isascii() and port.isdecimal():
            port = int(port)
        if protocol not in PROTOCOLS:
            reader.flaw(at, f"{protocol} is no protocol that has ports")
        elif end is not None and (not isinstance(port, int) or end < port):
            reader.flaw(at, "endPort needs a port that is a number and not above it")
        elif isinstance(port, int) and not FIRST <= port <= (port if end is None else end) <= LAST:
            reader.flaw(at, f"ports go from {FIRST} to {LAST}")
        elif port is None:
            fixed.append(Connections.of(protocol))
        elif isinstance(port, int):
            fixed.append(_range(protocol, port, port if end is None else end))
        else:
            names.append((port, protocol))
    return _together(fixed, names)


def _together(fixed: Iterable[Connections], names: Iterable[PortName]) -> Ports:
    return _interned(Connections.union(fixed), tuple(dict.fromkeys(names)))


@lru_cache(maxsize=8192)
def _interned(fixed: Connections, names: tuple[PortName, ...]) -> Ports:
    return Ports(fixed, names)


@lru_cache(maxsize=8192)
def _range(protocol: str, first: int, last: int) -> Connections:
    return Connections.of(protocol, first, last)


_ACTIONS = {"Accept": Action.ALLOW, "Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}


def admin_policy(item: AdminPolicy) -> Policy:
    """A ClusterNetworkPolicy, AdminNetworkPolicy or BaselineAdminNetworkPolicy.

    One whose tier or whose rules' actions are not known is refused by the API server and does nothing here.
    """
    reader = _Reader()
    spec = item.spec
    tier = {"Admin": Tier.ADMIN, "Baseline": Tier.BASELINE}.get(item.tier)
    if tier is None:
        reader.flaw("/spec/tier", f"{item.tier or 'nothing'} is no tier")
    for direction, rules in (("ingress", spec.ingress), ("egress", spec.egress)):
        for place, rule in enumerate(rules):
            if rule.action not in _ACTIONS:
                reader.flaw(f"/spec/{direction}/{place}/action", f"{rule.action or 'nothing'} is no action")
    if reader.flaws:
        return Policy(item.ref, tier or Tier.ADMIN, spec.priority, None, None, None, tuple(reader.flaws))
    ingress = tuple(_admin_clauses(reader, "ingress", spec.ingress))
    egress = tuple(_admin_clauses(reader, "egress", spec.egress))
    subject = _scope(spec.subject)
    if subject is None:
        reader.flaw("/spec/subject", "neither namespaces nor pods: it stands for nobody")
    return Policy(
        item.ref,
        tier or Tier.ADMIN,
        spec.priority,
        subject,
        ingress or None,
        egress or None,
        tuple(reader.flaws),
    )


def _scope(peer: AdminPeer) -> Scope | None:
    if peer.fields == 1 and peer.namespaces is not None:
        return Scope(None, canonical(peer.namespaces))
    if peer.fields == 1 and peer.pods is not None:
        return Scope(None, canonical(peer.pods.namespace_selector), canonical(peer.pods.pod_selector))
    return None


def _admin_clauses(reader: _Reader, direction: Direction, rules: Sequence[AdminRule]) -> Iterator[Clause]:
    for number, rule in enumerate(rules, 1):
        path = f"/spec/{direction}/{number - 1}"
        action = _ACTIONS[rule.action]
        peers = rule.from_ if direction == "ingress" else rule.to
        strange = False
        if not peers:
            reader.flaw(path, "a rule without peers, which the API refuses")
        scopes: list[Scope] = []
        blocks: list[AddressSet] = []
        nodes: list[Canon] = []
        hosts = False
        for place, peer in enumerate(peers):
            at = f"{path}/{'from' if direction == 'ingress' else 'to'}/{place}"
            scope = _scope(peer)
            if scope is not None:
                scopes.append(scope)
            elif peer.fields != 1 or direction == "ingress":
                strange = True
                reader.flaw(at, f"a peer of a kind that is not known; the rule {_closed(action)}")
            elif peer.nodes is not None:
                nodes.append(canonical(peer.nodes))
            elif peer.networks is not None:
                found = (reader.block(at, cidr) for cidr in peer.networks)
                blocks.extend(block for block in found if block)
            elif action is Action.ALLOW:
                hosts = True
            else:
                reader.flaw(at, "domain names in a rule that does not accept, which the API refuses")
        ports, odd = _admin_ports(reader, path, rule)
        closed = (strange or odd) and action is not Action.ALLOW
        yield Clause(
            number,
            rule.name,
            Action.DENY if closed else action,
            anyone=closed,
            scopes=tuple(scopes),
            blocks=tuple(blocks),
            nodes=tuple(nodes),
            hosts=hosts,
            ports=EVERY_PORT if closed and odd else ports,
            addresses=_joined(blocks),
        )


def _closed(action: Action) -> str:
    return "takes nobody for it" if action is Action.ALLOW else "denies everybody"


def _admin_ports(reader: _Reader, path: str, rule: AdminRule) -> tuple[Ports, bool]:
    """What an admin rule covers, and whether it says something that is not known."""
    if not rule.ports and not rule.protocols:
        return EVERY_PORT, False
    fixed: list[Connections] = []
    names: list[PortName] = []
    odd = False
    told: list[tuple[str, Connections | PortName | None, str]] = [
        (f"ports/{place}", _old_port(item), "a port") for place, item in enumerate(rule.ports or ())
    ]
    told += [
        (f"protocols/{place}", _protocol(item), "a protocol")
        for place, item in enumerate(rule.protocols or ())
    ]
    for where, found, what in told:
        if found is None:
            odd = True
            reader.flaw(f"{path}/{where}", f"{what} of a kind that is not known")
        elif isinstance(found, Connections):
            fixed.append(found)
        else:
            names.append(found)
    return _together(fixed, names), odd


def _old_port(item: AdminPort) -> Connections | PortName | None:
    if item.port_number is not None and item.port_number.protocol in PROTOCOLS:
        return _range(item.port_number.protocol, item.port_number.port, item.port_number.port)
    if item.port_range is not None and item.port_range.protocol in PROTOCOLS:
        return _range(item.port_range.protocol, item.port_range.start, item.port_range.end)
    return None if item.named_port is None else (item.named_port, "")


def _protocol(item: AdminProtocol) -> Connections | PortName | None:
    for name, transport in (("TCP", item.tcp), ("UDP", item.udp), ("SCTP", item.sctp)):
        if transport is None:
            continue
        port = transport.destination_port
        if port is None:
            return Connections.of(name)
        if port.number is not None:
            return _range(name, port.number, port.number)
        if port.range is not None:
            return _range(name, port.range.start, port.range.end)
        return None
    return None if item.destination_named_port is None else (item.destination_named_port, "")
