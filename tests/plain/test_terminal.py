"""Linear mode on a terminal of its own: no escape byte, Ctrl-C leaves, a dumb terminal is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.pseudo import Terminal, on_terminal
from tests.plain.conftest import SMALL, TODAY

INTERRUPT, END = "\x03", "\x04"
"""What the terminal sends for Ctrl-C and Ctrl-D."""


def answer(found: Terminal, words: str, prompt: str = "?: ") -> None:
    """Answer the prompt that comes next."""
    found.wait_for(prompt, len(found.out))
    found.type(words)


@pytest.fixture
def source(tmp_path: Path) -> tuple[str, ...]:
    """The options of a small cluster."""
    (tmp_path / "shop.yaml").write_text(SMALL, encoding="utf-8")
    return "-f", str(tmp_path / "shop.yaml"), *TODAY, "--triage", str(tmp_path / "triage.yaml")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_no_escape_byte_is_written(source: tuple[str, ...], term: str) -> None:
    with on_terminal(["--plain", *source], TERM=term, COLORTERM="truecolor") as found:
        for words in ("findings", "1", "1", "prove", "?", "plan", "rbac", "quit"):
            answer(found, f"{words}\n")
        assert found.end() == 0
    assert b"Goodbye." in found.out
    assert not set(found.out) & (set(range(0x20)) - set(b"\r\n") | {0x7F, 0x9B})


def test_ctrl_c_at_a_prompt_leaves_with_what_is_lost(source: tuple[str, ...]) -> None:
    with on_terminal(["--plain", *source], TERM="dumb") as found:
        answer(found, "findings sev:critical\n")
        answer(found, "stage\n")
        answer(found, "yes\n", "yes or no: ")
        answer(found, INTERRUPT)
        assert found.end() == 130
    assert b"not exported." in found.out
    assert b"Traceback" not in found.out


def test_the_end_of_input_leaves(source: tuple[str, ...]) -> None:
    with on_terminal(["--plain", *source], TERM="dumb") as found:
        answer(found, END)
        assert found.end() == 0
    assert b"Goodbye." in found.out


def test_the_explorer_on_a_dumb_terminal_says_how_to_begin_instead(source: tuple[str, ...]) -> None:
    with on_terminal(source, TERM="dumb") as found:
        assert found.end() == 2
    assert b"ksec-tui --plain" in found.out
