"""Where the explorer keeps decisions and what was seen, by what was asked for and what the source is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.cli.triaging import kept_files
from ksec_tui.cluster.snapshot import SourceInfo

LIVE = SourceInfo(kind="live", label="prod")
DEMO = SourceInfo(kind="demo", label="demo")


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_each_context_has_files_of_its_own_in_the_place_for_state(tmp_path: Path) -> None:
    triage, seen = kept_files(None, LIVE)
    assert triage is not None
    assert seen is not None
    assert triage != seen
    assert tmp_path in triage.parents
    assert tmp_path in seen.parents
    others = kept_files(None, SourceInfo(kind="live", label="test"))
    assert {triage, seen}.isdisjoint(others)
    assert not (tmp_path / "state").exists(), "asking for places writes nothing"


def test_the_demo_has_none_but_what_was_asked_for() -> None:
    assert kept_files(None, DEMO) == (None, None)
    assert kept_files("own.yaml", DEMO) == (Path("own.yaml"), None)


def test_a_named_file_takes_the_place_of_the_contexts_own() -> None:
    triage, seen = kept_files("own.yaml", LIVE)
    assert triage == Path("own.yaml")
    assert seen is not None


def test_who_keeps_no_state_keeps_what_was_asked_for_only() -> None:
    assert kept_files(None, LIVE, keeps=False) == (None, None)
    assert kept_files("own.yaml", LIVE, keeps=False) == (Path("own.yaml"), None)
