"""Rights to read from pods and to reach their ports."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    ANY,
    BINDINGS,
    HOLDERS,
    Power,
    cut_powers,
    granted,
    minor_version,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

PODS_LOG = (Power(("get",), "", "pods/log"),)


@check(
    "rbac-pods-log",
    "Logs of pods can be read",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1552", "T1611", "MS-TA9013"),
)
def pods_log(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects read the logs of pods.

    ## Why
    Programs write tokens, passwords and personal data into their logs. Where a pod can write below /var/log
    of its node, a link placed there makes the kubelet show any file of the node as a log.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: log-viewer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/log], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: log-viewer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: log-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: log-viewer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: log-viewer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: log-viewer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, PODS_LOG, Severity.MEDIUM, Severity.LOW)


@pods_log.fix
def _pods_log_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, PODS_LOG, "reading of logs")


POD_PORTFORWARD = (
    Power(("create", "get"), "", "pods/portforward"),
    Power(ANY, "", "pods/proxy"),
    Power(ANY, "", "services/proxy"),
)
POD_PORTFORWARD_BY_CREATE = (Power(("create",), "", "pods/portforward"), *POD_PORTFORWARD[1:])


@check(
    "rbac-pod-portforward",
    "Ports of pods can be reached past NetworkPolicies",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1572", "T1090", "MS-TA9034"),
)
def pod_portforward(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects connect to ports of pods and Services through the API server.

    ## Why
    Forwarded connections come from the node or from the API server, so that NetworkPolicies do not stop them
    and the program takes them for local ones. Ports that nobody meant to expose answer: debuggers, databases
    without a password. Before Kubernetes 1.35 the verb get is enough to forward a port.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: port-forwarder, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/portforward], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: port-forwarder, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: port-forwarder}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: port-forwarder, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: port-forwarder, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: port-forwarder}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    minor = minor_version(snapshot)
    # AuthorizePodWebsocketUpgradeCreatePermission, on since 1.35: until then GET alone opens the stream.
    wanted = POD_PORTFORWARD if minor is not None and minor < 35 else POD_PORTFORWARD_BY_CREATE
    found = list(granted(bound, wanted, Severity.MEDIUM, Severity.MEDIUM))
    yield from found
    if minor is None and not found and any(granted(bound, POD_PORTFORWARD, Severity.MEDIUM, Severity.MEDIUM)):
        yield Unknown("get forwards ports before Kubernetes 1.35, and the server's version is not known")


@pod_portforward.fix
def _pod_portforward_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POD_PORTFORWARD, "reaching of ports")
