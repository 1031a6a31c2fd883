"""The real program on a pseudo-terminal, and what reaches the terminal cut into text and control sequences."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tests.cli.conftest import ROOT

PATIENCE = 90.0
"""Seconds after which the program is taken to hang."""
REST = 0.1
"""Seconds without a byte after which a terminal is taken to have come to rest."""
SIZE = (40, 140)

_CUT = re.compile(
    r"(?P<csi>(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~])"
    r"|(?P<osc>(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?)"
    r"|(?P<string>(?:\x1b[P_^X]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?)"
    r"|(?P<escape>\x1b[ -/]*[0-~]?)"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
)
"""ECMA-48 control functions, in seven bits and in eight."""


class Stream(NamedTuple):
    """What a terminal was sent: the text, and the sequences in order."""

    text: str
    sequences: tuple[str, ...]

    @property
    def shapes(self) -> frozenset[str]:
        """What kinds of sequences there were, numbers that are only places, colours and sizes left out."""
        return frozenset(map(shape, self.sequences))


def cut(data: bytes) -> Stream:
    """Cut what was sent."""
    text = data.decode("utf-8", "surrogateescape")
    return Stream(_CUT.sub("", text), tuple(match[0] for match in _CUT.finditer(text)))


def shape(sequence: str) -> str:
    """``CSI m``, ``CSI ?1049h``, ``OSC 52``: modes by number, everything else by its kind."""
    if found := re.fullmatch(r"(?:\x1b\[|\x9b)([0-?]*)([ -/]*[@-~])", sequence):
        numbers, end = found.groups()
        return f"CSI {numbers if end in 'hlp$p' or numbers[:1] in tuple('<=>?') else ''}{end}"
    if found := re.match(r"(?:\x1b\]|\x9d)(\d*)", sequence):
        return f"OSC {found[1]}"
    return f"{sequence[:2]!r}"


class Terminal:
    """A terminal of its own with the program on it."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._until = time.monotonic() + PATIENCE
        self.process = process
        self.out = b""

    def wait_for(self, words: str, start: int = 0) -> None:
        """Read until these words were shown, from byte `start` on."""
        self.wait(lambda: words in cut(self.out[start:]).text, words)

    def wait(self, there: Callable[[], bool], what: str) -> None:
        """Read until something is there."""
        while not there():
            more = self._read(self._until - time.monotonic())
            assert more, f"no {what!r} in {cut(self.out).text[-800:]!r}"

    def more(self) -> None:
        """Read until something comes."""
        seen = len(self.out)
        self.wait(lambda: len(self.out) > seen, "answer")

    def rest(self) -> None:
        """Read until nothing more comes."""
        while time.monotonic() < self._until and self._read(REST):
            pass

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        try:
            while self._read(self._until - time.monotonic()):
                pass
        except (EOFError, OSError):
            pass
        return self.process.wait(timeout=PATIENCE)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return False
        data = os.read(self._master, 1 << 16)
        if not data:
            raise EOFError
        self.out += data
        return True


def _own_terminal() -> None:
    """In the new process: let its terminal be the controlling one, and hear it as a shell in front of a user does."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what runs in the background may have it ignored


@contextmanager
def on_terminal(argv: Sequence[str], **environment: str) -> Iterator[Terminal]:
    """The program on a new terminal of 140 columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    surroundings = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ksec_tui", *argv],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env={**surroundings, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
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
