"""Rights to destroy, to stop, and to remove traces."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    DELETE,
    HOLDERS,
    Power,
    cut_powers,
    granted,
    powers,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

LOCKS = ("apiserver-*", "cloud-controller-manager", "kube-controller-manager", "kube-scheduler")
"""Leases of the control plane in kube-system; those in kube-node-lease are of nodes."""

TAKE = ("update", "patch", *DELETE)
"""Creating a lease takes none that exists."""

DELETE_ANY = (
    *powers(DELETE, "apps", "daemonsets deployments statefulsets replicasets"),
    *powers(DELETE, "batch", "cronjobs jobs"),
    Power(DELETE, "", "persistentvolumeclaims"),
)


@check(
    "rbac-delete-any",
    "Workloads and volumes can be deleted",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1485", "MS-TA9038"),
)
def delete_any(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects delete workloads or volume claims.

    ## Why
    Deleting is over before anyone notices, and with a claim the data usually go too. Programs that deploy
    replace objects rather than delete them; the right is seldom used by those who have it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: cleaner, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments, statefulsets], verbs: [delete, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: cleaner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: cleaner, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [statefulsets], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: cleaner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, DELETE_ANY, Severity.HIGH, Severity.MEDIUM)


@delete_any.fix
def _delete_any_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, DELETE_ANY, "deleting of workloads and volumes")


EVENTS_DELETE = (Power(DELETE, "", "events"), Power(DELETE, "events.k8s.io", "events"))


@check(
    "rbac-events-delete",
    "Events can be deleted",
    Severity.LOW,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1070", "MS-TA9022"),
)
def events_delete(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects delete events.

    ## Why
    Events tell what happened to pods in the last hour: images pulled, shells refused, containers killed.
    Deleting them removes traces before anyone looks. Nothing needs it, since they expire by themselves.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: event-cleaner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [events], verbs: [delete, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: event-cleaner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: event-cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: event-cleaner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [events], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: event-cleaner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: event-cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, EVENTS_DELETE, Severity.LOW, Severity.LOW)


@events_delete.fix
def _events_delete_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, EVENTS_DELETE, "deleting of events")


NODE_LEASES_WRITE = (Power(TAKE, "coordination.k8s.io", "leases"),)
LEASES_WRITE = (Power(TAKE, "coordination.k8s.io", "leases", names=LOCKS),)


@check(
    "rbac-leases-write",
    "Locks of the control plane can be taken",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1499", "MS-TA9040"),
)
def leases_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change leases by which control plane and nodes show that they are alive.

    ## Why
    Who holds the lease of a controller in its place stops it. Without their leases nodes are taken for dead,
    and their pods are moved away. A controller of one's own should have its lock in its own namespace, by
    name.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: leader, namespace: kube-system}
    rules:
    - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: leader, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: leader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: leader, namespace: kube-system}
    rules:
    - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: leader, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: leader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    if bound.namespace == "kube-node-lease":
        yield from granted(bound, NODE_LEASES_WRITE, Severity.HIGH, only_in=("kube-node-lease",))
    else:
        yield from granted(bound, LEASES_WRITE, Severity.MEDIUM, only_in=("kube-system",))


@leases_write.fix
def _leases_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, LEASES_WRITE, "changing of leases")


SCALE = (
    *powers(("update", "patch"), "apps", "deployments/scale replicasets/scale statefulsets/scale"),
    Power(("update", "patch"), "", "replicationcontrollers/scale"),
)


@check(
    "rbac-scale",
    "Workloads can be scaled",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1496", "T1489", "MS-TA9039"),
)
def scale(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects scale workloads.

    ## Why
    To zero, and a program is gone, the one that guards the cluster too; to hundreds, and the nodes and the
    bill are somebody else's. Autoscalers need it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: scaler, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
    - {apiGroups: [apps], resources: [deployments/scale], verbs: [get, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: scaler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: scaler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: scaler, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: scaler, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: scaler}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SCALE, Severity.MEDIUM, Severity.LOW)


@scale.fix
def _scale_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SCALE, "scaling")
