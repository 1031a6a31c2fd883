"""A conversation with the program: answers go in one by one, what it says to each comes out."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ksec_tui import cli

DEMO = ("--demo", "--today", "2026-11-21")


@dataclass(frozen=True)
class Row:
    """The answer that chooses the row in which some words stand: its number in the list that was told last."""

    words: str


Answer = str | Row | Callable[[], str]
"""What is answered; a function does something just before, and returns the words."""


class _Answers(io.RawIOBase):
    """Standard input that notes what was said before each answer."""

    def __init__(self, answers: Sequence[Answer], out: io.BytesIO) -> None:
        self._answers = list(answers)
        self._out = out
        self._seen = 0
        self._list = ""
        self.said: list[str] = []

    def _told(self) -> str:
        text = self._out.getvalue().decode()
        part, self._seen = text[self._seen :], len(text)
        self.said.append(part)
        return part

    def readline(self, _: int | None = -1, /) -> bytes:
        """The next answer; Row becomes its number."""
        self._list += self._told()
        if not self._answers:
            return b""
        told, answer = self._list, self._answers.pop(0)
        if answer not in ("more", ""):
            self._list = ""
        if isinstance(answer, Row):
            found = re.search(rf"^([0-9]+)\. .*{re.escape(answer.words)}", told, re.MULTILINE)
            assert found is not None, f"no row with {answer.words!r} in:\n{told}"
            answer = found[1]
        elif not isinstance(answer, str):
            answer = answer()
        return f"{answer}\n".encode("utf-8", "surrogateescape")


class _Stdin:
    """As much of standard input as is needed."""

    encoding = "utf-8"
    closed = False

    def __init__(self, answers: _Answers, readable: int, *, terminal: bool) -> None:
        self.buffer = answers
        self._readable = readable
        self._terminal = terminal

    def fileno(self) -> int:
        """A descriptor that always has something to read."""
        return self._readable

    def isatty(self) -> bool:
        """Whether answers are typed; then the terminal shows them."""
        return self._terminal


@dataclass(frozen=True)
class Talked:
    """A conversation that is over.

    Attributes:
        code: the exit code.
        said: what was said before the first answer, then after each; without the prompt and the echo.
        prompts: what was asked for.
        out: all of it.
        err: what was said on standard error.
    """

    code: int
    said: tuple[str, ...]
    prompts: tuple[str, ...]
    out: str
    err: str

    @property
    def last(self) -> str:
        """What was said to the last answer."""
        return self.said[-1]


def talk(monkeypatch: pytest.MonkeyPatch, argv: Sequence[str], *answers: Answer) -> Talked:
    """Run ``ksec-tui --plain`` with these answers; after the last one there are no more."""
    out, err = io.BytesIO(), io.StringIO()
    source = _Answers(answers, out)
    with monkeypatch.context() as patch, Path(os.devnull).open("rb") as readable:
        patch.setattr(sys, "stdin", _Stdin(source, readable.fileno(), terminal=True))
        stdout = io.TextIOWrapper(out, encoding="utf-8")
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", err)
        code = cli.main(["--plain", *argv])
        stdout.detach()
    parts = [part.rpartition("\n") for part in source.said]
    rest = out.getvalue().decode()[sum(map(len, source.said)) :]
    said = [before for before, _, _ in parts]
    # What is said after the last answer was taken, when the program left by itself.
    said += [rest] if len(said) <= len(answers) else []
    return Talked(
        code, tuple(said), tuple(prompt for _, _, prompt in parts), out.getvalue().decode(), err.getvalue()
    )
