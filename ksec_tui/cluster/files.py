"""The one way in which a file is written: whole or not at all; a new one for its owner only."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


def write_private(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write `data` to `path` with mode 0600, atomically: readers see the old file or the new one.

    With `force` an existing file is replaced; a symbolic link is replaced itself, never followed.

    Raises:
        FileExistsError: `path` is taken (by a dangling link too) and `force` is not given.
        OSError: it cannot be written; nothing is left behind.
    """
    temporary = path.parent / f".ksec-{secrets.token_hex(8)}.tmp"
    try:
        _write_new(temporary, data)
        if force:
            temporary.replace(path)
        else:
            _publish(temporary, path, data)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def replace_content(path: Path, data: bytes) -> None:
    """Give an existing file other content, atomically; owner and mode stay.

    Raises:
        OSError: it is no plain file, or cannot be written; it is as it was and nothing is left behind.
    """
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
    temporary = path.parent / f".ksec-{secrets.token_hex(8)}.tmp"
    try:
        _write_new(temporary, data)
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(stat.S_IMODE(status.st_mode))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(temporary: Path, path: Path, data: bytes) -> None:
    """Give the finished file its name, which fails when the name is taken."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links: still never over an existing file.
        try:
            _write_new(path, data)
        except FileExistsError:
            raise
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
