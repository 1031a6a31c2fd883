"""On whole clusters: the default policy alone is quiet, and each planted grant is found and can be mended."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import ingest_list
from ksec_tui.cluster.kinds import KINDS, kind_of_resource
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.checks.rbac.worlds import CHECKS, version

SHARED = Path(__file__).resolve().parents[4] / "shared"
POLICY = SHARED / "conformance" / "rbac" / "bootstrap-policy"
DUMP = SHARED / "cluster"

needs_policy = pytest.mark.skipif(
    not POLICY.is_dir(), reason="shared/conformance/rbac/bootstrap-policy is not here"
)
needs_cluster = pytest.mark.skipif(not DUMP.is_dir(), reason="shared/cluster is not here")


@needs_policy
def test_the_default_policy_alone_brings_no_finding_beyond_its_own_identities() -> None:
    documents: dict[tuple[str, ...], Any] = {}
    for path in sorted(POLICY.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]:
            meta = item["metadata"]
            documents[item["kind"], meta.get("namespace", ""), meta["name"]] = item
    results = run(snapshot_of([version("v1.36.2"), *documents.values()]), CHECKS.values())
    told = [item for item in results.findings if not item.system and item.severity > Severity.INFO]
    assert [(item.check, str(item.subject), item.words) for item in told] == []
    assert any(item.system for item in results.findings)


@functools.cache
def cluster() -> Snapshot:
    builder = SnapshotBuilder(SourceInfo(label="cluster", server_version="v1.36.2"))
    for path in DUMP.glob("*.json"):
        kind = kind_of_resource(path.stem)
        if kind is not None:
            builder.add(ingest_list(kind, path.read_bytes(), keep_all=True))
    for kind in KINDS:
        builder.cover(kind, KindCoverage(State.OK))
    return builder.snapshot()


@functools.cache
def results() -> Results:
    return run(cluster(), CHECKS.values())


def found(check: str, word: str) -> list[Finding]:
    return [
        item
        for item in results().findings
        if item.check == check and item.verdict is Verdict.FAIL and word in f"{item.subject} {item.words}"
    ]


@needs_cluster
@pytest.mark.parametrize(
    ("check", "word"),
    [
        ("rbac-impersonate-sa", "online-boutique/developers-edit"),
        ("rbac-impersonate-user", "tom-support"),
        ("rbac-impersonate-group", "tom-support"),
        ("rbac-bind", "onboarding-bot"),
        ("rbac-escalate", "onboarding-bot"),
        ("rbac-secrets-list", "jean-dupont-audit"),
        ("rbac-pod-create", "kube-system/olu-agents"),
        ("rbac-pod-exec", "sock-shop/contractor-debug"),
        ("rbac-cluster-admin", "superadmin"),
        ("rbac-anonymous-subject", "legacy/"),
        ("hyg-dangling-role", "legacy/left-over"),
        ("hyg-dangling-subject", "legacy/left-over"),
        ("hyg-legacy-token-secret", "ci-deployer-token"),
    ],
)
def test_each_planted_grant_is_found(check: str, word: str) -> None:
    assert found(check, word)


@needs_cluster
def test_pods_in_kube_system_weigh_as_in_the_whole_cluster() -> None:
    (finding,) = [
        item
        for item in found("rbac-pod-create", "kube-system/olu-agents")
        if item.subject.namespace == "kube-system"
    ]
    assert (finding.severity, finding.system) == (Severity.CRITICAL, False)


@needs_cluster
def test_every_fix_that_is_offered_for_the_cluster_holds_and_all_go_together() -> None:
    plan, manual = FixPlan(), 0
    for finding in results().findings:
        if finding.system or finding.verdict is not Verdict.FAIL:
            continue
        fix = fix_for(finding, CHECKS.values(), cluster())
        assert fix is not None, str(finding)
        manual += fix.risk is Risk.MANUAL
        if fix.changes:
            plan = plan.stage(finding, fix)
    assert plan.conflicts == ()
    result = simulate(cluster(), plan, CHECKS.values(), results=results())
    # A namespace's role gives no more than a cluster-wide one, which is to lose some of that: it must stay.
    (error,) = result.errors
    assert error.startswith("It rests on ClusterRole argocd-applicationset-controller as it was read")
    assert result.added == ()
    assert len(plan.staged) > 2 * manual
