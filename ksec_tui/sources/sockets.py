"""A connection pool whose blocked reads can be ended: from another thread, or when time is up."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import weakref
from types import TracebackType
from typing import Any, Self


class TooSlowError(OSError):
    """An answer did not come to its end in the time that was left to it."""


class Sockets:
    """The open connections of one pool manager."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._streams: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._here = threading.local()
        self._lock = threading.Lock()
        self.ended = False

    def watch(self, manager: Any) -> None:
        """Make the pools of `manager` (a ``urllib3.PoolManager``) report their connections here."""
        manager.pool_classes_by_scheme = {
            scheme: self._reporting(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
        }

    def end(self) -> None:
        """Wake every thread that waits for the server; connections made later end at once."""
        with self._lock:
            self.ended = True
            connections, streams = list(self._open), list(self._streams)
        for connection in connections:
            _shut(connection)
        for stream in streams:
            shut_down(stream)

    def limited(self, seconds: float, *, begun: bool = False) -> Limit:
        """While this lasts, what this thread asks of the server may take so long and no longer.

        A time out of a socket bounds each silence alone: a server that sends a byte of a header now and then,
        or interim answers without end, keeps the thread for ever.

        Args:
            seconds: infinity means no limit.
            begun: the answer has begun already; it is the last that this thread asked for.
        """
        limit = Limit(self._here, seconds)
        last = self.last if begun else None
        if last is not None:
            limit.watch(last)
        return limit

    @property
    def last(self) -> socket.socket | None:
        """Where this thread asked last; an answer after which the connection is to be closed is known by it alone."""
        return getattr(self._here, "stream", None)

    def close(self) -> None:
        """Close whatever is still open."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.close()

    def _reporting(self, pool: Any) -> Any:
        """A subclass of the pool class whose connections make themselves known once they are open."""
        base = pool.ConnectionCls

        def connect(connection: Any) -> None:
            base.connect(connection)
            self._add(connection)

        def getresponse(connection: Any) -> Any:
            self._asked(connection.sock)
            return base.getresponse(connection)

        reporting = type(base.__name__, (base,), {"connect": connect, "getresponse": getresponse})
        return type(pool.__name__, (pool,), {"ConnectionCls": reporting})

    def _add(self, connection: Any) -> None:
        with self._lock:
            self._open.add(connection)
            ended = self.ended
        if ended:
            _shut(connection)

    def _asked(self, stream: object) -> None:
        """This thread waits for an answer; a connection that is to be closed after it forgets the stream."""
        if not isinstance(stream, socket.socket):
            return
        with self._lock:
            self._streams.add(stream)
            ended = self.ended
        if ended:
            shut_down(stream)
        self._here.stream = stream
        limit: Limit | None = getattr(self._here, "limit", None)
        if limit is not None:
            limit.watch(stream)


class Limit:
    """A context that ends the stream its thread reads from when it lasts too long.

    Raises:
        TooSlowError: on leaving it, whatever came of it, when that has happened.
    """

    def __init__(self, here: threading.local, seconds: float) -> None:
        self._here = here
        self._timer = None if math.isinf(seconds) else threading.Timer(seconds, self._end)
        self._stream: socket.socket | None = None
        self._late = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._here.limit = self
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._here.limit = None
        if self._timer is not None:
            self._timer.cancel()
        if self._late and (error is None or isinstance(error, Exception)):
            raise TooSlowError("time is up") from error

    def watch(self, stream: socket.socket) -> None:
        """From now on, this is what the thread reads from."""
        with self._lock:
            self._stream = stream
            late = self._late
        if late:
            shut_down(stream)

    def _end(self) -> None:
        with self._lock:
            self._late = True
            stream = self._stream
        if stream is not None:
            shut_down(stream)


def _shut(connection: Any) -> None:
    stream = getattr(connection, "sock", None)
    if isinstance(stream, socket.socket):
        shut_down(stream)


def shut_down(stream: socket.socket) -> None:
    """End what a thread waits for at a socket; from any thread."""
    with contextlib.suppress(OSError):
        # Not SSLSocket.shutdown: that would take the TLS state from under the reading thread.
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
