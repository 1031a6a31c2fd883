"""What is written: one thing a line, no control character, ASCII where the locale knows no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ksec_tui.plain.talk import plain_locale, spelled
from tests.cli.conftest import ROOT, process
from tests.plain.conftest import SMALL, TODAY
from tests.plain.dialogue import talk

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
BOXES = re.compile("[\u2500-\u259f]")
HOSTILE = SMALL.replace(
    "image: registry.example/web:1", r'image: "registry.example/web:1\u001b[2J\u009b31m\u202e\u0007\nHome."'
).replace("name: jane,", r'name: "jane\u001b]0;owned\u0007",')
TOUR = (
    "findings", "1", "1", "prove", "back", "4", "back", "stage", "decide", "2", "x", "", "",
    "rbac", "1", "home", "network", "1", "workloads", "1", "namespaces", "1", "versions", "coverage",
    "findings rule:rbac-cluster-admin", "stage", "yes", "plan", "effects", "back", "diff", "more",
    "priorities", "8", "1", "triage", "1",
)  # fmt: skip
"""Every kind of screen."""


def test_what_a_cluster_says_never_reaches_the_terminal_raw(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hostile.yaml").write_text(HOSTILE, encoding="utf-8")
    talked = talk(
        monkeypatch, ("-f", str(tmp_path / "hostile.yaml"), *TODAY), *TOUR, "\x1b[A", "\x9b", "find \udcff"
    )
    assert "jane\\x1b]0;owned\\x07" in talked.out
    assert CONTROL.search(talked.out) is None
    assert talked.code == 0


def test_a_line_feed_in_a_name_begins_no_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hostile.yaml").write_text(HOSTILE, encoding="utf-8")
    answers = ("findings rule:*image*,*tag*,*digest* name:web", "1", "1")
    talked = talk(monkeypatch, ("-f", str(tmp_path / "hostile.yaml"), *TODAY), *answers)
    assert "\\nHome." in talked.out
    assert talked.out.count("\nHome.\n") == 1


def test_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    talked = talk(monkeypatch, ("--demo", *TODAY), *TOUR)
    assert BOXES.search(talked.out) is None
    assert CONTROL.search(talked.out) is None


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, True),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "C"}, False),
    ],
)
def test_the_locale_decides_whether_only_ascii_is_known(environment: dict[str, str], plain: bool) -> None:
    assert plain_locale(environment) is plain


@pytest.mark.parametrize("way", ["locale", "option"])
def test_letters_beyond_ascii_are_escaped_where_they_cannot_be_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    (tmp_path / "umlaut.yaml").write_text(SMALL.replace("jane", "jürgen"), encoding="utf-8")
    argv = ("-f", str(tmp_path / "umlaut.yaml"), *TODAY)
    assert "jürgen" in talk(monkeypatch, argv, "rbac").out
    if way == "locale":
        monkeypatch.setenv("LC_ALL", "C")
    said = talk(monkeypatch, argv if way == "locale" else (*argv, "--ascii"), "rbac").out
    assert said.isascii()
    assert "j\\xfcrgen" in said


def test_no_value_is_told_without_end() -> None:
    assert spelled("x" * 100_000) == "x" * 1_999 + "..."


def test_signs_of_the_program_are_spelled_in_ascii() -> None:
    assert spelled("a → b · c … ⏎ ␛ ⟪U+202E⟫") == "a -> b, c ... \\n \\x1b <U+202E>"


def test_answers_through_a_pipe_are_repeated_so_that_the_record_reads_well(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL, encoding="utf-8")
    argv = ["--plain", "-f", str(tmp_path / "shop.yaml"), *TODAY, "--triage", str(tmp_path / "t.yaml")]
    done = process(argv, stdin="findings\nback\nquit\n")
    assert done.code == 0
    assert "?: findings\n" in done.out
    assert done.out.endswith("?: quit\nGoodbye.\n")
    assert done.err == ""


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL, encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "ksec_tui", "--plain", "-f", str(tmp_path / "shop.yaml"), *TODAY],
        input=b"findings\n",
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
