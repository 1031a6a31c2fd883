"""Where images come from: registries that are frozen, and credentials that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, specs, template_fix, those
from ksec_tui.cluster.kinds import SECRET
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_MOVED = "registry.k8s.io/"
_FROZEN: dict[str, tuple[str, str]] = {
    "k8s.gcr.io/": ("k8s.gcr.io is frozen since April 2023", _MOVED),
    "gcr.io/google_containers/": ("gcr.io/google_containers is frozen since April 2023", _MOVED),
    "gcr.io/google-containers/": ("gcr.io/google-containers is frozen since April 2023", _MOVED),
    "quay.io/kubernetes-ingress-controller/": ("this repository gets no images since 2020", ""),
    "docker.io/bitnamilegacy/": ("bitnamilegacy gets no updates since August 2025", ""),
    "bitnamilegacy/": ("bitnamilegacy gets no updates since August 2025", ""),
}
"""Start of an image's name -> (why nothing new comes there, where the same images are now)."""


def _frozen(image: str) -> tuple[str, str, str]:
    """(start of the name, why, where the same image is now); empty when its registry lives."""
    for start, (why, successor) in _FROZEN.items():
        if image.startswith(start):
            return start, why, successor
    return "", "", ""


def _stale(item: Placed) -> bool:
    return bool(_frozen(item.container.image)[0])


@check(
    "img-deprecated-registry",
    "Image from a registry that is frozen",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.EXTERNAL,),
    references=("OWASP 2022-K02",),
)
def frozen_registry(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container's image comes from a registry that takes no new images.

    ## Why
    No fix of a flaw will ever appear there, whatever the tag, and one day the registry is switched off and
    pods that move to another node do not start. What Kubernetes makes lives at registry.k8s.io.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metrics, namespace: ops}
    spec:
      selector: {matchLabels: {app: metrics}}
      template:
        metadata: {labels: {app: metrics}}
        spec:
          containers:
            - name: metrics
              image: k8s.gcr.io/metrics-server/metrics-server:v0.6.3
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metrics, namespace: ops}
    spec:
      selector: {matchLabels: {app: metrics}}
      template:
        metadata: {labels: {app: metrics}}
        spec:
          containers:
            - name: metrics
              image: registry.k8s.io/metrics-server/metrics-server:v0.6.3
    ```
    """
    for item in those(workload, _stale):
        words = f"{named(item)} runs {item.container.image}: {_frozen(item.container.image)[1]}"
        yield at(workload, item, "/image", words)


@frozen_registry.fix
def _living_registry(workload: Workload, _: Snapshot) -> Fix | None:
    risky = [item for item in those(workload, _stale) if not item.injected]
    if workload.system or not risky:
        return None
    if not all(_frozen(item.container.image)[2] for item in risky):
        return Fix(
            f"Take the image of {listed(risky)} from elsewhere",
            (),
            Risk.MANUAL,
            "Another build of the program may keep its files and its user elsewhere.",
            ("Find who maintains the program now, and name a version of that image by its digest.",),
        )

    def wanted(item: Placed) -> dict[str, Any] | None:
        if item not in risky:
            return None
        start, _, successor = _frozen(item.container.image)
        return {"image": successor + item.container.image.removeprefix(start)}

    return template_fix(
        workload,
        f"Take the image of {listed(risky)} from {_MOVED.rstrip('/')}",
        wanted,
        Risk.LIKELY,
        "The pod does not start where nodes cannot reach that registry; very old images were not moved.",
    )


@check(
    "img-pull-secret-missing",
    "Credentials for the registry are missing",
    Severity.INFO,
    on=WORKLOADS,
    needs=(SECRET,),
    threats=(Threat.EXTERNAL,),
    references=("OWASP 2022-K02",),
    near=True,
)
def pull_secret_missing(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A pod names a Secret for pulling its images that does not exist.

    ## Why
    The kubelet asks without it. A private image then does not come, and where the name resolves to a public
    registry somebody else may offer an image under it.

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
          imagePullSecrets: [{name: registry}]
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
          imagePullSecrets: [{name: registry}]
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: registry, namespace: shop}
    type: kubernetes.io/dockerconfigjson
    ```
    """
    namespace = workload.namespace

    def missing(spec: PodSpec) -> list[tuple[int, str]]:
        return [
            (index, secret.name)
            for index, secret in enumerate(spec.image_pull_secrets)
            if secret.name and cluster.find(SECRET, secret.name, namespace) is None
        ]

    for spec, pointer, ref in specs(workload, lambda spec: bool(missing(spec))):
        for index, name in missing(spec):
            yield Evidence(f"{pointer}/imagePullSecrets/{index}", f"there is no Secret {name}", ref)


@pull_secret_missing.fix
def _with_credentials(workload: Workload, cluster: Snapshot) -> Fix | None:
    names = [s.name for s in workload.spec.image_pull_secrets]
    gone = [name for name in names if name and cluster.find(SECRET, name, workload.namespace) is None]
    if workload.system or not gone:
        return None
    return Fix(
        f"Create the Secret {' and '.join(gone)}, or take the name out",
        (),
        Risk.MANUAL,
        "Nothing breaks by the Secret being there.",
        (
            f"kubectl create secret docker-registry -n {workload.namespace} {gone[0]} …",
            "Give it a login that may only pull.",
            "Or remove the entry from imagePullSecrets where the image is public.",
        ),
    )
