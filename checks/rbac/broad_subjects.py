"""Grants to subjects that are more than one person or program: anyone, everyone, the masters, default accounts."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.defaults import is_anonymous, is_default_masters, is_everyone, is_expected
from ksec_tui.analysis.rbac.identity import ALL_ACCOUNTS, AUTHENTICATED, MASTERS
from ksec_tui.analysis.rbac.rules import ALL, covers_resource
from ksec_tui.checks.rbac.common import EVERY_BINDING, SUBJECT_LISTS, pinned, scope, severity_of, shifted
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import drop_subjects

READ = frozenset({"get", "list", "watch"})


def _anonymous(bound: Bound) -> list[int]:
    return [
        index
        for index, subject in enumerate(bound.subjects)
        if subject is not None and is_anonymous(subject) and not is_expected(bound, subject)
    ]


@check(
    "rbac-anonymous-subject",
    "Granted without any login",
    Severity.CRITICAL,
    on=EVERY_BINDING,
    threats=(Threat.EXTERNAL,),
    references=("CIS 5.1.1", "T1190", "T1078", "MS-TA9005"),
)
def anonymous_subject(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding grants rights to requests that carry no credentials.

    ## Why
    Anyone who can reach the API server holds these rights, without a password, token or certificate. A
    reachable API server is found by scanners within hours. The default policy gives such requests the
    server's version and health, and nothing else.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: status-page}
    rules: [{apiGroups: [""], resources: [services], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: status-page}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: status-page}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: monitoring}
    - {apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous"}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: status-page}
    rules: [{apiGroups: [""], resources: [services], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: status-page}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: status-page}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: monitoring}
    ```
    """
    harmless = bound.dangling or (bound.rules and not any(rule.resources for rule in bound.rules))
    usual = Severity.MEDIUM if harmless else Severity.CRITICAL
    for index in _anonymous(bound):
        words = f"anyone without a login ({bound.subjects[index]}) holds {bound.role} {scope(bound)}"
        yield Evidence(f"/subjects/{index}", words, None, usual)


@anonymous_subject.fix
def _anonymous_subject_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    may_break = "Whatever asks without a login is refused from then on: health checks, status pages."
    title = f"Grant nothing to anonymous requests in {bound.ref}"
    return drop_subjects(bound, snapshot, _anonymous(bound), title, Risk.REVIEW, may_break)


def _everyone(bound: Bound) -> list[int]:
    return [
        index
        for index, subject in enumerate(bound.subjects)
        if subject is not None and is_everyone(subject) and not is_expected(bound, subject)
    ]


@check(
    "rbac-everyone-subject",
    "Granted to everyone who can log in",
    Severity.HIGH,
    on=EVERY_BINDING,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.5", "T1078", "MS-TA9016"),
)
def everyone_subject(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding grants rights to all users or to all ServiceAccounts.

    ## Why
    Every pod has a ServiceAccount, so the weakest program in the cluster holds these rights, and so does
    each new one. With some cloud identity providers everyone with an account there counts as
    authenticated. The default policy gives this group discovery and questions about oneself only.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-lister}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-listers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-lister}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: operations}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-lister}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-listers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-lister}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: operations}
    ```
    """
    for index in _everyone(bound):
        subject = bound.subjects[index]
        name = subject.name if subject is not None else ""
        words = f"{_crowd(name)} holds {bound.role} {scope(bound)}"
        yield Evidence(f"/subjects/{index}", words, None, _everyone_severity(bound))


def _crowd(group: str) -> str:
    if group == AUTHENTICATED:
        return f"everyone who can log in ({group})"
    if group == ALL_ACCOUNTS:
        return f"every ServiceAccount ({group})"
    return f"every ServiceAccount of namespace {group.removeprefix(f'{ALL_ACCOUNTS}:')} ({group})"


def _everyone_severity(bound: Bound) -> Severity:
    """By what is granted: HIGH for reading the whole cluster, one more for changing it or for Secrets."""
    if bound.dangling:
        return Severity.LOW
    usual = Severity.HIGH if bound.namespace is None else Severity.MEDIUM
    if not bound.rules:
        return usual
    if any(
        _dangerous(rule.verbs, covers_resource(rule, "secrets")) for rule in bound.rules if rule.resources
    ):
        return shifted(usual, 1)
    return shifted(usual, -1) if all(pinned(rule) or not rule.resources for rule in bound.rules) else usual


def _dangerous(verbs: tuple[str, ...], secrets: bool) -> bool:  # noqa: FBT001 - read at one place, above
    return ALL in verbs or secrets or not READ.issuperset(verbs)


@everyone_subject.fix
def _everyone_subject_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    may_break = "Who used it without being named is refused from then on: bind those who need it."
    title = f"Grant nothing to everyone in {bound.ref}"
    return drop_subjects(bound, snapshot, _everyone(bound), title, Risk.REVIEW, may_break)


def _masters(bound: Bound) -> list[int]:
    if is_default_masters(bound):
        return []
    return [
        index
        for index, subject in enumerate(bound.subjects)
        if subject is not None and subject.kind == "Group" and subject.name == MASTERS
    ]


@check(
    "rbac-masters-subject",
    "system:masters is used as an ordinary group",
    Severity.HIGH,
    on=SUBJECT_LISTS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.7", "T1078", "MS-TA9019"),
)
def masters_subject(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding names the group system:masters.

    ## Why
    Its members are allowed everything before RBAC is asked, so the binding adds nothing, and deleting it
    takes nothing away. It shows that somebody works with certificates of that group, which cannot be
    revoked. Use a group of your own, and keep such certificates for emergencies.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-lister}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-listers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-lister}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:masters"}
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: operations}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-lister}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-listers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-lister}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: operations}
    ```
    """
    for index in _masters(bound):
        yield Evidence(f"/subjects/{index}", f"Group {MASTERS} holds {bound.role}, besides everything else")


@masters_subject.fix
def _masters_subject_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    # The authorizer for privileged groups allows its members everything, with or without this.
    return drop_subjects(bound, snapshot, _masters(bound), f"Do not name {MASTERS} in {bound.ref}", Risk.SAFE)


def _default_accounts(bound: Bound) -> list[int]:
    return [
        index
        for index, subject in enumerate(bound.subjects)
        if subject is not None and subject.is_account and subject.name == "default"
    ]


@check(
    "rbac-default-sa-grant",
    "Rights for a default ServiceAccount",
    Severity.HIGH,
    on=EVERY_BINDING,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.1.5", "T1078.001", "MS-TA9016"),
)
def default_sa_grant(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding grants rights to a namespace's ServiceAccount called default.

    ## Why
    Every pod that names no ServiceAccount runs as `default`, so each of them gets these rights, those
    that are added later too. A program that needs the API should have a ServiceAccount of its own.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: pod-reader, namespace: shop}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: pod-readers, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pod-reader}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}
    - {kind: ServiceAccount, name: default, namespace: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: pod-reader, namespace: shop}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: pod-readers, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pod-reader}
    subjects:
    - {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}
    ```
    """
    found = _default_accounts(bound)
    if not found:
        return
    if bound.unknown:
        yield Unknown(bound.unknown)
    elif not bound.rules:
        yield NotApplicable("the role grants nothing")
    else:
        usual = severity_of(bound, Severity.HIGH, Severity.MEDIUM)
        for index in found:
            words = f"{bound.subjects[index]} holds {bound.role} {scope(bound)}"
            yield Evidence(f"/subjects/{index}", words, None, usual)


@default_sa_grant.fix
def _default_sa_grant_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    may_break = "Pods that use the API as default are refused: give them a ServiceAccount of their own."
    title = f"Grant nothing to default accounts in {bound.ref}"
    return drop_subjects(bound, snapshot, _default_accounts(bound), title, Risk.REVIEW, may_break)
