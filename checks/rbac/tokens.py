"""Rights that lead to a login of somebody else: token Secrets, bootstrap tokens, ServiceAccounts."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    READ,
    WRITE,
    Power,
    cut_powers,
    granted,
    granted_with,
    unpinned,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

SECRETS_IN = ("kube-system",)
"""Where bootstrap tokens count."""

DELEGATOR = "system:auth-delegator"
"""The default ClusterRole for API servers and proxies that ask the main one about their callers."""

SECRET_TOKEN_MINT = (Power(WRITE, "", "secrets"),)
MADE = (Power(("create",), "", "secrets"),)
CHANGED = (Power(("patch", "update"), "", "secrets"),)
READ_BACK = (Power((*READ, "patch", "update"), "", "secrets"),)


@check(
    "rbac-secret-token-mint",
    "Secrets can be made into tokens of ServiceAccounts",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.2", "T1528", "MS-TA9016"),
)
def secret_token_mint(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects make a token Secret for any ServiceAccount.

    ## Why
    The controller manager writes a token that never expires into each Secret of type
    kubernetes.io/service-account-token, for the ServiceAccount that the Secret names. Who may create Secrets
    and read or change them therefore gets the login of every ServiceAccount in reach, without a pod.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: secret-syncer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [secrets], verbs: [create, get]}
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: secret-syncer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secret-syncer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: secret-syncer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [secrets], verbs: [get]}
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: secret-syncer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secret-syncer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, MADE, Severity.CRITICAL, Severity.HIGH)
    found = [*granted_with(snapshot, bound, outcomes, READ_BACK, "read or change Secrets")]
    yield from found
    told = {piece.path for piece in found if isinstance(piece, Evidence)}
    changes = granted(bound, CHANGED, Severity.CRITICAL, Severity.HIGH)
    # A Secret that holds a token already can be given another ServiceAccount; a named one is no matter.
    for outcome in unpinned(bound, changes):
        if isinstance(outcome, Evidence) and outcome.path not in told:
            yield outcome


@secret_token_mint.fix
def _secret_token_mint_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SECRET_TOKEN_MINT, "making of Secrets")


BOOTSTRAP_TOKEN = (Power(("create",), "", "secrets", names=("bootstrap-token-*",)),)


@check(
    "rbac-bootstrap-token",
    "Nodes can be made up by bootstrap tokens",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1136", "T1078"),
)
def bootstrap_token(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create Secrets in kube-system, where bootstrap tokens lie.

    ## Why
    A Secret of type bootstrap.kubernetes.io/token in kube-system is a login of the group
    system:bootstrappers. Where certificates of nodes are approved by themselves, as kubeadm sets it up, that
    login becomes a node, which reads the Secrets of every pod that is placed on it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: join-helper, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [secrets], verbs: [create]}
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: join-helper, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: join-helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: join-helper, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: join-helper, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: join-helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, BOOTSTRAP_TOKEN, Severity.HIGH, Severity.HIGH, only_in=SECRETS_IN)


@bootstrap_token.fix
def _bootstrap_token_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, BOOTSTRAP_TOKEN, "making of Secrets")


SA_WRITE = (Power(WRITE, "", "serviceaccounts"),)


@check(
    "rbac-sa-write",
    "ServiceAccounts can be changed",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.5", "T1098", "T1078.004", "MS-TA9020"),
)
def sa_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create or change ServiceAccounts.

    ## Why
    On managed clusters an annotation of a ServiceAccount chooses the role that its pods have in the cloud
    account, so that writing it can give a pod the rights of another workload there. Pull secrets and the
    mounting of tokens stand there too.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: onboarding, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [create, get, list, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: onboarding, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: onboarding}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: onboarding, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: onboarding, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: onboarding}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SA_WRITE, Severity.MEDIUM, Severity.LOW)


@sa_write.fix
def _sa_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SA_WRITE, "changing of ServiceAccounts")


TOKENREVIEW = (Power(("create",), "authentication.k8s.io", "tokenreviews"),)


@check(
    "rbac-tokenreview",
    "Stolen tokens can be tried out",
    Severity.LOW,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1613", "MS-TA9029"),
)
def tokenreview(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects ask whose login a token is.

    ## Why
    The answer to a TokenReview names the user and the groups of any token. Who has collected tokens learns
    which of them are worth something without leaving a trace under their names. Programs that authenticate
    others need it; bind those to system:auth-delegator.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: login-proxy}
    rules:
    - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: login-proxy}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: login-proxy}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: login-proxy}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: login-proxy}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: login-proxy}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    if bound.role.name == DELEGATOR:
        yield NotApplicable(f"{DELEGATOR} is made for programs that authenticate others")
    else:
        yield from granted(bound, TOKENREVIEW, Severity.LOW)


@tokenreview.fix
def _tokenreview_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, TOKENREVIEW, "reviewing of tokens")


SAR = (Power(("create",), "authorization.k8s.io", "subjectaccessreviews"),)


@check(
    "rbac-sar",
    "Rights of others can be asked for",
    Severity.LOW,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1613", "MS-TA9029"),
)
def sar(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects ask what any other user may do.

    ## Why
    A SubjectAccessReview answers for every user and group. It shows an attacker the shortest way: whose login
    to steal next. Programs that authorise others need it; bind those to system:auth-delegator.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: login-proxy}
    rules:
    - {apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: [create]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: login-proxy}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: login-proxy}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: login-proxy}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: login-proxy}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: login-proxy}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    if bound.role.name == DELEGATOR:
        yield NotApplicable(f"{DELEGATOR} is made for programs that authorise others")
    else:
        yield from granted(bound, SAR, Severity.LOW)


@sar.fix
def _sar_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SAR, "reviewing of rights")
