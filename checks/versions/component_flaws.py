"""Known vulnerabilities of what runs in pods: DNS, etcd, ingress-nginx, storage drivers, kube-proxy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.versions.components import API_SERVER, component_of, image_version
from ksec_tui.analysis.versions.distribution import UPSTREAM, cluster_distribution
from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, Hit, hits
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.versions.flaws import told
from ksec_tui.checks.workloads._common import elsewhere, named
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NODE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import with_flaws
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_ELSEWHERE = frozenset({API_SERVER, *CONTROL_PLANE})
"""Components that ``ver-kube-cve`` judges by the server's version."""


def _judged(workload: Workload) -> Iterator[tuple[Placed, str]]:
    for item in workload.placed:
        component = component_of(item.container.image)
        if component and component not in _ELSEWHERE and component in with_flaws():
            yield item, component


def _hits(workload: Workload, cluster: Snapshot) -> Iterator[tuple[Placed, Hit]]:
    for item, component in _judged(workload):
        version = image_version(item.container.image)
        windows = item.spec.os is not None and item.spec.os.name == "windows"
        if version is not None:
            for hit in hits(version, (component,), windows=windows, snapshot=cluster):
                yield item, hit


@check(
    "ver-component-cve",
    "Known vulnerabilities in a component of the cluster",
    Severity.MEDIUM,
    on=WORKLOADS,
    also=(NODE, CUSTOM_RESOURCE),
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=(
        "Kubernetes official CVE feed",
        "Go vulnerability database",
        "NSA/CISA upgrading",
        "OWASP K07",
    ),
    near=True,
)
def component_cve(workload: Workload, cluster: Snapshot) -> Iterator[Outcome]:
    """A program that belongs to the cluster itself runs in a version with public flaws.

    ## Why
    Name service, ingress controller, storage drivers and kube-proxy see the traffic or the volumes of every
    tenant, and most hold wide rights. The version is the one that the image's tag states. Where a flaw needs
    something that versions do not show, the condition is told and the finding is one step lower. That none is
    told means that none is known to the data of this program, not that there is none.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
    spec:
      selector: {matchLabels: {app: ingress-nginx}}
      template:
        metadata: {labels: {app: ingress-nginx}}
        spec:
          containers:
            - name: controller
              image: registry.k8s.io/ingress-nginx/controller:v1.11.4
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
    spec:
      selector: {matchLabels: {app: ingress-nginx}}
      template:
        metadata: {labels: {app: ingress-nginx}}
        spec:
          containers:
            - name: controller
              image: registry.k8s.io/ingress-nginx/controller:v1.15.1
    ```
    """
    seen = False
    for item, component in _judged(workload):
        seen = True
        if image_version(item.container.image) is None:
            yield Unknown(
                f"{named(item)} is {component}, whose version the image {item.container.image!r} does not tell"
            )
    for item, hit in _hits(workload, cluster):
        piece = told(hit, f"{item.pointer}/image", UPSTREAM, vendor=bool(hit.version.suffix))
        yield msgspec.structs.replace(piece, ref=elsewhere(workload, item.ref))
    if not seen:
        yield NotApplicable("none of its containers is a component of which flaws are known here")


@component_cve.fix
def _component_cve_fix(workload: Workload, cluster: Snapshot) -> Fix | None:
    aims: dict[str, Hit] = {}
    for item, hit in _hits(workload, cluster):
        known = aims.get(item.container.name)
        if hit.fixed is not None and (known is None or known.fixed is None or hit.fixed > known.fixed):
            aims[item.container.name] = hit
    steps = [
        f"Container {name}: move {hit.flaw.component} to {hit.fixed.number} or newer, "
        "by the chart, operator or manifest that installed it."
        for name, hit in sorted(aims.items())
        if hit.fixed is not None
    ]
    if not steps:
        return None
    if cluster_distribution(cluster).managed and workload.system:
        steps.append("Where the provider installs it as an add-on, update the add-on instead.")
    return Fix(
        f"Upgrade what {workload.ref.name} runs",
        risk=Risk.MANUAL,
        may_break="A new version may read its settings otherwise: read its release notes first.",
        steps=tuple(steps),
    )
