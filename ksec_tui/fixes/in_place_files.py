"""Which manifest files may be changed where they stand, and how a file is cut into documents."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.in_place_nodes import NotInPlaceError
from ksec_tui.sources.archive import is_archive
from ksec_tui.sources.inputs import STDIN
from ksec_tui.sources.yaml_reader import split


def editable(path: str, roots: Sequence[str]) -> Path:
    """The file, if it may be changed.

    Args:
        path: where an object was read, as `FileSource.origins` has it.
        roots: what was named on the command line.

    Raises:
        NotInPlaceError: it may not; the message says why.
    """
    if path == "(stdin)":
        raise NotInPlaceError("it was read from standard input")
    if is_archive(path.rpartition("!")[0]) or is_archive(path):
        raise NotInPlaceError("it was read from an archive")
    file = Path(path)
    try:
        if file.is_symlink():
            raise NotInPlaceError("its file is a symbolic link")
        status = file.stat()
        real = file.resolve(strict=True)
        inside = any(real.is_relative_to(Path(root).resolve()) for root in roots if root != STDIN)
    except OSError as error:
        raise NotInPlaceError(f"its file cannot be read: {_said(error)}") from error
    if not inside:
        raise NotInPlaceError("its file lies elsewhere: a symbolic link leads there")
    if not stat.S_ISREG(status.st_mode):
        raise NotInPlaceError("it was read from no plain file")
    if status.st_nlink > 1:
        raise NotInPlaceError("its file has other names (hard links), which would keep the old content")
    if not status.st_mode & 0o222 or not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        raise NotInPlaceError("its file is not writable")
    return file


def read(file: Path) -> bytes:
    """What is in a file.

    Raises:
        NotInPlaceError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotInPlaceError(f"its file cannot be read: {_said(error)}") from error


def pieces(data: bytes) -> list[tuple[int, bytes]]:
    """A file as pieces that together are the file again: what no object stands in, and documents.

    Returns:
        The first line of each document, from 1, and its bytes; 0 for what is none.

    Raises:
        NotInPlaceError: it is not UTF-8.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    rest = data[len(mark) :]
    if rest.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotInPlaceError("its file is not UTF-8")
    if rest[:64].lstrip()[:1] in (b"{", b"["):
        return [(0, mark), (1, rest)]
    found: list[tuple[int, bytes]] = [(0, mark)]
    at, line = 0, 1
    for start, part in split(rest):
        while line < start:
            at = rest.index(b"\n", at) + 1
            line += 1
        done = sum(len(piece) for _, piece in found) - len(mark)
        found += [(0, rest[done:at]), (start, part)]
        at += len(part)
        line += part.count(b"\n")
    done = sum(len(piece) for _, piece in found) - len(mark)
    return [*found, (0, rest[done:])]


def _said(error: OSError) -> str:
    return one_line(error.strerror or str(error), 160)
