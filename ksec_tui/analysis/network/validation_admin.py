"""Faults of AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

Rules: kubernetes-sigs/network-policy-api apis/v1alpha1 and v1alpha2, the validation markers of the types.
They are read from the whole objects, since a field that nobody knows is a fault as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.decoding import converted
from ksec_tui.cluster.kinds import ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY, CLUSTER_NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

ADMIN_KINDS = (ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY, CLUSTER_NETWORK_POLICY)
ADMIN, BASELINE, CLUSTER = (kind.name for kind in ADMIN_KINDS)

_ACTIONS = {
    ADMIN: ("Allow", "Deny", "Pass"),
    BASELINE: ("Allow", "Deny"),
    CLUSTER: ("Accept", "Deny", "Pass"),
}
_PEERS = {
    "ingress": ("namespaces", "pods"),
    "egress": ("namespaces", "pods", "nodes", "networks", "domainNames"),
}
_PORTS = ("portNumber", "portRange", "namedPort")
_PROTOCOLS = ("tcp", "udp", "sctp", "destinationNamedPort")

Tree = Mapping[str, Any]


def admin_faults(snapshot: Snapshot) -> Iterator[Fault]:
    """The faults of every such policy."""
    for kind in ADMIN_KINDS:
        for item in snapshot.of(kind):
            document = snapshot.document(item.ref)
            if document is not None:
                yield from told(item.ref, _policy(item.ref, document))


def _policy(ref: ObjectRef, document: Tree) -> Iterator[Found]:
    spec = _tree(document.get("spec"))
    if ref.kind == BASELINE and ref.name != "default":
        yield ("metadata", "name"), f"{shown(ref.name)}: the one policy of this kind is called 'default'"
    if ref.kind == CLUSTER and spec.get("tier") not in ("Admin", "Baseline"):
        yield ("spec", "tier"), f"{shown(spec.get('tier', ''))} is no tier: Admin and Baseline are"
    if ref.kind != BASELINE:
        priority = spec.get("priority")
        if not isinstance(priority, int) or not 0 <= priority <= 1000:
            yield ("spec", "priority"), f"{shown(priority)} is no priority: 0 to 1000 are"
    yield from _subject(spec.get("subject"), ("spec", "subject"))
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(_list(spec.get(direction))):
            yield from _rule(ref.kind, _tree(rule), ("spec", direction, index), direction)


def _rule(kind: str, rule: Tree, at: Path, direction: str) -> Iterator[Found]:
    action = rule.get("action", "")
    if action not in _ACTIONS[kind]:
        yield (*at, "action"), f"{shown(action)} is no action: {', '.join(_ACTIONS[kind])} are"
    side = "from" if direction == "ingress" else "to"
    peers = _list(rule.get(side))
    if not peers:
        yield (*at, side), "a rule needs one peer at least"
    for index, peer in enumerate(peers):
        yield from _peer(_tree(peer), (*at, side, index), direction)
    if kind == CLUSTER:
        for index, item in enumerate(_list(rule.get("protocols"))):
            yield from _protocol(_tree(item), (*at, "protocols", index))
    else:
        for index, item in enumerate(_list(rule.get("ports"))):
            yield from _port(_tree(item), (*at, "ports", index))


def _subject(value: object, at: Path) -> Iterator[Found]:
    tree = _tree(value)
    yield from _one_of(tree, ("namespaces", "pods"), at, "a subject")
    yield from _pods(tree, at)


def _peer(peer: Tree, at: Path, direction: str) -> Iterator[Found]:
    yield from _one_of(peer, _PEERS[direction], at, "a peer")
    yield from _pods(peer, at)
    if "nodes" in peer:
        yield from _selector(peer["nodes"], (*at, "nodes"))
    networks = _list(peer.get("networks"))
    if "networks" in peer and not networks:
        yield (*at, "networks"), "one block of addresses at least is required"
    for index, item in enumerate(networks):
        yield from block(item if isinstance(item, str) else "", (*at, "networks", index))


def _pods(tree: Tree, at: Path) -> Iterator[Found]:
    if "namespaces" in tree:
        yield from _selector(tree["namespaces"], (*at, "namespaces"))
    if "pods" in tree:
        pods = _tree(tree["pods"])
        yield from _selector(pods.get("namespaceSelector"), (*at, "pods", "namespaceSelector"))
        yield from _selector(pods.get("podSelector"), (*at, "pods", "podSelector"))


def _port(item: Tree, at: Path) -> Iterator[Found]:
    yield from _one_of(item, _PORTS, at, "a port")
    if "portNumber" in item:
        tree = _tree(item["portNumber"])
        yield from protocol(_protocol_name(tree), (*at, "portNumber", "protocol"))
        yield from _number(tree.get("port"), (*at, "portNumber", "port"))
    if "portRange" in item:
        tree = _tree(item["portRange"])
        yield from protocol(_protocol_name(tree), (*at, "portRange", "protocol"))
        yield from _range(tree, (*at, "portRange"))
    if "namedPort" in item:
        yield from port_name(str(item["namedPort"]), (*at, "namedPort"))


def _protocol(item: Tree, at: Path) -> Iterator[Found]:
    yield from _one_of(item, _PROTOCOLS, at, "a protocol")
    for name in ("tcp", "udp", "sctp"):
        target = _tree(_tree(item.get(name)).get("destinationPort"))
        here: Path = (*at, name, "destinationPort")
        if not target:
            continue
        yield from _one_of(target, ("number", "range"), here, "a port")
        if "number" in target:
            yield from _number(target["number"], (*here, "number"))
        if "range" in target:
            yield from _range(_tree(target["range"]), (*here, "range"))
    if "destinationNamedPort" in item:
        yield from port_name(str(item["destinationNamedPort"]), (*at, "destinationNamedPort"))


def _range(tree: Tree, at: Path) -> Iterator[Found]:
    start, end = tree.get("start"), tree.get("end")
    yield from _number(start, (*at, "start"))
    yield from _number(end, (*at, "end"))
    if isinstance(start, int) and isinstance(end, int) and end < start:
        yield (*at, "end"), f"{end} is less than start {start}: the range is empty"


def _number(value: object, at: Path) -> Iterator[Found]:
    if isinstance(value, int):
        yield from number(value, at)
    else:
        yield at, "a number of a port is required"


def _one_of(tree: Tree, known: tuple[str, ...], at: Path, what: str) -> Iterator[Found]:
    """Exactly one of the fields is to be set; a field of a later version counts, and is told."""
    set_ = [name for name, value in tree.items() if value is not None]
    for name in set_:
        if name not in known:
            yield (*at, name), f"this program knows no such field of {what}: it matches as little as it can"
    if not set_:
        yield at, f"{what} needs exactly one of {', '.join(known)}"
    elif len(set_) > 1:
        yield at, f"{what} needs exactly one of {', '.join(known)}, and has {', '.join(map(shown, set_))}"


def _selector(value: object, at: Path) -> Iterator[Found]:
    try:
        read = converted(_tree(value), LabelSelector)
    except ValueError:
        yield at, "this is no label selector"
        return
    yield from selector(read, at)


def _protocol_name(tree: Tree) -> str:
    value = tree.get("protocol", "TCP")
    return value if isinstance(value, str) else ""


def _tree(value: object) -> Tree:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
