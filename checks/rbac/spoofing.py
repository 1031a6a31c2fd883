"""Rights to act as others that the older checks do not see: by mode, and attributes of a user."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.identity import identity_of
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    Power,
    cut_powers,
    granted,
    granted_with,
    minor_version,
    preface,
    rule_evidence,
    severity_of,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import NotApplicable, Outcome
from ksec_tui.findings.fix import Cut, Fix
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.rbac import narrow

IDENTITY = "authentication.k8s.io"
MODES = {
    "impersonate:user-info": Severity.HIGH,
    "impersonate:serviceaccount": Severity.HIGH,
    "impersonate:arbitrary-node": Severity.HIGH,
    "impersonate:associated-node": Severity.LOW,
}
"""KEP-5284; an associated node is the one that the asking pod runs on."""
USERS = (
    Power(("impersonate",), "", "users"),
    Power(("impersonate",), "", "serviceaccounts"),
)


def _does_something(snapshot: Snapshot, bound: Bound, mode: str) -> bool:
    """Whether a subject of the binding holds some request of that mode, by whatever binding."""
    prefix = f"impersonate-on:{mode.removeprefix('impersonate:')}:"
    return any(
        verb.startswith(prefix)
        for person in bound.people
        for grant in effective_grants(snapshot, identity_of(person))
        for rule in grant.rules
        for verb in rule.verbs
    )


def _extras(bound: Bound) -> tuple[Power, ...]:
    """Attributes of a user that the role names: ``userextras/scopes``, ``uids``."""
    named = dict.fromkeys(name for rule in bound.rules for name in rule.resources)
    wanted = [name for name in named if name == "uids" or name.startswith("userextras/")]
    return tuple(Power(("impersonate",), IDENTITY, name, inside=False) for name in wanted)


@check(
    "rbac-impersonate-constrained",
    "Others can be impersonated for certain requests",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("KEP-5284", "T1078"),
)
def impersonate_constrained(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects act as others by the verbs of constrained impersonation.

    ## Why
    Since 1.36 a role can grant acting as users, ServiceAccounts or nodes for certain requests only, by two
    verbs: one for whom, one for what. Both together are a right of somebody else, which searches for the word
    impersonate alone do not find. Name whom in resourceNames.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-agent}
    rules:
    - {apiGroups: [authentication.k8s.io], resources: [users], verbs: [impersonate:user-info]}
    - {apiGroups: [""], resources: [secrets], verbs: [impersonate-on:user-info:list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-agent}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-agent}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.36.2}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-agent}
    rules:
    - {apiGroups: [""], resources: [secrets], verbs: [impersonate-on:user-info:list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-agent}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-agent}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.36.2}
    ```
    """
    minor = minor_version(snapshot)
    if minor is not None and minor < 35:
        yield NotApplicable("the server does not know these verbs yet")
        return
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    for index, rule in enumerate(bound.rules):
        for mode, usual in MODES.items():
            severity = severity_of(bound, usual, usual) or usual
            if mode in rule.verbs and _does_something(snapshot, bound, mode):
                what = f"{mode} {', '.join(rule.resources[:3])}"
                yield rule_evidence(bound, index, what, severity, whole=rule.resources)


@impersonate_constrained.fix
def _impersonate_constrained_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    cuts = tuple(
        Cut(tuple(MODES), tuple((group, name) for group in rule.api_groups for name in rule.resources))
        for rule in bound.rules
        if not set(MODES).isdisjoint(rule.verbs)
    )
    title = f"Take constrained impersonation out of {bound.role.kind} {bound.role.name}"
    return narrow(bound, snapshot, cuts, title, "impersonation")


@check(
    "rbac-impersonate-extra",
    "Attributes of users can be forged",
    Severity.LOW,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1078",),
)
def impersonate_extra(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects set attributes of the user that they impersonate.

    ## Why
    Webhooks and cloud authorizers decide by attributes such as scopes or the uid of a user. Who may
    impersonate a user and choose these too passes such checks as whoever they like.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [authentication.k8s.io], resources: [userextras/scopes], verbs: [impersonate]}
    - {apiGroups: [""], resources: [users], resourceNames: [bob@example.com], verbs: [impersonate]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: helpdesk}
    rules:
    - {apiGroups: [""], resources: [users], resourceNames: [bob@example.com], verbs: [impersonate]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: helpdesk}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helpdesk}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, _extras(bound), Severity.LOW)
    yield from granted_with(snapshot, bound, outcomes, USERS, "impersonate users")


@impersonate_extra.fix
def _impersonate_extra_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, _extras(bound), "attributes of users")
