"""What a human does to bring versions up to date; commands have words in capitals for what is not known."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from ksec_tui.analysis.versions.distribution import (
    AKS,
    EKS,
    GKE,
    K3S,
    OPENSHIFT,
    RKE2,
    UPSTREAM,
    Distribution,
)
from ksec_tui.analysis.versions.numbers import Version
from ksec_tui.analysis.versions.support import Phase, Standing
from ksec_tui.cluster.platform import Node
from ksec_tui.findings.finding import Evidence, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity

VERSION_POINTER = "/status/nodeInfo/kubeletVersion"
RUNTIME_POINTER = "/status/nodeInfo/containerRuntimeVersion"
SYSTEM_POINTER = "/status/nodeInfo/osImage"

_CONTROL_PLANE = {
    UPSTREAM.id: "On the first control-plane node: kubeadm upgrade plan, then kubeadm upgrade apply v{number}; "
    "on the other ones: kubeadm upgrade node. Upgrade their kubelets too.",
    EKS.id: "aws eks update-cluster-version --name CLUSTER --kubernetes-version {line}",
    GKE.id: "gcloud container clusters upgrade CLUSTER --master --cluster-version {line}",
    AKS.id: "az aks upgrade --resource-group GROUP --name CLUSTER --control-plane-only --kubernetes-version {number}",
    K3S.id: "On one server node after the other: run the installer again, with its arguments and "
    "INSTALL_K3S_CHANNEL=v{line}",
    RKE2.id: "On one server node after the other: run the installer again with INSTALL_RKE2_CHANNEL=v{line}, "
    "then restart rke2-server",
    OPENSHIFT.id: "Choose the channel whose release ships Kubernetes {line} (oc adm upgrade channel CHANNEL), "
    "then: oc adm upgrade --to-latest",
    "kind": "Create the cluster anew with a node image of Kubernetes {number}",
    "minikube": "minikube start --kubernetes-version=v{number}",
}
_KUBELETS = {
    UPSTREAM.id: "On the node: install kubelet and kubectl {number} with its package manager, run kubeadm upgrade node "
    "where kubeadm made it, then restart the kubelet",
    K3S.id: "On the node: run the K3s installer again, with its arguments and INSTALL_K3S_CHANNEL=v{line}",
    RKE2.id: "On the node: run the RKE2 installer again with INSTALL_RKE2_CHANNEL=v{line}, then restart its service",
    OPENSHIFT.id: "Upgrade the cluster (oc adm upgrade): OpenShift then brings its nodes to Kubernetes {line} itself",
}
_NODES = {
    EKS.id: "aws eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP",
    GKE.id: "gcloud container clusters upgrade CLUSTER --node-pool POOL",
    AKS.id: "az aks nodepool upgrade --resource-group GROUP --cluster-name CLUSTER --name POOL",
}


def control_plane_fix(path: Iterable[Version], distribution: Distribution) -> Fix | None:
    """The way of the control plane through `path`, one minor after the other; None when it leads nowhere."""
    hops = tuple(path)
    if not hops:
        return None
    key = UPSTREAM.id if distribution.id == "kubeadm" else distribution.id
    template = _CONTROL_PLANE.get(key, f"With the means of {distribution.name}: upgrade to {{number}}.")
    last = hops[-1]
    aim = last.line if distribution.managed else last.number
    return Fix(
        f"Upgrade the control plane to Kubernetes {aim}",
        risk=Risk.MANUAL,
        may_break="Something may still use an API that a newer minor no longer serves.",
        steps=(
            "Read the release notes of every minor on the way for removed APIs; back up etcd where it is yours.",
            *(template.format(line=hop.line, number=hop.number) for hop in hops),
            "Upgrade the nodes as well: a kubelet may be up to three minors older than its API server, never newer.",
        ),
    )


def kubelet_fix(
    node: Node, distribution: Distribution, title: str, aim: Version, server: Version | None
) -> Fix:
    """How to bring a node's kubelet to `aim`; a kubelet must never be newer than its API server."""
    before: tuple[str, ...] = ()
    if server is not None and (server.major, server.minor) < (aim.major, aim.minor):
        before = (f"First upgrade the control plane to {aim.line}: a kubelet must not be newer.",)
    work = _KUBELETS.get(distribution.id, _KUBELETS[UPSTREAM.id]).format(line=aim.line, number=aim.number)
    return node_fix(node.name, title, distribution, work, before)


def node_fix(
    name: str, title: str, distribution: Distribution, work: str, before: tuple[str, ...] = ()
) -> Fix:
    """How to do `work` on one node while its pods run elsewhere; managed nodes are replaced instead."""
    managed = _NODES.get(distribution.id)
    if managed is not None:
        return Fix(
            title,
            risk=Risk.MANUAL,
            may_break="Pods move to other nodes.",
            steps=(*before, f"Replace the pool that the node belongs to: {managed}"),
        )
    node = shlex.quote(name)
    return Fix(
        title,
        risk=Risk.MANUAL,
        may_break="Pods move to other nodes; their emptyDir volumes are lost.",
        steps=(
            *before,
            f"kubectl drain {node} --ignore-daemonsets --delete-emptydir-data",
            work,
            f"kubectl uncordon {node}",
        ),
    )


def step_down(severity: Severity) -> Severity:
    """One step less severe, at least LOW."""
    return max(Severity.LOW, Severity(max(severity - 1, 0)))


def piece(pointer: str, words: str, severity: Severity) -> Evidence:
    """Evidence with a severity of its own."""
    return Evidence(pointer, words, severity=severity)


def out_of_support(name: str, pointer: str, found: Standing) -> Iterator[Outcome]:
    """What is to be said of a release of Kubernetes that is not, or no longer fully, supported."""
    distribution, effective = found.distribution, found.effective
    match effective.phase:
        case Phase.ENDED if not distribution.follows and found.provider is None:
            # Vendors whose dates are not known here may still maintain it.
            words = f"{name} is out of support upstream: {found.words}; ask {distribution.name} for its dates"
            yield piece(pointer, words, Severity.MEDIUM)
        case Phase.ENDED:
            yield piece(pointer, f"{name} is out of support: {found.words}", Severity.HIGH)
        case Phase.EXTENDED:
            words = f"{name} is past its regular support: {distribution.name} keeps it in {effective.words}"
            yield piece(pointer, words, Severity.LOW)
        case Phase.UNKNOWN:
            yield Unknown(f"the support of {name} is not known: {found.words}")
        case _:
            return
