"""Images of one name that are not the same: what runs tells what specs do not."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import elsewhere
from ksec_tui.checks.workloads.images import image_tag, repository_digest
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_Seen = dict[str, tuple[str, ObjectRef, str]]


def _alike(workload: Workload) -> set[str] | None:
    """The image ids that its pods run when each container has the same in all of them; None when some differ."""
    ids: dict[str, str] = {}
    for pod in workload.pods:
        if pod.finished:
            continue
        for status in pod.status.container_statuses + pod.status.init_container_statuses:
            image = status.image_id
            if ids.setdefault(status.name, image) != image:
                return None
    return set(ids.values())


def _running(workload: Workload) -> dict[tuple[str, str], _Seen]:
    """(container, image as written) -> digest -> (node, pod, JSON pointer of the status) of one pod with it.

    Digests of a repository only: an image that was built or loaded on a node has none.
    """
    found: dict[tuple[str, str], _Seen] = {}
    for pod in workload.pods:
        if pod.finished:
            continue
        written = {c.name: c.image for c in (*pod.spec.containers, *pod.spec.init_containers)}
        lists = (
            ("containerStatuses", pod.status.container_statuses),
            ("initContainerStatuses", pod.status.init_container_statuses),
        )
        for name, statuses in lists:
            for index, status in enumerate(statuses):
                image, digest = written.get(status.name, ""), repository_digest(status.image_id)
                if image and digest and image_tag(image):
                    place = pod.spec.node_name, pod.ref, f"/status/{name}/{index}/imageID"
                    found.setdefault((status.name, image), {}).setdefault(digest, place)
    return found


@check(
    "img-digest-drift",
    "Replicas run different images under one tag",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("T1525", "MS-TA9002"),
)
def digest_drift(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Pods of one workload run images with different digests, though their specs name the same tag.

    ## Why
    The tag was moved between one pod's start and the next one's: by a careless build, or by somebody who put
    another program under the name. Requests are answered now by the one, now by the other, and only what
    runs shows it. Where nodes differ in architecture, some runtimes report a digest for each.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web, namespace: shop, uid: u1}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web-0
      namespace: shop
      labels: {app: web}
      annotations: {shop.example/team: web}
      ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
    spec:
      nodeName: node-1
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web-1
      namespace: shop
      labels: {app: web}
      annotations: {shop.example/team: web}
      ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
    spec:
      nodeName: node-2
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web, namespace: shop, uid: u1}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web-0
      namespace: shop
      labels: {app: web}
      annotations: {shop.example/team: web}
      ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
    spec:
      nodeName: node-1
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: web-1
      namespace: shop
      labels: {app: web}
      annotations: {shop.example/team: web}
      ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
    spec:
      nodeName: node-2
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    ```
    """
    alike = _alike(workload)
    if alike is not None:
        if not any(map(repository_digest, alike)):
            yield NotApplicable("no pod tells which image of a tag it runs")
        return
    running_now = _running(workload)
    for (name, image), digests in sorted(running_now.items()):
        if len(digests) < 2:
            continue
        (first, (_node, known, _pointer)), *others = sorted(digests.items(), key=lambda entry: entry[1][1])
        for digest, (node, pod, pointer) in others:
            where = f" on node {node}" if node else ""
            yield Evidence(
                pointer,
                f"container {name} of pod {pod.name}{where} runs {image} as {digest[:19]}…, "
                f"that of pod {known.name} as {first[:19]}…",
                elsewhere(workload, pod),
            )


@digest_drift.fix
def _one_image(workload: Workload, _: Snapshot) -> Fix | None:
    names = [name for (name, _), digests in _running(workload).items() if len(digests) > 1]
    if workload.system or not names:
        return None
    return Fix(
        f"Decide which image of container {' and '.join(dict.fromkeys(names))} is the right one, and pin it",
        (),
        Risk.MANUAL,
        "Pods of the other image are replaced.",
        (
            "Find out in the registry when the tag was moved and by whom; compare both images.",
            "Set the image to repository:tag@sha256:… of the one that was meant.",
            "When nobody moved the tag on purpose, treat the workload and the registry's login as broken into.",
        ),
    )
