"""Questions from a file, one JSON object a line, for the commands that answer many at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ksec_tui.cli.command import SOURCE, CliError

T = TypeVar("T")


def read_lines(path: str, read: Callable[[bytes], T]) -> list[T]:
    """What `read` makes of each line that is not blank.

    Args:
        path: the file; ``-`` for standard input.
        read: makes one question of one line; raises ValueError for what is none.

    Raises:
        CliError: the file cannot be read, or a line is no question; the message names the line.
    """
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}", SOURCE) from error
    found = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(read(line))
        except ValueError as error:
            raise CliError(f"{path}, line {number}: {error}") from error
    return found
