"""Rights to act as somebody else."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.identity import Identity
from ksec_tui.analysis.rbac.rules import is_everything
from ksec_tui.checks.rbac.common import BINDINGS, Power, granted, granted_with, pinned, rule_at
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import cut

IMPERSONATE = ("impersonate",)
GROUPS = (Power(IMPERSONATE, "", "groups"),)
USERS = (Power(IMPERSONATE, "", "users"),)
ACCOUNTS = (Power(IMPERSONATE, "", "serviceaccounts"),)
SOMEBODY = (*USERS, *ACCOUNTS)


@check(
    "rbac-impersonate-group",
    "Any group can be impersonated",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.8", "T1078", "MS-TA9019"),
)
def impersonate_group(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects act as a member of any group.

    ## Why
    A request may carry a group it wants to belong to; with this right the API server believes it. The group
    system:masters is allowed everything and no binding limits it. A user or a ServiceAccount must be
    impersonated along with it, so the right counts only together with one of those.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [""], resources: [groups, users], verbs: [impersonate]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [""], resources: [users], verbs: [impersonate]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}]
    ```
    """
    outcomes = granted(bound, GROUPS, Severity.CRITICAL)
    for outcome in granted_with(snapshot, bound, outcomes, SOMEBODY, "impersonate users"):
        rule = rule_at(bound, outcome)
        if rule is None or not pinned(rule):
            yield outcome
        elif isinstance(outcome, Evidence) and any(_powerful(snapshot, name) for name in rule.resource_names):
            yield msgspec.structs.replace(outcome, severity=Severity.CRITICAL)


def _powerful(snapshot: Snapshot, group: str) -> bool:
    """Whether a group is one of Kubernetes' own or may do everything."""
    grants = effective_grants(snapshot, Identity("", (group,)))
    return group.startswith("system:") or any(is_everything(rule) for grant in grants for rule in grant.rules)


@impersonate_group.fix
def _impersonate_group_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take impersonating groups out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, IMPERSONATE, (("", "groups"),), title)


@check(
    "rbac-impersonate-user",
    "Users can be impersonated",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.8", "T1078", "MS-TA9019"),
)
def impersonate_user(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects act as other users.

    ## Why
    Any user can be named, also those of the control plane such as system:kube-controller-manager, and
    ServiceAccounts by their user name. The audit log then shows the deed under the other's name first.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [""], resources: [users], verbs: [impersonate]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}]
    ```
    """
    yield from granted(bound, USERS, Severity.CRITICAL)


@impersonate_user.fix
def _impersonate_user_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take impersonating users out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, IMPERSONATE, (("", "users"),), title)


@check(
    "rbac-impersonate-sa",
    "ServiceAccounts can be impersonated",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.8", "T1078", "T1528", "MS-TA9016"),
)
def impersonate_sa(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects act as ServiceAccounts.

    ## Why
    The holder has the rights of every ServiceAccount in reach, without a token and without a pod. The
    default roles admin and edit contain it, so whoever may edit a namespace is all of its
    ServiceAccounts.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: pipeline, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [get, impersonate, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: pipeline, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pipeline}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: pipeline, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: pipeline, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pipeline}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, ACCOUNTS, Severity.CRITICAL, Severity.HIGH)


@impersonate_sa.fix
def _impersonate_sa_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take impersonating ServiceAccounts out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, IMPERSONATE, (("", "serviceaccounts"),), title)
