"""Rights over namespaces and over controllers that act for others."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound, bindings
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.rules import is_everything
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    WRITE,
    Power,
    cut_powers,
    given,
    granted,
    powers,
    runs_as,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

ORDERS: tuple[tuple[str, str, bool | None, str], ...] = (
    ("argoproj.io", "applications applicationsets workflows cronworkflows", None, "argo"),
    ("argoproj.io", "appprojects", None, "argo"),
    ("kustomize.toolkit.fluxcd.io", "kustomizations", None, "kustomize-controller"),
    ("helm.toolkit.fluxcd.io", "helmreleases", None, "helm-controller"),
    ("tekton.dev", "pipelineruns taskruns", None, "tekton"),
    ("pkg.crossplane.io", "providers configurations functions", False, "crossplane"),
    ("apiextensions.crossplane.io", "compositions", False, "crossplane"),
    ("velero.io", "restores", None, "velero"),
    ("external-secrets.io", "externalsecrets pushsecrets", None, "external-secrets"),
    ("external-secrets.io", "clusterexternalsecrets", False, "external-secrets"),
    ("cert-manager.io", "issuers", None, "cert-manager"),
    ("cert-manager.io", "clusterissuers", False, "cert-manager"),
)
"""API group, resources, whether a RoleBinding reaches them (None: they have namespaces), controller's name."""


def _mighty(snapshot: Snapshot, word: str) -> bool:
    """Whether a ServiceAccount that is called like the controller may do everything in the cluster."""
    masters: frozenset[Who] = snapshot.derived(_masters, _masters)
    return any(who.name.startswith(word) or who.namespace.startswith(word) for who in masters)


def _masters(snapshot: Snapshot) -> frozenset[Who]:
    return frozenset(
        who
        for item in bindings(snapshot)
        if item.namespace is None and any(map(is_everything, item.rules))
        for who in item.people
        if who.is_account
    )


NAMESPACE_PATCH = (Power(("update", "patch"), "", "namespaces", inside=True),)


@check(
    "rbac-namespace-patch",
    "Limits of a namespace can be lifted",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.2.1", "T1562.001", "MS-TA9018"),
)
def namespace_patch(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change a namespace.

    ## Why
    Pod Security admission and many policies take their orders from labels of the namespace. Without the label
    privileged pods are admitted, and with another one the NetworkPolicies of other namespaces let its pods
    in. A Role in the namespace is enough for it. An admission policy can protect these labels.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: space-owner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [namespaces], verbs: [get, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: space-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: space-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: space-owner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [namespaces], verbs: [get]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: space-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: space-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, NAMESPACE_PATCH, Severity.HIGH, Severity.HIGH)


@namespace_patch.fix
def _namespace_patch_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NAMESPACE_PATCH, "changing of namespaces")


NAMESPACE_DELETE = (Power(("delete",), "", "namespaces", inside=True),)


@check(
    "rbac-namespace-delete",
    "Namespaces can be deleted",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1485", "MS-TA9038"),
)
def namespace_delete(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects delete namespaces.

    ## Why
    With a namespace goes everything in it: workloads, Secrets, and volumes whose reclaim policy is to delete.
    There is no way back but a backup.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: preview-cleaner}
    rules:
    - {apiGroups: [""], resources: [namespaces], verbs: [delete, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: preview-cleaner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: preview-cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: preview-cleaner}
    rules:
    - {apiGroups: [""], resources: [namespaces], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: preview-cleaner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: preview-cleaner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, NAMESPACE_DELETE, Severity.HIGH, Severity.HIGH)


@namespace_delete.fix
def _namespace_delete_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NAMESPACE_DELETE, "deleting of namespaces")


GITOPS_CR = {
    power: word
    for group, names, inside, word in ORDERS
    for power in powers(WRITE, group, names, inside=inside)
}
GITOPS_POWERS = tuple(GITOPS_CR)


@check(
    "rbac-gitops-cr",
    "A deploying controller can be given orders",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1610", "T1068"),
)
def gitops_cr(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write objects that a powerful controller carries out.

    ## Why
    Controllers such as Argo CD, Flux, Tekton, Crossplane, Velero, External Secrets and cert-manager create
    objects with their own rights, which are often all rights. Who writes their orders borrows these. Let the
    controller act as a ServiceAccount of the namespace, or limit what an order may contain.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: app-owner, namespace: shop}
    rules:
    - {apiGroups: [argoproj.io], resources: [applications], verbs: [create, get, list, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: app-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: app-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: app-owner, namespace: shop}
    rules:
    - {apiGroups: [argoproj.io], resources: [applications], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: app-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: app-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    hits = given(bound, GITOPS_POWERS)
    wanted = [power for power in hits if not runs_as(bound, GITOPS_CR[power])]
    if any(_mighty(snapshot, GITOPS_CR[power]) for power in wanted):
        yield from granted(bound, wanted, Severity.CRITICAL, Severity.CRITICAL)
    else:
        # Without a hit all are asked for, so that what was not read is told as such.
        yield from granted(bound, wanted if hits else GITOPS_POWERS, Severity.HIGH, Severity.MEDIUM)


@gitops_cr.fix
def _gitops_cr_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, GITOPS_CR, "writing of orders")
