"""Grants that are as wide as a wildcard without looking like one, and wildcards of API groups."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.resources import groups_of
from ksec_tui.analysis.rbac.rules import ALL, STANDARD_VERBS
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    holders,
    in_full,
    preface,
    rule_evidence,
    scope,
    severity_of,
)
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Cut, Fix
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.rbac import lesser_role, narrow


def _any_group(rule: PolicyRule) -> bool:
    """Whether it names resources in all groups; ``*/scale`` means those of all groups on purpose."""
    named = bool(rule.resources) and not any(name.startswith(ALL) for name in rule.resources)
    return named and ALL in rule.api_groups


def _on_everything(rule: PolicyRule) -> bool:
    return ALL in rule.resources and ALL in rule.api_groups and not rule.resource_names


@check(
    "rbac-effective-admin",
    "Everything is granted, verb by verb",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.1", "T1098.006", "MS-TA9019"),
)
def effective_admin(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A role grants every ordinary verb on every resource without a wildcard of verbs.

    ## Why
    All eight verbs on all resources are as good as the star: the holder writes bindings, reads Secrets and
    starts pods. Searches for the star alone do not find it. Through a RoleBinding it is all of a namespace.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: platform}
    rules:
    - {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
    - {apiGroups: ["*"], resources: ["*"], verbs: [create, update, patch, delete, deletecollection]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: platform}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: platform}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: platform}
    rules:
    - {apiGroups: [""], resources: [configmaps, pods, services], verbs: [get, list, watch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: platform}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: platform}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    usual = severity_of(bound, Severity.CRITICAL, Severity.HIGH)
    wide = [rule for rule in bound.rules if _on_everything(rule)]
    if usual is not None and set(STANDARD_VERBS) <= {verb for rule in wide for verb in rule.verbs}:
        words = f"{holders(bound)} may do everything {scope(bound)}, verb by verb, through {bound.role}"
        yield Evidence("/roleRef/name", words, None, usual, in_full(bound, words))


@effective_admin.fix
def _effective_admin_fix(bound: Bound, _: Snapshot) -> Fix | None:
    return lesser_role(bound, "the resource *")


@check(
    "rbac-wildcard-group",
    "Every API group is granted for a named resource",
    Severity.LOW,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.3",),
)
def wildcard_group(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A bound role names resources and grants them in all API groups.

    ## Why
    The star also means resources of the same name in groups that are installed later, whose objects may be of
    quite another weight. Written out, the group says what was meant.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: deploy-viewer, namespace: shop}
    rules:
    - {apiGroups: ["*"], resources: [deployments], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: deploy-viewer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploy-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: deploy-viewer, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: deploy-viewer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploy-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    for index, rule in enumerate(bound.rules):
        if _any_group(rule):
            usual = severity_of(bound, Severity.LOW, Severity.LOW) or Severity.LOW
            names = ", ".join(rule.resources[:3]) + (", …" if len(rule.resources) > 3 else "")
            what = f"{', '.join(rule.verbs[:4])} {names} of every API group"
            yield rule_evidence(bound, index, what, usual, whole=(*rule.verbs, *rule.resources))


@wildcard_group.fix
def _wildcard_group_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    rules = filter(_any_group, bound.rules)
    if not all(groups_of(name.partition("/")[0]) for rule in rules for name in rule.resources):
        return lesser_role(bound, "the API group *")
    title = f"Write out the API groups of {bound.role.kind} {bound.role.name}"
    may_break = "Resources of the same name in groups that are not Kubernetes' own are no longer granted."
    return narrow(bound, snapshot, (Cut(groups=True),), title, "the API group *", may_break)
