"""Linear mode on a terminal of its own: no escape byte, Ctrl-C leaves, a dumb terminal is enough."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT
from tests.plain.conftest import SMALL, TODAY

PATIENCE = 60.0
"""Seconds after which the program is taken to hang."""
INTERRUPT, END = b"\x03", b"\x04"
"""What the terminal sends for Ctrl-C and Ctrl-D."""


class Terminal:
    """A pseudo-terminal and the program on it."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._until = time.monotonic() + PATIENCE
        self.process = process
        self.out = b""

    def wait_for(self, words: bytes) -> None:
        """Read until the program has said this and waits."""
        start = len(self.out)
        while words not in self.out[start:]:
            self._read()

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def end(self) -> int:
        """Read to the end; the exit code."""
        try:
            while True:
                self._read()
        except (EOFError, OSError):
            return self.process.wait(timeout=PATIENCE)

    def _read(self) -> None:
        ready, _, _ = select.select([self._master], [], [], max(0.0, self._until - time.monotonic()))
        assert ready, f"nothing more came after {self.out[-500:]!r}"
        data = os.read(self._master, 65536)
        if not data:
            raise EOFError
        self.out += data


def _own_terminal() -> None:
    """In the new process: let its terminal send it Ctrl-C."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(*argv: str, **environment: str) -> Iterator[Terminal]:
    """The program on a new terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ksec_tui", *argv],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture
def source(tmp_path: Path) -> tuple[str, ...]:
    """The options of a small cluster."""
    (tmp_path / "shop.yaml").write_text(SMALL, encoding="utf-8")
    return "-f", str(tmp_path / "shop.yaml"), *TODAY, "--triage", str(tmp_path / "triage.yaml")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_no_escape_byte_is_written(source: tuple[str, ...], term: str) -> None:
    with terminal("--plain", *source, TERM=term, COLORTERM="truecolor") as found:
        for answer in (b"findings", b"1", b"1", b"prove", b"?", b"plan", b"rbac", b"quit"):
            found.wait_for(b"?: ")
            found.type(answer + b"\n")
        assert found.end() == 0
    assert b"Goodbye." in found.out
    assert not set(found.out) & (set(range(0x20)) - set(b"\r\n") | {0x7F, 0x9B})


def test_ctrl_c_at_a_prompt_leaves_with_what_is_lost(source: tuple[str, ...]) -> None:
    with terminal("--plain", *source, TERM="dumb") as found:
        found.wait_for(b"?: ")
        found.type(b"findings sev:critical\n")
        found.wait_for(b"?: ")
        found.type(b"stage\n")
        found.wait_for(b"yes or no: ")
        found.type(b"yes\n")
        found.wait_for(b"?: ")
        found.type(INTERRUPT)
        assert found.end() == 130
    assert b"not exported." in found.out
    assert b"Traceback" not in found.out


def test_the_end_of_input_leaves(source: tuple[str, ...]) -> None:
    with terminal("--plain", *source, TERM="dumb") as found:
        found.wait_for(b"?: ")
        found.type(END)
        assert found.end() == 0
    assert b"Goodbye." in found.out


def test_the_explorer_on_a_dumb_terminal_says_how_to_begin_instead(source: tuple[str, ...]) -> None:
    with terminal(*source, TERM="dumb") as found:
        assert found.end() == 2
    assert b"ksec-tui --plain" in found.out
