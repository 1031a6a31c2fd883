"""What can go wrong between a client and an API server, on demand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.apiserver.statuses import Response, encoded

Behaviour = Literal[
    "answer",  # by `status` alone
    "slow",  # wait for `release` or for `seconds`, then answer as usual
    "cut",  # promise a whole body, send half of it, close
    "reset",  # TCP reset instead of an answer
    "malformed",  # JSON that ends in the middle
    "wrong_types",  # the first item has strings where objects and lists belong
    "wrong_content_type",  # a web page with status 200, as a captive proxy sends
    "endless",  # every page has a continue token; wants times=None
]


@dataclass
class Fault:
    """Replaces or spoils the answers to matching requests, ``times`` times or always (None).

    ``match`` is a regular expression searched in the path; ``page`` (from 1) narrows it to one page
    of a list. ``arrived`` is set once a request has met this fault; a slow answer waits for
    ``release``, at most ``seconds``.
    """

    match: str
    status: int | None = None
    behaviour: Behaviour = "answer"
    page: int | None = None
    times: int | None = 1
    retry_after: int | None = None
    seconds: float = 30.0
    arrived: threading.Event = field(default_factory=threading.Event, repr=False)
    release: threading.Event = field(default_factory=threading.Event, repr=False)
    hits: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if (self.status is None) == (self.behaviour == "answer"):
            raise ValueError("a fault has either a status or a behaviour")

    @classmethod
    def slow(cls, match: str, seconds: float = 30.0, *, page: int | None = None, times: int = 1) -> Fault:
        """An answer that comes when the test sets ``release``, or after ``seconds``."""
        return cls(match, behaviour="slow", seconds=seconds, page=page, times=times)

    def meets(self, path: str, page: int) -> bool:
        """Whether this request is hit; counts the hit."""
        if self.page not in (None, page) or re.search(self.match, path) is None:
            return False
        with self._lock:
            if self.times is not None and self.hits >= self.times:
                return False
            self.hits += 1
        self.arrived.set()
        return True


def spoilt(response: Response, behaviour: Behaviour) -> Response:
    """The response as this behaviour leaves it; most behaviours act on the connection instead."""
    spoil = _SPOILERS.get(behaviour)
    return response if spoil is None else spoil(response)


def _malformed(response: Response) -> Response:
    return Response(response.status, response.body[: len(response.body) // 2], response.content_type)


def _wrong_types(response: Response) -> Response:
    content = json.loads(response.body)
    for item in content.get("items", [])[:1]:
        item.update({key: _NONSENSE for key in item if key != "metadata"}, spec=_NONSENSE)
    return Response(response.status, encoded(content), response.content_type)


def _web_page(response: Response) -> Response:
    page = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"
    return Response(200, page, "text/html; charset=utf-8")


_NONSENSE = "not what belongs here"
_SPOILERS: dict[Behaviour, Callable[[Response], Response]] = {
    "malformed": _malformed,
    "wrong_types": _wrong_types,
    "wrong_content_type": _web_page,
}
