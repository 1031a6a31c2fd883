"""What can go wrong between a client and an API server, on demand."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from tests.apiserver import spoilers
from tests.apiserver.statuses import Response
from tests.apiserver.wire import Wire

Behaviour = Literal[
    "answer",  # by `status` alone
    "slow",  # wait for `release` or for `seconds`, then answer as usual
    "cut",  # promise a whole body, send half of it, close
    "reset",  # TCP reset instead of an answer
    "malformed",  # JSON that ends in the middle
    "wrong_types",  # the first item has strings where objects and lists belong
    "wrong_content_type",  # a web page with status 200, as a captive proxy sends
    "forbidden_page",  # the same with status 403, as a proxy sends that lets nobody through
    "endless",  # every page has a continue token; wants times=None
    "same_token",  # every page has the token of the second; wants times=None
    "redirect",  # to `location`
    "items_text",  # a list whose items are a string
    "metadata_number",  # a list whose metadata are a number
    "version_list",  # a list whose resourceVersion is a list
    "no_version",  # a list whose resourceVersion is empty
    "short_watch",  # a watch that ends after its first bookmark; any other answer is as usual
    "token_number",  # a list whose continue token is a number
    "no_items",  # JSON that is no list at all
    "failure_as_success",  # a Status of failure with status 200
    "null",  # null
    "protobuf",  # what was asked for, said to be in the other encoding
    "huge_name",  # the first item has a name of 10 MB
    "nested",  # a hundred thousand brackets
    "not_utf8",  # JSON with bytes that are no UTF-8 in the name of the first item
    "empty",  # status 200, no body
    "no_content",  # status 204
    "unknown_status",  # status 299 with half a body
]
"""What happens to an answer on its way through JSON; `Wire` has what happens below."""


@dataclass
class Fault:
    """Replaces or spoils the answers to matching requests, ``times`` times or always (None).

    ``match`` is a regular expression searched in the path; ``page`` (from 1) narrows it to one page
    of a list, ``watch`` to watches or to everything else. ``arrived`` is set once a request has met this
    fault; a slow answer waits for ``release``, at most ``seconds``; a redirection leads to ``location``.
    """

    match: str
    status: int | None = None
    behaviour: Behaviour | Wire = "answer"
    page: int | None = None
    watch: bool | None = None
    times: int | None = 1
    retry_after: int | None = None
    location: str = ""
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

    def meets(self, path: str, page: int, *, watch: bool = False) -> bool:
        """Whether this request is hit; counts the hit."""
        if (
            self.page not in (None, page)
            or self.watch not in (None, watch)
            or re.search(self.match, path) is None
        ):
            return False
        with self._lock:
            if self.times is not None and self.hits >= self.times:
                return False
            self.hits += 1
        self.arrived.set()
        return True


def spoilt(response: Response, fault: Fault) -> Response:
    """The response as this fault leaves it; most behaviours act on the connection instead."""
    if fault.behaviour == "redirect":
        return Response(302, b"", "text/plain", {"Location": fault.location})
    spoil = spoilers.SPOILERS.get(fault.behaviour)
    return response if spoil is None else spoil(response)
