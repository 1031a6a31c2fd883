"""Rights to write roles and bindings without the verbs that lift the escalation check."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import GROUP, Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    WRITE,
    Power,
    cut_powers,
    granted,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

BINDING_WRITE = tuple(Power(WRITE, GROUP, name) for name in ("clusterrolebindings", "rolebindings"))


@check(
    "rbac-binding-write",
    "Bindings can be written",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.1", "T1098.006", "MS-TA9019"),
)
def binding_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write role bindings.

    ## Why
    The API server lets the holder bind only roles whose rights they hold themselves. That is enough to hand
    these rights to another login or ServiceAccount, and so to stay in the cluster after the first login was
    taken away. Changing a binding also removes others from it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: team-lead, namespace: shop}
    rules:
    - apiGroups: [rbac.authorization.k8s.io]
      resources: [rolebindings]
      verbs: [create, delete, get, list]
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team-lead, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: team-lead}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: team-lead, namespace: shop}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [delete, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team-lead, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: team-lead}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, BINDING_WRITE, Severity.MEDIUM, Severity.LOW)


@binding_write.fix
def _binding_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, BINDING_WRITE, "writing of bindings")


ROLE_WRITE = tuple(Power(WRITE, GROUP, name) for name in ("clusterroles", "roles"))


@check(
    "rbac-role-write",
    "Roles can be written",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.1", "T1098.006", "MS-TA9019"),
)
def role_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write roles.

    ## Why
    The API server refuses rights that the holder does not have, but what they have they can put into roles
    that others are bound to. A label on a ClusterRole adds its rules to the default roles admin, edit and
    view, and with them to everyone who is bound to those.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: team-lead, namespace: shop}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, list, patch, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team-lead, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: team-lead}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: team-lead, namespace: shop}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team-lead, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: team-lead}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, ROLE_WRITE, Severity.MEDIUM, Severity.LOW)


@role_write.fix
def _role_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, ROLE_WRITE, "writing of roles")
