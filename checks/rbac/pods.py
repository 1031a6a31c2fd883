"""Rights to run programs: new pods, shells in pods, the kubelet's own door, tokens of ServiceAccounts."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import BINDINGS, Power, granted, minor_version
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import cut

SHELLS = (("", "pods/exec"), ("", "pods/attach"))
CREATE_PODS = (Power(("create",), "", "pods"),)
MAKE_TOKENS = (Power(("create",), "", "serviceaccounts/token"),)


def _streams(*verbs: str) -> tuple[Power, ...]:
    return tuple(Power(verbs, group, resource) for group, resource in SHELLS)


# AuthorizePodWebsocketUpgradeCreatePermission, on since 1.35: until then GET alone opens the stream.
BY_CREATE, BY_GET, BY_EITHER = _streams("create"), _streams("get"), _streams("create", "get")


@check(
    "rbac-pod-create",
    "Pods can be created",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.4", "T1610", "T1611", "MS-TA9008", "MS-TA9018"),
)
def pod_create(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create pods.

    ## Why
    Who makes a pod chooses its ServiceAccount, and can mount every Secret, ConfigMap and volume claim of the
    namespace. Where Pod Security admission does not forbid it, the pod can also be privileged and take over
    its node. Creating pods is therefore as much as being any ServiceAccount there.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [create, get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: runner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: runner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CREATE_PODS, Severity.CRITICAL, Severity.HIGH)


@pod_create.fix
def _pod_create_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take creating of pods out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("create",), (("", "pods"),), title)


@check(
    "rbac-pod-exec",
    "Shells in pods can be opened",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("T1609", "MS-TA9006", "kubernetes/kubernetes#78741"),
)
def pod_exec(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects run commands in pods.

    ## Why
    A shell in a pod has the pod's files, its Secrets and the token of its ServiceAccount, and nothing in the
    audit log tells what was typed. Before Kubernetes 1.35 the verb get is enough for it, over a WebSocket.
    Keep it for emergencies, and name the pods.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: helper, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/exec], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: helper, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: helper, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: helper, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    minor = minor_version(snapshot)
    found = list(_shells(bound, BY_EITHER if minor is not None and minor < 35 else BY_CREATE))
    yield from found
    if minor is None and not found and any(_shells(bound, BY_GET)):
        yield Unknown("get opens a shell before Kubernetes 1.35, and the server's version is not known")


def _shells(bound: Bound, powers: tuple[Power, ...]) -> Iterator[Outcome]:
    return granted(bound, powers, Severity.CRITICAL, Severity.HIGH)


@pod_exec.fix
def _pod_exec_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take shells out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("create", "get"), SHELLS, title)


@check(
    "rbac-token-request",
    "Tokens of ServiceAccounts can be made",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.13", "T1528", "MS-TA9016"),
)
def token_request(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects make tokens for ServiceAccounts.

    ## Why
    A token made through `serviceaccounts/token` is a full login as that ServiceAccount, for as long as asked
    for, without any pod. The strongest ServiceAccount in reach sets what the holder can do.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: token-maker, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [get, list]}
    - {apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: token-maker, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: token-maker}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: token-maker, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [serviceaccounts], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: token-maker, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: token-maker}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, MAKE_TOKENS, Severity.CRITICAL, Severity.HIGH)


@token_request.fix
def _token_request_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take making of tokens out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, ("create",), (("", "serviceaccounts/token"),), title)
