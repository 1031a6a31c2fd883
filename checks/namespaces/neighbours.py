"""What shares a namespace, which is the unit of rights, policies and quotas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ksec_tui.analysis.accounts import token_mounted
from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS, exposures_of
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.rbac.takeover import takeovers
from ksec_tui.analysis.workloads import Workload, workloads_in
from ksec_tui.checks.namespaces.pod_security import NAMESPACES
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    NAMESPACE,
    ROLE,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_NAMESPACES = replace(NAMESPACES, kinds=(NAMESPACE, *EXPOSURE_KINDS))
"""What is found exposed is so whatever else was not read; what was not read is told beside it."""


@check(
    "ns-mixed-trust",
    "Exposed beside powerful workloads",
    Severity.MEDIUM,
    on=_NAMESPACES,
    needs=(*WORKLOAD_KINDS, SERVICE_ACCOUNT),
    everywhere=(ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING),
    also=ADMIN_KINDS,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("CIS 5.6.1", "OWASP K05"),
)
def mixed_trust(namespace: Namespace, cluster: Snapshot) -> Iterator[Outcome]:
    """A workload that the internet reaches shares its namespace with one that holds a node or the cluster.

    ## Why
    Rights, Secrets, Pod Security levels and often network policies hold for a whole namespace: whoever gets
    a foothold in the exposed one, and any right in the namespace, is next to the powerful one. The Pod Security
    level must allow for the most dangerous pod of all.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{port: 443, targetPort: 8080}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: shop}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          containers:
            - name: agent
              image: registry.example/agent:3.1.0
              securityContext: {privileged: true}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{port: 443, targetPort: 8080}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: agents}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          containers:
            - name: agent
              image: registry.example/agent:3.1.0
              securityContext: {privileged: true}
    ```
    """
    if is_system(namespace):
        yield NotApplicable("it belongs to Kubernetes itself")
        return
    items = workloads_in(cluster, namespace.name)
    open_ones = [item for item in items if _faces_internet(item, cluster)]
    unsure = any(cluster.gap(kind) for kind in EXPOSURE_KINDS)
    if len(items) < 2 or not (open_ones or unsure):
        return
    found, powerful = [], False
    for item in items:
        power = _power(item, cluster)
        powerful = powerful or bool(power)
        beside = next((other for other in open_ones if other.ref != item.ref), None)
        if power and beside is not None:
            words = (
                f"{item.ref} {power} and shares the namespace with {beside.ref}, which the internet reaches"
            )
            found.append(Evidence("", words, item.object.ref))
    yield from found
    if powerful and unsure and not found:
        yield NotApplicable("what is exposed here is not known")


def _faces_internet(workload: Workload, cluster: Snapshot) -> bool:
    return any(item.zone is Zone.INTERNET for item in exposures_of(cluster, workload.ref))


def _power(workload: Workload, cluster: Snapshot) -> str:
    """What makes a workload worth more than the others, in words; empty for an ordinary one."""
    for item in workload.placed:
        context = item.container.security_context
        if context is not None and context.privileged:
            return "runs privileged"
    if any(spec.host_pid for spec, _, _ in workload.specs()):
        return "sees the processes of its node"
    if token_mounted(workload.spec, workload.namespace, cluster):
        rights = takeovers(cluster, workload.namespace, workload.spec.account)
        if rights:
            return f"may {rights[0].words}"
    return ""


@mixed_trust.fix
def _apart(namespace: Namespace, _: Snapshot) -> Fix | None:
    if is_system(namespace):
        return None
    return Fix(
        f"Keep exposed and powerful workloads of {namespace.name} apart",
        (),
        Risk.MANUAL,
        "Names in DNS, bindings, Secrets and policies must move along.",
        (
            "Make a namespace for the powerful ones, with its own ServiceAccounts, bindings and Pod Security level.",
            "Deploy them there with what they mount, then remove them here.",
            f"Then raise the Pod Security level of {namespace.name}; see ns-psa-can-tighten.",
        ),
    )
