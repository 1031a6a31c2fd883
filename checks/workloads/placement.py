"""Workloads that run where they should not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from ksec_tui.analysis.identity import SYSTEM_NAMESPACES
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_COMPONENT = re.compile(
    r"(kube|coredns|etcd|cilium|hubble|calico|tigera|canal|flannel|weave|antrea|multus|kindnet|kindnetd|ovn"
    r"|aws|ebs|efs|eks|gke|gcp|fluentbit-gke|event-exporter|pdcsi|netd|konnectivity|azure|aks|csi|cloud"
    r"|metrics-server|node-local-dns|nodelocaldns|node-problem-detector|cluster-autoscaler|snapshot-controller"
    r"|local-path-provisioner|svclb|helm-install|k3s|rke2|traefik|storage-provisioner|registry-proxy"
    r"|l7-default-backend|ip-masq-agent|vpa|do-node-agent|csinode|omsagent|ama|tunnelfront|openstack)(-|$)"
)
"""How distributions name what they run there: kubeadm, kind, minikube, K3s, RKE2, EKS, GKE, AKS and plug-ins."""

_MARKS = ("kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode", "kubernetes.io/bootstrapping")

_ANYONE = dataclasses.replace(WORKLOADS, system=lambda _: False)


def _component(workload: Workload) -> bool:
    """Whether it is an add-on of the cluster, by its labels or its name."""
    labels = {**workload.labels, **workload.object.metadata.labels}
    critical = workload.spec.priority_class_name.startswith("system-")
    marked = any(mark in labels for mark in _MARKS)
    known = (labels.get("k8s-app", ""), labels.get("app.kubernetes.io/name", ""), workload.ref.name)
    return workload.static or critical or marked or any(_COMPONENT.match(name) for name in known)


@check(
    "wl-system-namespace-user",
    "Own workload in a system namespace",
    Severity.MEDIUM,
    on=_ANYONE,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.6.1", "NSA Namespaces", "OWASP K04"),
)
def in_system_namespace(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A workload that is no part of Kubernetes runs in one of its own namespaces.

    ## Why
    These namespaces are commonly exempt from Pod Security, admission webhooks and network policies, and
    their Secrets and ServiceAccounts rule the cluster. Something else hides well there, and whoever
    maintains it needs rights that reach everything. Add-ons are told by their labels and known names.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: nightly-report, namespace: kube-system}
    spec:
      selector: {matchLabels: {app: nightly-report}}
      template:
        metadata: {labels: {app: nightly-report}}
        spec:
          containers:
            - name: report
              image: registry.example/report:1.0.3
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: nightly-report, namespace: reports}
    spec:
      selector: {matchLabels: {app: nightly-report}}
      template:
        metadata: {labels: {app: nightly-report}}
        spec:
          containers:
            - name: report
              image: registry.example/report:1.0.3
    ```
    """
    if workload.namespace not in SYSTEM_NAMESPACES:
        yield NotApplicable("it is not in a system namespace")
    elif not _component(workload):
        words = f"{workload.ref.kind} {workload.ref.name} is no known part of Kubernetes"
        yield Evidence("/metadata/namespace", words)


@in_system_namespace.fix
def _elsewhere(workload: Workload, _: Snapshot) -> Fix:
    return Fix(
        f"Move {workload.ref.name} to a namespace of its own",
        (),
        Risk.MANUAL,
        "Clients that use its Service's name in this namespace no longer find it.",
        (
            "Make sure that it is no add-on of your distribution.",
            "Create a namespace with a Pod Security level, and the objects it needs there.",
            "Deploy it there, then delete it here: an object's namespace cannot be changed.",
        ),
    )
