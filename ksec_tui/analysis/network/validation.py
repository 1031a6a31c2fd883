"""Policies and networks that an API server would refuse, with the field that is wrong.

In files such an object is to be mended before it is applied; wherever it is met, its faulty parts match
nothing. Rules of NetworkPolicy: k8s.io/kubernetes pkg/apis/networking/validation.ValidateNetworkPolicySpec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.network.addresses import AddressError, AddressSet
from ksec_tui.analysis.network.faults import (
    Fault,
    Found,
    Path,
    block,
    number,
    port_name,
    protocol,
    selector,
    shown,
    told,
)
from ksec_tui.analysis.network.validation_admin import ADMIN_KINDS, admin_faults
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import NETWORK_POLICY, USER_DEFINED_NETWORK, Kind
from ksec_tui.cluster.networking import IPBlock, NetworkPolicy, PolicyPeer, PolicyPort
from ksec_tui.cluster.openshift import UserDefinedNetwork
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_POLICIES: tuple[Kind[KubeObject], ...] = (NETWORK_POLICY, *ADMIN_KINDS)
_TOPOLOGIES = ("Layer2", "Layer3")


def faults(snapshot: Snapshot) -> tuple[Fault, ...]:
    """All faults of all policies and networks of a Snapshot, object by object; computed once."""
    found: tuple[Fault, ...] = snapshot.derived(_all, _all)
    return found


def _all(snapshot: Snapshot) -> tuple[Fault, ...]:
    found: list[Fault] = []
    for policy in snapshot.of(NETWORK_POLICY):
        found.extend(policy_faults(policy))
    found.extend(admin_faults(snapshot))
    found.extend(_networks(snapshot))
    for kind in (*_POLICIES, USER_DEFINED_NETWORK):
        found.extend(Fault(item.ref, (), item.reason) for item in snapshot.undecoded(kind))
    return tuple(found)


def twice(refs: Iterable[ObjectRef]) -> tuple[Fault, ...]:
    """Faults of policies that were found more than once: which of them holds depends on who applies it last."""
    known = {(kind.group, kind.name) for kind in _POLICIES}
    found = sorted(ref for ref in refs if (ref.group, ref.kind) in known)
    return tuple(Fault(ref, ("metadata", "name"), "there is another policy of this name") for ref in found)


def policy_faults(policy: NetworkPolicy) -> tuple[Fault, ...]:
    """Why the API server would refuse a NetworkPolicy; nothing when it would take it."""
    return told(policy.ref, _policy(policy))


def _policy(policy: NetworkPolicy) -> Iterator[Found]:
    spec = policy.spec
    yield from selector(spec.pod_selector, ("spec", "podSelector"))
    for index, name in enumerate(spec.policy_types):
        if name not in ("Ingress", "Egress"):
            yield ("spec", "policyTypes", index), f"{shown(name)} is no policy type: Ingress and Egress are"
    if len(spec.policy_types) > 2:
        yield ("spec", "policyTypes"), "more than two policy types"
    for index, rule in enumerate(spec.ingress):
        yield from _rule(rule.from_, rule.ports, ("spec", "ingress", index), "from")
    for index, out in enumerate(spec.egress):
        yield from _rule(out.to, out.ports, ("spec", "egress", index), "to")


def _rule(
    peers: tuple[PolicyPeer, ...], ports: tuple[PolicyPort, ...], at: Path, side: str
) -> Iterator[Found]:
    for index, peer in enumerate(peers):
        yield from _peer(peer, (*at, side, index))
    for index, port in enumerate(ports):
        yield from _port(port, (*at, "ports", index))


def _peer(peer: PolicyPeer, at: Path) -> Iterator[Found]:
    selects = peer.pod_selector is not None or peer.namespace_selector is not None
    if peer.ip_block is None and not selects:
        yield at, "a peer needs a podSelector, a namespaceSelector or an ipBlock"
    if peer.ip_block is not None and selects:
        yield at, "a peer cannot have both an ipBlock and a selector"
    yield from selector(peer.pod_selector, (*at, "podSelector"))
    yield from selector(peer.namespace_selector, (*at, "namespaceSelector"))
    if peer.ip_block is not None:
        yield from _block(peer.ip_block, (*at, "ipBlock"))


def _block(value: IPBlock, at: Path) -> Iterator[Found]:
    wrong = list(block(value.cidr, (*at, "cidr")))
    yield from wrong
    for index, text in enumerate(value.except_):
        here: Path = (*at, "except", index)
        bad = list(block(text, here))
        yield from bad
        if wrong or bad:
            continue
        try:
            whole, part = AddressSet.block(value.cidr), AddressSet.block(text)
        except AddressError:  # cannot be: both were read above
            continue
        if whole == part or not whole.covers(part):
            yield here, f"{shown(text)} is not a part of {shown(value.cidr)}"


def _port(item: PolicyPort, at: Path) -> Iterator[Found]:
    if item.protocol is not None:
        yield from protocol(item.protocol, (*at, "protocol"))
    match item.port:
        case int(value):
            yield from number(value, (*at, "port"))
            if item.end_port is not None:
                yield from number(item.end_port, (*at, "endPort"))
                if item.end_port < value:
                    yield (*at, "endPort"), f"{item.end_port} is less than port {value}: the range is empty"
        case str(name):
            yield from port_name(name, (*at, "port"))
            if item.end_port is not None:
                yield (*at, "endPort"), "a range cannot start at a named port"
        case None:
            if item.end_port is not None:
                yield (*at, "endPort"), "a range needs a port to start at"


def _networks(snapshot: Snapshot) -> Iterator[Fault]:
    """Rules of UserDefinedNetwork: ovn-org/ovn-kubernetes docs and CEL rules of k8s.ovn.org/v1."""
    primary: dict[str, UserDefinedNetwork] = {}
    for network in snapshot.of(USER_DEFINED_NETWORK):
        topology = network.spec.topology
        if topology not in _TOPOLOGIES:
            words = f"{shown(topology)} is no topology: {' and '.join(_TOPOLOGIES)} are"
            yield Fault(network.ref, ("spec", "topology"), words)
        if network.name == "default":
            words = "the name 'default' belongs to the network of the cluster"
            yield Fault(network.ref, ("metadata", "name"), words)
        if network.role == "Primary":
            first = primary.setdefault(network.namespace, network)
            if first is not network:
                layer = "layer2" if network.spec.layer2 else "layer3"
                words = f"a namespace has one primary network, and {first.ref} is one already"
                yield Fault(network.ref, ("spec", layer, "role"), words)
