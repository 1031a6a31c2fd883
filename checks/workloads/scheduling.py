"""Workloads that may run beside the control plane, or push others away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.identity import SYSTEM_NAMESPACES
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import elsewhere, nothing, specs, template_fix
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.platform import Node, Taint
from ksec_tui.cluster.pods import PodSpec, Toleration
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_KEEPING_OFF = ("NoSchedule", "NoExecute")


def _control_plane(cluster: Snapshot) -> dict[str, Node]:
    """The nodes of the control plane that the API shows, by name; none where a provider runs it."""
    found: dict[str, Node] = cluster.derived(_collect, _collect)
    return found


def _collect(cluster: Snapshot) -> dict[str, Node]:
    return {node.name: node for node in cluster.of(NODE) if node.control_plane}


def _taints(cluster: Snapshot) -> tuple[Taint, ...]:
    """The taints that keep pods off the control plane, each once."""
    found: tuple[Taint, ...] = cluster.derived(_collect_taints, _collect_taints)
    return found


def _collect_taints(cluster: Snapshot) -> tuple[Taint, ...]:
    taints = (taint for node in _control_plane(cluster).values() for taint in node.spec.taints)
    return tuple(dict.fromkeys(t for t in taints if t.key in _ROLES and t.effect in _KEEPING_OFF))


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    """core/v1 Toleration.ToleratesTaint: an empty key with Exists matches every taint, an empty effect each."""
    if toleration.effect not in ("", taint.effect):
        return False
    if toleration.operator == "Exists":
        return toleration.key in ("", taint.key)
    return toleration.key == taint.key and toleration.value == taint.value


def _opening(spec: PodSpec, cluster: Snapshot) -> list[int]:
    """Positions of the tolerations that let a pod onto the control plane."""
    taints = _taints(cluster)
    return [
        index
        for index, toleration in enumerate(spec.tolerations)
        if any(_tolerates(toleration, taint) for taint in taints)
    ]


def _wants(spec: PodSpec) -> bool:
    """Whether every term of its required node affinity asks for the control plane."""
    affinity = spec.affinity.node_affinity if spec.affinity else None
    terms = affinity.required.node_selector_terms if affinity and affinity.required else ()
    return bool(terms) and all(
        any(entry.key in _ROLES and entry.operator in ("Exists", "In") for entry in term.match_expressions)
        for term in terms
    )


def _selected(spec: PodSpec) -> list[str]:
    return [role for role in _ROLES if role in spec.node_selector]


@check(
    "wl-control-plane-scheduling",
    "May run on the control plane's nodes",
    Severity.MEDIUM,
    on=WORKLOADS,
    everywhere=(NODE,),
    threats=(Threat.CONTAINER,),
    references=("NSA Worker node segmentation", "T1610", "OWASP K01"),
    near=True,
)
def on_control_plane(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A workload tolerates the taints of the control plane's nodes, or asks for these nodes.

    ## Why
    These nodes hold etcd's data and the keys that sign every certificate and token. Taints keep ordinary
    pods away, so that whoever gets out of a container is on a worker. A toleration without a key, which
    agents often have, lifts that for every taint. Where a provider runs the control plane it has no nodes
    to run on.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: ops}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          tolerations:
            - {key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}
            - {key: ops.example/spot, operator: Exists}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: master-1, labels: {node-role.kubernetes.io/control-plane: ""}}
    spec:
      taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: ops}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          tolerations:
            - {key: ops.example/spot, operator: Exists}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: master-1, labels: {node-role.kubernetes.io/control-plane: ""}}
    spec:
      taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
    ```
    """
    nodes = _control_plane(cluster)
    if not nodes or workload.static:
        yield NotApplicable("it is a file of its node" if nodes else "no node belongs to the control plane")
        return
    spec, pointer = workload.spec, workload.pointer
    ref = elsewhere(workload, workload.object.ref)
    for index in _opening(spec, cluster):
        entry = spec.tolerations[index]
        what = f"the taint {entry.key}" if entry.key else "every taint"
        yield Evidence(f"{pointer}/tolerations/{index}", f"the pod tolerates {what}", ref)
    for role in _selected(spec):
        path = f"{pointer}/nodeSelector/{role.replace('/', '~1')}"
        yield Evidence(path, "the pod asks for nodes of the control plane", ref)
    if _wants(spec):
        path = f"{pointer}/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"
        yield Evidence(path, "the pod's affinity asks for nodes of the control plane", ref)
    if workload.owner_read and workload.ref.kind != "Pod" and spec.node_name in nodes:
        yield Evidence(
            f"{pointer}/nodeName", f"the pod is bound to {spec.node_name} of the control plane", ref
        )


@on_control_plane.fix
def _on_workers(workload: Workload, cluster: Snapshot) -> Fix | None:
    spec = workload.spec
    title = f"Keep {workload.ref.name} off the control plane's nodes"
    may_break = "It breaks agents that must run on every node, and what reads files of the control plane."
    if _wants(spec) and not workload.system:
        steps = ("Remove the terms that name the control plane from its node affinity, and the tolerations.",)
        return Fix(title, (), Risk.MANUAL, may_break, steps)
    body: dict[str, Any] = {}
    opening = _opening(spec, cluster)
    if opening:
        # The list is atomic: all that stays.
        kept = [entry for index, entry in enumerate(spec.tolerations) if index not in opening]
        body["tolerations"] = [_written(entry) for entry in kept] or None
    if selected := _selected(spec):
        body["nodeSelector"] = dict.fromkeys(selected)
    if spec.node_name in _control_plane(cluster):
        body["nodeName"] = None
    return template_fix(workload, title, nothing, Risk.REVIEW, may_break, body or None)


def _written(toleration: Toleration) -> dict[str, Any]:
    values: dict[str, Any] = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
    }
    found = {name: value for name, value in values.items() if value}
    seconds = toleration.toleration_seconds
    return found if seconds is None else {**found, "tolerationSeconds": seconds}


@check(
    "wl-system-priority",
    "Priority of the system's own pods",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("MS-TA9040",),
)
def system_priority(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A workload outside the system's namespaces claims the priority of critical system pods.

    ## Why
    The scheduler evicts others to make room for it, and under pressure its node spares it: with enough
    replicas it displaces whatever else runs. Network and storage plug-ins in namespaces of their own have
    reason for it, others have not.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          priorityClassName: system-cluster-critical
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    if workload.namespace in SYSTEM_NAMESPACES:
        yield NotApplicable("it is in a system namespace")
        return
    for spec, pointer, ref in specs(workload, _critical):
        yield Evidence(
            f"{pointer}/priorityClassName", f"the pod has priority {spec.priority_class_name}", ref
        )


def _critical(spec: PodSpec) -> bool:
    return spec.priority_class_name in ("system-cluster-critical", "system-node-critical")


@system_priority.fix
def _usual_priority(workload: Workload, _: Snapshot) -> Fix | None:
    return template_fix(
        workload,
        f"Give {workload.ref.name} the usual priority",
        nothing,
        Risk.REVIEW,
        "It may be evicted when its node runs short, as everything else; plug-ins of the node must not be.",
        {"priorityClassName": None} if _critical(workload.spec) else None,
    )
