"""Whether NetworkPolicies let what comes in by an entry through to the pods, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import ANY4, ANY6, NOWHERE, AddressError, AddressSet
from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.entries import Entry, Source
from ksec_tui.analysis.network.policies import covers_port, isolating
from ksec_tui.analysis.network.selectors import matches_workload
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.networking import IngressPolicyRule, NetworkPolicy, PolicyPeer
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Admission:
    """What policies make of an entry.

    Attributes:
        admitted: yes, no, or None when that is not known.
        doubt: why it is not known.
        policies: those that isolate the pods; for an entry behind a shut proxy those that shut the proxy.
        by: the rules that let it through, with their place in the policy.
    """

    admitted: bool | None
    doubt: str = ""
    policies: tuple[ObjectRef, ...] = ()
    by: tuple[Link, ...] = ()


def admission(snapshot: Snapshot, entry: Entry) -> Admission:
    """Whether the policies that isolate a workload let an entry through."""
    if entry.shut:
        return Admission(False, "", entry.shut)
    workload = entry.workload
    gap = snapshot.gap(NETWORK_POLICY, workload.namespace)
    if gap and not workload.spec.host_network:
        return Admission(None, gap)
    policies = isolating(snapshot, workload, "ingress")
    if not policies:
        return Admission(True)
    found = _judged(snapshot, entry, policies)
    enforced = enforcing_cni(snapshot)
    if found.admitted is not True and enforced.value is False:
        return Admission(None, f"policies stand against it, but {enforced.reason}", found.policies)
    return found


def _judged(snapshot: Snapshot, entry: Entry, policies: tuple[NetworkPolicy, ...]) -> Admission:
    names = tuple(policy.ref for policy in policies)
    unsure: list[str] = []
    admitted = NOWHERE
    by: list[Link] = []
    for policy in policies:
        for number, rule in enumerate(policy.spec.ingress):
            if not covers_port(rule.ports, entry.workload, entry.protocol, entry.port):
                continue
            link = Link(policy.ref, f"/spec/ingress/{number}", f"Ingress rule #{number + 1}")
            blocks = _blocks(rule)
            if not rule.from_ or blocks.covers(ANY4) or blocks.covers(ANY6):
                return Admission(True, "", names, (link,))
            pods = _pods(snapshot, policy, rule, entry)
            if pods is True:
                return Admission(True, "", names, (link,))
            if pods is None:
                unsure.append(f"{policy.ref} may admit it: it depends on what the proxy is")
            if blocks:
                admitted |= blocks
                by.append(link)
    return _by_address(entry, names, admitted, tuple(by), unsure)


def _by_address(
    entry: Entry, names: tuple[ObjectRef, ...], admitted: AddressSet, by: tuple[Link, ...], unsure: list[str]
) -> Admission:
    """What rules for addresses make of it, when no rule admits everyone or the proxy's pods."""
    told = f"policies admit the addresses {admitted} only"
    match entry.source:
        case Source.CLIENT | Source.BALANCED if entry.clients:
            if admitted.covers(entry.clients):
                return Admission(True, "", names, by)
            if admitted & entry.clients:
                return Admission(None, told, names, by)
            if admitted and entry.source is Source.BALANCED:
                return Admission(None, f"{told}, which may be the load balancer's own", names, by)
        case Source.PROXY if entry.clients and admitted.covers(entry.clients):
            return Admission(True, "", names, by)
        case Source.NODE:
            if admitted:
                return Admission(
                    None, f"{told}: it depends on the node's address, which the pod sees", names, by
                )
            # What a node forwards may carry the address of the pod's own node, which policies always admit.
            doubt = "policies admit only named peers, but traffic from the pod's own node always passes"
            return Admission(None, doubt, names)
        case Source.PROXY | Source.PROXY_PODS:
            if admitted and _may_be_in(entry, admitted):
                unsure.append(f"{told}: it depends on the proxy's address")
    return Admission(None if unsure else False, unsure[0] if unsure else "", names, by)


def _pods(snapshot: Snapshot, policy: NetworkPolicy, rule: IngressPolicyRule, entry: Entry) -> bool | None:
    """Whether a rule admits the pods from which an entry comes: None when it is not known which they are."""
    peers = [peer for peer in rule.from_ if peer.ip_block is None]
    if entry.source is Source.PROXY:
        return None if peers else False
    if entry.source is not Source.PROXY_PODS:
        return False
    for proxy in entry.proxies:
        if not proxy.spec.host_network and any(_is(snapshot, policy, peer, entry) for peer in peers):
            return True
    # A pod on its node's network is no pod to most plugins, but some match its labels.
    return None if _on_nodes(entry) and peers else False


def _is(snapshot: Snapshot, policy: NetworkPolicy, peer: PolicyPeer, entry: Entry) -> bool:
    return any(
        matches_workload(snapshot, proxy, peer.pod_selector, peer.namespace_selector, policy.namespace)
        for proxy in entry.proxies
    )


def _may_be_in(entry: Entry, admitted: AddressSet) -> bool:
    """Whether the proxy may have one of some addresses; some plugins match the addresses of pods by blocks."""
    if entry.source is Source.PROXY:
        return True
    pods = [pod for proxy in entry.proxies for pod in proxy.pods if pod.status.pod_ip]
    return not pods or any(_holds(admitted, pod.status.pod_ip) for pod in pods)


def _holds(admitted: AddressSet, address: str) -> bool:
    try:
        return admitted.contains(address)
    except AddressError:
        return False


def _on_nodes(entry: Entry) -> bool:
    return any(proxy.spec.host_network for proxy in entry.proxies)


def _blocks(rule: IngressPolicyRule) -> AddressSet:
    """The addresses that a rule names; a block that is none, or that stands beside a selector, names nothing."""
    found = NOWHERE
    for peer in rule.from_:
        block = peer.ip_block
        if block is None or peer.pod_selector is not None or peer.namespace_selector is not None:
            continue
        try:
            found |= AddressSet.block(block.cidr, block.except_)
        except AddressError:
            continue
    return found
