"""Four times as many of one thing in one place cost about four times the work, counted in steps and not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bench.crowds import CROWDS
from ksec_tui.checks import all_checks
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import collect, item_from_tree
from ksec_tui.cluster.kinds import KINDS, kind_named
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.runner import run_one

CHECKS = {item.id: item for item in all_checks()}


def crowd(name: str, count: int) -> Snapshot:
    builder = SnapshotBuilder(SourceInfo(kind="live", label="test", today="2026-03-02"))
    for kind in KINDS:
        builder.cover(kind, KindCoverage(State.OK))
    for tree in CROWDS[name](count):
        found = kind_named(tree["apiVersion"].rpartition("/")[0], tree["kind"])
        assert found is not None
        builder.add(collect(found, [item_from_tree(found, tree)]))
    return builder.snapshot()


def steps(work: Callable[[], object]) -> int:
    """How many lines are run, each turn of a loop counted."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("hyg-redundant", "roles of one account"),
        ("img-no-digest", "containers of one pod"),
        ("img-pull-policy", "containers of one pod"),
    ],
)
def test_a_crowd_costs_as_much_for_each_as_a_few(check: str, name: str) -> None:
    few, many = crowd(name, 50), crowd(name, 200)
    item = CHECKS[check]
    ratio = steps(lambda: run_one(many, item)) / steps(lambda: run_one(few, item))
    assert ratio < 5
