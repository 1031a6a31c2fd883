"""Programs that get no fixes any more, told by their images."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, named, those
from ksec_tui.checks.workloads.images import image_tag
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_TILLER = re.compile(r"(^|/)(kubernetes-)?(helm/)?tiller$")


def _tiller(item: Placed) -> bool:
    return _TILLER.search(repository(item.container.image)) is not None


@check(
    "wl-tiller",
    "Helm 2's Tiller",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("OWASP K07", "OWASP K09"),
)
def tiller(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """Tiller, the server half of Helm 2, runs in the cluster.

    ## Why
    It installs whatever it is told to with its own rights, commonly those of cluster-admin, and by default
    asks nobody who they are: any pod that reaches port 44134 rules the cluster. It has had no fixes since
    November 2020; Helm 3 works without it.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: tiller-deploy, namespace: helm}
    spec:
      selector: {matchLabels: {app: tiller-deploy}}
      template:
        metadata: {labels: {app: tiller-deploy}}
        spec:
          containers:
            - name: tiller
              image: ghcr.io/helm/tiller:v2.16.12
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: helm}
    ```
    """
    for item in those(workload, _tiller):
        yield at(workload, item, "/image", f"{named(item)} is Tiller ({item.container.image})")


@tiller.fix
def _without_tiller(workload: Workload, _: Snapshot) -> Fix:
    return Fix(
        f"Remove {workload.ref.name}",
        (),
        Risk.MANUAL,
        "Releases of Helm 2 can no longer be changed until they are converted.",
        (
            "Convert the releases with the helm-2to3 plug-in.",
            f"kubectl delete -n {workload.namespace} {workload.ref.kind.lower()} {workload.ref.name}",
            "Delete its Service, its ServiceAccount and the ClusterRoleBinding of that account.",
        ),
    )


_RETIRED = dt.date(2026, 3, 31)
"""The last day on which ingress-nginx was maintained (Kubernetes blog, "Ingress NGINX Retirement")."""

_NGINX = re.compile(
    r"(^|/)ingress-nginx/controller(-chroot)?$|(^|/)(rancher/)?nginx-ingress-controller(-chroot|-(amd|arm|ppc)\w+)?$"
)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """A flaw of ingress-nginx that the repository's security advisories name.

    Attributes:
        id: its CVE number.
        fixed: the first release of each line without it, oldest first; older lines have it for good.
        words: what it lets whom do.
    """

    id: str
    fixed: tuple[str, ...]
    words: str

    def hits(self, version: Version) -> bool:
        """Whether a version has it."""
        fixes = [found for text in self.fixed if (found := parse(text)) is not None]
        own = [found for found in fixes if found.line == version.line]
        return version < own[0] if own else version < fixes[0]


_FLAWS = (
    _Flaw("CVE-2025-1974", ("1.11.5", "1.12.1"), "any pod that reaches its webhook runs code in it"),
    _Flaw("CVE-2026-4342", ("1.13.9", "1.14.5", "1.15.1"), "whoever may write Ingresses runs code in it"),
    _Flaw("CVE-2026-24512", ("1.13.7", "1.14.3"), "whoever may write Ingresses runs code in it"),
    _Flaw("CVE-2021-25742", ("0.49.1", "1.0.1"), "whoever may write Ingresses reads every Secret"),
)


def _ingress_nginx(item: Placed) -> bool:
    return _NGINX.search(repository(item.container.image)) is not None


@check(
    "wl-ingress-nginx-eol",
    "ingress-nginx, which is not maintained any more",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("T1190", "OWASP K07", "CVE-2021-25742", "CVE-2025-1974", "CVE-2026-24512", "CVE-2026-4342"),
    near=True,
)
def ingress_nginx(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """The cluster's traffic comes in through ingress-nginx, which is retired or has known flaws.

    ## Why
    It reads every Secret that an Ingress may name and stands at the door. Its last releases are of March
    2026; what is found in it, or in the NGINX inside, since then stays. Several flaws before let any pod, or
    anyone who may write an Ingress, run code in it. The controller of F5 (nginx/nginx-ingress) is another
    program.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
    spec:
      selector: {matchLabels: {app: ingress-nginx-controller}}
      template:
        metadata: {labels: {app: ingress-nginx-controller}}
        spec:
          containers:
            - name: controller
              image: registry.k8s.io/ingress-nginx/controller:v1.11.3
    ---
    {kind: Cluster, serverVersion: v1.35.2, today: 2026-11-21}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: traefik, namespace: traefik}
    spec:
      selector: {matchLabels: {app: traefik}}
      template:
        metadata: {labels: {app: traefik}}
        spec:
          containers:
            - name: traefik
              image: docker.io/library/traefik:v3.6.2
    ---
    {kind: Cluster, serverVersion: v1.35.2, today: 2026-11-21}
    ```
    """
    today = cluster.source.date
    for item in those(workload, _ingress_nginx):
        version = parse(image_tag(item.container.image.partition("@")[0]))
        name = f"{named(item)} is ingress-nginx{f' {version.number}' if version else ''}"
        if today > _RETIRED:
            yield at(workload, item, "/image", f"{name}, which has had no fixes since {_RETIRED:%B %Y}")
        for flaw in _FLAWS:
            if version is not None and flaw.hits(version):
                yield at(workload, item, "/image", f"{name}, which has {flaw.id}: {flaw.words}")


@ingress_nginx.fix
def _successor(_workload: Workload, _: Snapshot) -> Fix:
    return Fix(
        "Move its Ingresses to a controller that is maintained",
        (),
        Risk.MANUAL,
        "Annotations of ingress-nginx mean nothing to others; routes must be tried before they are switched.",
        (
            "Until then: release 1.15.1 with allow-snippet-annotations: false.",
            "Until then: a NetworkPolicy that lets only the API server reach its webhook (port 8443).",
            "Choose a Gateway API implementation or another Ingress controller, and run it beside this one.",
            "Convert the Ingresses (ingress2gateway helps), move DNS or the load balancer, then remove this one.",
        ),
    )
