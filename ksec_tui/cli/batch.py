"""Questions from a file, one JSON object a line, for the commands that answer many at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ksec_tui.cli.command import SOURCE, CliError

T = TypeVar("T")

MAX_BYTES = 256 << 20
"""Bytes of one file of questions."""


def read_lines(path: str, read: Callable[[bytes], T]) -> list[T]:
    """What `read` makes of each line that is not blank.

    Args:
        path: the file; ``-`` for standard input.
        read: makes one question of one line; raises ValueError for what is none.

    Raises:
        CliError: the file cannot be read, or a line is no question; the message names the line.
    """
    try:
        raw = _content(path)
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}", SOURCE) from error
    if len(raw) > MAX_BYTES:
        raise CliError(f"{path}: more than {MAX_BYTES >> 20} MiB are not read", SOURCE)
    found = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(read(line))
        except ValueError as error:
            raise CliError(f"{path}, line {number}: {error}") from error
        except RecursionError as error:
            raise CliError(f"{path}, line {number}: it is nested too deep") from error
    return found


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(path).open("rb") as stream:
        return stream.read(MAX_BYTES + 1)
