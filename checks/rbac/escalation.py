"""Rights that give further rights: escalate and bind."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import BINDINGS, WRITE, Power, granted, granted_with
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import cut

GROUP = "rbac.authorization.k8s.io"
ESCALATE = {
    resource: ((Power(("escalate",), GROUP, resource),), (Power(WRITE, GROUP, resource),))
    for resource in ("clusterroles", "roles")
}
"""The roles that can be escalated: the right that does, and those without which it is of no use."""

BIND = (
    # A RoleBinding to a ClusterRole is authorised in the RoleBinding's namespace.
    Power(("bind",), GROUP, "clusterroles", inside=True),
    Power(("bind",), GROUP, "roles"),
)
WRITE_BINDINGS = (Power(WRITE, GROUP, "clusterrolebindings"), Power(WRITE, GROUP, "rolebindings"))


@check(
    "rbac-escalate",
    "Roles can be raised",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.8", "T1098.006", "MS-TA9019"),
)
def escalate(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write any rule into roles.

    ## Why
    The API server lets nobody put rights into a role that they do not hold themselves; the verb escalate
    lifts that. Together with the right to change roles, it is every right there is. One of the two alone
    is not reported.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: access-manager}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, get, list, update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: access-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: access-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: access-manager}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [get, list, update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: access-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: access-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    for resource, (wanted, others) in ESCALATE.items():
        outcomes = granted(bound, wanted, Severity.CRITICAL, Severity.HIGH)
        yield from granted_with(snapshot, bound, outcomes, others, f"change {resource}")


@escalate.fix
def _escalate_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    resources = ((GROUP, "clusterroles"), (GROUP, "roles"))
    title = f"Take escalate out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("escalate",), resources, title)


@check(
    "rbac-bind",
    "Any role can be bound",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.8", "T1098.006", "MS-TA9019"),
)
def bind(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects bind roles whose rights they do not hold.

    ## Why
    The verb bind on a role, together with the right to write bindings, lets the holder bind that role to
    themselves: without resourceNames, cluster-admin. Through a RoleBinding it reaches one namespace. The
    verb counts on roles; on bindings it means nothing.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: access-manager}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind, get, list]}
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create, get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: access-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: access-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: access-manager}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [get, list]}
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create, get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: access-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: access-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, BIND, Severity.CRITICAL, Severity.HIGH)
    yield from granted_with(snapshot, bound, outcomes, WRITE_BINDINGS, "write bindings")


@bind.fix
def _bind_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    resources = ((GROUP, "clusterroles"), (GROUP, "roles"))
    title = f"Take bind out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("bind",), resources, title)
