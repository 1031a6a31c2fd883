"""Every kind that is read, whatever its objects hold: one bad object hides no other, is told of, and breaks nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ksec_tui import cli
from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import is_hostile
from ksec_tui.findings.runner import run
from ksec_tui.reports import json_report, table
from ksec_tui.reports.report import make_report
from ksec_tui.sources.base import Problem, load
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.saved import SavedSource, save
from tests.hostile.objects import ALL_KINDS, spoiled, trees
from tests.strategies import filled

TODAY = "2026-11-21"
GOOD = [
    filled(kind, "n", name="sound", **({"namespace": "shop"} if kind.namespaced else {}))
    for kind in ALL_KINDS
]
COMMANDS = (
    ("audit",),
    ("can-i", "get", "pods", "--subject", "user:a"),
    ("exposure", "--all"),
    ("frameworks", "-o", "markdown"),
    ("paths", "-o", "json"),
    ("pss", "-o", "json"),
    ("pss", "-o", "kustomize"),
    ("reach", "--from", "10.0.0.1", "--to", "shop/sound", "--port", "80"),
    ("versions",),
    ("who-can", "get", "secrets"),
)


def several(count: int) -> settings:
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def judged(objects: Sequence[Any], folder: Path) -> tuple[Snapshot, tuple[Problem, ...]]:
    """Read from a file, judged by all checks, reported and saved."""
    path = folder / "all.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*GOOD, *objects]}))
    snapshot, problems = load(FileSource([str(path)], today=TODAY))
    results = run(snapshot, all_checks())
    failed = [item for item in results.findings if item.reason.startswith("the check itself failed")]
    assert not failed, failed[:3]
    report = make_report(snapshot, results, all_checks(), problems, lambda _: True)
    for text in (json_report.render(report), table.render(report)):
        assert not is_hostile(text)
    save(snapshot, folder / "s", force=True)
    again, _ = load(SavedSource(folder / "s"))
    assert again.count() == snapshot.count()
    return snapshot, problems


def held(snapshot: Snapshot, kind: Kind[Any]) -> set[str]:
    return {item.name for item in snapshot.of(kind)}


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.name)
def test_an_object_that_is_valid_is_read(kind: Kind[Any]) -> None:
    @several(5)
    @given(trees(kind))
    def valid(tree: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tree["metadata"] = {**(tree.get("metadata") or {}), "name": "drawn"}
            path = Path(folder) / "one.json"
            path.write_text(json.dumps(tree))
            snapshot, _ = load(FileSource([str(path)], today=TODAY))
            assert held(snapshot, kind) == {"drawn"} or [item.reason for item in snapshot.unreadable] != []

    valid()


def _spoil(count: int) -> None:
    mixed = st.lists(st.sampled_from(ALL_KINDS).flatmap(spoiled), min_size=1, max_size=12)

    @several(count)
    @given(mixed)
    def bad(objects: list[Any]) -> None:
        with tempfile.TemporaryDirectory() as name:
            snapshot, problems = judged(objects, Path(name))
            for kind in ALL_KINDS:
                assert "sound" in held(snapshot, kind), kind
            told = len(snapshot.unreadable) + sum(map(len, (problems, snapshot.hostile)))
            assert snapshot.count() + told >= len(GOOD)
            for item in snapshot.unreadable:
                assert item.reason
                assert not is_hostile(item.reason + item.ref.name + item.ref.namespace)

    bad()


def test_one_bad_object_hides_no_other_and_breaks_no_check() -> None:
    _spoil(25)


@pytest.mark.slow
def test_many_more_bad_objects_hide_no_other_and_break_no_check() -> None:
    _spoil(80)


def _commands(count: int) -> None:
    mixed = st.lists(st.sampled_from(ALL_KINDS).flatmap(spoiled), min_size=4, max_size=30)

    @several(count)
    @given(mixed, st.sampled_from(COMMANDS))
    def each(objects: list[Any], words: tuple[str, ...]) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "all.json"
            path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*GOOD, *objects]}))
            assert cli.main([*words, "-f", str(path), "--today", TODAY]) in (0, 1, 4)

    each()


def test_every_engine_answers_on_bad_objects() -> None:
    _commands(20)


@pytest.mark.slow
def test_every_engine_answers_on_many_more_bad_objects() -> None:
    _commands(120)
