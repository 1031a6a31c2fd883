"""NetworkPolicies that limit what a namespace calls, and keep what its objects show to be called.

Kept are DNS (the pods behind the real Service, at their own port), the same namespace, the API server for pods whose
account may do something, and the Services that variables and commands name. What pods call outside the cluster is in
no object: that must be added by hand, which `MAY_BREAK` says.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ksec_tui.analysis.network.basics import API_SERVICE_REF, Dns, api_servers, calls_api, dns
from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.selectors import NAME_LABEL, workloads_in
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import Body
from ksec_tui.fixes.network import ALLOW, ALLOW_EGRESS, GENERATED_LABELS, pod_selector, policy, policy_name
from ksec_tui.fixes.network_needs import Need, needs_by

EGRESS_POLICY = "ksec-egress"
"""The one policy for egress of a whole namespace: two of them would add up, while of one name the stricter counts."""

MAY_BREAK = (
    "What its pods call outside the cluster, and what no variable or command names, is cut off until a rule allows it. "
    "The API server's addresses move on managed clusters."
)


def limit_egress(snapshot: Snapshot, namespace: str) -> list[Change] | str:
    """Policies that isolate a namespace's pods for egress, allows first; or why that cannot be done by a patch."""
    names = dns(snapshot)
    if names is None:
        return "which pods resolve names is not known: no Service for DNS selects any"
    if any(item.spec.host_network for item in names.workloads) and not names.caches:
        return "name resolution runs in the nodes' network, where selectors do not match it"
    subjects = [item for item in workloads_in(snapshot, namespace) if not item.spec.host_network]
    if any(isolating(snapshot, item, "egress") for item in subjects):
        return (
            "some pods are limited already, and new rules for the whole namespace would let them out further"
        )
    callers = [item for item in subjects if calls_api(snapshot, item)]
    if callers and not api_servers(snapshot):
        return f"{callers[0].ref} calls the API server, whose addresses are in no object that was read"
    # Whichever policy selects a pod first cuts off what it does not allow: each allows all that its pods need.
    resolving = allow_names(snapshot, namespace, names)
    aliases, said = _rules(snapshot, needs_by(snapshot, ObjectRef("", "Namespace", namespace)), namespace)
    common: list[Body] = [*resolving.body["spec"]["egress"], {"to": [{"podSelector": {}}]}, *aliases]
    changes = []
    for workload in subjects:
        rules, notes = _rules(snapshot, needs_by(snapshot, workload.ref), namespace)
        if workload in callers:
            rules += _api_rules(snapshot)
            notes.append(
                f"the API server behind {API_SERVICE_REF}: account {workload.spec.account} has rights"
            )
        if not rules:
            continue
        selector = pod_selector(workload)
        if selector is None:
            return f"the pods of {workload.ref} have no label of their own"
        name = policy_name(snapshot, ALLOW_EGRESS, workload)
        changes.append(policy(snapshot, namespace, name, selector, [*common, *rules], notes, "Egress"))
    kept = [*resolving.notes, *said]
    changes.append(policy(snapshot, namespace, f"{ALLOW_EGRESS}-every-pod", {}, common, kept, "Egress"))
    return [*changes, policy(snapshot, namespace, EGRESS_POLICY, {}, (), (), "Egress")]


def allow_names(snapshot: Snapshot, namespace: str, found: Dns) -> Change:
    """A policy by which every pod of a namespace may ask the cluster's DNS."""
    service = found.service
    labels = {key: value for key, value in service.spec.selector.items() if key not in GENERATED_LABELS}
    peer: Body = {"podSelector": {"matchLabels": dict(sorted(labels.items()))}}
    if service.namespace != namespace:
        peer = {"namespaceSelector": {"matchLabels": {NAME_LABEL: service.namespace}}, **peer}
    rules: list[Body] = [
        {"to": [peer], "ports": [{"protocol": protocol, "port": port} for protocol, port in found.ports]}
    ]
    if found.caches:
        ports = [{"protocol": protocol, "port": 53} for protocol in ("TCP", "UDP")]
        rules.append({"to": [_block(address) for address in found.caches], "ports": ports})
    notes = [f"name resolution by {service.ref}, whose selector and targetPort these are"]
    return policy(snapshot, namespace, f"{ALLOW}-dns", {}, rules, notes, "Egress")


def _block(address: str) -> Body:
    width = 32 if ipaddress.ip_address(address).version == 4 else 128
    return {"ipBlock": {"cidr": f"{address}/{width}"}}


def _rules(snapshot: Snapshot, needs: Iterable[Need], home: str) -> tuple[list[Body], list[str]]:
    notes: list[str] = []
    peers: dict[str, tuple[Body, set[tuple[str, int]]]] = {}
    for need in needs:
        target = workload_named(snapshot, need.target)
        if target is None or target.namespace == home:
            continue
        peer = _peer(target)
        peers.setdefault(repr(peer), (peer, set()))[1].add((need.protocol, need.port))
        notes.append(need.words)
    rules: list[Body] = [
        {"to": [peer], "ports": [{"protocol": name, "port": port} for name, port in sorted(ports)]}
        for _, (peer, ports) in sorted(peers.items())
    ]
    return rules, notes


def _api_rules(snapshot: Snapshot) -> list[Body]:
    """One rule for each port on which API servers answer."""
    servers = api_servers(snapshot)
    return [
        {
            "to": [_block(address) for address, number in servers if number == port],
            "ports": [{"protocol": "TCP", "port": port}],
        }
        for port in sorted({port for _, port in servers})
    ]


def _peer(target: Workload) -> Body:
    """The pods that are called: by a selector that lasts, else their namespace."""
    peer: Body = {"namespaceSelector": {"matchLabels": {NAME_LABEL: target.namespace}}}
    selector = pod_selector(target)
    return peer if selector is None else {**peer, "podSelector": selector}
