"""Components of the control plane and of nodes that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import hidden
from ksec_tui.analysis.versions.cluster import kubelet_version, server_gap
from ksec_tui.analysis.versions.components import (
    API_SERVER,
    CONTROLLERS,
    proxies_on,
    running,
    server_versions,
)
from ksec_tui.analysis.versions.distribution import cluster_distribution
from ksec_tui.analysis.versions.skew import (
    Fit,
    Skew,
    controller_skew,
    proxy_kubelet_skew,
    proxy_skew,
    servers_skew,
)
from ksec_tui.checks.control_plane._common import CONTROL_PLANE
from ksec_tui.checks.versions._steps import control_plane_fix
from ksec_tui.checks.versions.nodes import NODES
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_POLICY = "Kubernetes version skew policy"
_BAD = (Fit.NEW, Fit.OLD)


@check(
    "ver-server-skew",
    "API servers are too far apart",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL,),
    references=(_POLICY,),
)
def server_skew(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """Several API servers run releases that are more than one minor apart.

    ## Why
    Whoever asks one of them gets another answer than whoever asks the other: a field that hardens a pod may
    be kept by one and dropped by the next. An upgrade that stopped halfway is the usual cause. Seen by the
    images of their pods; managed control planes show none.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: a}}
    spec:
      containers: [{name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.34.1"}]
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: a}}
    spec:
      containers: [{name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.36.5"}]
    ```
    """
    found = running(cluster, API_SERVER)
    if not found:
        yield Unknown(hidden(cluster, API_SERVER))
        return
    versions = server_versions(cluster)
    skew = servers_skew(versions)
    if skew is None or skew.fit is Fit.FINE:
        return
    newest = versions[0]
    for item in found:
        if item.version is not None and newest.minor - item.version.minor > skew.allowed:
            words = (
                f"{item.pod.name} runs {item.version.number}, while another API server runs {newest.number}"
            )
            yield Evidence(item.pointer, words, item.ref)


@server_skew.fix
def _server_skew_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    versions = server_versions(cluster)
    return control_plane_fix(versions[:1], cluster_distribution(cluster))


@check(
    "ver-controller-skew",
    "A controller of the control plane does not fit the API server",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL,),
    references=(_POLICY,),
)
def controllers_skew(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """The controller manager, the scheduler or the cloud's controller is newer than an API server, or too old.

    ## Why
    They are made for API servers of their own minor or the next one. One that is newer may use what the
    server does not know; one that is older misses objects that it should act on, Pods to place and tokens
    to revoke among them. With several API servers the oldest of them counts.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: a}}
    spec:
      containers: [{name: kube-scheduler, image: "registry.k8s.io/kube-scheduler:v1.37.0"}]
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: a}}
    spec:
      containers: [{name: kube-scheduler, image: "registry.k8s.io/kube-scheduler:v1.36.5"}]
    ```
    """
    servers = server_versions(cluster)
    found = [item for name in CONTROLLERS for item in running(cluster, name)]
    if not servers:
        yield Unknown(server_gap(cluster))
        return
    if not found:
        yield Unknown(hidden(cluster, CONTROLLERS[0]))
        return
    for item in found:
        if item.version is None:
            yield Unknown(f"the version of {item.pod.name} is not known: its image is {item.image!r}")
            continue
        skew = controller_skew(servers, item.version)
        if skew is not None and skew.fit in _BAD:
            yield Evidence(item.pointer, f"{item.pod.name} {item.version.number}: {_against(skew)}", item.ref)


def _against(skew: Skew) -> str:
    return f"{skew.words}, against the API servers"


@controllers_skew.fix
def _controllers_skew_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    return control_plane_fix(server_versions(cluster)[:1], cluster_distribution(cluster))


@check(
    "ver-proxy-skew",
    "kube-proxy does not fit",
    Severity.HIGH,
    on=NODES,
    everywhere=(POD,),
    threats=(Threat.EXTERNAL,),
    references=(_POLICY, "KEP-4004"),
)
def proxies_skew(node: Node, cluster: Snapshot) -> Iterator[Outcome]:
    """The kube-proxy of a node is newer than the API server, too old for it, or too far from the kubelet.

    ## Why
    It turns Services into packet filters. Outside of the tested distance a new kind of Service or endpoint
    may be ignored, so that traffic goes where it should not. The version is that of its image: what the node
    itself reports is only a copy of the kubelet's, and empty in newer releases. Clusters whose network plugin
    replaces kube-proxy have none.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: worker-1}
    status: {nodeInfo: {kubeletVersion: v1.36.5}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-proxy-x7kq2, namespace: kube-system}
    spec:
      nodeName: worker-1
      containers: [{name: kube-proxy, image: "registry.k8s.io/kube-proxy:v1.32.1"}]
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
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-proxy-x7kq2, namespace: kube-system}
    spec:
      nodeName: worker-1
      containers: [{name: kube-proxy, image: "registry.k8s.io/kube-proxy:v1.36.5"}]
    ```
    """
    servers, kubelet = server_versions(cluster), kubelet_version(node)
    mine = proxies_on(cluster, node)
    if not mine:
        yield NotApplicable(f"no pod of kube-proxy runs on node {node.name}")
        return
    for item in mine:
        if item.version is None:
            yield Unknown(f"the version of {item.pod.name} is not known: its image is {item.image!r}")
            continue
        if not servers:
            yield Unknown(server_gap(cluster))
        name = f"kube-proxy {item.version.number}"
        skew = proxy_skew(servers, item.version)
        if skew is not None and skew.fit in _BAD:
            yield Evidence(item.pointer, f"{name}: {_against(skew)}", item.ref)
        beside = proxy_kubelet_skew(kubelet, item.version) if kubelet is not None else None
        if kubelet is not None and beside is not None and beside.fit in _BAD:
            words = f"{name}: {beside.words}, against kubelet {kubelet.number} of the node"
            yield Evidence(item.pointer, words, item.ref)


@proxies_skew.fix
def _proxies_skew_fix(node: Node, cluster: Snapshot) -> Fix | None:
    servers, kubelet = server_versions(cluster), kubelet_version(node)
    if not servers:
        return None
    aim = servers[-1]
    steps = [
        f"Set the image of DaemonSet kube-proxy in kube-system to the release of the API server, {aim.number}."
    ]
    far = (
        kubelet is not None and (found := proxy_kubelet_skew(kubelet, aim)) is not None and found.fit in _BAD
    )
    if far:
        steps.insert(
            0, f"First bring the kubelet of {node.name} to {aim.line}: kube-proxy has to stay close to it."
        )
    return Fix(
        f"Bring kube-proxy on {node.name} to {aim.line}",
        risk=Risk.MANUAL,
        may_break="Connections through Services may stop for a moment while kube-proxy restarts.",
        steps=tuple(steps),
    )
