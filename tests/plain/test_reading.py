"""Loading in linear mode: a line for each quarter, a line when it takes long, a reason when it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ksec_tui.plain.reading import Steps
from tests.cli.conftest import ROOT
from tests.plain.conftest import TODAY, Talk
from tests.plain.dialogue import talk


def test_each_quarter_is_told_once() -> None:
    told: list[str] = []
    steps = Steps(told.extend, clock=lambda: 0.0)
    for done in range(9):
        steps.step(done, 8, f"{done} of 8")
    assert told == ["2 of 8", "4 of 8", "6 of 8"]


def test_what_takes_long_is_told_without_a_quarter_too() -> None:
    now = [0.0]
    told: list[str] = []
    steps = Steps(told.extend, clock=lambda: now[0])
    for seconds in (1.0, 9.0, 11.0, 12.0, 22.0):
        now[0] = seconds
        steps.step(0, 8, f"after {seconds:g}")
    assert told == ["after 11", "after 22"]


def test_loading_is_told_as_lines(shop: Talk) -> None:
    lines = shop().said[0].split("\n")
    assert lines[0].startswith("Reading ")
    assert any(line.endswith("kinds, 4 objects.") for line in lines)
    assert "Read 4 objects." in lines
    assert any(line.startswith("Judging by ") for line in lines)


def test_a_source_that_cannot_be_read_ends_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talked = talk(monkeypatch, ("-f", str(tmp_path / "nowhere"), *TODAY))
    assert talked.code == 3
    assert "nowhere" in talked.err


def test_files_that_are_no_manifests_are_counted_at_the_start(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    (file.parent / "broken.yaml").write_text("a: [b\n", encoding="utf-8")
    talked = talk(
        monkeypatch,
        ("-f", str(file), "-f", str(file.parent / "broken.yaml"), *TODAY),
        "coverage",
        "more",
        "more",
        "more",
    )
    assert "1 part could not be read; coverage lists them." in talked.said[0]
    assert "broken.yaml" in "".join(talked.said[1:])


def test_linear_mode_loads_no_terminal_library_and_no_cluster_client(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("keys: {fix.stage: x}\n", encoding="utf-8")
    argv = ["--plain", "--demo", "--config", str(tmp_path / "settings.yaml")]
    script = (
        "import sys\nfrom ksec_tui import cli\n"
        f"assert cli.main({argv!r}) == 0\nprint(*sys.modules, file=sys.stderr)"
    )
    answers = "priorities\nplan\nrbac\nnetwork\nversions\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=answers, capture_output=True, text=True, cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    assert not set(done.stderr.split()) & {"textual", "rich", "kubernetes", "urllib3"}


def test_settings_that_cannot_be_read_are_refused_with_their_line(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    (file.parent / "settings.yaml").write_text("checks:\n  disable: [wl-nothing]\n", encoding="utf-8")
    talked = talk(monkeypatch, ("-f", str(file), *TODAY, "--config", str(file.parent / "settings.yaml")))
    assert talked.code == 2
    assert "settings.yaml:2: there is no check 'wl-nothing'" in talked.err
