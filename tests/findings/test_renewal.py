"""Results that are brought up to date are those of a full run, whatever has changed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS, WORKLOAD_KINDS, kind_named
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


def _changes(snapshot: Snapshot, dice: random.Random, *, running: bool) -> dict[ObjectRef, Document | None]:
    """Some objects go, some come, some change in their labels or in what they run or grant.

    `running`: none but what runs, which most checks judge namespace by namespace then.
    """
    among = WORKLOAD_KINDS if running else KINDS
    kinds = [kind for kind in among if snapshot.of(kind) and not kind.metadata_only]
    found: dict[ObjectRef, Document | None] = {}
    for kind in dice.sample(kinds, min(3, len(kinds))):
        item: KubeObject = dice.choice(snapshot.of(kind))
        document = snapshot.document(item.ref)
        if document is None or dice.random() < 0.3:
            found[item.ref] = None
            continue
        metadata = {**document["metadata"], "labels": {"turn": str(dice.random())}}
        document["metadata"] = metadata
        if dice.random() < 0.2:
            ref = msgspec.structs.replace(item.ref, name=f"{item.ref.name}-{dice.randrange(10**6)}")
            found[ref] = {**document, "metadata": {**metadata, "name": ref.name}}
            continue
        if dice.random() < 0.5:
            document = _turned(document, dice)
        elif isinstance(document.get("spec"), dict):
            document["spec"] = {**document["spec"], "hostNetwork": True, "type": "NodePort", "replicas": 7}
        found[item.ref] = document
    return found


def _turned(value: Any, dice: random.Random) -> Any:
    """The same tree with switches thrown, lists shorter and images of other versions."""
    if isinstance(value, bool):
        return value is (dice.random() < 0.5)
    if isinstance(value, dict):
        return {
            key: item
            if key == "metadata"
            else f"{str(item).partition(':')[0]}:v1.{dice.randrange(20, 34)}.0"
            if key == "image" and dice.random() < 0.5
            else _turned(item, dice)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_turned(item, dice) for item in value[: len(value) - (dice.random() < 0.3) or 1]]
    return value


@pytest.mark.parametrize("seed", SEEDS)
def test_after_changes_at_random_they_equal_those_of_a_full_run(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
    snapshot, _ = load(DemoSource(today="2026-11-21"))
    results = run(snapshot, CHECKS)
    for step in range(STEPS):
        changes = _changes(snapshot, dice, running=step % 2 == 0)
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
