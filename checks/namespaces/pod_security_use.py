"""What runs in a namespace against the Pod Security level that it enforces: room above it, and pods below it."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.pod_security import LEVELS, enforced, refused, tighten
from ksec_tui.checks.namespaces._pod_security import ENFORCE_POINTER, enforce_more
from ksec_tui.checks.namespaces.pod_security import NAMESPACES
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "ns-psa-can-tighten",
    "Could enforce a stricter Pod Security level",
    Severity.MEDIUM,
    on=NAMESPACES,
    needs=WORKLOAD_KINDS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.2.1", "NSA Pod security", "OWASP K04"),
    offer=True,
    near=True,
)
def can_tighten(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Everything that runs in a namespace passes a stricter Pod Security level than it enforces.

    ## Why
    What nobody uses can be refused at no cost: afterwards whoever gets to create pods here can no longer
    make a privileged one. All live pods were judged and all templates, those of CronJobs and of what is
    scaled to zero among them, in the version of the policy that the namespace or the server uses.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          securityContext:
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: web
              image: registry.example/web:1.4
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: restricted
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          securityContext:
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: web
              image: registry.example/web:1.4
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
    ```
    """
    if is_system(namespace):
        yield NotApplicable("Kubernetes' own components may need more with its next version")
        return
    found = tighten(cluster, namespace.name)
    if not found.workloads:
        yield NotApplicable("nothing runs in it")
    elif found.better:
        now = "nothing" if found.enforced.level == LEVELS[0] else found.enforced.level
        words = f"everything seen in it passes {found.level}; it enforces {now}"
        yield Evidence(ENFORCE_POINTER, words)


@can_tighten.fix
def _tighten(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    return enforce_more(namespace, cluster)


@check(
    "ns-psa-drift",
    "Pods that their namespace would refuse today",
    Severity.MEDIUM,
    on=NAMESPACES,
    needs=WORKLOAD_KINDS,
    threats=(Threat.CONTAINER,),
    references=("KEP-2579", "OWASP K04"),
    near=True,
)
def drift(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """Live pods do not meet the Pod Security level that their namespace enforces.

    ## Why
    Enforcing a level evicts nobody: pods that were there before keep all that the level forbids, and are
    refused when they are made anew. The next rollout, drained node or eviction takes them down, and
    nothing says so beforehand. Until then the label promises a protection that is not there.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: debug, namespace: shop}
    spec:
      hostPID: true
      containers:
        - {name: debug, image: registry.example/tools:2.1}
    status: {phase: Running}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: debug, namespace: shop}
    spec:
      containers:
        - {name: debug, image: registry.example/tools:2.1}
    status: {phase: Running}
    ```
    """
    policy, _ = enforced(cluster, namespace.name)
    if policy.level == LEVELS[0]:
        yield NotApplicable("it enforces nothing")
        return
    found = refused(cluster, namespace.name)
    for item in found:
        if item.reasons:
            who = f"{item.ref.kind} {item.ref.name}"
            words = f"pods of {who}" if item.ref.kind != "Pod" else who
            yield Evidence(ENFORCE_POINTER, f"{policy.level} would refuse {words}: {', '.join(item.reasons)}")
    if found and not any(item.reasons for item in found):
        yield Unknown("the API server's version is not known, and it decides whether all pods are admitted")


@drift.fix
def _owners_first(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    policy, _ = enforced(cluster, namespace.name)
    steps = [
        f"Change {item.ref.kind} {item.ref.name} ({', '.join(item.reasons)}); its own findings have the patches."
        for item in refused(cluster, namespace.name)
        if item.reasons
    ]
    return Fix(
        f"Bring what runs to the level {policy.level}",
        (),
        Risk.MANUAL,
        "Whatever is made anew before that is refused.",
        (
            *steps[:10],
            *([f"And {len(steps) - 10} more."] if len(steps) > 10 else []),
            "What really needs more belongs into a namespace of its own, with a level of its own.",
        ),
    )
