"""Whose Kubernetes it is: by what vendors add to version numbers, nodes and the API."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NODE
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import DistributionSigns, distributions


@dataclass(frozen=True, slots=True)
class Distribution:
    """A vendor's Kubernetes.

    Attributes:
        id: stable name; also the key of the support data.
        name: what people call it.
        managed: whether the vendor runs the control plane, and its customers choose only when to upgrade.
        follows: whether its support ends when that of upstream does.
        plain: whether it ships upstream's own builds, so that version numbers tell which fixes are in.
    """

    id: str
    name: str
    managed: bool = False
    follows: bool = False
    plain: bool = False


UPSTREAM = Distribution("upstream", "Kubernetes", follows=True, plain=True)
OTHER = Distribution("other", "a vendor's build")

_FOLLOWING = frozenset({"k3s", "k3d", "rke2", "microk8s"})
"""Distributions that build Kubernetes themselves and support it as long as upstream does."""


@functools.cache
def named(id: str) -> Distribution:  # noqa: A002 - the word of the data
    """The distribution with that id.

    Raises:
        KeyError: the data knows none.
    """
    for signs in distributions().distributions:
        if signs.id == id:
            return _made(signs)
    raise KeyError(id)


@functools.cache
def _made(signs: DistributionSigns) -> Distribution:
    managed = signs.control_plane == "hidden"
    plain = not managed and not signs.version and signs.id not in _FOLLOWING
    return Distribution(signs.id, signs.name, managed, plain or signs.id in _FOLLOWING, plain)


EKS, GKE, AKS = named("eks"), named("gke"), named("aks")
K3S, RKE2, OPENSHIFT = named("k3s"), named("rke2"), named("openshift")


def distribution_of(version: Version) -> Distribution:
    """By the suffix of a Kubernetes version.

    Those that report plain upstream versions, AKS among them, cannot be told from upstream here; see
    `node_distribution` and `cluster_distribution`.
    """
    if not version.suffix:
        return UPSTREAM
    for signs in distributions().distributions:
        if signs.version and re.fullmatch(signs.version, version.suffix):
            # A development build of upstream ends in a commit, as OpenShift's versions do.
            return OTHER if version.pre and signs.id == OPENSHIFT.id else _made(signs)
    return OTHER


def node_distribution(node: Node, kubelet: Version | None) -> Distribution:
    """By the suffix of the kubelet's version, else by labels, name, provider and system of the node."""
    found = distribution_of(kubelet) if kubelet is not None else UPSTREAM
    if found is not UPSTREAM and found is not K3S:
        return found
    # K3s in containers of one's own machine is told by the names of its nodes only.
    return next((_made(signs) for signs in distributions().distributions if _shows(signs, node)), found)


def _shows(signs: DistributionSigns, node: Node) -> bool:
    labels = node.metadata.labels
    for sign in signs.labels:
        key, equals, value = sign.partition("=")
        if key in labels and (not equals or labels[key] == value):
            return True
    return (
        any(re.fullmatch(pattern, node.name) for pattern in signs.names)
        or bool(signs.provider and node.spec.provider_id.startswith(signs.provider))
        or bool(signs.system and node.status.node_info.os_image.startswith(signs.system))
    )


def cluster_distribution(snapshot: Snapshot) -> Distribution:
    """Whose the control plane is: by the server's version, else most of its nodes, else the API groups it serves.

    A cluster of plain upstream builds with a control-plane node that can be seen was made by kubeadm or the
    like; without one it stays UPSTREAM, of which nobody knows who runs it.
    """
    found: Distribution = snapshot.derived(_cluster, _cluster)
    return found


def _cluster(snapshot: Snapshot) -> Distribution:
    server = parse(snapshot.source.server_version)
    found = distribution_of(server) if server is not None else UPSTREAM
    nodes = snapshot.of(NODE)
    if found not in (UPSTREAM, K3S):
        return found
    votes: dict[Distribution, int] = {}
    for node in nodes:
        whose = node_distribution(node, parse(node.status.node_info.kubelet_version))
        votes[whose] = votes.get(whose, 0) + 1
    # Nodes of a provider may join a control plane of one's own: only all of them speak for it.
    if len(votes) == 1 and (only := next(iter(votes))) not in (UPSTREAM, OTHER) and found is UPSTREAM:
        return only
    if found is K3S:
        return next((whose for whose in votes if whose.id == "k3d"), found)
    groups = {item.name.partition(".")[2] for item in snapshot.of(CUSTOM_RESOURCE)}
    for signs in distributions().distributions:
        if groups.intersection(signs.groups):
            return _made(signs)
    if any(node.control_plane for node in nodes):
        return named("kubeadm")
    return found


CLUSTER = _cluster
"""The key under which a Snapshot keeps its `cluster_distribution`, which its nodes and definitions tell."""
