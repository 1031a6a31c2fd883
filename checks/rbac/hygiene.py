"""Bindings that lead nowhere: to no role, from no subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from ksec_tui.analysis.identity import is_bootstrap
from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.subjects import account_exists
from ksec_tui.checks.rbac.common import BINDINGS, SUBJECT_LISTS, holders, in_full, scope
from ksec_tui.cluster.kinds import CLUSTER_ROLE_BINDING, ROLE_BINDING, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import drop_binding, drop_subjects
from ksec_tui.fixes.rights_in_use import running_with

WITH_ACCOUNTS: Subjects[Bound] = replace(
    SUBJECT_LISTS, kinds=(CLUSTER_ROLE_BINDING, ROLE_BINDING, SERVICE_ACCOUNT)
)


@check(
    "hyg-dangling-role",
    "Binding to a role that does not exist",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.1", "T1098.006"),
)
def dangling_role(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding refers to a role that is not there.

    ## Why
    It grants nothing today. Whoever makes a role of that name, perhaps years later and for another
    purpose, hands its rights to these subjects without seeing it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: old-auditor, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: auditor-2023}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: auditor@example.com}]
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```
    """
    if bound.unknown:
        yield Unknown(bound.unknown)
    elif bound.dangling:
        words = f"{bound.role} does not exist; {holders(bound)} would hold it {scope(bound)}"
        yield Evidence("/roleRef/name", words, basis=in_full(bound, words))


@dangling_role.fix
def _dangling_role_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Delete {bound.ref}, which grants nothing"
    return drop_binding(
        bound, snapshot, title, Risk.SAFE, "A role of that name that is made later is bound to nobody."
    )


def _absent(bound: Bound, snapshot: Snapshot) -> list[int]:
    return [
        index
        for index, subject in enumerate(bound.subjects)
        if subject is not None
        and subject.is_account
        # Every namespace gets its default account from the controller manager.
        and subject.name != "default"
        and account_exists(snapshot, subject) is False
    ]


@check(
    "hyg-dangling-subject",
    "Rights for a ServiceAccount that does not exist",
    Severity.LOW,
    on=WITH_ACCOUNTS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.5", "T1078"),
)
def dangling_subject(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding names a ServiceAccount that is not there.

    ## Why
    Whoever may create a ServiceAccount of that name in that namespace gets the rights with it. Such
    bindings are left over when a program is removed, and nobody looks at them again.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: exporter, namespace: data}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: exporter, namespace: data}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: exporter}
    subjects:
    - {kind: ServiceAccount, name: exporter, namespace: data}
    - {kind: ServiceAccount, name: nightly-exporter, namespace: data}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: exporter, namespace: data}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: exporter, namespace: data}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: exporter, namespace: data}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: exporter}
    subjects:
    - {kind: ServiceAccount, name: exporter, namespace: data}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: exporter, namespace: data}
    ```
    """
    if is_bootstrap(bound.binding):
        yield NotApplicable("the controller manager makes its ServiceAccounts when it needs them")
        return
    for index in _absent(bound, snapshot):
        severity = Severity.MEDIUM if bound.namespace is None else Severity.LOW
        words = f"{bound.subjects[index]} does not exist; it would hold {bound.role} {scope(bound)}"
        yield Evidence(f"/subjects/{index}", words, None, severity)
    accounts = [item for item in bound.people if item.is_account]
    unread = next((item for item in accounts if account_exists(snapshot, item) is None), None)
    if unread is not None:
        gap = snapshot.unsure(SERVICE_ACCOUNT, unread.name, unread.namespace)
        yield Unknown(f"{unread} may or may not exist: {gap}")


@dangling_subject.fix
def _dangling_subject_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take absent ServiceAccounts out of {bound.ref}"
    absent = _absent(bound, snapshot)
    # A workload that names the account waits for it, and for what it may do.
    risk = Risk.REVIEW if running_with(snapshot, (bound.subjects[index] for index in absent)) else Risk.SAFE
    may_break = "An account of that name that is made later gets nothing by it."
    fix = drop_subjects(bound, snapshot, absent, title, risk, may_break)
    accounts = [who for index in absent if (who := bound.subjects[index]) is not None]
    rests_on = tuple(ObjectRef(who.namespace, "ServiceAccount", who.name) for who in accounts)
    return None if fix is None else msgspec.structs.replace(fix, rests_on=rests_on)


@check(
    "hyg-no-subjects",
    "Binding without subjects",
    Severity.INFO,
    on=SUBJECT_LISTS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.1",),
)
def no_subjects(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding has no subject that can match anybody.

    ## Why
    It grants nothing, but it looks as though it did, and it is one careless edit away from granting
    again. A subject of kind user or serviceaccount, in lower case, matches nobody either: then
    somebody may believe to have rights that are not there.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: reader, namespace: shop}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: readers, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: reader, namespace: shop}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
    ```
    """
    if is_bootstrap(bound.binding):
        yield NotApplicable("the API server keeps it as it is")
    elif not bound.people:
        said = "its subjects can match nobody" if bound.subjects else "it has no subjects"
        yield Evidence("/subjects", f"{said}, so {bound.role} is granted to nobody by it")


@no_subjects.fix
def _no_subjects_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return drop_binding(bound, snapshot, f"Delete {bound.ref}, which grants nothing", Risk.SAFE)
