"""Whose Kubernetes it is, by what vendors add to version numbers and nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ksec_tui.analysis.versions.numbers import Version
from ksec_tui.cluster.platform import Node


@dataclass(frozen=True, slots=True)
class Distribution:
    """A vendor's Kubernetes.

    Attributes:
        id: stable name; also the key of the support data.
        name: what people call it.
        managed: whether the vendor runs the control plane, and its customers choose only when to upgrade.
        follows: whether its support ends when that of upstream does.
    """

    id: str
    name: str
    managed: bool = False
    follows: bool = False


UPSTREAM = Distribution("upstream", "Kubernetes", follows=True)
EKS = Distribution("eks", "Amazon EKS", managed=True)
GKE = Distribution("gke", "Google GKE", managed=True)
AKS = Distribution("aks", "Azure AKS", managed=True)
K3S = Distribution("k3s", "K3s", follows=True)
RKE2 = Distribution("rke2", "RKE2", follows=True)
OPENSHIFT = Distribution("openshift", "OpenShift")
OTHER = Distribution("other", "a vendor's build")

_SUFFIXES = (
    (re.compile(r"-eks-[0-9a-f]+"), EKS),
    (re.compile(r"-gke\.[0-9]+"), GKE),
    (re.compile(r"-(?:aks|akslts).*"), AKS),
    (re.compile(r"\+k3s[0-9]+"), K3S),
    (re.compile(r"\+rke2r[0-9]+"), RKE2),
    (re.compile(r"\+[0-9a-f]{7}"), OPENSHIFT),
)


def distribution_of(version: Version) -> Distribution:
    """By the suffix of a Kubernetes version.

    AKS reports plain upstream versions and cannot be told from them here; see `node_distribution`.
    """
    if not version.suffix:
        return UPSTREAM
    for pattern, found in _SUFFIXES:
        if pattern.fullmatch(version.suffix) and not (version.pre and found is OPENSHIFT):
            return found
    return OTHER


def node_distribution(node: Node, kubelet: Version) -> Distribution:
    """By the suffix of the kubelet's version, else by the labels that AKS puts on its nodes."""
    found = distribution_of(kubelet)
    if found is UPSTREAM and "kubernetes.azure.com/cluster" in node.metadata.labels:
        return AKS
    return found
