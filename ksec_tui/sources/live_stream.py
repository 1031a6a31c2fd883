"""Answers that go on and on: the lines of a watch, each as soon as it is there."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ksec_tui.cluster.text import one_line
from ksec_tui.sources.connection import Access
from ksec_tui.sources.gate import pass_gate
from ksec_tui.sources.sockets import shut_down
from ksec_tui.sources.transport import (
    JSON,
    Answer,
    BrokenError,
    CancelledError,
    RequestRecord,
    TransientError,
    Transport,
    connection_error,
    refusal,
)

MAX_LINE = 32 * 1024 * 1024
"""Bytes that one line may have; the API server's own limit for an object is far below."""

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 10.0
_ALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""A connection whose other end is gone without a word is given up after a minute."""


class Stream:
    """One answer that goes on; `lines` raises BrokenError or CancelledError."""

    def __init__(self, lines: Callable[[], Iterator[bytes]], socket: socket.socket | None) -> None:
        self.lines = lines
        self._socket = socket

    def end(self) -> None:
        """Wake the thread that waits for the next line; what it finds is the end."""
        if self._socket is not None:
            shut_down(self._socket)


class Streams(Transport):
    """Connections for watches, one for each; otherwise as `Transport`."""

    @contextmanager
    def stream(self, path: str, accept: str, silence: float) -> Iterator[Stream]:
        """The answer to a GET, while the context lasts. Nothing is tried twice but a login.

        Args:
            path: with its query.
            accept: the wanted content type.
            silence: seconds without a byte after which the connection counts as dead, and after which the
                answer has to be over.

        Raises:
            RefusedError: the server said no.
            BrokenError: no connection, no API; from the lines: cut off, silent, a line too long.
            CancelledError: the load was cancelled.
            SourceError: the login is over, or the kubeconfig is not usable.
        """
        response, host = self._opened(path, accept, silence)
        try:
            yield Stream(lambda: self._lines(response, host, silence), self._sockets.last)
        finally:
            response.close()

    def _new_pool(self, configuration: Any) -> Any:
        manager = super()._new_pool(configuration)
        from urllib3.connection import HTTPConnection  # as late as the client that brings it

        options = [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _ALIVE if _has(name)]
        manager.connection_pool_kw["socket_options"] = [
            *HTTPConnection.default_socket_options,
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            *options,
        ]
        return manager

    def _opened(self, path: str, accept: str, silence: float) -> tuple[Any, str]:
        renewed = False
        while True:
            if self._cancel.is_set():
                raise CancelledError
            pool, access = self._ready()
            response = self._begun(pool, access, path, accept, silence)
            if response.status == 200:
                break
            answer = self._refused(response, access.configuration.host, silence)
            if answer.status != 401 or renewed or not self._connection.renew(access, self._cancel):
                raise refusal(answer)
            renewed = True
        kind = response.headers.get("Content-Type", "")
        if kind.partition(";")[0].strip().lower() != JSON:
            response.close()
            raise BrokenError(
                f"the answer is not from a Kubernetes API: {one_line(kind, 80)} instead of JSON"
            )
        return response, access.configuration.host

    def _begun(self, pool: Any, access: Access, path: str, accept: str, silence: float) -> Any:
        pass_gate("GET", path, None)
        from urllib3 import Timeout  # as late as the client that brings it
        from urllib3 import exceptions as errors

        host = access.configuration.host
        started, status = time.monotonic(), 0
        try:
            with self._sockets.limited(silence):
                response = pool.request(
                    "GET", host + path, headers=self.headers(access, accept), retries=False, redirect=False,
                    timeout=Timeout(connect=_CONNECT_SECONDS, read=silence), preload_content=False,
                )  # fmt: skip
            status = response.status
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise self._failure(error, host, silence) from error
        finally:
            taken = round((time.monotonic() - started) * 1000)
            self._log.append(RequestRecord("GET", one_line(path, 500), status, taken, 0))
        return response

    def _refused(self, response: Any, host: str, silence: float) -> Answer:
        from urllib3 import exceptions as errors  # as late as the client that brings it

        try:
            with self._sockets.limited(silence, begun=True):
                body = self._read(response)
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise self._failure(error, host, silence) from error
        get = response.headers.get
        return Answer(
            response.status, body, get("Content-Type", ""), get("Retry-After", ""), get("Location", "")
        )

    def _lines(self, response: Any, host: str, silence: float) -> Iterator[bytes]:
        from urllib3 import exceptions as errors  # as late as the client that brings it

        parts: list[bytes] = []
        size = 0
        until = time.monotonic() + silence
        while time.monotonic() < until:
            try:
                chunk = response.read1(_CHUNK)
            except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
                raise self._failure(error, host, silence) from error
            if self._cancel.is_set():
                raise CancelledError
            if not chunk:
                return
            first, *rest = chunk.split(b"\n")
            parts.append(first)
            size += len(first)
            for piece in rest:
                yield b"".join(parts)
                parts, size = [piece], len(piece)
            if size > MAX_LINE:
                raise BrokenError(f"an event is larger than {MAX_LINE // (1024 * 1024)} MiB")
        raise BrokenError("the server goes on beyond the time that was asked for")

    def _failure(self, error: Exception, host: str, silence: float) -> Exception:
        if self._cancel.is_set() or self._sockets.ended:
            return CancelledError()
        failure = connection_error(error, host, silence)
        return BrokenError(str(failure)) if isinstance(failure, TransientError) else failure


def _has(name: str) -> bool:
    return hasattr(socket, name)
