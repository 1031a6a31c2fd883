"""Builds the smallest workloads that a check may judge, and judges them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate

Tree = dict[str, Any]
CHECKS = {item.id: item for item in all_checks(optional=True)}


def container(name: str = "app", **fields: Any) -> Tree:
    return {"name": name, "image": "registry.example/app:1.0.0", **fields}


def secured(**values: Any) -> Tree:
    """A container with a securityContext."""
    return container(securityContext=values)


def daemon_set(*containers: Tree, name: str = "web", namespace: str = "shop", **spec: Any) -> Tree:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": list(containers or (container(),)), **spec},
    }
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}"}
    body = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": body}


def live(
    owner: Tree, *containers: Tree, name: str = "web-x1", status: Tree | None = None, **spec: Any
) -> Tree:
    """A pod that runs from `owner`, with these containers instead of its template's."""
    meta = owner["metadata"]
    reference = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": meta["name"], "uid": meta["uid"]}
    template = owner["spec"]["template"]
    body = {**template["spec"], **spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": template["metadata"]["labels"],
            "ownerReferences": [{**reference, "controller": True}],
        },
        "spec": {**body, "containers": list(containers)} if containers else body,
        "status": {"phase": "Running", **(status or {})},
    }


def cluster(*documents: Tree, version: str = "") -> Snapshot:
    return snapshot_of([{"kind": "Cluster", "serverVersion": version}, *documents])


def judged(check: str, snapshot: Snapshot) -> tuple[Finding, ...]:
    return run_one(snapshot, CHECKS[check]).findings


def words(check: str, *documents: Tree, version: str = "") -> list[str]:
    found = judged(check, cluster(*documents, version=version))
    return [piece.words for finding in found for piece in finding.evidence]


def severity(check: str, *documents: Tree, version: str = "") -> str:
    """The severity of the one finding; empty when there is none."""
    found = judged(check, cluster(*documents, version=version))
    return found[0].severity.word if found else ""


def fix(check: str, snapshot: Snapshot) -> Fix:
    made = fix_for(judged(check, snapshot)[0], CHECKS.values(), snapshot)
    assert made is not None
    return made


def fixed(check: str, *documents: Tree, version: str = "") -> Snapshot:
    """The cluster after the fix of the one finding, which must go without bringing another."""
    snapshot = cluster(*documents, version=version)
    finding = judged(check, snapshot)[0]
    result = simulate(snapshot, FixPlan().stage(finding, fix(check, snapshot)), tuple(CHECKS.values()))
    assert result.ok, result.refused
    assert not judged(check, result.snapshot)
    return result.snapshot


def spec_of(snapshot: Snapshot, documents: Mapping[str, Any]) -> Tree:
    """The pod spec of a workload in `snapshot`, as plain data."""
    meta = documents["metadata"]
    found = next(
        snapshot.document(item.ref)
        for kind in CHECKS["wl-privileged"].kinds
        for item in snapshot.of(kind)
        if (item.name, item.kind) == (meta["name"], documents["kind"])
    )
    assert found is not None
    spec: Tree = found["spec"]["template"]["spec"]
    return spec
