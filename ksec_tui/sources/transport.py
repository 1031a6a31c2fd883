"""Requests to the API server that change nothing: raw bytes through the official client's connection pool.

The client brings TLS, proxies and authentication; its generated models are never used. Every wait ends
when the load is cancelled.
"""

from __future__ import annotations

import http.client
import ipaddress
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ksec_tui.cluster.decoding import decoder
from ksec_tui.cluster.text import one_line
from ksec_tui.sources.connection import Access, Connection, authorization
from ksec_tui.sources.gate import pass_gate
from ksec_tui.sources.pauses import Details
from ksec_tui.sources.sockets import Sockets, TooSlowError

JSON = "application/json"
MAX_BODY = 256 * 1024 * 1024
"""Bytes that one answer may have, decompressed."""

_CHUNK = 256 * 1024
_THROTTLED_ATTEMPTS = 5
_LONGEST_WAIT = 30.0
_BACKOFF = (0.25, 0.75)
_CONNECT_SECONDS = 10.0
BODY_PATIENCE = 10
"""How many times the longest silence a whole answer may take."""
_TOKEN = re.compile(r"continue=[^&]*")

Wait = Callable[[threading.Event, float], bool]
"""Waits so many seconds or until the event is set; True when it is set."""


class RequestRecord(msgspec.Struct, frozen=True):
    """One request, for the log: `status` is 0 when no answer came, `bytes` counts the decompressed body."""

    method: str
    path: str
    status: int
    milliseconds: int
    bytes: int


class RequestError(Exception):
    """A request that brought nothing; the message is one clean sentence."""


class RefusedError(RequestError):
    """The server answered with an error: `status` and the Status object's `reason` (empty when it sent none).

    `retry_after` is how many seconds it asks to be left alone, 0 when it does not.
    """

    def __init__(self, status: int, reason: str, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class BrokenError(RequestError):
    """No complete answer: no connection, time out, cut off, too large, not the API."""


class CancelledError(Exception):
    """The load was cancelled; nobody waits for the answer."""


class _Status(msgspec.Struct):
    kind: str = ""
    message: str = ""
    reason: str = ""
    details: Details | None = None


class Answer(msgspec.Struct):
    """What came back to one request."""

    status: int
    body: bytes
    content_type: str
    retry_after: str
    location: str


class Transport:
    """One load's connections to the API server; safe to use from several threads.

    Args:
        connection: where to and as whom.
        cancel: ends everything when set, once `end` is called.
        log: takes a record of every request.
        wait: how to wait before another attempt.
        workers: how many threads ask at once.
        max_body: bytes that one answer may have.
        compress: ask for gzip; None asks every server that is not on this machine.
    """

    def __init__(
        self,
        connection: Connection,
        cancel: threading.Event,
        log: deque[RequestRecord],
        *,
        wait: Wait = threading.Event.wait,
        workers: int = 4,
        max_body: int | None = None,
        compress: bool | None = None,
    ) -> None:
        self._connection = connection
        self._cancel = cancel
        self._log = log
        self._wait = wait
        self._workers = workers
        self._max_body = MAX_BODY if max_body is None else max_body
        self._compress = compress
        self._sockets = Sockets()
        self._pool: Any = None
        self._access: Access | None = None
        self._lock = threading.Lock()

    def get(self, path: str, accept: str = JSON) -> bytes:
        """The body of a GET.

        Raises:
            RefusedError: the server said no.
            BrokenError: no complete answer came.
            CancelledError: the load was cancelled.
            SourceError: the login is over, or the kubeconfig is not usable.
        """
        return self._ask("GET", path, accept, None)

    def review(self, path: str, body: bytes) -> bytes:
        """The body of the answer to a question about oneself, which is a POST that changes nothing.

        Raises:
            RefusedError, BrokenError, CancelledError, SourceError: as `get` does.
        """
        return self._ask("POST", path, JSON, body)

    def dry_run(self, method: str, path: str, body: bytes | None, content_type: str) -> None:
        """Ask what the server would say to a change; the query of `path` has to say that it is a dry run.

        Raises:
            NotReadOnlyError: it does not; nothing was sent.
            RefusedError, BrokenError, CancelledError, SourceError: as `get` does.
        """
        self._ask(method, path, JSON, body, content_type)

    def end(self) -> None:
        """Wake every thread that waits for the server."""
        self._sockets.end()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._pool is not None:
                self._pool.clear()
        self._sockets.close()

    def _ask(
        self, method: str, path: str, accept: str, body: bytes | None, content_type: str = JSON
    ) -> bytes:
        throttled = failed = 0
        renewed = False
        while True:
            if self._cancel.is_set():
                raise CancelledError
            pool, access = self._ready()
            answer: Answer | None = None
            try:
                answer = self._send(pool, access, method, path, accept, body, content_type)
            except TransientError as error:
                if failed >= len(_BACKOFF):
                    raise BrokenError(str(error)) from error
            if answer is None or answer.status >= 500:
                if answer is not None and failed >= len(_BACKOFF):
                    raise refusal(answer)
                self._pause(max(_BACKOFF[failed], _retry_after(answer, 0.0)))
                failed += 1
            elif answer.status == 429:
                throttled += 1
                if throttled >= _THROTTLED_ATTEMPTS:
                    raise refusal(answer)
                self._pause(_retry_after(answer, float(2 ** (throttled - 1))))
            elif answer.status == 401 and not renewed:
                renewed = True
                if not self._connection.renew(access, self._cancel):
                    raise refusal(answer)
            else:
                return _body(answer)

    def _pause(self, seconds: float) -> None:
        if self._wait(self._cancel, min(seconds, _LONGEST_WAIT)):
            raise CancelledError

    def _ready(self) -> tuple[Any, Access]:
        """The pool for the credentials of this moment."""
        access = self._connection.access(self._cancel)
        with self._lock:
            if self._access is None or access.generation > self._access.generation:
                if self._pool is not None:
                    self._pool.clear()
                self._pool = self._new_pool(access.configuration)
                self._access = access
            return self._pool, access

    def _new_pool(self, configuration: Any) -> Any:
        import urllib3  # as late as the client that brings it
        from kubernetes.client import rest  # costs 0.4 s, after first paint

        if not configuration.verify_ssl:
            # The warning would be written over the screen; the load reports the fact itself.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        configuration.connection_pool_maxsize = self._workers + 1
        try:
            pool = rest.RESTClientObject(configuration).pool_manager
        except (urllib3.exceptions.HTTPError, OSError, ValueError, ImportError) as error:
            raise BrokenError(f"the connection cannot be set up: {one_line(str(error), 300)}") from error
        self._sockets.watch(pool)
        return pool

    def _send(
        self, pool: Any, access: Access, method: str, path: str, accept: str, body: bytes | None, content: str
    ) -> Answer:
        pass_gate(method, path, body)
        from urllib3 import Timeout  # as late as the client that brings it
        from urllib3 import exceptions as errors

        headers = self.headers(access, accept)
        if body is not None:
            headers["Content-Type"] = content
        host = access.configuration.host
        if self._compress if self._compress is not None else not _is_loopback(host):
            headers["Accept-Encoding"] = "gzip"
        seconds = self._connection.options.request_timeout or math.inf
        timeout = Timeout(
            connect=min(seconds, _CONNECT_SECONDS), read=None if math.isinf(seconds) else seconds
        )
        started = time.monotonic()
        status = size = 0
        try:
            with self._sockets.limited(seconds * BODY_PATIENCE):
                response = pool.request(
                    method, host + path, body=body, headers=headers, timeout=timeout, retries=False,
                    redirect=False, preload_content=False,
                )  # fmt: skip
                status = response.status
                received = self._read(response)
                size = len(received)
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            if self._cancel.is_set() or self._sockets.ended:
                raise CancelledError from error
            raise connection_error(error, host, seconds) from error
        finally:
            taken = round((time.monotonic() - started) * 1000)
            shown = one_line(_TOKEN.sub("continue=…", path), 500)
            self._log.append(RequestRecord(method, shown, status, taken, size))
        get = response.headers.get
        return Answer(status, received, get("Content-Type", ""), get("Retry-After", ""), get("Location", ""))

    def headers(self, access: Access, accept: str) -> Any:
        """Who asks for what (``urllib3.HTTPHeaderDict``)."""
        from urllib3 import HTTPHeaderDict  # as late as the client that brings it

        headers = HTTPHeaderDict({"Accept": accept, "User-Agent": "ksec-tui"})
        if token := authorization(access.configuration):
            headers["Authorization"] = token
        for name, value in self._connection.headers:
            headers.add(name, value)
        return headers

    def _read(self, response: Any) -> bytes:
        chunks: list[bytes] = []
        size = 0
        complete = False
        try:
            while chunk := response.read1(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > self._max_body:
                    raise BrokenError(f"the answer is larger than {self._max_body // (1024 * 1024)} MiB")
                if self._cancel.is_set():
                    raise CancelledError
            complete = True
        finally:
            if complete:
                response.release_conn()
            else:
                response.close()
        return b"".join(chunks)


class TransientError(Exception):
    """A connection that failed in a way that another attempt may mend."""


def connection_error(error: Exception, host: str, seconds: float) -> Exception:
    """One sentence on what went wrong with the connection; transient failures are worth another attempt."""
    from urllib3 import exceptions as errors  # as late as the client that brings it

    where = one_line(host, 200)
    if isinstance(error, TooSlowError):
        return BrokenError("the answer came too slowly")
    if isinstance(error, errors.NameResolutionError):
        return BrokenError(f"the name of {where} cannot be resolved")
    if isinstance(error, errors.NewConnectionError):  # upstream makes it a kind of time out
        return TransientError(f"no connection to {where}: {_cause(error)}")
    if isinstance(error, errors.ConnectTimeoutError):
        return BrokenError(f"{where} does not answer")
    if isinstance(error, (errors.TimeoutError, TimeoutError)):
        return BrokenError(f"no answer within {seconds:g} seconds")
    if isinstance(error, errors.SSLError):
        return BrokenError(f"the TLS connection to {where} failed: {one_line(str(error), 300)}")
    if isinstance(error, errors.ProxyError):
        return BrokenError(f"the proxy refused: {one_line(str(error), 300)}")
    if isinstance(error, (errors.IncompleteRead, http.client.IncompleteRead)):
        return TransientError("the answer was cut off")
    if isinstance(error, errors.DecodeError):
        return BrokenError("the answer cannot be decompressed")
    if isinstance(error, ValueError) and not isinstance(error, errors.HTTPError):
        return BrokenError(f"the request to {where} cannot be made: {one_line(str(error), 300)}")
    cut = any(isinstance(arg, http.client.IncompleteRead | errors.IncompleteRead) for arg in error.args)
    return TransientError(
        "the answer was cut off" if cut else f"the connection to {where} broke: {_cause(error)}"
    )


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    known = error.strerror if isinstance(error, OSError) else None
    return one_line(known or str(error) or type(error).__name__, 200)


def _body(answer: Answer) -> bytes:
    if not 200 <= answer.status < 300:
        raise refusal(answer)
    if answer.content_type.partition(";")[0].strip().lower() != JSON:
        kind = one_line(answer.content_type, 80) or "nothing known"
        raise BrokenError(f"the answer is not from a Kubernetes API: {kind} instead of JSON")
    return answer.body


def refusal(answer: Answer) -> RefusedError:
    """What an answer that is no success says, in one sentence."""
    status = _status_of(answer)
    wait = _retry_after(answer, 0.0)
    if status.kind == "Status":
        message = one_line(status.message, 400) or f"the server answered {answer.status}"
        return RefusedError(answer.status, status.reason or "Unknown", message, wait)
    if 300 <= answer.status < 400:
        message = f"the server redirects to {one_line(answer.location, 200) or 'nowhere'}"
    else:
        known = http.client.responses.get(answer.status, "")
        message = f"the server answered {answer.status} {known}".rstrip()
    return RefusedError(answer.status, "", message, wait)


def _status_of(answer: Answer) -> _Status:
    try:
        return decoder(_Status).decode(answer.body)
    except (msgspec.MsgspecError, RecursionError):
        return _Status()


def _retry_after(answer: Answer | None, default: float) -> float:
    """Seconds that the server asks for: the header (RFC 9110, whole seconds) or the Status's details."""
    if answer is None:
        return default
    if answer.retry_after.isascii() and answer.retry_after.isdecimal():
        return float(answer.retry_after[:6])
    details = _status_of(answer).details
    return (details.pause if details else 0.0) or default


def _is_loopback(host: str) -> bool:
    name = urlsplit(host).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
