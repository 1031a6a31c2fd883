"""The two ends of the conversation: lines go out, answers come in; never a control character but the line feed."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from ksec_tui.cluster.text import one_line

MAX_ANSWER = 1 << 16
"""Bytes of one answer; what is longer counts as several."""
MAX_LINE = 2_000
"""Characters of a line that are said; nobody listens to more of one value."""

_SPELLED = str.maketrans(
    {
        "→": "->",
        "…": "...",
        "·": ",",
        "–": "-",
        "—": "-",
        "×": "x",
        "≥": ">=",
        "≤": "<=",
        "⏎": "\\n",
        "⟪": "<",
        "⟫": ">",
        "␡": "\\x7f",
        **{chr(0x2400 + code): f"\\x{code:02x}" for code in range(0x20)},
        "␛": "\\x1b",
    }
)
"""Signs that the program itself writes, as speech and braille can say them."""


def spelled(text: str) -> str:
    """A text on one line, safe to show, with signs in ASCII; letters stay what they are."""
    return one_line(text, MAX_LINE).replace(" · ", ", ").translate(_SPELLED)


def plain_locale(environment: Mapping[str, str]) -> bool:
    """Whether the locale is C or POSIX, which knows ASCII only; Python itself may write UTF-8 all the same."""
    plain = ("", "C", "POSIX")
    if environment.get("LC_ALL"):
        return environment["LC_ALL"] in plain
    # Python turns a C locale into C.UTF-8 and puts that into the environment (PEP 538).
    kind = environment.get("LC_CTYPE", "")
    return (environment.get("LANG", "") if kind in ("", "C.UTF-8") else kind) in plain


class Talk:
    """Says lines and takes answers.

    Args:
        answers: where answers come from.
        out: where lines go.
        ascii: whether everything beyond ASCII is written as an escape.
    """

    def __init__(self, answers: TextIO, out: TextIO, *, ascii: bool = False) -> None:  # noqa: A002 - the option
        self._answers = answers
        self._out = out
        self._echo = not answers.isatty()
        known = (out.encoding or "ascii").lower()
        self._encoding = "ascii" if ascii or plain_locale(os.environ) else known

    def say(self, lines: Iterable[str]) -> None:
        """Say lines; a line feed within one begins no other."""
        self._write("".join(f"{spelled(line)}\n" for line in lines))

    def ask(self, prompt: str) -> str:
        """Ask for one line; what comes through a pipe is repeated, so that the record reads as a conversation.

        Raises:
            EOFError: there are no more answers.
            KeyboardInterrupt: the user wants to leave.
        """
        self._write(f"{spelled(prompt)} ")
        if not self._echo:
            _wait_for(self._answers)
        raw = self._answers.buffer.readline(MAX_ANSWER)
        if not raw:
            raise EOFError
        answer = raw.decode(self._answers.encoding or "utf-8", "replace").strip()
        if self._echo:
            self._write(f"{spelled(answer)}\n")
        return answer

    def _write(self, text: str) -> None:
        self._out.flush()
        self._out.buffer.write(text.encode(self._encoding, "backslashreplace"))
        self._out.buffer.flush()


def _wait_for(terminal: TextIO) -> None:
    """Wait until something was typed.

    Ctrl-C between the prompt and the read would else be noticed only after the next line (signal.set_wakeup_fd).

    Raises:
        KeyboardInterrupt: Ctrl-C was typed.
    """
    if sys.platform == "win32":
        return
    bell, ringer = os.pipe()
    os.set_blocking(ringer, False)
    before = signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
    try:
        keyboard = terminal.fileno()
        while keyboard not in select.select([keyboard, bell], [], [])[0]:
            os.read(bell, 1)
    finally:
        signal.set_wakeup_fd(before)
        os.close(bell)
        os.close(ringer)
