"""A triage file that is none as a whole stops the program before it starts, with file and line, and stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Ksec

GOOD = "schema: ksec-triage/1\ndecisions: []\n"
BROKEN = pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: ksec-triage/1\ndecisions:\n  - {check: [}\n", ":3: not valid YAML"),
        ("schema: ksec-triage/9\ndecisions: []\n", ":1: schema is ksec-triage/9; ksec-triage/1 is expected"),
        ("- just\n- a list\n", ":1: a mapping with schema and decisions is expected"),
        (GOOD + "---\n" + GOOD, ":4: a second document"),
    ],
    ids=["no YAML", "another schema", "a list", "two documents"],
)
STARTS = pytest.mark.parametrize(
    "argv",
    [
        ("--plain", "--demo"),
        ("scan", "--demo"),
        ("triage", "list", "--demo"),
        ("triage", "audit", "--demo"),
    ],
    ids=" ".join,
)


@BROKEN
@STARTS
def test_a_broken_file_is_refused_with_its_line(
    ksec: Ksec, tmp_path: Path, argv: tuple[str, ...], text: str, words: str
) -> None:
    path = tmp_path / "triage.yaml"
    path.write_text(text, encoding="utf-8")
    answer = ksec(*argv, "--triage", str(path))
    assert (answer.code, answer.out) == (2, "")
    assert f"{path}{words}" in answer.err
    assert path.read_text(encoding="utf-8") == text
    assert not [item for item in tmp_path.glob("triage*") if item != path]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo terminals")
@BROKEN
def test_the_explorer_does_not_draw_anything_over_it(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "triage.yaml"
    path.write_text(text, encoding="utf-8")
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "ksec_tui", "--demo", "--triage", str(path)],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                cwd=ROOT,
                check=False,
                timeout=60,
            )
            os.write(theirs, b"END")
            drawn = b""
            while not drawn.endswith(b"END"):
                drawn += screen.read(1000)
        finally:
            os.close(theirs)
    assert done.returncode == 2
    assert "\x1b" not in drawn.decode()
    assert f"{path}{words}" in drawn.decode()
    assert path.read_text(encoding="utf-8") == text
