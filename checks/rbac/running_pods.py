"""Rights over pods that run: what is in them, where they are, whether they stay."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    Power,
    cut_powers,
    granted,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

POD_EPHEMERAL = (Power(("update", "patch"), "", "pods/ephemeralcontainers"),)


@check(
    "rbac-pod-ephemeral",
    "Containers can be added to running pods",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1609", "T1611", "MS-TA9006", "MS-TA9011"),
)
def pod_ephemeral(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects put ephemeral containers into pods.

    ## Why
    An ephemeral container joins a running pod with any image, sees its network and can see its processes and
    volumes. The template that was reviewed does not show it. It serves debugging; keep it for emergencies.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: debugger, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: debugger, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: debugger}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: debugger, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: debugger, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: debugger}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, POD_EPHEMERAL, Severity.CRITICAL, Severity.HIGH)


@pod_ephemeral.fix
def _pod_ephemeral_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POD_EPHEMERAL, "ephemeral containers")


POD_UPDATE = (Power(("update", "patch"), "", "pods"),)


@check(
    "rbac-pod-update",
    "Running pods can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1609", "MS-TA9011"),
)
def pod_update(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change pods.

    ## Why
    The image of a running container can be replaced, and then runs with the pod's Secrets and rights. With
    another label the pod leaves its NetworkPolicies or joins a Service whose traffic it then receives.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: labeller, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: labeller, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: labeller, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: labeller, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, POD_UPDATE, Severity.HIGH, Severity.MEDIUM)


@pod_update.fix
def _pod_update_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POD_UPDATE, "changing of pods")


POD_STATUS = (Power(("update", "patch"), "", "pods/status"),)


@check(
    "rbac-pod-status",
    "The status of pods can be forged",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1557", "MS-TA9036"),
)
def pod_status(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write the status of pods.

    ## Why
    Services send traffic to the addresses that stand in the status of ready pods. Who writes it can let a pod
    of theirs take over another's traffic, or make healthy pods look broken. Only kubelets need it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: status-page, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/status], verbs: [get, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: status-page, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: status-page}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: status-page, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: status-page, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: status-page}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, POD_STATUS, Severity.MEDIUM, Severity.LOW)


@pod_status.fix
def _pod_status_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POD_STATUS, "writing of the pods' status")


POD_BINDING = (Power(("create",), "", "pods/binding"), Power(("create",), "", "bindings"))


@check(
    "rbac-pod-binding",
    "Pods can be placed on chosen nodes",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1610",),
)
def pod_binding(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects bind pods to nodes as the scheduler does.

    ## Why
    Placing a pod directly ignores taints and everything that the scheduler would consider, so that a pod can
    come to run on a node of the control plane, beside its keys. Only schedulers need it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: batch-scheduler, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
    - {apiGroups: [""], resources: [pods/binding], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: batch-scheduler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: batch-scheduler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: batch-scheduler, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: batch-scheduler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: batch-scheduler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, POD_BINDING, Severity.HIGH, Severity.MEDIUM)


@pod_binding.fix
def _pod_binding_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POD_BINDING, "placing of pods")


EVICT = (Power(("create",), "", "pods/eviction"),)


@check(
    "rbac-evict",
    "Pods can be evicted",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1499", "MS-TA9040"),
)
def evict(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects evict pods.

    ## Why
    An eviction ends a pod as soon as its disruption budget allows it, and without a budget at once. Repeated,
    it keeps a program down; it also removes an admission webhook for as long as an attacker needs.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: descheduler, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/eviction], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: descheduler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: descheduler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: descheduler, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: descheduler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: descheduler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, EVICT, Severity.MEDIUM, Severity.LOW)


@evict.fix
def _evict_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, EVICT, "evicting of pods")
