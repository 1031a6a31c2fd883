"""What is exported does what it says: real kubectl applies it, a new scan no longer finds what it fixes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.export import export
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import Source, load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from tests.fixes.kubectl import needs_kubectl, patched

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "cluster"
TODAY = "2026-11-21"
NOT_IN_THIS_KUBECTL = {"CronJob"}
"""Debian's kubectl 1.20 does not know batch/v1 CronJob; the server does."""


def one_fix_of_each_check(snapshot: Snapshot, results: Results) -> FixPlan:
    """A plan with the first exportable fix of every check, as a user would stage them one by one."""
    plan = FixPlan()
    done: set[str] = set()
    for finding in results.findings:
        usable = finding.verdict is Verdict.FAIL and finding.fixable and finding.check not in done
        if not usable or finding.subject.kind in NOT_IN_THIS_KUBECTL:
            continue
        fix = offer(finding, all_checks(), snapshot)
        if fix is not None and fix.changes:
            done.add(finding.check)
            plan = plan.stage(finding, fix)
    return plan


def documents_of(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Every whole object, by its id."""
    found = {}
    for kind in KINDS:
        for item in snapshot.of(kind):
            document = snapshot.document(item.ref)
            assert document is not None
            found[item.ref.id] = document
    return found


def id_of(document: dict[str, Any]) -> str:
    group = document["apiVersion"].rpartition("/")[0]
    meta = document["metadata"]
    return f"{group}/{document['kind']}/{meta.get('namespace', '')}/{meta['name']}"


def target_of(patch: Path, documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The object that the comment on top of a patch file names."""
    kind, path = patch.read_text().splitlines()[0].removeprefix("# ").split(" ", 1)
    space, _, name = path.rpartition("/")
    return next(
        document
        for document in documents.values()
        if document["kind"] == kind
        and document["metadata"]["name"] == name
        and document["metadata"].get("namespace", "") == space
    )


def applied(folder: Path, documents: dict[str, dict[str, Any]], scratch: Path) -> dict[str, dict[str, Any]]:
    """The objects after the commands of the export: create, patch with real kubectl, delete."""
    after = dict(documents)
    for created in sorted((folder / "00-create").glob("*.yaml")):
        document = yaml.safe_load(created.read_text())
        after[id_of(document)] = document
    for patch in sorted((folder / "10-patch").glob("*.yaml")):
        document = target_of(patch, after)
        kind = "json" if patch.name.endswith(".json6902.yaml") else "strategic"
        result = patched(scratch, document, kind, patch)
        assert result is not None, patch.name
        after[id_of(document)] = result
    for deleted in sorted((folder / "20-delete").glob("*.yaml")):
        after.pop(id_of(yaml.safe_load(deleted.read_text())))
    return after


@needs_kubectl
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(DemoSource(today=TODAY), id="demo"),
        pytest.param(
            FileSource([str(REAL)], today=TODAY),
            id="real cluster",
            marks=pytest.mark.skipif(not REAL.is_dir(), reason="the dump of a real cluster is not here"),
        ),
    ],
)
def test_exported_fixes_applied_by_kubectl_are_gone_on_a_new_scan(source: Source, tmp_path: Path) -> None:
    """One fix of each check: exported, applied by kubectl offline, read back as files, judged again."""
    snapshot, _ = load(source)
    results = run(snapshot, all_checks())
    plan = one_fix_of_each_check(snapshot, results)
    outcome = simulate(snapshot, plan, all_checks(), results=results)
    export(outcome, plan, snapshot, tmp_path / "out")
    assert len(outcome.plan.staged) >= 30

    (tmp_path / "scratch").mkdir()
    after = applied(tmp_path / "out" / "kubectl", documents_of(snapshot), tmp_path / "scratch")
    # Controllers have replaced the pods; the templates are what the export changed.
    kept = [item for item in after.values() if item["kind"] not in ("Pod", "ReplicaSet") or _bare(item)]
    (tmp_path / "after.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": kept}))
    again = run(load(FileSource([str(tmp_path / "after.json")], today=TODAY))[0], all_checks())

    still = {finding.fingerprint for finding in again.findings if finding.verdict is Verdict.FAIL}
    staged = {
        item.fingerprint: f"{item.finding.check} {item.finding.subject}" for item in outcome.plan.staged
    }
    assert [words for fingerprint, words in staged.items() if fingerprint in still] == []


def _bare(document: dict[str, Any]) -> bool:
    return not any(owner.get("controller") for owner in document["metadata"].get("ownerReferences", ()))
