"""Answers that break below JSON: in HTTP's framing, its headers, its encodings, or by never ending."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from functools import lru_cache
from io import BufferedIOBase
from typing import Literal

from tests.apiserver.statuses import Response

Wire = Literal[
    "hang",  # half of the body, then silence
    "cut_chunked",  # chunked, and closed between two chunks
    "short_length",  # a Content-Length that is half the body's
    "not_gzip",  # says gzip and is none
    "gzip_bomb",  # a few kilobytes that become `BOMB` bytes
    "drip",  # a byte of the body now and then, for ever
    "header_drip",  # a byte of the headers now and then, for ever
    "endless_body",  # chunks without end, as fast as they are taken
    "endless_trailer",  # the whole body, then trailer fields without end
    "endless_informational",  # 100 Continue without end
    "huge_header",  # one header of 10 MB
    "many_headers",  # ten thousand headers
    "no_http",  # another protocol
    "silent_close",  # closes without a byte
]
BOMB = 64 * 1024 * 1024
"""Bytes that a gzip bomb becomes."""
_PAUSE = 0.01
_FILL = b" " * 65536


class _Line:
    """What goes to the client, until the server stops."""

    def __init__(self, out: BufferedIOBase, stopped: threading.Event) -> None:
        self.out = out
        self.stopped = stopped

    def head(self, response: Response, *fields: str, end: bool = True) -> None:
        lines = [
            f"HTTP/1.1 {response.status} OK",
            f"Content-Type: {response.content_type}",
            *fields,
            *(("", "") if end else ()),
        ]
        self.out.write("\r\n".join(lines).encode())

    def chunk(self, content: bytes) -> None:
        self.out.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    def drip(self, content: bytes) -> None:
        """A byte of it after the other, over and over."""
        while True:
            for value in content:
                if self.stopped.wait(_PAUSE):
                    return
                self.out.write(bytes([value]))
                self.out.flush()

    def flood(self, content: bytes) -> None:
        """The same without end."""
        while not self.stopped.is_set():
            self.out.write(content)


def misbehave(behaviour: Wire, out: BufferedIOBase, response: Response, stopped: threading.Event) -> None:
    """Send `response` as `behaviour` says; the connection is to be closed afterwards.

    Raises:
        ConnectionError: the client has hung up.
    """
    _ACTS[behaviour](_Line(out, stopped), response)


def _hang(line: _Line, response: Response) -> None:
    line.head(response, f"Content-Length: {len(response.body)}")
    line.out.write(response.body[: len(response.body) // 2])
    line.stopped.wait()


def _cut_chunked(line: _Line, response: Response) -> None:
    line.head(response, "Transfer-Encoding: chunked")
    line.chunk(response.body[: len(response.body) // 2])


def _short_length(line: _Line, response: Response) -> None:
    line.head(response, f"Content-Length: {len(response.body) // 2}")
    line.out.write(response.body)


def _not_gzip(line: _Line, response: Response) -> None:
    line.head(response, f"Content-Length: {len(response.body)}", "Content-Encoding: gzip")
    line.out.write(response.body)


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(b" " * BOMB, compresslevel=9, mtime=0)


def _gzip_bomb(line: _Line, response: Response) -> None:
    line.head(response, f"Content-Length: {len(_bomb())}", "Content-Encoding: gzip")
    line.out.write(_bomb())


def _drip(line: _Line, response: Response) -> None:
    line.head(response, "Connection: close")
    line.drip(b" ")


def _header_drip(line: _Line, response: Response) -> None:
    line.head(response, "X-Slow: ", end=False)
    line.drip(b"x")


def _endless_body(line: _Line, response: Response) -> None:
    line.head(response, "Transfer-Encoding: chunked")
    line.chunk(b'{"items":[')
    line.flood(f"{len(_FILL):x}\r\n".encode() + _FILL + b"\r\n")


def _endless_trailer(line: _Line, response: Response) -> None:
    line.head(response, "Transfer-Encoding: chunked")
    line.chunk(response.body)
    line.out.write(b"0\r\n")
    line.flood(b"X-More: x\r\n" * 500)


def _endless_informational(line: _Line, response: Response) -> None:
    line.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)


def _huge_header(line: _Line, response: Response) -> None:
    line.head(response, "X-Huge: " + "x" * 10_000_000, f"Content-Length: {len(response.body)}")
    line.out.write(response.body)


def _many_headers(line: _Line, response: Response) -> None:
    fields = [f"X-Field-{number}: x" for number in range(10_000)]
    line.head(response, *fields, f"Content-Length: {len(response.body)}")
    line.out.write(response.body)


def _no_http(line: _Line, response: Response) -> None:
    line.out.write(b"SSH-2.0-OpenSSH_9.9\r\n")


def _silent_close(line: _Line, response: Response) -> None:
    """Nothing at all."""


_ACTS: dict[Wire, Callable[[_Line, Response], None]] = {
    "hang": _hang,
    "cut_chunked": _cut_chunked,
    "short_length": _short_length,
    "not_gzip": _not_gzip,
    "gzip_bomb": _gzip_bomb,
    "drip": _drip,
    "header_drip": _header_drip,
    "endless_body": _endless_body,
    "endless_trailer": _endless_trailer,
    "endless_informational": _endless_informational,
    "huge_header": _huge_header,
    "many_headers": _many_headers,
    "no_http": _no_http,
    "silent_close": _silent_close,
}
WIRE = tuple(_ACTS)
"""All of them."""
