"""Rights over nodes: their logs, their labels and taints, their being there at all."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    DELETE,
    HOLDERS,
    Power,
    cut_powers,
    granted,
    granted_with,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

STEALING = (
    Power(DELETE, "", "pods"),
    Power(("update", "patch"), "", "pods"),
    Power(("update", "patch"), "", "pods/status"),
    Power(("create",), "", "pods/eviction"),
    Power((*DELETE, "update"), "", "nodes"),
)
"""By any of these pods leave the place where they are."""

NODES_FINE = (
    Power(("get",), "", "nodes/log"),
    Power(("create",), "", "nodes/checkpoint"),
    Power(("get",), "", "nodes/configz"),
)


@check(
    "rbac-nodes-fine",
    "Logs and memory of nodes can be read",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1613", "T1005", "MS-TA9030", "KEP-2862"),
)
def nodes_fine(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects read logs, configuration or container checkpoints through kubelets.

    ## Why
    Logs of the node name what runs there and what failed; a checkpoint is an image of a container's memory
    with every key in it; the configuration shows how the kubelet can be reached. Metrics need none of them.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-monitor}
    rules:
    - {apiGroups: [""], resources: [nodes, nodes/metrics], verbs: [get, list]}
    - {apiGroups: [""], resources: [nodes/log], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-monitor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-monitor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-monitor}
    rules:
    - {apiGroups: [""], resources: [nodes, nodes/metrics], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-monitor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-monitor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    checkpoint = any(NODES_FINE[1].of(rule) for rule in bound.rules)
    yield from granted(bound, NODES_FINE, Severity.HIGH if checkpoint else Severity.MEDIUM)


@nodes_fine.fix
def _nodes_fine_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NODES_FINE, "reading of logs and memory")


NODES_WRITE = (Power(("update", "patch"), "", "nodes"), Power(("update", "patch"), "", "nodes/status"))


@check(
    "rbac-nodes-write",
    "Nodes can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1562", "T1499"),
)
def nodes_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change nodes or their status.

    ## Why
    Labels and taints decide which pods run where, and the status says whether a node takes any. Changing them
    moves pods with powerful ServiceAccounts onto a node that an attacker holds, or empties the cluster.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-labeller}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-labeller}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-labeller}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-labeller}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, NODES_WRITE, Severity.HIGH)


@nodes_write.fix
def _nodes_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NODES_WRITE, "changing of nodes")


NODES_DELETE = (Power(("create", *DELETE), "", "nodes"),)


@check(
    "rbac-nodes-delete",
    "Nodes can be deleted or made up",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1485", "T1489", "MS-TA9038"),
)
def nodes_delete(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create or delete nodes.

    ## Why
    With a deleted node all its pods are removed. A made-up node attracts pods that never start, and
    DaemonSets and monitoring connect to the address that it names. Autoscalers need it; people hardly ever.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-remover}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [delete, get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-remover}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-remover}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-remover}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-remover}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-remover}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, NODES_DELETE, Severity.HIGH)


@nodes_delete.fix
def _nodes_delete_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NODES_DELETE, "creating and deleting of nodes")


STEAL_PODS = (Power(("update", "patch"), "", "nodes"), Power(("update", "patch"), "", "nodes/status"))


@check(
    "rbac-steal-pods",
    "Pods can be driven onto a chosen node",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1610",),
)
def steal_pods(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change nodes, and they can also make pods leave theirs.

    ## Why
    With all other nodes closed, a pod that is evicted comes back on the one that is left. Who holds that node
    reads the tokens of each pod on it, so that powerful pods can be collected one after the other. Neither
    right alone does it; keep the two apart.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: maintenance}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list, patch]}
    - {apiGroups: [""], resources: [pods/eviction], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: maintenance}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: maintenance}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: maintenance}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods/eviction], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: maintenance}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: maintenance}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, STEAL_PODS, Severity.HIGH)
    yield from granted_with(snapshot, bound, outcomes, STEALING, "make pods leave their nodes")


@steal_pods.fix
def _steal_pods_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, STEAL_PODS, "changing of nodes")
