"""A connection pool whose blocked reads can be ended from another thread."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import Any


class Sockets:
    """The open connections of one pool manager."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
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
            connections = list(self._open)
        for connection in connections:
            shut(connection)

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

        reporting = type(base.__name__, (base,), {"connect": connect})
        return type(pool.__name__, (pool,), {"ConnectionCls": reporting})

    def _add(self, connection: Any) -> None:
        with self._lock:
            self._open.add(connection)
            ended = self.ended
        if ended:
            shut(connection)


def shut(connection: Any) -> None:
    """End what a connection waits for; from any thread."""
    stream = getattr(connection, "sock", None)
    if isinstance(stream, socket.socket):
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown: that would take the TLS state from under the reading thread.
            socket.socket.shutdown(stream, socket.SHUT_RDWR)
