"""What images containers run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, template_fix, those
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def image_tag(image: str) -> str:
    """The tag of an image reference, ``latest`` when it has none, empty when a digest pins it.

    The registry's port is not a tag (distribution reference grammar).
    """
    if "@" in image:
        return ""
    return image.rpartition("/")[2].partition(":")[2] or "latest"


def _floating(item: Placed) -> bool:
    return bool(item.container.image) and image_tag(item.container.image) == "latest"


@check(
    "img-latest",
    "Image without a fixed tag",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("NSA Container images", "T1525", "MS-TA9002", "OWASP 2022-K02"),
)
def latest_tag(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container runs whatever its image's tag `latest` stands for when it starts.

    ## Why
    Whoever may push to the repository replaces the program at the next restart, and no object in the
    cluster changes. Two replicas may run different code, and no rollback brings the old one back.

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
              image: registry.example:5000/web
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
              image: registry.example:5000/web:1.4.2
    ```
    """
    for item in those(workload, _floating):
        image = item.container.image
        how = "without a tag" if not image.endswith(":latest") else "by the tag latest"
        yield at(workload, item, "/image", f"{named(item)} runs {image}, {how}")


@latest_tag.fix
def _pinned(workload: Workload, _: Snapshot) -> Fix | None:
    """Pins what runs now, when all pods agree on it."""
    risky = [item for item in those(workload, _floating) if not item.injected]
    if workload.system or not risky:
        return None
    digests = {item.container.name: running(workload, item) for item in risky}
    if not all(digests.values()):
        return Fix(
            f"Name a version of the image of {listed(risky)}",
            (),
            Risk.MANUAL,
            "Another version may behave differently.",
            (
                "Find the version that is meant; what runs now is not known, or not alike in all pods.",
                "Set the image to that tag, or better to its digest: repository:tag@sha256:…",
            ),
        )

    def wanted(item: Placed) -> dict[str, Any] | None:
        if item not in risky:
            return None
        return {"image": f"{item.container.image}@{digests[item.container.name]}"}

    return template_fix(
        workload,
        f"Pin the image of {listed(risky)} to what runs now",
        wanted,
        Risk.REVIEW,
        "The digest may be that of one processor architecture; nodes of another could not run it.",
    )


def running(workload: Workload, item: Placed) -> str:
    """The digest that every live pod runs for a container; empty when they differ or it is not known.

    Pods of an older template, which name another image, do not count; other containers of that image do.
    """
    found = set()
    for pod in workload.pods:
        if pod.finished:
            continue
        every = (*pod.spec.containers, *pod.spec.init_containers)
        names = {own.name for own in every if own.image == item.container.image}
        for status in (*pod.status.container_statuses, *pod.status.init_container_statuses):
            if status.name in names:
                found.add(repository_digest(status.image_id))
    return found.pop() if len(found) == 1 else ""


def repository_digest(image_id: str) -> str:
    """``sha256:…`` of a repository's manifest; a bare id is that of a local image, which cannot be pulled."""
    repository, _, digest = image_id.rpartition("@")
    return digest if repository and re.fullmatch("sha256:[0-9a-f]{64}", digest) else ""
