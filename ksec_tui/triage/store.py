"""The triage file on disk: read with limits; changed under a lock, whole or not at all, for its owner only."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.text import one_line
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.notation import MAX_FILE, Read, TriageError, read
from ksec_tui.triage.writing import with_decisions

LOCK_SECONDS = 10.0
"""How long another program may hold a file; writing one takes milliseconds."""
_RETRY = 0.02


class Saved(msgspec.Struct, frozen=True):
    """What came of saving.

    Attributes:
        read: the file as it is now.
        written: the decisions that were put in.
        newer: decisions of others on the same findings that are later and stay.
    """

    read: Read
    written: tuple[Decision, ...] = ()
    newer: tuple[Decision, ...] = ()


def load(path: Path, *, missing_ok: bool = False) -> Read:
    """Read a triage file.

    Args:
        path: the file.
        missing_ok: whether a file that is not there says nothing, rather than being an error.

    Raises:
        TriageError: it cannot be read, or is no triage file; with the line.
    """
    data = content(path, MAX_FILE)
    if data is None:
        if not missing_ok:
            raise TriageError(f"{one_line(str(path))}: there is no such file")
        return Read()
    return read(data, str(path))


def save(path: Path, changes: Iterable[Decision]) -> Saved:
    """Put decisions into a triage file; what others have put there since it was read stays.

    Only `changes` are written. Of two decisions on one finding the later holds.

    Raises:
        TriageError: it cannot be written, or only with a loss; then it is as before.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(path):
            data = content(path, MAX_FILE) or b""
            found = read(data, str(path))
            mine, newer = [], []
            for change in changes:
                other = found.triage.decisions.get(change.fingerprint)
                if other is None or other.rank < change.rank:
                    mine.append(change)
                elif other != change:
                    newer.append(other)
            if not mine:
                return Saved(found, newer=tuple(newer))
            text = with_decisions(data, mine, str(path))
            outcome = read(text, str(path))
            write_private(path, text, force=True)
    except OSError as error:
        raise TriageError(f"{one_line(str(path))}: {error.strerror or error}") from error
    return Saved(outcome, tuple(mine), tuple(newer))


def content(path: Path, limit: int) -> bytes | None:
    """Up to one byte more than `limit` of a regular file; None when it is not there.

    Raises:
        TriageError: it is something else, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TriageError(f"{one_line(str(path))}: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TriageError(f"{one_line(str(path))}: is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(limit + 1)
        except OSError as error:
            raise TriageError(f"{one_line(str(path))}: {error.strerror}") from error


@contextmanager
def locked(path: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Keep every other program of ours from writing `path` meanwhile.

    Raises:
        TriageError: another holds it for too long, or `path` is a symbolic link, which would be replaced.
        OSError: nothing can be written beside it.
    """
    if path.is_symlink():
        raise TriageError(f"{one_line(str(path))}: is a symbolic link; name the file that it leads to")
    beside = path.with_name(f".{path.name}.lock")
    deadline = time.monotonic() + seconds
    while True:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        else:
            if _is_still(beside, descriptor):
                break
            os.close(descriptor)  # its holder has taken it away meanwhile
        if time.monotonic() > deadline:
            raise TriageError(f"{one_line(str(path))}: another program has been writing it for {seconds:g} s")
        time.sleep(_RETRY)
    try:
        yield
    finally:
        beside.unlink(missing_ok=True)
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        there, mine = path.stat(follow_symlinks=False), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
