"""Small clusters of known versions, and what one check says of them."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import fix_for, run_one

CHECKS: dict[str, Check[Any]] = {item.id: item for item in all_checks()}
TODAY = "2026-11-21"


def node(
    kubelet: str = "v1.36.5",
    *,
    name: str = "worker-1",
    runtime: str = "containerd://2.3.4",
    image: str = "Ubuntu 24.04.3 LTS",
    system: str = "linux",
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    info = {
        "kubeletVersion": kubelet,
        "containerRuntimeVersion": runtime,
        "osImage": image,
        "operatingSystem": system,
    }
    meta = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"nodeInfo": info}}


def cluster(server: str, *objects: dict[str, Any], today: str = TODAY) -> Snapshot:
    return snapshot_of([{"kind": "Cluster", "serverVersion": server, "today": today}, *objects])


def judged(check: str, snapshot: Snapshot) -> tuple[Finding, ...]:
    return run_one(snapshot, CHECKS[check]).findings


def fixed(check: str, snapshot: Snapshot) -> Fix | None:
    (finding,) = judged(check, snapshot)
    return fix_for(finding, CHECKS.values(), snapshot)
