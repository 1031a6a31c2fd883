"""Rights to read and to change Secrets."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import BINDINGS, CHANGE, HOLDERS, Power, cut_powers, granted
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import cut

SECRETS = (("", "secrets"),)
SECRETS_LIST = (Power(("list", "watch"), "", "secrets"),)
SECRETS_GET = (Power(("get",), "", "secrets"),)


@check(
    "rbac-secrets-list",
    "Secrets can be listed",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.2", "T1552.007", "MS-TA9025"),
)
def secrets_list(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects list or watch Secrets.

    ## Why
    A list answers with the contents of every Secret in reach, not with their names alone; watch does the
    same. Among them are passwords, TLS keys and tokens of other ServiceAccounts, so one request often ends
    in more rights. A program that needs one Secret can get it by name.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: api-reader, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps, secrets], verbs: [get, list, watch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: api-reader, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: api-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: api-reader, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}
    - {apiGroups: [""], resources: [secrets], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: api-reader, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: api-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SECRETS_LIST, Severity.CRITICAL, Severity.HIGH)


@secrets_list.fix
def _secrets_list_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take listing of Secrets out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("list", "watch"), SECRETS, title)


@check(
    "rbac-secrets-get",
    "Any Secret can be read by name",
    Severity.HIGH,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.2", "T1552.007", "MS-TA9025"),
)
def secrets_get(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects get Secrets.

    ## Why
    Names of Secrets are easy to guess or to find: they stand in pod specs, in Helm releases and in public
    manifests. Without resourceNames every Secret in reach can be read, one by one.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: api-reader, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps, secrets], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: api-reader, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: api-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: api-reader, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: api-reader, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: api-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SECRETS_GET, Severity.HIGH, Severity.MEDIUM)


@secrets_get.fix
def _secrets_get_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take reading of Secrets out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("get",), SECRETS, title)


SECRETS_WRITE = (Power(CHANGE, "", "secrets"),)


@check(
    "rbac-secrets-write",
    "Secrets can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.2", "T1552", "T1565", "MS-TA9025"),
)
def secrets_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change or delete Secrets.

    ## Why
    Who writes a Secret decides with which password or key a program works: a certificate that the writer
    holds the key of, a database of their own. Deleting one stops whatever starts next.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: cert-writer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [secrets], verbs: [delete, patch]}
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: cert-writer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cert-writer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: cert-writer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: cert-writer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cert-writer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SECRETS_WRITE, Severity.HIGH, Severity.MEDIUM)


@secrets_write.fix
def _secrets_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SECRETS_WRITE, "changing of Secrets")
