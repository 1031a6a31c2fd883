"""Known vulnerabilities of the control plane, of kubelets and of container runtimes, by their versions."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from ksec_tui.analysis.versions.cluster import (
    is_windows,
    kubelet_gap,
    kubelet_version,
    server_gap,
    server_version,
)
from ksec_tui.analysis.versions.distribution import (
    UPSTREAM,
    Distribution,
    cluster_distribution,
    node_distribution,
)
from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, Hit, hits
from ksec_tui.analysis.versions.numbers import Version
from ksec_tui.analysis.versions.software import is_known, runtime, software_support
from ksec_tui.analysis.versions.support import is_newer_than_data, newest_line, upgrade_path
from ksec_tui.checks.versions._steps import (
    RUNTIME_POINTER,
    VERSION_POINTER,
    control_plane_fix,
    kubelet_fix,
    node_fix,
    piece,
    step_down,
)
from ksec_tui.checks.versions.nodes import NODES
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import flaws
from ksec_tui.findings.check import WHOLE_CLUSTER, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


def told(hit: Hit, pointer: str, distribution: Distribution, *, vendor: bool) -> Evidence:
    """One flaw as evidence.

    What depends on a condition that versions do not show is one step less severe, and so are the builds of
    vendors, which often carry a fix without the number of the release that brought it.
    """
    severity = Severity.LOW if hit.flaw.severity == "unrated" else Severity.parse(hit.flaw.severity)
    if hit.conditional:
        severity = step_down(severity)
    words = f"{hit.flaw.component} {hit.version.number} has {hit.words}"
    if vendor:
        severity = step_down(severity)
        by = "its vendor" if distribution.plain else distribution.name
        words += f"; the build of {by} may have the fix already"
    return piece(pointer, words, severity)


@functools.cache
def _components() -> frozenset[str]:
    """What the data on flaws is about."""
    return frozenset(flaw.component for flaw in flaws().cves)


def too_new(version: Version) -> Unknown:
    """What is to be said of a release that the data does not know."""
    return Unknown(
        f"Kubernetes {version.line} is newer than the data on flaws of {flaws().as_of}, "
        f"which knows releases up to {newest_line()}"
    )


@check(
    "ver-kube-cve",
    "Known vulnerabilities in the control plane",
    Severity.MEDIUM,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("Kubernetes official CVE feed", "NSA/CISA upgrading", "OWASP K09"),
)
def kube_cve(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """The release of the API server has flaws that are public and fixed in a newer one.

    ## Why
    What is fixed is described: advisories tell who can use a flaw and how. The controller manager is
    judged by the API server's version, with which it is released. Releases out of support get no fix:
    the way out is a newer minor. That no flaw is told means that none is known to the data this program
    carries, not that there is none. What upstream never fixes is told under `ver-cve-by-design`.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.33.3
    today: 2026-11-21
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ```
    """
    version = server_version(cluster)
    if version is None:
        yield Unknown(server_gap(cluster))
        return
    if is_newer_than_data(version):
        yield too_new(version)
        return
    distribution = cluster_distribution(cluster)
    for hit in hits(version, CONTROL_PLANE, snapshot=cluster):
        yield told(hit, "", distribution, vendor=bool(version.suffix))


@kube_cve.fix
def _kube_cve_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    version = server_version(cluster)
    if version is None:
        return None
    found = hits(version, CONTROL_PLANE, snapshot=cluster)
    distribution = cluster_distribution(cluster)
    if found and all(hit.same_line for hit in found):
        return control_plane_fix((max(hit.fixed for hit in found if hit.fixed is not None),), distribution)
    return control_plane_fix(upgrade_path(version, cluster.source.date, distribution), distribution)


@check(
    "ver-kubelet-cve",
    "Known vulnerabilities in a kubelet",
    Severity.MEDIUM,
    on=NODES,
    also=WORKLOAD_KINDS,
    threats=(Threat.CONTAINER,),
    references=("Kubernetes official CVE feed", "NSA/CISA upgrading", "OWASP K09"),
)
def kubelet_cve(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node's kubelet has flaws that are public and fixed in a newer version.

    ## Why
    Most flaws of the kubelet need no more than the right to create a pod and end with rights on the node.
    Those that exist on Windows only are told on Windows nodes only. Where a flaw needs something that
    versions do not show, the condition is told and the finding is one step lower.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.30.14
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.30.2}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.30.14
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.30.14}}
    ```
    """
    version = kubelet_version(node)
    if version is None:
        yield Unknown(kubelet_gap(node))
        return
    if is_newer_than_data(version):
        yield too_new(version)
        return
    distribution = node_distribution(node, version)
    vendor = not distribution.plain
    for hit in hits(version, ("kubelet",), windows=is_windows(node), snapshot=cluster):
        yield told(hit, VERSION_POINTER, distribution, vendor=vendor)


@kubelet_cve.fix
def _kubelet_cve_fix(node: Node, cluster: Snapshot) -> Fix | None:
    version, server = kubelet_version(node), server_version(cluster)
    fixes = (
        [
            hit.fixed
            for hit in hits(version, ("kubelet",), windows=is_windows(node), snapshot=cluster)
            if hit.fixed
        ]
        if version
        else []
    )
    if version is None or not fixes:
        return None
    aim = max(fixes)
    title = f"Bring the kubelet of {node.name} to {aim.number}"
    return kubelet_fix(node, node_distribution(node, version), title, aim, server)


@check(
    "ver-runtime-cve",
    "Known vulnerabilities in a container runtime",
    Severity.MEDIUM,
    on=NODES,
    also=WORKLOAD_KINDS,
    threats=(Threat.CONTAINER,),
    references=("Go vulnerability database", "NSA/CISA upgrading", "OWASP K09"),
)
def runtime_cve(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """A node's container runtime has flaws that are public and fixed in a newer version.

    ## Why
    The runtime unpacks images and starts containers as root, so a crafted image is often all it takes.
    Distributions carry fixes back without changing the number: where the version shows such a build the
    finding is one step lower. Advisories judge releases in support only, so an old release without a
    known flaw is unknown, not clean. runc cannot be seen from the API at all.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5, containerRuntimeVersion: "containerd://2.2.4"}}
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
    name = node.status.node_info.container_runtime_version
    software = runtime(name)
    if not name or software is None or software.version is None:
        yield Unknown(f"the container runtime of node {node.name} is not known: {name or 'none reported'!r}")
        return
    if software.product not in _components():
        yield NotApplicable(f"flaws of {software.name} are not in the data")
        return
    kubelet = kubelet_version(node)
    distribution = node_distribution(node, kubelet) if kubelet is not None else UPSTREAM
    found = hits(software.version, (software.product,), windows=is_windows(node), snapshot=cluster)
    vendor = bool(software.version.suffix) or not distribution.plain
    for hit in found:
        yield told(hit, RUNTIME_POINTER, distribution, vendor=vendor)
    if not found and not is_known(software):
        yield Unknown(f"{software.title} is not in the data: whether it has known flaws cannot be told")
    elif not found and software_support(software, cluster.source.date).ended:
        yield Unknown(f"{software.title} is out of support: advisories no longer say whether it is affected")


@runtime_cve.fix
def _runtime_cve_fix(node: Node, cluster: Snapshot) -> Fix | None:
    software = runtime(node.status.node_info.container_runtime_version)
    kubelet = kubelet_version(node)
    if software is None or software.version is None:
        return None
    found = hits(software.version, (software.product,), windows=is_windows(node), snapshot=cluster)
    fixes = [hit.fixed for hit in found if hit.fixed is not None]
    if not fixes:
        return None
    work = (
        f"On the node: install {software.name} {max(fixes).number} or newer with its package manager, "
        f"then systemctl restart {software.product}"
    )
    distribution = node_distribution(node, kubelet) if kubelet is not None else UPSTREAM
    return node_fix(node.name, f"Upgrade {software.name} on {node.name}", distribution, work)
