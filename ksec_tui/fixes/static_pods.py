"""Where the file of a static pod is: the API only shows a mirror of it, which no change of the API reaches."""

from __future__ import annotations

from ksec_tui.analysis.versions.distribution import (
    EKS,
    GKE,
    K3S,
    OPENSHIFT,
    RKE2,
    Distribution,
    node_distribution,
)
from ksec_tui.analysis.versions.numbers import parse
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line

SOURCE = "kubernetes.io/config.source"
"""The annotation that says whence the kubelet has a pod: ``file``, ``http`` or ``api`` (kubelet types)."""

_RANCHER = "/var/lib/rancher/{}/agent/pod-manifests"
_USUAL = "/etc/kubernetes/manifests"


def file_of(snapshot: Snapshot, pod: Pod) -> str:
    """Where the manifest of a static pod is, in words: ``/etc/kubernetes/manifests/etcd.yaml on node cp-1``.

    The folder is that of kubeadm (the kubelet's ``staticPodPath``) unless the node is of a distribution with a
    place of its own; the file's name is a guess from the pod's.
    """
    node = node_of(pod)
    where = f"on node {one_line(node, 253)}" if node else "on its node"
    if pod.metadata.annotations.get(SOURCE) == "http":
        return f"what the kubelet's staticPodURL gives {where}"
    name = one_line(pod.name.removesuffix(f"-{node}") if node else pod.name, 253)
    whose = _distribution(snapshot, node)
    if whose is OPENSHIFT:
        return f"the cluster operator of {name} (operator.openshift.io), which writes {_USUAL} {where}"
    if whose is not None and whose.id == "talos":
        return f"the machine configuration of Talos {where} (talosctl patch machineconfig)"
    if whose in (EKS, GKE):
        return f"the node image of the provider, which brings {_USUAL}/{name} {where}"
    folder = _RANCHER.format(whose.id) if whose is not None and whose in (K3S, RKE2) else _USUAL
    return f"{folder}/{name}.yaml {where}"


def node_of(pod: Pod) -> str:
    """The node whose kubelet runs a pod; empty when it is not told."""
    owner = pod.controller
    return pod.spec.node_name or (owner.name if owner is not None and owner.kind == "Node" else "")


def _distribution(snapshot: Snapshot, name: str) -> Distribution | None:
    node = snapshot.find(NODE, name) if name else None
    return None if node is None else node_distribution(node, parse(node.status.node_info.kubelet_version))
