"""The one way in which a file is written: whole or not at all; a new one for its owner only.

Content is written under a temporary name beside its place. A program that is killed meanwhile leaves that
name behind; the next one that writes into the folder takes it away once it is old.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

ABANDONED = 3600
"""Seconds after which a temporary file is nobody's; writing one takes milliseconds."""

_TEMPORARY = re.compile(r"\.ksec-[0-9a-f]{16}\.tmp")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


def write_private(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write `data` to `path` with mode 0600, atomically: readers see the old file or the new one.

    With `force` an existing file is replaced; a symbolic link is replaced itself, never followed.

    Raises:
        FileExistsError: `path` is taken (by a dangling link too) and `force` is not given.
        OSError: it cannot be written; nothing is left behind.
    """
    temporary = temporary_name(path.parent)
    try:
        _write_new(temporary, data)
        if force:
            temporary.replace(path)
        else:
            _publish(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace_content(path: Path, data: bytes) -> None:
    """Give an existing file other content, atomically; owner and mode stay.

    Raises:
        OSError: it is no plain file, or cannot be written; it is as it was and nothing is left behind.
    """
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
    temporary = temporary_name(path.parent)
    try:
        _write_new(temporary, data)
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(stat.S_IMODE(status.st_mode))
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def temporary_name(folder: Path) -> Path:
    """A free name in `folder` for what is being written; what others left there under such names is taken away."""
    oldest = time.time() - ABANDONED
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_abandoned(entry, oldest)
    return folder / f".ksec-{secrets.token_hex(8)}.tmp"


def is_temporary(path: Path) -> bool:
    """Whether a path is what a program that was killed while it wrote may have left."""
    return _TEMPORARY.fullmatch(path.name) is not None


def _remove_abandoned(entry: os.DirEntry[str], oldest: float) -> None:
    status = entry.stat(follow_symlinks=False)
    if status.st_mtime >= oldest or status.st_uid != os.geteuid():
        return
    if stat.S_ISDIR(status.st_mode):
        shutil.rmtree(entry.path, ignore_errors=True)
    elif stat.S_ISREG(status.st_mode):
        Path(entry.path).unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(temporary: Path, path: Path) -> None:
    """Give the finished file its name, which fails when the name is taken."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links: the name is taken first, so that nothing of others is replaced.
        _write_new(path, b"")
        try:
            temporary.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def sync_folder(folder: Path) -> None:
    """Have the names in a folder outlive a power cut, as far as its file system lets.

    That it does not is no error of the writing: the file stands there, whole, and whoever heard of an error
    would take it for not written.
    """
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
