"""Containers that may use up what their node has besides memory: disk and processors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, elsewhere, listed, named, those
from ksec_tui.cluster.kinds import LIMIT_RANGE
from ksec_tui.cluster.pods import Resources
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_ZERO = re.compile(r"0+(\.0*)?[A-Za-z]*")


def _limited(resources: Resources, what: str) -> bool:
    limit = resources.limits.get(what)
    return limit is not None and not _ZERO.fullmatch(str(limit))


def _by_default(snapshot: Snapshot, namespace: str, what: str) -> bool:
    """Whether a LimitRange gives containers a limit that set none (core/v1 SetDefaults_LimitRangeItem)."""
    return any(
        entry.type == "Container" and (what in entry.default or what in entry.max)
        for limits in snapshot.within(LIMIT_RANGE, namespace)
        for entry in limits.spec.limits
    )


def _without(workload: Workload, cluster: Snapshot, what: str) -> list[Placed]:
    """The containers without a limit of `what`; debug containers cannot have one."""

    def wanted(item: Placed) -> bool:
        limited = _limited(item.container.resources, what) or _limited(item.spec.resources, what)
        return not limited and item.list != "ephemeralContainers"

    found = those(workload, wanted)
    return [] if found and _by_default(cluster, workload.namespace, what) else found


@check(
    "wl-no-cpu-limit",
    "No processor limit",
    Severity.INFO,
    on=WORKLOADS,
    needs=(LIMIT_RANGE,),
    threats=(Threat.CONTAINER,),
    references=("T1496", "MS-TA9039"),
    optional=True,
    near=True,
)
def no_cpu_limit(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A container may use all processors of its node while nobody else wants them.

    ## Why
    A miner in it runs at full speed. Others keep what they request, so that nothing breaks by it, and many
    teams set no such limit on purpose, since it slows programs on idle nodes: this is a remark, not a
    defect.

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
                requests: {cpu: 250m}
                limits: {memory: 256Mi}
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
                requests: {cpu: 250m}
                limits: {memory: 256Mi, cpu: "1"}
    ```
    """
    for item in _without(workload, cluster, "cpu"):
        yield at(workload, item, "/resources/limits/cpu", f"{named(item)} has no processor limit")


@no_cpu_limit.fix
def _slowed(workload: Workload, cluster: Snapshot) -> Fix | None:
    found = _without(workload, cluster, "cpu")
    if workload.system or not found:
        return None
    return Fix(
        f"Limit the processors of {listed(found) or workload.ref.name}, where that is wanted",
        (),
        Risk.MANUAL,
        "The program is slowed at the limit even when its node is idle.",
        ("Measure what it uses at its busiest, and set resources.limits.cpu above that.",),
    )


def _unbounded(workload: Workload) -> list[tuple[int, str]]:
    """(position, name) of scratch volumes on the node's disk without a size."""
    return [
        (index, volume.name)
        for index, volume in enumerate(workload.spec.volumes)
        if volume.empty_dir is not None
        and volume.empty_dir.medium != "Memory"
        and not volume.empty_dir.size_limit
    ]


@check(
    "wl-no-pids-ephemeral-limit",
    "No limit of scratch space",
    Severity.INFO,
    on=WORKLOADS,
    needs=(LIMIT_RANGE,),
    threats=(Threat.CONTAINER,),
    references=("MS-TA9040",),
    near=True,
)
def no_scratch_limit(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A container may fill its node's disk, in its own files, its log or a scratch volume.

    ## Why
    A full disk evicts other pods and stops the node from taking new ones. A limit of ephemeral storage
    bounds the container's files and log, and those of all containers together bound the pod's emptyDir
    volumes. How many processes a pod may start is a setting of the kubelet and not seen here.

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
          volumes:
            - name: cache
              emptyDir: {}
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
          volumes:
            - name: cache
              emptyDir: {}
          containers:
            - name: app
              image: registry.example/web:1.4.2
              resources:
                limits: {ephemeral-storage: 1Gi}
    ```
    """
    found = _without(workload, cluster, "ephemeral-storage")
    for item in found:
        words = f"{named(item)} has no limit of ephemeral storage"
        yield at(workload, item, "/resources/limits/ephemeral-storage", words)
    if found:
        for index, name in _unbounded(workload):
            path = f"{workload.pointer}/volumes/{index}/emptyDir/sizeLimit"
            ref = elsewhere(workload, workload.object.ref)
            yield Evidence(path, f"volume {name} has no size limit", ref)


@no_scratch_limit.fix
def _bounded(workload: Workload, cluster: Snapshot) -> Fix | None:
    found = _without(workload, cluster, "ephemeral-storage")
    if workload.system or not found:
        return None
    return Fix(
        f"Limit the scratch space of {listed(found) or workload.ref.name}",
        (),
        Risk.MANUAL,
        "The pod is evicted when it writes more than its limit.",
        (
            "Measure what it writes, and set resources.limits.ephemeral-storage well above that.",
            "Or give the namespace a LimitRange with a default for ephemeral-storage.",
        ),
    )
