"""What nodes run: kubelets that fit the API server and are supported, runtimes and systems that are."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.versions.cluster import (
    kubelet_gap,
    kubelet_version,
    node_state,
    server_gap,
    server_version,
)
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.distribution import UPSTREAM, node_distribution
from ksec_tui.analysis.versions.skew import Fit, kubelet_skew
from ksec_tui.analysis.versions.software import operating_system, regular_end, runtime, software_support
from ksec_tui.analysis.versions.support import Phase, standing, upgrade_path
from ksec_tui.checks.versions._steps import (
    RUNTIME_POINTER,
    SYSTEM_POINTER,
    VERSION_POINTER,
    kubelet_fix,
    node_fix,
    out_of_support,
    piece,
    step_down,
)
from ksec_tui.cluster.kinds import NODE, POD
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat

NODES = objects(NODE)


@check(
    "ver-node-skew",
    "Kubelet does not fit the API server",
    Severity.HIGH,
    on=NODES,
    also=(POD,),
    threats=(Threat.EXTERNAL,),
    references=("Kubernetes version skew policy", "KEP-3935"),
)
def node_skew(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node's kubelet is newer than the API server, or more minors older than it may be.

    ## Why
    Kubelets are tested with API servers of their own minor and up to three newer ones (two before 1.25).
    Outside of that, fields that harden a pod may be dropped without a word, and a node may fail at any
    moment. A kubelet at the very limit is told too, as medium: it blocks the next upgrade, and with it
    the next security fix, of the control plane.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.31.4}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5}}
    ```
    """
    server, kubelet = server_version(cluster), kubelet_version(node)
    if server is None or kubelet is None:
        yield Unknown(server_gap(cluster) if server is None else kubelet_gap(node))
        return
    servers = server_versions(cluster)
    skew = kubelet_skew(servers, kubelet)
    if skew is None:
        yield Unknown(f"there is no rule for kubelet {kubelet.number} and API server {server.number}")
        return
    numbers = " and ".join(item.number for item in servers)
    state = node_state(node)
    pair = f"kubelet {kubelet.number} {f'({state}) ' if state else ''}against API server {numbers}"
    if skew.fit is Fit.LIMIT:
        words = f"{pair}: {skew.words}; it blocks the next upgrade of the control plane"
        yield piece(VERSION_POINTER, words, Severity.MEDIUM)
    elif skew.fit is not Fit.FINE:
        yield piece(VERSION_POINTER, f"{pair}: {skew.words}", Severity.HIGH)


@node_skew.fix
def _node_skew_fix(node: Node, cluster: Snapshot) -> Fix | None:
    server, kubelet = server_version(cluster), kubelet_version(node)
    if server is None or kubelet is None:
        return None
    title = f"Bring the kubelet of {node.name} to {server.line}, the minor of the API server"
    return kubelet_fix(node, node_distribution(node, kubelet), title, server, server)


@check(
    "ver-node-eol",
    "Kubelet's release gets no more fixes",
    Severity.HIGH,
    on=NODES,
    threats=(Threat.CONTAINER,),
    references=("KEP-1498", "NSA/CISA upgrading", "OWASP K09"),
)
def node_eol(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node's kubelet is of a release that is out of support, however well it fits the API server.

    ## Why
    The kubelet mounts volumes and starts containers as root. Flaws in it, such as the ones that let a
    subPath escape, turn a pod into the node. Releases out of support get no fix for the next one. The
    dates of EKS, GKE and AKS count on their nodes.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.35.9
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.33.4}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.35.9
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.35.9}}
    ```
    """
    kubelet = kubelet_version(node)
    if kubelet is None:
        yield Unknown(kubelet_gap(node))
        return
    distribution = node_distribution(node, kubelet)
    found = standing(kubelet, cluster.source.date, distribution)
    yield from out_of_support(f"kubelet {kubelet.number}", VERSION_POINTER, found)


@node_eol.fix
def _node_eol_fix(node: Node, cluster: Snapshot) -> Fix | None:
    kubelet, server = kubelet_version(node), server_version(cluster)
    if kubelet is None:
        return None
    distribution = node_distribution(node, kubelet)
    path = upgrade_path(kubelet, cluster.source.date, distribution)
    if not path:
        return None
    title = f"Bring the kubelet of {node.name} to {path[-1].line}"
    return kubelet_fix(node, distribution, title, path[-1], server)


@check(
    "ver-runtime-eol",
    "Container runtime gets no more fixes",
    Severity.MEDIUM,
    on=NODES,
    threats=(Threat.CONTAINER,),
    references=("NSA/CISA upgrading", "OWASP K09"),
)
def runtime_eol(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node's container runtime is of a release that its makers no longer support.

    ## Why
    The runtime is what keeps a container inside. Its flaws are the ones that get out, and a release out
    of support keeps them. Vendors that build their own packages may carry fixes further: where the
    version shows such a build, the finding is low.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5, containerRuntimeVersion: "containerd://1.7.27"}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5, containerRuntimeVersion: "containerd://2.3.4"}}
    ```
    """
    told = node.status.node_info.container_runtime_version
    if not told:
        yield Unknown(f"node {node.name} has reported no container runtime")
        return
    software = runtime(told)
    if software is None or software.version is None:
        yield Unknown(f"the support of container runtime {told!r} is not known")
        return
    found = software_support(software, cluster.source.date)
    if found.phase is Phase.UNKNOWN:
        yield Unknown(f"the support of {software.title} is not known: {found.words}")
    elif found.ended:
        words = f"{software.name} {software.version.number} is out of support: {found.words}"
        if _vendor_built(node, software.version.suffix):
            words += "; the vendor of this build may still maintain it"
            yield piece(RUNTIME_POINTER, words, step_down(Severity.MEDIUM))
        else:
            yield piece(RUNTIME_POINTER, words, Severity.MEDIUM)


def _vendor_built(node: Node, suffix: str) -> bool:
    kubelet = kubelet_version(node)
    return bool(suffix) or (kubelet is not None and not node_distribution(node, kubelet).plain)


@runtime_eol.fix
def _runtime_eol_fix(node: Node, _: Snapshot) -> Fix | None:
    software = runtime(node.status.node_info.container_runtime_version)
    kubelet = kubelet_version(node)
    if software is None:
        return None
    work = (
        f"On the node: move {software.name} to a supported release with its package manager, check its "
        "configuration file against the new release, then restart it and the kubelet"
    )
    distribution = node_distribution(node, kubelet) if kubelet is not None else UPSTREAM
    return node_fix(node.name, f"Upgrade {software.name} on {node.name}", distribution, work)


@check(
    "ver-os-eol",
    "Node's operating system gets no more fixes",
    Severity.MEDIUM,
    on=NODES,
    threats=(Threat.CONTAINER,),
    references=("NSA/CISA upgrading", "OWASP K09"),
)
def os_eol(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node runs a release of its operating system that is past its regular support.

    ## Why
    All containers of a node share its kernel, and kernel flaws are the common way out of a container.
    Some systems have extended support, often for a fee: whether this node gets it cannot be seen, so the
    finding is low then. Kernel versions themselves are not judged, since vendors carry fixes back.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5, osImage: CentOS Linux 7 (Core)}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5, osImage: Ubuntu 24.04.3 LTS}}
    ```
    """
    image = node.status.node_info.os_image
    if not image:
        yield Unknown(f"node {node.name} has reported no operating system")
        return
    software = operating_system(image)
    if software is None:
        yield NotApplicable(f"no dates are known for {image!r}")
        return
    found = software_support(software, cluster.source.date)
    match found.phase:
        case Phase.ENDED:
            yield piece(SYSTEM_POINTER, f"{software.title} is out of support: {found.words}", Severity.MEDIUM)
        case Phase.EXTENDED:
            words = f"regular support of {software.title} ended on {regular_end(software)}; {found.words} may cover it"
            yield piece(SYSTEM_POINTER, words, Severity.LOW)
        case Phase.UNKNOWN:
            yield Unknown(f"the support of {software.title} is not known: {found.words}")
        case _:
            return


@os_eol.fix
def _os_eol_fix(node: Node, _: Snapshot) -> Fix | None:
    software = operating_system(node.status.node_info.os_image)
    kubelet = kubelet_version(node)
    if software is None:
        return None
    work = f"Install a supported release of {software.name} on the node, or replace it by a node that has one"
    distribution = node_distribution(node, kubelet) if kubelet is not None else UPSTREAM
    return node_fix(node.name, f"Renew the operating system of {node.name}", distribution, work)
