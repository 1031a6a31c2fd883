"""Grants that are too broad: everything, every verb, every resource."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.resources import BUILT_IN_GROUPS
from ksec_tui.analysis.rbac.rules import ALL, is_everything
from ksec_tui.checks.rbac.common import BINDINGS, holders, in_full, preface, rule_evidence, scope, severity_of
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Cut, Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import lesser_role, narrow, view_instead

SENSITIVE = frozenset(
    {
        "clusterrolebindings",
        "clusterroles",
        "rolebindings",
        "roles",
        "secrets",
        "serviceaccounts",
        "pods",
        "nodes",
        "deployments",
        "daemonsets",
        "statefulsets",
        "jobs",
        "cronjobs",
        "namespaces",
        "persistentvolumes",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "certificatesigningrequests",
        "apiservices",
        "customresourcedefinitions",
    }
)
"""Plural names of built-in resources whose every verb leads further."""


@check(
    "rbac-cluster-admin",
    "Everything is granted",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.1", "T1098.006", "T1078.003", "MS-TA9019"),
)
def cluster_admin(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding grants every verb on every resource.

    ## Why
    Whoever gets hold of one of these subjects owns the cluster: every Secret, every node, every other
    identity. A ServiceAccount's token lies in each pod that runs as it, so one bug in that program is
    enough. Through a RoleBinding the same holds for one namespace and all ServiceAccounts in it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: ci-deployer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: deployer, namespace: ci}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: view}
    rules: [{apiGroups: [""], resources: [configmaps, pods, services], verbs: [get, list, watch]}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: ci-deployer-view, namespace: ci}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: deployer, namespace: ci}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: view}
    rules: [{apiGroups: [""], resources: [configmaps, pods, services], verbs: [get, list, watch]}]
    ```
    """
    if not bound.people:
        yield NotApplicable("no subject of it can match anybody")
    elif bound.unknown:
        yield Unknown(bound.unknown)
    elif any(map(is_everything, bound.rules)):
        usual = severity_of(bound, Severity.CRITICAL, Severity.HIGH)
        words = (
            f"{holders(bound)} may do everything {scope(bound)} through {bound.role.kind} {bound.role.name}"
        )
        yield Evidence("/roleRef/name", words, None, usual, in_full(bound, words))


@cluster_admin.fix
def _cluster_admin_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return view_instead(bound, snapshot)


@check(
    "rbac-wildcard-verb",
    "Every verb is granted on a resource",
    Severity.HIGH,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.3", "T1098.006"),
)
def wildcard_verb(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A bound role grants all verbs on a resource that it names.

    ## Why
    The star also means verbs that nobody thought of when the role was written: escalate and bind on
    roles, impersonate on ServiceAccounts, use and approve elsewhere, and whatever later versions add.
    A program needs a handful of verbs; written out, they can be reviewed.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: releaser, namespace: shop}
    rules: [{apiGroups: [apps], resources: [deployments], verbs: ["*"]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: releaser, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: releaser}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: releaser, namespace: shop}
    rules:
    - apiGroups: [apps]
      resources: [deployments]
      verbs: [create, delete, deletecollection, get, list, patch, update, watch]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: releaser, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: releaser}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    for index, rule in enumerate(bound.rules):
        if ALL in rule.verbs and rule.resources and ALL not in rule.resources:
            usual = severity_of(bound, *_verb_severity(rule))
            if usual is not None:
                names = ", ".join(rule.resources[:3]) + (", …" if len(rule.resources) > 3 else "")
                what = f"do anything (verbs *) to {names}"
                yield rule_evidence(bound, index, what, usual, whole=rule.resources)


def _verb_severity(rule: PolicyRule) -> tuple[Severity, Severity]:
    """In the whole cluster, and in one namespace."""
    groups = set(rule.api_groups)
    if groups.isdisjoint({*BUILT_IN_GROUPS, ALL}):
        return Severity.LOW, Severity.LOW
    if SENSITIVE.isdisjoint(name.partition("/")[0] for name in rule.resources):
        return Severity.MEDIUM, Severity.LOW
    return Severity.HIGH, Severity.MEDIUM


@wildcard_verb.fix
def _wildcard_verb_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Write out the verbs of {bound.role.kind} {bound.role.name}"
    may_break = "Special verbs (bind, escalate, impersonate, use, approve, sign) are no longer granted."
    return narrow(bound, snapshot, (Cut((ALL,)),), title, "the verb *", may_break)


@check(
    "rbac-wildcard-resource",
    "Every resource is granted",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.3", "T1098.006", "T1552.007"),
)
def wildcard_resource(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A bound role grants verbs on all resources of an API group.

    ## Why
    The star takes in Secrets, tokens of ServiceAccounts, `pods/exec` and `nodes/proxy`. Even read-only,
    a get on everything runs commands in any container through the kubelet. Resources that are
    installed next year are granted today.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: everything-reader}
    rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: support-reads}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: support}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: everything-reader}
    rules: [{apiGroups: [""], resources: [configmaps, pods, services], verbs: [get, list, watch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: support-reads}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: support}]
    ```
    """
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    for index, rule in enumerate(bound.rules):
        # A star in the group of a custom resource reaches that group only: its program's own business.
        ours = not BUILT_IN_GROUPS.isdisjoint(rule.api_groups) or ALL in rule.api_groups
        if ALL in rule.resources and rule.verbs and ours:
            usual = severity_of(bound, *_resource_severity(rule))
            if usual is not None:
                groups = ", ".join(group or "the core group" for group in rule.api_groups[:3])
                verbs = "do anything to" if ALL in rule.verbs else ", ".join(rule.verbs[:4])
                what = f"{verbs} every resource of {'all groups' if ALL in rule.api_groups else groups}"
                whole = (*rule.api_groups, *rule.verbs)
                yield rule_evidence(bound, index, what, usual, whole=whole)


def _resource_severity(rule: PolicyRule) -> tuple[Severity, Severity]:
    if {"", ALL}.isdisjoint(rule.api_groups):
        return Severity.HIGH, Severity.MEDIUM
    if set(rule.verbs) <= {"list", "watch"}:
        return Severity.HIGH, Severity.HIGH
    return Severity.CRITICAL, Severity.HIGH


@wildcard_resource.fix
def _wildcard_resource_fix(bound: Bound, _: Snapshot) -> Fix | None:
    return lesser_role(bound, "the resource *")
