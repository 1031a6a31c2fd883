"""Finds and reads the files that were named on the command line; every limit is checked before reading."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ksec_tui.cluster.text import one_line
from ksec_tui.sources import archive
from ksec_tui.sources.base import SourceError

MAX_FILE = 512 << 20
"""Bytes of one file."""
MANIFESTS = (".yaml", ".yml", ".json")
STDIN = "-"
_ZIP = b"PK\x03\x04"


class Input(NamedTuple):
    """One file of manifests: its path (for what an archive holds, ``ARCHIVE!MEMBER``) and its content."""

    path: str
    data: bytes


class Skipped(NamedTuple):
    """Something that was not read, or not to its end (`lost`), and why."""

    path: str
    reason: str
    lost: bool = False


def stem_and_ending(path: str) -> tuple[str, str]:
    """``deployments.apps`` and ``.json`` of ``dump.tgz!dump/deployments.apps.json``."""
    name = PurePosixPath(path.rpartition("!")[2])
    return name.stem, name.suffix.lower()


def read_inputs(paths: Sequence[str], stdin: bytes | None = None) -> Iterator[Input | Skipped]:
    """Yield every file that `paths` name, directories searched in order of name.

    Args:
        paths: files, directories, tar archives, or ``-``.
        stdin: what ``-`` stands for; by default standard input is read.

    Raises:
        SourceError: a named path does not exist or cannot be opened.
    """
    for path in paths:
        if path == STDIN:
            yield Input("(stdin)", read_stdin() if stdin is None else stdin)
        elif Path(path).is_dir():
            for found in _walk(Path(path)):
                if isinstance(found, Skipped):
                    yield found
                    continue
                try:
                    yield from _read(str(found))
                except OSError as error:
                    yield Skipped(str(found), _sentence(error))
        else:
            try:
                yield from _read(path)
            except (OSError, ValueError) as error:
                raise SourceError(f"{one_line(path)}: {_sentence(error)}") from error


def read_stdin() -> bytes:
    """Everything on standard input.

    Raises:
        SourceError: more than the limit.
    """
    data = sys.stdin.buffer.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise SourceError(f"standard input: more than {MAX_FILE >> 20} MiB are not read")
    return data


def _read(path: str) -> Iterator[Input | Skipped]:
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size > MAX_FILE:
            said = f"{_size(status.st_size)}; files over {MAX_FILE >> 20} MiB are not read"
            yield Skipped(path, said, lost=archive.is_archive(path))
            return
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        said = f"more than {MAX_FILE >> 20} MiB, which is more than is read of one file"
        yield Skipped(path, said, lost=archive.is_archive(path))
    elif archive.is_archive(path):
        yield from _unpack(path, data)
    elif data.startswith(_ZIP):
        yield Skipped(path, "zip archives are not read: unpack it, or pack it with tar")
    else:
        yield Input(path, data)


def _unpack(path: str, data: bytes) -> Iterator[Input | Skipped]:
    try:
        for member in archive.members(data, MANIFESTS):
            if isinstance(member, archive.Left):
                yield Skipped(path, member.reason, member.lost)
            else:
                yield Input(f"{path}!{member.name}", member.data)
    except archive.ArchiveError as error:
        yield Skipped(path, str(error), lost=True)


def _walk(top: Path) -> Iterator[Path | Skipped]:
    """The manifests and archives under `top`, sorted; hidden entries and directories seen before are left out.

    Links are followed inside of `top` only: who writes into a folder is not to choose what else is read.
    """
    seen: set[tuple[int, int]] = set()
    queue = [top]
    inside = top.resolve()
    while queue:
        directory = queue.pop()
        try:
            status = directory.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(entry for entry in directory.iterdir() if not entry.name.startswith("."))
        except OSError as error:
            yield Skipped(str(directory), _sentence(error))
            continue
        folders: list[Path] = []
        for entry in entries:
            wanted = entry.name.lower().endswith((*MANIFESTS, *archive.SUFFIXES))
            if not wanted and not entry.is_dir():
                continue
            if why := _not_followed(entry, inside):
                yield Skipped(str(entry), why)
            elif entry.is_dir():
                folders.append(entry)
            elif entry.is_file() or not entry.exists():  # a broken link is named
                yield entry
            else:  # it would block
                yield Skipped(str(entry), "is a named pipe or device, not read")
        queue.extend(reversed(folders))


def _not_followed(entry: Path, inside: Path) -> str:
    """Why a link is not followed; empty for what is none, or leads to something inside."""
    if not entry.is_symlink():
        return ""
    try:
        real = entry.resolve()
    except (OSError, RuntimeError) as error:  # a link to itself
        return _sentence(error)
    return "" if real.is_relative_to(inside) else "a link that leads out of the folder is not followed"


def _sentence(error: Exception) -> str:
    return one_line((error.strerror if isinstance(error, OSError) else None) or str(error), 160)


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.1f} MiB"
