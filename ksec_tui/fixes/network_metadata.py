"""Policies that keep pods from the metadata service of a cloud and let everything else be."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.network.blast import METADATA
from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.selectors import workloads_in
from ksec_tui.cluster.kinds import CLUSTER_NETWORK_POLICY, CUSTOM_RESOURCE, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import create
from ksec_tui.fixes.network import MANAGED, policy
from ksec_tui.fixes.network_egress import EGRESS_POLICY

METADATA_6 = "fd00:ec2::254"
"""The metadata service of AWS over IPv6."""

MAY_BREAK = (
    "Programs that take the node's credentials or ask for its zone lose them: give them their own identity."
)

_GOOGLE_IDENTITY = "iam.gke.io/gcp-service-account"


def deny_metadata(snapshot: Snapshot, namespace: str, *, google: bool) -> Change | str:
    """A policy, for the whole cluster where ClusterNetworkPolicies are served; or why no patch can do it.

    Args:
        snapshot: the cluster.
        namespace: whose pods.
        google: whether they run on Google Cloud, where names may be resolved at the same address.
    """
    accounts = {workload.spec.account for workload in workloads_in(snapshot, namespace)}
    for name in sorted(accounts):
        account = snapshot.find(SERVICE_ACCOUNT, name, namespace)
        if account is not None and _GOOGLE_IDENTITY in account.metadata.annotations:
            return f"{account.ref} gets its identity at this address (Workload Identity Federation)"
    if snapshot.find(CUSTOM_RESOURCE, f"{CLUSTER_NETWORK_POLICY.plural}.{CLUSTER_NETWORK_POLICY.group}"):
        return _everywhere(google=google)
    subjects = [item for item in workloads_in(snapshot, namespace) if not item.spec.host_network]
    if any(isolating(snapshot, item, "egress") for item in subjects):
        return "policies allow it by rules that must be narrowed, and another policy could only allow more"
    rules: list[dict[str, Any]] = [
        {"to": [{"namespaceSelector": {}}]},
        {
            "to": [
                {"ipBlock": {"cidr": "0.0.0.0/0", "except": [f"{METADATA}/32"]}},
                {"ipBlock": {"cidr": "::/0", "except": [f"{METADATA_6}/128"]}},
            ]
        },
    ]
    notes = [f"every connection but those to {METADATA}"]
    if google:
        ports = [{"protocol": protocol, "port": 53} for protocol in ("TCP", "UDP")]
        rules.append({"to": [{"ipBlock": {"cidr": f"{METADATA}/32"}}], "ports": ports})
        notes.append("name resolution by Cloud DNS, which answers at the same address")
    return policy(snapshot, namespace, EGRESS_POLICY, {}, rules, notes, "Egress")


def _everywhere(*, google: bool) -> Change:
    """An admin policy for all namespaces but kube-system; NetworkPolicies cannot allow what it denies."""
    networks = [f"{METADATA}/32", f"{METADATA_6}/128"]
    deny: dict[str, Any] = {"name": "deny-metadata", "action": "Deny", "to": [{"networks": networks}]}
    egress = [deny]
    if google:
        ports = [{name: {"destinationPort": {"number": 53}}} for name in ("tcp", "udp")]
        passed = {
            "name": "pass-dns",
            "action": "Pass",
            "to": [{"networks": networks[:1]}],
            "protocols": ports,
        }
        egress.insert(0, passed)
    outside = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
    kind = CLUSTER_NETWORK_POLICY
    name = "ksec-deny-metadata"
    document = {
        "apiVersion": f"{kind.group}/{kind.versions[0]}",
        "kind": kind.name,
        "metadata": {"name": name, "labels": dict(MANAGED)},
        "spec": {
            "tier": "Admin",
            "priority": 100,
            "subject": {"namespaces": {"matchExpressions": [outside]}},
            "egress": egress,
        },
    }
    return create(ObjectRef("", kind.name, name, kind.group), document)
