"""The exported kustomization does its work in both ways that its comment names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ksec_tui.findings.examples import snapshot_of
from ksec_tui.fixes.export import export
from ksec_tui.fixes.simulate import simulate
from tests.fixes.cluster import CHECKS, READERS, WEB, objects_of_the_shop, staged
from tests.fixes.dumps import Tree, ref_of
from tests.fixes.kubectl import built, needs_kustomize, plain

COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}


def rewritten(folder: Path, **more: object) -> None:
    path = folder / "kustomization.yaml"
    index: Tree = yaml.safe_load(path.read_text()) if path.exists() else {}
    path.write_text(yaml.safe_dump({**index, **more}))


@needs_kustomize
@pytest.mark.parametrize("way", ["as an overlay", "as a component"])
def test_laid_over_the_manifests_it_makes_what_was_proven(way: str, tmp_path: Path) -> None:
    snapshot = snapshot_of(objects_of_the_shop())
    plan = staged(snapshot)
    result = simulate(snapshot, plan, CHECKS)
    export(result, plan, snapshot, tmp_path / "out", layouts=("kustomize",))
    base, own, fixes = tmp_path / "base", tmp_path / "own", tmp_path / "out" / "kustomize"
    base.mkdir()
    own.mkdir()
    manifests = [snapshot.document(ref) for ref in (WEB, READERS)]
    (base / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
    rewritten(base, resources=["all.json"])
    if way == "as an overlay":
        rewritten(fixes, resources=["../../base"])
        top = fixes
    else:
        rewritten(fixes, **COMPONENT)
        rewritten(own, resources=["../base"], components=["../out/kustomize"])
        top = own
    made = {ref_of(item): item for item in yaml.safe_load_all(built(top))}
    assert {ref: plain(item) for ref, item in made.items()} == {
        ref: plain(item) for ref, item in result.after.items()
    }
