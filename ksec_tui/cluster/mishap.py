"""What may be said of an error nobody expected: where it happened, never what was in anyone's hands then.

The message of an error quotes what it is about (``KeyError``, ``int()``), and local variables hold what was read
of a cluster; both may be credentials. The way through the code and the kinds of the errors may be told.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
_MOST = 10


def mishap(error: BaseException) -> str:
    """One line: the kind of the error, and the last place in this program that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PACKAGE in Path(frame.filename).parents]
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, line {ours[-1].lineno}"


def trace(error: BaseException) -> str:
    """The way to an error, and to those it came from, without any value."""
    parts = []
    for one in _chain(error):
        parts.append("Traceback (most recent call last):\n")
        parts += traceback.StackSummary.from_list(traceback.extract_tb(one.__traceback__)).format()
        kind = type(one)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        parts.append(f"{name} (what it says is withheld: it may quote what was read)\n")
    return "".join(parts)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from, the first one first."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found and len(found) < _MOST:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return reversed(found)
