"""Who manages what in a real cluster, and that each finding called fixable has a fix to offer."""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.owner import manager_of
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

DUMP = Path(__file__).resolve().parents[2].parent / "shared" / "cluster"
pytestmark = pytest.mark.skipif(not DUMP.is_dir(), reason="shared/cluster is not here")


@functools.cache
def cluster() -> Snapshot:
    return load(FileSource([str(DUMP)], today="2026-11-21"))[0]


def test_each_object_has_the_manager_that_its_marks_tell() -> None:
    snapshot = cluster()
    told = [
        (item.ref, found)
        for kind in KINDS
        for item in snapshot.of(kind)
        if (found := manager_of(snapshot, item.ref)) is not None
    ]
    assert Counter(found.kind for _, found in told) == {
        "Helm": 39,  # charts that were rendered and applied: no release is recorded
        "kubectl": 21,
        "Kustomize": 20,
        "kubelet": 12,
    }
    static = {ref.name: found.places for ref, found in told if found.kind == "kubelet"}
    assert static["etcd-cp-1"] == ("/etc/kubernetes/manifests/etcd.yaml on node cp-1",)
    assert all(found.undone is (found.kind == "kubelet") for _, found in told)
    charts = {found.name for _, found in told if found.kind == "Helm"}
    assert charts == {"grafana", "kiali-server", "loki", "prometheus"}


def test_every_finding_called_fixable_has_a_fix_and_no_other_has_one() -> None:
    snapshot, checks = cluster(), all_checks()
    results = run(snapshot, checks)
    by_check = {item.id: [item] for item in checks_named(results.by_check)}
    failed = [item for item in results.findings if item.verdict is Verdict.FAIL]
    fixes = [(item, offer(item, by_check[item.check], snapshot)) for item in failed]
    assert [item for item, fix in fixes if item.fixable is not (fix is not None)] == []
    assert sum(fix is not None and bool(fix.changes) for _, fix in fixes) > 2000
    assert all(fix.changes or fix.steps for _, fix in fixes if fix is not None)
