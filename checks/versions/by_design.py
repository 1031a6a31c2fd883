"""Flaws that upstream will never fix, where the cluster uses what they live in."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.rules import permits
from ksec_tui.analysis.versions.flaws import never_fixed
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import CLUSTER_ROLE, SERVICE, WORKLOAD_KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Flaw
from ksec_tui.findings.check import WHOLE_CLUSTER, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

TENANT_ROLES = ("edit", "admin")
"""The roles that tenants are given; what is aggregated into them stands in their own rules."""

WRITES = ("create", "update", "patch")
ENDPOINTS = (("", "endpoints"), ("discovery.k8s.io", "endpointslices"))


@check(
    "ver-cve-by-design",
    "Flaw that no version fixes is within reach",
    Severity.INFO,
    on=WHOLE_CLUSTER,
    everywhere=(SERVICE, CLUSTER_ROLE, *WORKLOAD_KINDS),
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CVE-2020-8554", "CVE-2021-25740", "CVE-2025-1767"),
)
def by_design(cluster: Snapshot, __: Snapshot) -> Iterator[Evidence]:
    """The cluster uses a feature whose known flaw is part of its design.

    ## Why
    A few vulnerabilities stay open in every release, since a fix would break what people rely on. No
    upgrade helps: they have to be configured around. Told here are those whose feature can be seen in
    use: external IPs of Services, tenant roles that write endpoints, gitRepo volumes. For information:
    the features have findings of their own where they are risky by themselves.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      externalIPs: [203.0.113.7]
      ports: [{port: 443}]
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 443}]
    ```
    """
    for _, piece in _pieces(cluster):
        yield piece


def _pieces(cluster: Snapshot) -> Iterator[tuple[Flaw, Evidence]]:
    """Each use of a feature with the flaw that lives in it; the other flaws show in no object."""
    uses = {"CVE-2020-8554": _external_ips, "CVE-2021-25740": _endpoint_writers, "CVE-2025-1767": _git_repos}
    for flaw in never_fixed():
        if flaw.id in uses:
            for piece in uses[flaw.id](cluster, flaw):
                yield flaw, piece


def _words(flaw: Flaw, cause: str) -> str:
    return f"{flaw.id} (never fixed): {flaw.flaw}; {cause}"


def _external_ips(cluster: Snapshot, flaw: Flaw) -> Iterator[Evidence]:
    for service in cluster.of(SERVICE):
        if service.spec.external_ips:
            cause = f"Service {service.ref.path} has external IPs"
            yield Evidence("/spec/externalIPs", _words(flaw, cause), service.ref)


def _endpoint_writers(cluster: Snapshot, flaw: Flaw) -> Iterator[Evidence]:
    for name in TENANT_ROLES:
        role = cluster.find(CLUSTER_ROLE, name)
        for index, rule in enumerate(role.rules if role is not None else ()):
            held = [
                resource
                for group, resource in ENDPOINTS
                if any(permits(rule, verb, group, resource) for verb in WRITES)
            ]
            if role is not None and held:
                cause = f"ClusterRole {name} writes {' and '.join(held)}"
                yield Evidence(f"/rules/{index}", _words(flaw, cause), role.ref)


def _git_repos(cluster: Snapshot, flaw: Flaw) -> Iterator[Evidence]:
    for workload in workloads(cluster):
        for index, volume in enumerate(workload.spec.volumes):
            if volume.git_repo is not None:
                cause = f"volume {volume.name} of {workload.ref} is a gitRepo"
                pointer = f"{workload.pointer}/volumes/{index}/gitRepo"
                yield Evidence(pointer, _words(flaw, cause), workload.object.ref)


@by_design.fix
def _by_design_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    steps = tuple(dict.fromkeys(f"{flaw.id}: {flaw.instead}" for flaw, _ in _pieces(cluster)))
    return Fix("Configure around what no version fixes", risk=Risk.MANUAL, steps=steps) if steps else None
