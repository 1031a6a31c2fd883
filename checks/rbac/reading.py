"""Rights to read what shows an attacker the way."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import GROUP, Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    READ,
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

RBAC_READ = powers(READ, GROUP, "clusterrolebindings clusterroles rolebindings roles")


@check(
    "rbac-rbac-read",
    "All rights of the cluster can be read",
    Severity.INFO,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1069", "T1613", "MS-TA9029"),
)
def rbac_read(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects read who may do what in the whole cluster.

    ## Why
    Roles and bindings are the map on which an attacker looks for the next login to steal. Tools like this one
    need them too, so it is told as a remark.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: rights-viewer}
    rules:
    - apiGroups: [rbac.authorization.k8s.io]
      resources: [clusterrolebindings, clusterroles]
      verbs: [get, list]
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: rights-viewer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rights-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: rights-viewer}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: rights-viewer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rights-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, RBAC_READ, Severity.INFO)


@rbac_read.fix
def _rbac_read_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, RBAC_READ, "reading of roles and bindings")


EVENTS_READ = (Power(READ, "", "events"), Power(READ, "events.k8s.io", "events"))


@check(
    "rbac-events-read",
    "All events of the cluster can be read",
    Severity.INFO,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1613", "MS-TA9029"),
)
def events_read(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects read events of the whole cluster.

    ## Why
    Events name images, registries, nodes, and what failed why, for every namespace. That is a good part of a
    plan for an attack; monitoring needs it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: event-viewer}
    rules:
    - {apiGroups: [""], resources: [events], verbs: [get, list, watch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: event-viewer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: event-viewer}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: event-viewer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, EVENTS_READ, Severity.INFO)


@events_read.fix
def _events_read_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, EVENTS_READ, "reading of events")
