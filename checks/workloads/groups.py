"""Groups and users of containers that mean something on the node too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.host_paths import host_mounts
from ksec_tui.analysis.security_context import context, in_user_namespace, is_windows, pod_context, user
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import (
    elsewhere,
    named,
    security,
    specs,
    template_fix,
    those,
)
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_HIGHEST_LOW = 10_000
"""The highest user number that counts as one a node may have given to somebody."""


def _apart(workload: Workload) -> NotApplicable | None:
    if is_windows(workload.spec):
        return NotApplicable("Windows has no user numbers")
    if in_user_namespace(workload.spec):
        return NotApplicable("its numbers are not those of the node: the pod has its own user namespace")
    return None


def _root_group(item: Placed) -> bool:
    return context(item.container).run_as_group == 0


def _root_groups(spec: PodSpec) -> list[tuple[str, str]]:
    """(JSON pointer from the securityContext, words) of the pod's own groups that are 0."""
    pod = pod_context(spec)
    found = [("/runAsGroup", "the pod runs with group 0")] if pod.run_as_group == 0 else []
    if pod.fs_group == 0:
        found.append(("/fsGroup", "the pod's volumes belong to group 0"))
    found += [
        (f"/supplementalGroups/{index}", "the pod has group 0 besides its own")
        for index, group in enumerate(pod.supplemental_groups)
        if group == 0
    ]
    return found


@check(
    "wl-root-group",
    "Runs with the root group",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("NSA Non-root containers",),
)
def root_group(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container or its pod is told to have group 0.

    ## Why
    Files of root are often readable, and some writable, for root's group, in the image and on mounted parts
    of the node. A user of its own gains little while its group is root's. What an image itself sets is not
    seen here, and Pod Security does not ask.

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
          securityContext:
            runAsUser: 20000
            fsGroup: 0
            supplementalGroups: [0, 20000]
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
          securityContext:
            runAsUser: 20000
            supplementalGroups: [20000]
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    apart = _apart(workload)
    if apart:
        yield apart
        return
    for spec, pointer, ref in specs(workload, lambda spec: bool(_root_groups(spec))):
        for path, words in _root_groups(spec):
            yield Evidence(f"{pointer}/securityContext{path}", words, ref)
    for item in those(workload, _root_group):
        yield Evidence(
            f"{item.pointer}/securityContext/runAsGroup",
            f"{named(item)} runs with group 0",
            elsewhere(workload, item.ref),
        )


@root_group.fix
def _other_group(workload: Workload, _: Snapshot) -> Fix | None:
    pod = pod_context(workload.spec)
    values: dict[str, Any] = {}
    if pod.run_as_group == 0:
        values["runAsGroup"] = None
    if pod.fs_group == 0:
        values["fsGroup"] = None
    if 0 in pod.supplemental_groups:
        # The list is atomic: all that stays.
        values["supplementalGroups"] = [group for group in pod.supplemental_groups if group] or None
    return template_fix(
        workload,
        "Leave the group to the image",
        lambda item: security(runAsGroup=None) if _root_group(item) else None,
        Risk.REVIEW,
        "It breaks images that give root's group the rights to their files, as those for OpenShift do.",
        security(**values) if values else None,
    )


def _low(item: Placed) -> bool:
    number = user(item.spec, item.container)
    return number is not None and 0 < number <= _HIGHEST_LOW


@check(
    "wl-low-uid",
    "User number that the node may use too",
    Severity.INFO,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("Trivy KSV-0020", "Trivy KSV-0021"),
)
def low_user(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container runs as a user whose number may be somebody's on the node.

    ## Why
    The kernel knows numbers, not names: user 1000 of a container is user 1000 of the node, and of every
    other container that chose it. That matters to who gets out of the container or has files of the node
    mounted. A high number of its own, or a user namespace, belongs to nobody else.

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
              securityContext:
                runAsUser: 1000
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
              securityContext:
                runAsUser: 21000
    ```
    """
    apart = _apart(workload)
    if apart:
        yield apart
        return
    low = those(workload, _low)
    on_node = {found.placed.container.name: found.path for found in host_mounts(workload)} if low else {}
    for item in low:
        own = context(item.container).run_as_user is not None
        place = item.pointer if own else item.pointer.rsplit("/", 2)[0]
        words = f"{named(item)} runs as user {user(item.spec, item.container)}"
        path = on_node.get(item.container.name)
        words += f", with {path} of the node in reach" if path else ""
        ref = elsewhere(workload, item.ref)
        yield Evidence(f"{place}/securityContext/runAsUser", words, ref)


@low_user.fix
def _high_user(workload: Workload, _: Snapshot) -> Fix | None:
    if workload.system:
        return None
    return Fix(
        f"Give {workload.ref.name} a user number above {_HIGHEST_LOW:,}",
        (),
        Risk.MANUAL,
        "Files on its volumes keep their old owner; the image may expect its own number.",
        (
            f"Choose a number above {_HIGHEST_LOW:,} that no other workload has, and build the image for it.",
            "Set runAsUser, runAsGroup and fsGroup to it; or set hostUsers: false and leave the number.",
        ),
    )
