"""Where data and talk go: data to stdout, talk to stderr; neither ever carries a raw control character of others."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from ksec_tui.cli.command import SOURCE, CliError


def emit(text: str, *, encoding: str | None = None) -> None:
    """Write data to stdout. A reader that went away (``| head``) is no error.

    Args:
        text: what to write, already safe to show.
        encoding: how; None for the terminal's own, with escapes for what it cannot say.

    Raises:
        CliError: the disk is full, or the like.
    """
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.flush()
        data = text.encode(encoding or stream.encoding or "utf-8", "backslashreplace")
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise CliError(f"standard output: {error.strerror}", SOURCE) from error


def tell(text: str) -> None:
    """Say something on stderr, line by line, safe to show."""
    from ksec_tui.cluster.text import one_line

    _talk("".join(f"ksec-tui: {one_line(line)}\n" for line in text.split("\n")))


def tell_lines(*lines: str) -> None:
    """Write lines that are safe to show to stderr as they are."""
    _talk("".join(f"{line}\n" for line in lines))


def _talk(text: str) -> None:
    if sys.stderr is None:
        return
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def flush() -> None:
    """Write out what argparse has printed, so that a closed pipe shows here and not at the interpreter's end."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is there and leads to a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def stdout_is_terminal() -> bool:
    """Whether people read what is printed."""
    return is_terminal(sys.stdout)


def wants_colour() -> bool:
    """Whether stdout is a terminal that shows colours and nobody objects (no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal(sys.stdout) and not plain


def _discard(stream: TextIO) -> None:
    """Let what is left in the buffers go nowhere, or the interpreter complains at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Progress:
    """One line on a terminal's stderr that says what is being read; silent elsewhere."""

    def __init__(self) -> None:
        self._shown = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._shown:
            _talk(f"\r\x1b[K{text[:100]}")

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            _talk("\r\x1b[K")
