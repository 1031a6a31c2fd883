"""The first questions to an API server: what it is, who asks, which namespaces there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from ksec_tui.cluster.ingest import PageError, ingest_list
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.text import day_of, one_line
from ksec_tui.sources.base import Event, Problem, SourceError
from ksec_tui.sources.connection import Connection
from ksec_tui.sources.live_scope import Patterns, Scope, usable_name
from ksec_tui.sources.transport import BrokenError, RefusedError, RequestError, Transport

_REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW = b'{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'
_MAX_NAMESPACE_PAGES = 200
_NAMESPACE_PAGE = 500


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""
    build_date: str = ""


class _UserInfo(msgspec.Struct):
    username: str = ""


class _ReviewStatus(msgspec.Struct, rename="camel"):
    user_info: _UserInfo = msgspec.field(default_factory=_UserInfo)


class _Review(msgspec.Struct):
    status: _ReviewStatus = msgspec.field(default_factory=_ReviewStatus)


def server_version(transport: Transport, emit: Callable[[Event], None]) -> tuple[str, str]:
    """``v1.33.4`` and the day on which it was built; both empty, with a Problem, when the server does not say.

    Raises:
        SourceError: there is no connection, or the login is refused.
    """
    try:
        told = msgspec.json.decode(transport.get("/version"), type=_Version)
        if told.git_version:
            return one_line(told.git_version, 60), day_of(told.build_date)
        emit(Problem("server version", "the answer tells none"))
    except BrokenError as error:
        raise SourceError(str(error)) from error
    except RefusedError as error:
        if error.status == 401:
            raise SourceError(f"the server refuses the login: {error}") from error
        if error.status == 403 and "impersonate" in str(error):
            raise SourceError(str(error)) from error
        emit(Problem("server version", str(error)))
    except (msgspec.MsgspecError, RecursionError) as error:
        emit(Problem("server version", f"not understood: {one_line(str(error), 200)}"))
    return "", ""


def reader(transport: Transport, connection: Connection) -> str:
    """Who reads, as the server sees it; what the kubeconfig says where the server does not tell."""
    try:
        review = msgspec.json.decode(transport.review(_REVIEW_PATH, _REVIEW), type=_Review)
    except (RequestError, msgspec.MsgspecError, RecursionError):
        return one_line(connection.user, 253)
    return one_line(review.status.user_info.username or connection.user, 253)


class Namespaces:
    """The namespaces to read one by one: found out when first asked for, by whichever thread.

    Args:
        transport: the requests.
        patterns: what was asked for.
        fallback: the namespace to try when nothing else is known.
        emit: takes a Problem when the list of namespaces is refused.
    """

    def __init__(
        self, transport: Transport, patterns: Patterns, fallback: str, emit: Callable[[Event], None]
    ) -> None:
        self._transport = transport
        self._patterns = patterns
        self._fallback = fallback if usable_name(fallback) else "default"
        self._emit = emit
        self._scope: Scope | None = None
        self._lock = threading.Lock()

    @property
    def limited(self) -> bool:
        """Whether only some namespaces are wanted."""
        return self._patterns.limited

    def scope(self) -> Scope:
        """The namespaces, and whether they are all there are.

        Raises:
            CancelledError: the load was cancelled.
        """
        with self._lock:
            if self._scope is None:
                self._scope = self._find()
            return self._scope

    def _find(self) -> Scope:
        patterns = self._patterns
        if patterns.literal:
            return Scope(patterns.choose(()))
        try:
            known = self._listed()
        except (RequestError, PageError, SourceError) as error:
            reason = f"the namespaces could not be listed: {error}"
            self._emit(Problem("namespaces", reason))
            return Scope(patterns.choose([self._fallback]), reason=reason)
        names = patterns.choose(known)
        return Scope(names, complete=not patterns.limited, reason="" if names else "no namespace matches")

    def _listed(self) -> list[str]:
        names: list[str] = []
        token = ""
        for _ in range(_MAX_NAMESPACE_PAGES):
            query = {"limit": _NAMESPACE_PAGE} | ({"continue": token} if token else {})
            page = ingest_list(NAMESPACE, self._transport.get(f"{NAMESPACE.path()}?{urlencode(query)}"))
            found = [item.metadata.name for item in page.objects]
            if page.unreadable or not all(map(usable_name, found)):
                raise PageError("some of them cannot be decoded")
            names += found
            token = page.next
            if not token:
                return names
        raise PageError("the server never ended the list")
