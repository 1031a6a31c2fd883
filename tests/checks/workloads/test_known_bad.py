"""Workloads that were built to be broken into are found, each at its worst."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from tests.checks.workloads.pods import CHECKS

DUMP = Path(__file__).resolve().parents[4] / "shared" / "cluster"

pytestmark = pytest.mark.skipif(not DUMP.is_dir(), reason="shared/cluster is not here")

KINDS = [
    "Pod",
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
]


@functools.cache
def results() -> Results:
    snapshot, _ = load(FileSource([str(DUMP)], today="2026-11-21"))
    return run(snapshot, (item for item in CHECKS.values() if item.family == "workloads"))


def found(kind: str, name: str, namespace: str) -> dict[str, str]:
    """What is critical or high on one workload: check -> severity."""
    return {
        item.check: item.severity.word
        for item in results().findings
        if (item.subject.kind, item.subject.name, item.subject.namespace) == (kind, name, namespace)
        and item.verdict is Verdict.FAIL
        and item.severity.word in ("critical", "high")
    }


BAD_PODS = {
    "everything-allowed": {
        "wl-privileged": "critical",
        "wl-host-pid": "critical",
        "wl-hostpath-sensitive": "critical",
        "wl-runtime-socket": "critical",
        "wl-host-network": "high",
    },
    "priv-and-hostpid": {"wl-privileged": "critical", "wl-host-pid": "critical"},
    "priv": {"wl-privileged": "critical"},
    "hostpath": {"wl-hostpath-sensitive": "critical", "wl-runtime-socket": "critical"},
    "hostpid": {"wl-host-pid": "high"},
    "hostnetwork": {"wl-host-network": "high"},
    "hostipc": {},
    "nothing-allowed": {},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BAD_PODS)
def test_every_bad_pod_is_found_under_every_owner(name: str, kind: str) -> None:
    assert found(kind, f"{name}-exec-{kind.lower()}", "badpods") == BAD_PODS[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("health-check-deployment", {"wl-privileged": "critical", "wl-runtime-socket": "critical"}),
        (
            "system-monitor-deployment",
            {
                "wl-privileged": "critical",
                "wl-host-pid": "critical",
                "wl-hostpath-sensitive": "critical",
                "wl-runtime-socket": "critical",
            },
        ),
    ],
)
def test_the_goats_ways_to_the_node_are_critical(name: str, expected: dict[str, str]) -> None:
    assert found("Deployment", name, "default") == expected


def test_no_check_of_a_workload_fails_on_a_real_cluster() -> None:
    broken = [item for item in results().findings if item.reason.startswith("the check itself failed")]
    assert broken == []
