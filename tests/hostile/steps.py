"""Ends or disturbs a program at the n-th step that it takes towards a file, in a process of its own.

Steps are what Python tells its audit hooks (open, rename, link, mkdir, remove, chmod, chown, rmdir) about paths
in a folder, and calls of fsync. Writing itself is cut short by the limit on the size of files.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_EVENTS = frozenset(
    ("os.rename", "os.link", "os.mkdir", "os.remove", "os.chmod", "os.chown", "os.rmdir", "os.truncate")
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

DONE, REFUSED, BROKEN = 0, 10, 20
"""How the process ends: it came to its end, it told of an error that it knows, it failed otherwise."""


class Steps:
    """Counts the steps below `folder`; at step `at` (from 1) does what `then` does with the name of the step."""

    def __init__(self, folder: Path, at: int, then: Callable[[str], None], *, lasting: bool = False) -> None:
        self.count = 0
        self._folder = str(folder)
        self._at = at
        self._then = then
        self._lasting = lasting
        self._on = True

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Install the hooks; an audit hook cannot be taken away, so only in a process that ends soon."""
        real = os.fsync

        def fsync(descriptor: int) -> None:
            self._step("fsync")
            real(descriptor)

        os.fsync = fsync  # type: ignore[assignment] # a function of ours in its place, in this process only
        sys.addaudithook(self._heard)
        try:
            yield
        finally:
            self._on = False
            os.fsync = real

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or (event != "open" and event not in _EVENTS):
            return
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
        if path.startswith("/") and not path.startswith(self._folder):
            return
        if event == "open":
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            event = "open-to-write" if flags & _WRITES else "open-to-read"
        self._step(event)

    def _step(self, name: str) -> None:
        self.count += 1
        if self.count == self._at or (self._lasting and self.count > self._at):
            self._then(name)


def kill(_: str) -> None:
    """The process is gone, as by ``kill -9`` or when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def failing(number: int, *, spares: frozenset[str] = frozenset()) -> Callable[[str], None]:
    """The step fails with this error number."""

    def fail(name: str) -> None:
        if name not in spares:
            raise OSError(number, os.strerror(number))

    return fail


FAULTS: dict[str, tuple[Callable[[str], None], bool]] = {
    "EIO once": (failing(errno.EIO), False),
    "EACCES once": (failing(errno.EACCES), False),
    "ENOSPC lasting": (
        failing(errno.ENOSPC, spares=frozenset({"open-to-read", "os.remove", "os.rmdir", "os.chmod"})),
        True,
    ),
    "EROFS lasting": (failing(errno.EROFS, spares=frozenset({"open-to-read", "fsync"})), True),
}
"""What may go wrong at a step, once or from then on. A full disk lets remove; one gone read-only lets only read."""


def apart(work: Callable[[], None], known: tuple[type[BaseException], ...]) -> int:
    """Do something in a process of its own; its exit code, negative for the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        code = BROKEN
        try:
            work()
            code = DONE
        except known as error:
            code = REFUSED if str(error).strip() else BROKEN
        except BaseException:  # noqa: BLE001 - a process that was forked off must end here, whatever happened
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def limited(size: int, work: Callable[[], None], *, deadly: bool) -> None:
    """Do something while no file can be made larger than `size` bytes: an error, or the process ends there."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if deadly else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    work()
