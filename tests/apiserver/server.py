"""An API server for tests and benches, on a loopback port."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.apiserver import api, pages, statuses
from tests.apiserver.access import Access
from tests.apiserver.changing import ChangingCluster
from tests.apiserver.faults import Fault, spoilt
from tests.apiserver.kubeconfig import write_kubeconfig
from tests.apiserver.statuses import ApiError, Response
from tests.apiserver.store import FakeCluster
from tests.apiserver.watching import End, Watch
from tests.apiserver.wire import WIRE, misbehave

GZIP_FROM = 128 * 1024
"""Smaller bodies are never compressed (upstream: the API server's gzip threshold)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one request was and what came of it; ``status`` is 0 for a reset connection."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int
    bytes: int


class ApiServer:
    """Serves a ``FakeCluster`` over HTTP/1.1 while the context lasts.

    ``cluster``, ``access`` and ``token`` may be exchanged between requests. A token of None lets everyone
    in. Leaving the context ends all connections and raises what went wrong inside the server, if anything;
    another server on the same ``port`` is the same one after a restart.
    """

    def __init__(
        self,
        cluster: FakeCluster,
        *,
        faults: Sequence[Fault] = (),
        access: Access | None = None,
        token: str | None = None,
        port: int = 0,
    ) -> None:
        self.cluster = cluster
        self.faults = list(faults)
        self.access = Access() if access is None else access
        self.token = token
        self.requests: list[Request] = []
        self.errors: list[BaseException] = []
        self.stopped = threading.Event()
        self._listener = _Listener(("127.0.0.1", port), self)
        self.port = int(self._listener.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), name="apiserver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self.stopped.set()
        for fault in self.faults:
            fault.release.set()
        self._listener.end_connections()
        self._listener.server_close()
        if self.errors and error is None:
            raise self.errors[0]

    @property
    def writes(self) -> list[Request]:
        """Requests that would have changed something: all but GET, questions about oneself and dry runs."""
        return [
            request
            for request in self.requests
            if request.method != "GET"
            and not (request.method == "POST" and api.is_review(request.path))
            and not api.is_dry_run(request.method, request.query)
        ]

    @property
    def dry_runs(self) -> list[Request]:
        """Requests that asked what would happen."""
        return [request for request in self.requests if api.is_dry_run(request.method, request.query)]

    def kubeconfig(
        self,
        path: Path,
        *,
        token: str | None = None,
        user: str = "alice",
        namespace: str = "",
        exec_command: Sequence[str] = (),
        context: str = "test",
    ) -> Path:
        """Writes a kubeconfig for this server; without a plugin or a token of its own it has the server's."""
        if token is None and not exec_command:
            token = self.token
        return write_kubeconfig(
            path,
            self.url,
            token=token,
            user=user,
            namespace=namespace,
            exec_command=exec_command,
            context=context,
        )

    def respond(self, call: api.Call, groups: Sequence[str], fault: Fault | None) -> Response | Watch:
        """The answer to a call, with an answering fault applied."""
        access = self.access.seen_as(call.headers, groups)
        try:
            if fault is not None and fault.status is not None:
                raise api.refusal(access, call, fault.status, fault.retry_after)
            if self.token is not None and call.headers.get("authorization") != f"Bearer {self.token}":
                raise statuses.plain(401)
            if isinstance(self.cluster, ChangingCluster):
                watched = api.watched(self.cluster.now, access, call)
                if watched is not None:
                    watch = Watch(self.cluster, *watched, call.query)
                    if fault is None or fault.behaviour == "slow":
                        return watch
                    return spoilt(watch.brief(), fault)
            endless = fault is not None and fault.behaviour == "endless"
            response = api.answer(self.cluster, access, call, endless=endless)
        except ApiError as error:
            return error.response
        return response if fault is None else spoilt(response, fault)


@lru_cache(maxsize=16)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


class _Listener(ThreadingMixIn, TCPServer):
    """One thread for each connection; knows the open ones, so that it can end them."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api_server: ApiServer) -> None:
        self.api_server = api_server
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().close_request(request)

    def end_connections(self) -> None:
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exception()
        # A client that has read enough may hang up at any time.
        if error is not None and not isinstance(error, ConnectionError):
            self.api_server.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Listener

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method is answered and recorded
            return self._serve
        raise AttributeError(name)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: ``ApiServer.requests`` is the log."""

    def _serve(self) -> None:
        owner = self.server.api_server
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        call = api.Call(self.command, parts.path, query, headers, body)
        fault = self._fault(call)
        if fault is not None and fault.behaviour == "slow":
            fault.release.wait(fault.seconds)
            if owner.stopped.is_set():
                self.close_connection = True
                return
        if fault is not None and fault.behaviour == "reset":
            self._record(call, 0, 0)
            self._reset()
            return
        response = owner.respond(call, self.headers.get_all("Impersonate-Group", []), fault)
        if isinstance(response, Watch):
            self._record(call, 200, 0)
            self._stream(response)
            return
        if fault is not None and fault.behaviour in WIRE:
            self._record(call, response.status, len(response.body))
            self.close_connection = True
            misbehave(fault.behaviour, self.wfile, response, owner.stopped)
            return
        self._send(call, response, cut=fault is not None and fault.behaviour == "cut")

    def _stream(self, watch: Watch) -> None:
        """Sends events, each in a chunk of its own, until the watch ends."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        stopped = self.server.api_server.stopped
        for line in watch.lines(stopped):
            if line is End.RESET:
                self._reset()
                return
            if line is End.CUT:
                self.close_connection = True
                self.wfile.write(b"40\r\n" + b'{"type":"ADDED","object":{"kind"')
                return
            if isinstance(line, bytes):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
        if stopped.is_set():
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    def _fault(self, call: api.Call) -> Fault | None:
        try:
            page = pages.page_of(call.query)
        except ApiError:
            page = 1
        watch = call.query.get("watch") in ("1", "true")
        return next((f for f in self.server.api_server.faults if f.meets(call.path, page, watch=watch)), None)

    def _record(self, call: api.Call, status: int, size: int) -> None:
        request = Request(call.method, call.path, call.query, call.headers, status, size)
        self.server.api_server.requests.append(request)

    def _send(self, call: api.Call, response: Response, *, cut: bool) -> None:
        body = response.body
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        if len(body) > GZIP_FROM and "gzip" in call.headers.get("accept-encoding", ""):
            body = _compressed(body)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self._record(call, response.status, len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _reset(self) -> None:
        """Closes with unsent data discarded, which the peer sees as a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
