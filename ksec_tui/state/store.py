"""The file of one context's state: read with limits, changed under a lock, whole or not at all, for its owner only.

A change is a step from what is kept to what is to be kept. It is taken on the file as it is at that moment,
so that two sittings lose nothing of each other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path
from typing import Final, Literal

import msgspec

from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.cluster.text import one_line
from ksec_tui.state.values import Kept, harmless
from ksec_tui.triage.notation import TriageError
from ksec_tui.triage.places import context_file
from ksec_tui.triage.store import content, locked

SCHEMA: Final = "ksec-state/1"
MAX_FILE = 4 << 20
"""Bytes; more than everything that is kept at most."""
ASIDE = 9
"""Broken files that are set aside before the last of them is replaced."""

Step = Callable[[Kept], Kept]


class StateError(Exception):
    """The state cannot be kept or read; one sentence."""


class BrokenStateError(StateError):
    """The file holds nothing that can be read: to be set aside."""


class _Document(msgspec.Struct, rename={"schema_": "schema"}, omit_defaults=True):
    schema_: Literal["ksec-state/1"]
    kept: Kept = Kept()


class _Schema(msgspec.Struct, rename={"schema_": "schema"}):
    schema_: str


def state_file(source: SourceInfo) -> Path:
    """The file of a context, or of what else the source is."""
    return context_file(source, "state", "json")


def load(path: Path) -> Kept:
    """What is kept; nothing when there is no file.

    Raises:
        BrokenStateError: what stands there is no state.
        StateError: it cannot be read, or is of a newer version.
    """
    try:
        data = content(path, MAX_FILE)
    except TriageError as error:
        raise StateError(str(error)) from error
    return Kept() if data is None else _decoded(data, one_line(str(path)))


def recover(path: Path) -> tuple[Kept, str]:
    """What is kept, with a word about a broken file, which is set aside.

    Raises:
        StateError: it cannot be read or set aside, or is of a newer version.
    """
    try:
        return load(path), ""
    except BrokenStateError as error:
        return Kept(), f"{error}; it is set aside as {one_line(_set_aside(path).name)}"


def save(path: Path, steps: Iterable[Step], *, instead: Kept | None = None) -> tuple[Kept, str]:
    """Take steps on what the file keeps, and write it; what others have put there meanwhile stays.

    Args:
        path: the file; it and its folder need not be there.
        steps: what to change, in order.
        instead: what to start from when the file is broken, which is then set aside.

    Returns:
        What is kept now, and a word about a broken file.

    Raises:
        StateError: it cannot be written; then it is as before.
    """
    said = ""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(path):
            try:
                before = load(path)
            except BrokenStateError as error:
                before = instead or Kept()
                said = f"{error}; it is set aside as {one_line(_set_aside(path).name)}"
            after: Kept = reduce(lambda kept, step: step(kept), steps, before)
            if after != before or said:
                write_private(path, _encoded(after), force=True)
    except TriageError as error:
        raise StateError(str(error)) from error
    except OSError as error:
        raise StateError(f"{one_line(str(path))}: {error.strerror or error}") from error
    return after, said


def _encoded(kept: Kept) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_Document(SCHEMA, kept)), indent=1) + b"\n"


def _decoded(data: bytes, name: str) -> Kept:
    if len(data) > MAX_FILE:
        raise BrokenStateError(f"{name}: larger than {MAX_FILE >> 20} MiB")
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema_
        family, _, version = schema.partition("/")
        if family == SCHEMA.partition("/")[0] and schema != SCHEMA and version.isdecimal():
            raise StateError(f"{name}: of another version ({one_line(schema, 40)}); nothing is kept")
        return harmless(msgspec.json.decode(data, type=_Document).kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenStateError(
            f"{name}: not what this program writes: {one_line(str(error), 120)}"
        ) from error


def _set_aside(path: Path) -> Path:
    """Give a broken file another name, one that is free if there is one."""
    names = [
        path.with_name(f"{path.name}.broken{f'-{count}' if count > 1 else ''}")
        for count in range(1, ASIDE + 1)
    ]
    chosen = next((name for name in names if not name.exists() and not name.is_symlink()), names[-1])
    try:
        path.replace(chosen)
    except OSError as error:
        raise StateError(f"{one_line(str(path))}: {error.strerror or error}") from error
    return chosen
