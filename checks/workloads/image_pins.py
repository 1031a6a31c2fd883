"""Images that are named by a tag, which may be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, template_fix, those
from ksec_tui.checks.workloads.images import image_tag, running
from ksec_tui.cluster.pods import Container
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def _unsettled(workload: Workload, items: list[Placed], fine: Callable[[Container], bool]) -> list[Placed]:
    """Those that admission does not make `fine` in every live pod (AlwaysPullImages, webhooks that set digests)."""
    hopeful = {item.container.name for item in items if not item.injected}
    seen: set[str] = set()
    for pod in workload.pods:
        if not hopeful:
            break
        for own in () if pod.finished else (*pod.spec.containers, *pod.spec.init_containers):
            if own.name in hopeful:
                seen.add(own.name)
                if not fine(own):
                    hopeful.discard(own.name)
    settled = hopeful & seen
    return [item for item in items if item.injected or item.container.name not in settled]


def _tagged(workload: Workload) -> list[Placed]:
    """The containers whose image is named by a tag that says a version; others are told under img-latest."""

    def wanted(item: Placed) -> bool:
        image = item.container.image
        named_by_tag = bool(image) and image_tag(image) not in ("", "latest")
        return named_by_tag and item.list != "ephemeralContainers"

    return _unsettled(workload, those(workload, wanted), _has_digest)


def _has_digest(container: Container) -> bool:
    return "@" in container.image


@check(
    "img-no-digest",
    "Image not named by its digest",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("T1525", "OWASP 2022-K02"),
)
def no_digest(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container's image is named by a tag and not by its digest.

    ## Why
    A tag is a label that whoever may push moves to another image, also one that says a version. The next pod
    that starts on a fresh node runs that one, and no object of the cluster changed. A digest names one
    content for good. Images without a version are told under `img-latest`.

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
      containers:
        - name: app
          image: registry.example/web:1.4.2
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
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
              image: registry.example/web:1.4.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
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
      containers:
        - name: app
          image: registry.example/web:1.4.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    status:
      phase: Running
      containerStatuses:
        - name: app
          imageID: registry.example/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    ```
    """
    for item in _tagged(workload):
        yield at(workload, item, "/image", f"{named(item)} runs {item.container.image}, without a digest")


@no_digest.fix
def _with_digest(workload: Workload, _: Snapshot) -> Fix | None:
    risky = [item for item in _tagged(workload) if not item.injected]
    if workload.system or not risky:
        return None
    digests = {item.container.name: running(workload, item) for item in risky}
    if not all(digests.values()):
        return Fix(
            f"Name the digest of the image of {listed(risky)}",
            (),
            Risk.MANUAL,
            "A digest of one processor architecture only cannot run on nodes of another.",
            (
                "What runs now is not known, or not alike in all pods: look the digest up in the registry.",
                "Set the image to repository:tag@sha256:…",
            ),
        )

    def wanted(item: Placed) -> dict[str, Any] | None:
        digest = digests[item.container.name] if item in risky else ""
        return {"image": f"{item.container.image}@{digest}"} if digest else None

    return template_fix(
        workload,
        f"Pin the image of {listed(risky)} to what runs now",
        wanted,
        Risk.LIKELY,
        "The digest may be that of one processor architecture; nodes of another could not run it.",
    )


def _policy(container: Container) -> str:
    """The effective pull policy: by default Always for latest, else IfNotPresent (core/v1 SetDefaults_Container)."""
    floats = image_tag(container.image) == "latest"
    return container.image_pull_policy or ("Always" if floats else "IfNotPresent")


def _asks(container: Container) -> bool:
    """Whether the registry is asked, or need not be."""
    return not container.image or _has_digest(container) or _policy(container) == "Always"


def _cached(workload: Workload) -> list[Placed]:
    found = those(workload, lambda item: item.list != "ephemeralContainers" and not _asks(item.container))
    return _unsettled(workload, found, _asks)


@check(
    "img-pull-policy",
    "Image taken from the node's cache",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.11", "MS-TA9002"),
)
def pull_policy(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container runs whatever its node has under the image's tag, without asking the registry.

    ## Why
    Whoever got an image of that name onto the node decides what runs, and a fixed version under the same tag
    is not fetched. Until 1.35 a pod also gets a private image that another pod pulled, without having the
    credentials for it. An image named by its digest is what it says, cached or not.

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
              imagePullPolicy: IfNotPresent
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
              imagePullPolicy: Always
    ```
    """
    for item in _cached(workload):
        policy = _policy(item.container)
        how = "only from the node's cache" if policy == "Never" else "from the node's cache when it is there"
        words = f"{named(item)} takes {item.container.image} {how}"
        yield at(workload, item, "/imagePullPolicy", words)


@pull_policy.fix
def _always(workload: Workload, _: Snapshot) -> Fix | None:
    risky = _cached(workload)
    local = any(_policy(item.container) == "Never" for item in risky)
    return template_fix(
        workload,
        f"Ask the registry for the image of {listed(risky)} at every start",
        lambda item: {"imagePullPolicy": "Always"} if item in risky else None,
        Risk.REVIEW if local else Risk.LIKELY,
        "The image must be in a registry, not only on the node."
        if local
        else "Pods do not start while the registry cannot be reached.",
    )
