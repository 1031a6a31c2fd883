"""The semantics of network policies once more, written plainly over raw manifests: slow, and its own judge.

Sources: the NetworkPolicy v1 API reference and the comments of the network-policy-api types.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]
NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class World:
    """Raw objects: namespaces by name, pods, policies."""

    namespaces: dict[str, dict[str, str]]
    pods: list[Tree]
    policies: list[Tree]
    admin: list[Tree]


def selects(selector: Tree | None, labels: dict[str, str]) -> bool:
    selector = selector or {}
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for item in selector.get("matchExpressions") or ():
        has, value = item["key"] in labels, labels.get(item["key"])
        holds = {
            "In": has and value in item.get("values", ()),
            "NotIn": not has or value not in item.get("values", ()),
            "Exists": has,
            "DoesNotExist": not has,
        }[item["operator"]]
        if not holds:
            return False
    return True


def labels_of(pod: Tree) -> dict[str, str]:
    found: dict[str, str] = pod["metadata"].get("labels", {})
    return found


def space(world: World, pod: Tree) -> dict[str, str]:
    name = pod["metadata"]["namespace"]
    return {**world.namespaces[name], NAME: name}


def addresses(pod: Tree) -> list[str]:
    return [item["ip"] for item in pod["status"]["podIPs"]]


def within(ip: str, cidr: str) -> bool:
    return ipaddress.ip_address(ip) in ipaddress.ip_network(cidr, strict=False)


def host(pod: Tree) -> bool:
    return bool(pod["spec"].get("hostNetwork"))


def by_name(pod: Tree | None, name: str, protocol: str | None) -> list[tuple[str, int]]:
    if pod is None:
        return []
    ports = [port for box in pod["spec"]["containers"] for port in box.get("ports", ())]
    return [
        (port.get("protocol", "TCP"), port["containerPort"])
        for port in ports
        if port.get("name") == name and protocol in (None, port.get("protocol", "TCP"))
    ]


def port_matches(item: Tree, target: Tree | None, protocol: str, port: int) -> bool:
    wanted = item.get("protocol") or "TCP"
    which = item.get("port")
    if isinstance(which, str):
        return (protocol, port) in by_name(target, which, wanted)
    if protocol != wanted:
        return False
    return which is None or which <= port <= (item.get("endPort") or which)


def peer_matches(world: World, home: str, peer: Tree, pod: Tree | str) -> bool:
    block = peer.get("ipBlock")
    if block is not None:
        ips = [pod] if isinstance(pod, str) else addresses(pod)
        return any(
            within(ip, block["cidr"]) and not any(within(ip, out) for out in block.get("except", ()))
            for ip in ips
        )
    if isinstance(pod, str) or host(pod):
        return False
    pods, spaces = peer.get("podSelector"), peer.get("namespaceSelector")
    if spaces is None:
        return pod["metadata"]["namespace"] == home and selects(pods, labels_of(pod))
    return selects(spaces, space(world, pod)) and selects(pods, labels_of(pod))


def local(
    world: World, way: str, pod: Tree, peer: Tree | str, target: Tree | None, flow: tuple[str, int]
) -> bool | None:
    """What the NetworkPolicies of `pod` say; None when none isolates it."""
    isolated = False
    for policy in world.policies:
        home, spec = policy["metadata"]["namespace"], policy["spec"]
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
        if way.capitalize() not in types or home != pod["metadata"]["namespace"]:
            continue
        if not selects(spec.get("podSelector"), labels_of(pod)):
            continue
        isolated = True
        for rule in spec.get(way) or ():
            peers, ports = rule.get("from" if way == "ingress" else "to"), rule.get("ports")
            if peers and not any(peer_matches(world, home, item, peer) for item in peers):
                continue
            if not ports or any(port_matches(item, target, *flow) for item in ports):
                return True
    return False if isolated else None


def admin_port(item: Tree, target: Tree | None, protocol: str, port: int) -> bool:
    if "destinationNamedPort" in item:
        return (protocol, port) in by_name(target, item["destinationNamedPort"], None)
    if protocol.lower() not in item:
        return False
    where = item[protocol.lower()].get("destinationPort")
    if where is None:
        return True
    if "number" in where:
        return bool(where["number"] == port)
    return bool(where["range"]["start"] <= port <= where["range"]["end"])


def admin_pods(world: World, peer: Tree, pod: Tree) -> bool:
    if host(pod):
        return False
    if "namespaces" in peer:
        return selects(peer["namespaces"], space(world, pod))
    pods = peer["pods"]
    return selects(pods.get("namespaceSelector"), space(world, pod)) and selects(
        pods.get("podSelector"), labels_of(pod)
    )


def admin_peers(world: World, rule: Tree, peers: list[Tree], pod: Tree | str) -> bool | None:
    """Whether a rule is about a peer; None where it denies or passes only one of the addresses that a pod has."""
    if not isinstance(pod, str) and any(
        admin_pods(world, peer, pod) for peer in peers if "networks" not in peer
    ):
        return True
    cidrs = [cidr for peer in peers for cidr in peer.get("networks", ())]
    inside = [
        any(within(ip, cidr) for cidr in cidrs) for ip in ([pod] if isinstance(pod, str) else addresses(pod))
    ]
    if not any(inside):
        return False
    return True if all(inside) or rule["action"] == "Accept" else None


def tier(
    world: World,
    name: str,
    way: str,
    pod: Tree,
    peer: Tree | str,
    target: Tree | None,
    flow: tuple[str, int],
) -> set[str]:
    """The actions that may count, Pass where no rule is certain to match.

    Those of the first rule that matches, in each policy of its priority, and of rules before it that may match.
    """
    found: set[str] = set()
    chosen = [item["spec"] for item in world.admin if item["spec"]["tier"] == name]
    for priority in sorted({spec["priority"] for spec in chosen}):
        settled = False
        for spec in chosen:
            if spec["priority"] != priority or not admin_pods(world, spec["subject"], pod):
                continue
            for rule in spec.get(way) or ():
                protocols = rule.get("protocols")
                if protocols and not any(admin_port(item, target, *flow) for item in protocols):
                    continue
                matches = admin_peers(world, rule, rule["from" if way == "ingress" else "to"], peer)
                if matches is not False:
                    found.add(rule["action"])
                if matches:
                    settled = True
                    break
        if settled:
            return found
    return found | {"Pass"}


def decided(
    world: World, way: str, pod: Tree | str, peer: Tree | str, target: Tree | None, flow: tuple[str, int]
) -> bool | None:
    """What the policies of one end say; None when that is open."""
    if isinstance(pod, str) or host(pod):
        return True
    middle = local(world, way, pod, peer, target, flow)
    if middle is None:
        last = tier(world, "Baseline", way, pod, peer, target, flow)
        rest = {action != "Deny" for action in last}
    else:
        rest = {middle}
    ends: set[bool] = set()
    for action in tier(world, "Admin", way, pod, peer, target, flow):
        ends |= rest if action == "Pass" else {action == "Accept"}
    return ends.pop() if len(ends) == 1 else None
