"""Results that are brought up to date are those of a full run, whatever has changed."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS, kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.renewal import renew
from ksec_tui.findings.runner import Results, run
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

CHECKS = all_checks()
STEPS = 4
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))]


def _resources(changes: Mapping[ObjectRef, object]) -> frozenset[str]:
    kinds = (kind_named(ref.group, ref.kind) for ref in changes)
    return frozenset(kind.resource for kind in kinds if kind is not None)


def _changes(snapshot: Snapshot, dice: random.Random) -> dict[ObjectRef, Document | None]:
    """Some objects go, some change in their labels, some in what they run or grant."""
    kinds = [kind for kind in KINDS if snapshot.of(kind) and not kind.metadata_only]
    found: dict[ObjectRef, Document | None] = {}
    for kind in dice.sample(kinds, 3):
        item: KubeObject = dice.choice(snapshot.of(kind))
        document = snapshot.document(item.ref)
        if document is None or dice.random() < 0.4:
            found[item.ref] = None
            continue
        document["metadata"] = {**document["metadata"], "labels": {"turn": str(dice.random())}}
        if isinstance(document.get("spec"), dict) and dice.random() < 0.5:
            document["spec"] = {**document["spec"], "hostNetwork": True, "type": "NodePort", "replicas": 7}
        found[item.ref] = document
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_after_changes_at_random_they_equal_those_of_a_full_run(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
    snapshot, _ = load(DemoSource(today="2026-11-21"))
    results = run(snapshot, CHECKS)
    for _ in range(STEPS):
        changes = _changes(snapshot, dice)
        after = snapshot.with_documents(changes)
        results = renew(snapshot, results, after, _resources(changes), CHECKS)
        anew: Results = run(after, CHECKS)
        wrong = [name for name, found in anew.by_check.items() if results.by_check[name] != found]
        assert wrong == []
        assert results.findings == anew.findings
        snapshot = after


def test_the_very_same_results_come_back_when_nothing_is_found_differently() -> None:
    snapshot, _ = load(DemoSource(today="2026-11-21"))
    results = run(snapshot, CHECKS)
    after = snapshot.with_documents({})
    assert renew(snapshot, results, after, frozenset(), CHECKS) is results
    assert renew(snapshot, results, after, frozenset({"pods", "nodes"}), CHECKS) is results
