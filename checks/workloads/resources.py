"""Containers that may use up their node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, memory_limit, named, template_fix, those
from ksec_tui.cluster.kinds import LIMIT_RANGE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def unlimited(workload: Workload, snapshot: Snapshot) -> list[Placed]:
    """The containers without a limit of memory of their own, of their pod (KEP-2837) or by default.

    A LimitRange gives new pods its default, or its maximum when it names no default
    (core/v1 SetDefaults_LimitRangeItem). Debug containers cannot have limits.
    """
    if default_memory(snapshot, workload.namespace):
        return []
    return those(workload, _unlimited)


def _unlimited(item: Placed) -> bool:
    limited = memory_limit(item.container.resources) or memory_limit(item.spec.resources)
    return not limited and item.list != "ephemeralContainers"


def default_memory(snapshot: Snapshot, namespace: str) -> bool:
    """Whether a LimitRange limits the memory of containers that set no limit."""
    return any(
        entry.type == "Container" and ("memory" in entry.default or "memory" in entry.max)
        for limits in snapshot.within(LIMIT_RANGE, namespace)
        for entry in limits.spec.limits
    )


@check(
    "wl-no-memory-limit",
    "No memory limit",
    Severity.LOW,
    on=WORKLOADS,
    needs=(LIMIT_RANGE,),
    threats=(Threat.CONTAINER,),
    references=("NSA Resource policies", "T1499", "T1496", "MS-TA9039", "MS-TA9040", "OWASP K01"),
    near=True,
)
def no_memory_limit(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A container may take all memory of its node.

    ## Why
    Whoever runs code in it, or sends it the right request, fills the node's memory until the kernel kills
    other pods: an attack on everything that shares the node, and room for a cryptominer. A limit set for
    the pod, or given by a LimitRange of the namespace, counts.

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
          containers:
            - name: app
              image: registry.example/web:1.4.2
              resources:
                requests: {memory: 256Mi}
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
              resources:
                requests: {memory: 256Mi}
                limits: {memory: 256Mi}
    ```
    """
    for item in unlimited(workload, cluster):
        yield at(workload, item, "/resources/limits/memory", f"{named(item)} has no memory limit")


@no_memory_limit.fix
def _limited(workload: Workload, cluster: Snapshot) -> Fix | None:
    """Only what the owner has said is used: the request becomes the limit."""
    found = [item for item in unlimited(workload, cluster) if not item.injected]
    if not found or workload.system:
        return None
    requests = {item.pointer: item.container.resources.requests.get("memory") for item in found}
    if not all(requests.values()):
        return Fix(
            f"Limit the memory of {listed(found)}",
            (),
            Risk.MANUAL,
            "A limit that is too low gets the container killed.",
            (
                "Measure what it uses at its busiest, and set resources.limits.memory well above that.",
                "Or give the namespace a LimitRange with a default for containers.",
            ),
        )

    def wanted(item: Placed) -> dict[str, Any] | None:
        memory = requests.get(item.pointer)
        return {"resources": {"limits": {"memory": memory}}} if memory else None

    return template_fix(
        workload,
        f"Limit the memory of {listed(found)} to what it requests",
        wanted,
        Risk.REVIEW,
        "The container is killed when it needs more than it requests.",
    )
