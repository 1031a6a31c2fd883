"""A whole session on the demo as somebody new to it would have it: ten decisions and an exported plan."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ksec_tui.triage import store
from tests.plain.dialogue import DEMO, Row, talk


def test_from_start_to_ten_decisions_and_an_exported_plan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, decisions = tmp_path / "plan", tmp_path / "triage.yaml"
    talked = talk(
        monkeypatch,
        (*DEMO, "--triage", str(decisions)),
        "?",
        "priorities",
        "stage",
        "stage",
        # A way is cut where it is told.
        Row("external attacker"),
        "1",
        "stage 1",
        # One risk is accepted, then the same again for the next of the list.
        "findings sev:critical rule:rbac-cluster-admin",
        "1",
        "1",
        "decide",
        Row("risk accepted"),
        "moved to its own cluster in December",
        "platform team",
        "30d",
        "findings rule:wl-root-possible verdict:fail",
        "1",
        "1",
        "decide",
        Row("won't fix"),
        "images follow in spring",
        "ann",
        "",
        "back",
        "1",
        *["."] * 6,
        # One is looked into, one is none.
        "findings rule:img-latest verdict:fail",
        "1",
        "1",
        "decide",
        Row("in progress"),
        "ann pins it",
        "next",
        "decide",
        Row("false positive"),
        "built on the node",
        "",
        "",
        "triage",
        "plan",
        "effects",
        "back",
        f"export {folder}",
        Row("include them"),
        "quit",
    )
    assert talked.code == 0, talked.err
    assert talked.last == "Goodbye.\n"
    assert len(store.load(decisions).triage.decisions) == 10
    assert "10 entries: 10 matched" in talked.out
    assert "cut" in talked.out
    kustomization = yaml.safe_load((folder / "kustomize/kustomization.yaml").read_text(encoding="utf-8"))
    assert kustomization.get("patches") or kustomization.get("resources")
    report = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert "default-does-anything" in report


def test_a_second_session_goes_on_with_the_decisions_of_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    argv = (*DEMO, "--triage", str(tmp_path / "triage.yaml"))
    answers = (
        "findings rule:wl-privileged verdict:fail",
        "decide",
        Row("risk accepted"),
        "known",
        "ann",
        "1d",
        "yes",
    )
    talk(monkeypatch, argv, *answers)
    again = talk(monkeypatch, argv)
    assert "dismissed" in again.said[0]
    later = talk(monkeypatch, ("--demo", "--today", "2026-11-24", *argv[3:]), "triage")
    assert "no longer hold: expired, or on changed evidence; triage lists them." in later.said[0]
    assert "expired" in later.last
