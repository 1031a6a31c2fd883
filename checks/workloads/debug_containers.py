"""Debug containers that were left behind, and pods that nobody looks after."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.pod_security.allowed import CAPABILITIES as BASELINE
from ksec_tui.analysis.security_context import (
    CONFINING,
    added,
    capability,
    context,
    non_root,
    pod_context,
    privileged,
    user,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, elsewhere, named
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def _elevated(item: Placed) -> str:
    """What a debug container has beyond what containers get; empty when nothing."""
    own = context(item.container)
    if privileged(item.container):
        return "it runs privileged"
    beyond = [known for name in added(item.container) if (known := capability(name)) not in BASELINE]
    if beyond:
        return f"it adds {', '.join(beyond)}"
    if own.seccomp_profile is not None and own.seccomp_profile.type not in CONFINING:
        return "it runs without a seccomp filter"
    if pod_context(item.spec).run_as_non_root and not non_root(item.spec, item.container):
        return "it may run as root in a pod that forbids it"
    if user(item.spec, item.container) == 0:
        return "it runs as root"
    return ""


def _debugging(workload: Workload) -> Iterator[tuple[Placed, str]]:
    """(debug container, what it has) for those that are attached to a pod that runs and have not ended."""
    attached = [item for item in workload.placed if item.list == "ephemeralContainers"]
    pods = {pod.ref: pod for pod in workload.pods} if attached else {}
    for item in attached:
        pod = pods.get(item.ref)
        if pod is not None and _ended(pod, item.container.name):
            continue
        elevated = _elevated(item)
        if elevated:
            yield item, elevated


def _ended(pod: Pod, name: str) -> bool:
    return pod.finished or any(
        status.name == name and status.state.terminated is not None
        for status in pod.status.ephemeral_container_statuses
    )


@check(
    "wl-ephemeral-elevated",
    "Debug container with extra rights left in a pod",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("PSS baseline", "PSS restricted", "T1609", "MS-TA9006"),
)
def debug_container(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A debug container with more rights than ordinary ones is still attached to a running pod.

    ## Why
    `kubectl debug` puts a container with a shell and tools beside the program, as privileged as its profile
    says, and nothing takes it away again but the end of the pod. Whoever may exec into the pod uses it; it
    may also be what an intruder left. What it may do is told by the checks of its rights as well.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web-0, namespace: shop}
    spec:
      containers:
        - name: app
          image: registry.example/web:1.4.2
      ephemeralContainers:
        - name: debugger-x7k2p
          image: registry.example/tools:3.0.0
          targetContainerName: app
          securityContext: {privileged: true}
    status: {phase: Running}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web-0, namespace: shop}
    spec:
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status: {phase: Running}
    ```
    """
    for item, elevated in _debugging(workload):
        words = f"{named(item)} is still attached to pod {item.ref.name}: {elevated}"
        yield at(workload, item, "/securityContext", words)


@debug_container.fix
def _no_debug_container(workload: Workload, _: Snapshot) -> Fix | None:
    pods = dict.fromkeys(item.ref.name for item, _ in _debugging(workload))
    if workload.system or not pods:
        return None
    last = (
        "A bare pod does not come back: save its manifest first, without ephemeralContainers."
        if workload.ref.kind == "Pod"
        else "Its owner starts a new pod without the debug container."
    )
    return Fix(
        f"Replace pod {' and '.join(pods)}",
        (),
        Risk.MANUAL,
        "The pod's work is interrupted, and what the debug container knows is lost.",
        (
            "Ask who debugs there; when nobody does, keep the pod's logs and find out who attached it (audit log).",
            *(f"kubectl delete pod -n {workload.namespace} {name}" for name in pods),
            last,
        ),
    )


@check(
    "wl-naked-pod",
    "Pod without an owner",
    Severity.INFO,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("Kubescape C-0073",),
)
def naked_pod(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A pod was started by hand: no controller stands above it.

    ## Why
    Nothing starts it again when its node goes, and almost nothing in it can be changed in place, so that
    no fix can be rolled out. Such pods are mostly left from a test, a repair or an intruder.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
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
    pod = workload.object
    if not isinstance(pod, Pod) or workload.static or not workload.owner_read:
        yield NotApplicable("it has an owner, or is a file of its node")
    elif not pod.finished:
        words = f"pod {pod.name} has no owner that would start it again"
        yield Evidence("/metadata/ownerReferences", words, elsewhere(workload, pod.ref))


@naked_pod.fix
def _owned(workload: Workload, _: Snapshot) -> Fix | None:
    if workload.system:
        return None
    return Fix(
        f"Put pod {workload.ref.name} under a Deployment or Job",
        (),
        Risk.MANUAL,
        "The pod is deleted and started anew, under another name.",
        (
            "Find out what it is for; delete it when it is for nothing.",
            "Make its spec the template of a Deployment, or of a Job when it is to end, then delete the pod.",
        ),
    )
