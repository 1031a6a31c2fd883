"""Rights over what decides whose requests and pods come first, and in which runtime pods run."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    CHANGE,
    HOLDERS,
    cut_powers,
    granted,
    powers,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

FLOWCONTROL = powers(CHANGE, "flowcontrol.apiserver.k8s.io", "flowschemas prioritylevelconfigurations")


@check(
    "rbac-flowcontrol",
    "Requests of others can be starved",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1499", "MS-TA9040"),
)
def flowcontrol(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change how the API server shares its time.

    ## Why
    These objects decide which requests wait. With a schema of one's own in front, controllers and people can
    be kept from the API server while an attack runs, or an attacker's flood be served first.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: api-tuner}
    rules:
    - {apiGroups: [flowcontrol.apiserver.k8s.io], resources: [flowschemas], verbs: [get, list, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: api-tuner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: api-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: api-tuner}
    rules:
    - {apiGroups: [flowcontrol.apiserver.k8s.io], resources: [flowschemas], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: api-tuner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: api-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, FLOWCONTROL, Severity.MEDIUM)


@flowcontrol.fix
def _flowcontrol_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, FLOWCONTROL, "changing of flow control")


PRIORITYCLASS = powers(CHANGE, "scheduling.k8s.io", "priorityclasses")


@check(
    "rbac-priorityclass",
    "Pods can be made to displace others",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1499",),
)
def priorityclass(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write PriorityClasses.

    ## Why
    Pods of a high priority are placed by removing others. A class of one's own takes the nodes from programs
    that matter, or makes its pods the default for everyone.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: capacity-planner}
    rules:
    - {apiGroups: [scheduling.k8s.io], resources: [priorityclasses], verbs: [create, get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: capacity-planner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: capacity-planner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: capacity-planner}
    rules:
    - {apiGroups: [scheduling.k8s.io], resources: [priorityclasses], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: capacity-planner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: capacity-planner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, PRIORITYCLASS, Severity.MEDIUM)


@priorityclass.fix
def _priorityclass_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, PRIORITYCLASS, "changing of priorities")


RUNTIMECLASS = powers(CHANGE, "node.k8s.io", "runtimeclasses")


@check(
    "rbac-runtimeclass",
    "The runtime of pods can be exchanged",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1611",),
)
def runtimeclass(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write RuntimeClasses.

    ## Why
    A RuntimeClass leads the name that a pod asks for, such as a sandbox, to a handler on the node. Leading it
    to an ordinary runtime takes away the isolation that the pod was given on purpose.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: sandbox-admin}
    rules:
    - {apiGroups: [node.k8s.io], resources: [runtimeclasses], verbs: [get, list, update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: sandbox-admin}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sandbox-admin}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: sandbox-admin}
    rules:
    - {apiGroups: [node.k8s.io], resources: [runtimeclasses], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: sandbox-admin}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sandbox-admin}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, RUNTIMECLASS, Severity.MEDIUM)


@runtimeclass.fix
def _runtimeclass_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, RUNTIMECLASS, "changing of runtimes")
