"""Reading the lists of one kind: versions, pages, namespaces, and what to make of every refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Page, PageError, collect, ingest_list, item_from_json
from ksec_tui.cluster.kinds import NAMESPACE, Kind
from ksec_tui.sources.base import Arrived, Ended, Event, SourceError, Started
from ksec_tui.sources.live_open import Namespaces
from ksec_tui.sources.live_scope import Discovery
from ksec_tui.sources.transport import JSON, RefusedError, RequestError, Transport

PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

MAX_LIST = 8 * 1024 * 1024 * 1024
"""Bytes that the pages of one list may have together: far beyond the largest cluster that upstream supports."""

_REMAINING = re.compile(rb'"remainingItemCount":\s*(\d{1,12})')
_HEAD = 4096
_PARTIAL_KIND = re.compile(rb'"kind":\s*"PartialObjectMetadataList"')


@dataclass(frozen=True)
class Outcome:
    """How one list went: OK, FORBIDDEN, ABSENT, ERROR (nothing came) or TRUNCATED, and why."""

    state: State
    reason: str = ""


class _ExpiredError(Exception):
    """The list's continue token ran out (410)."""


_OK = Outcome(State.OK)
_TWICE = "it changed faster than it could be read (its continue token expired twice)"


class Lists:
    """Reads kinds and reports events; used by several threads at once, each with kinds of its own.

    Args:
        transport: the requests.
        discovery: which versions are served.
        namespaces: which namespaces.
        emit: takes the events.
        page_size: objects asked for at a time.
        max_objects: where a list that does not end is given up.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Discovery,
        namespaces: Namespaces,
        emit: Callable[[Event], None],
        page_size: int,
        max_objects: int,
    ) -> None:
        self._transport = transport
        self._discovery = discovery
        self._namespaces = namespaces
        self._emit = emit
        self._page_size = page_size
        self._max_pages = max(1, -(-max_objects // page_size))
        self.versions: dict[str, str] = {}
        self.listed: dict[str, dict[str, str]] = {}
        """By resource: of each list that was read whole its path and resourceVersion, from which to watch it."""

    def read(self, kind: Kind[KubeObject]) -> None:
        """Read `kind` to its end, from `Started` to `Ended`.

        Raises:
            CancelledError: the load was cancelled; there is no `Ended` then.
        """
        self._emit(Started(kind))
        self.listed[kind.resource] = {}
        try:
            coverage = self._versions(kind, restart=True)
        except _ExpiredError:
            self._emit(Started(kind))
            self.listed[kind.resource] = {}
            coverage = self._versions(kind, restart=False)
        self._emit(Ended(kind, coverage))

    def _versions(self, kind: Kind[KubeObject], *, restart: bool) -> KindCoverage:
        """Try the versions until one is served."""
        for version in self._discovery.versions(kind):
            coverage = self._kind(kind, version, restart=restart)
            if coverage.state is not State.ABSENT:
                self.versions[kind.resource] = version
                return coverage
        try:
            foreign = self._discovery.foreign_version(kind, self._transport)
        except (RequestError, SourceError) as error:
            return KindCoverage(State.ERROR, reason=f"its versions are not known: {error}")
        if foreign:
            return KindCoverage(State.ERROR, reason=f"it is served as {foreign}, which is not known here")
        return KindCoverage(State.ABSENT)

    def _kind(self, kind: Kind[KubeObject], version: str, *, restart: bool) -> KindCoverage:
        if kind is NAMESPACE and self._namespaces.limited:
            return self._single_namespaces(version, Outcome(State.OK))
        if kind.namespaced and self._namespaces.limited:
            return self._one_by_one(kind, version, Outcome(State.OK), restart=restart)
        whole = self._list(kind, kind.path(version=version), restart=restart)
        if whole.state is State.FORBIDDEN and kind is NAMESPACE:
            return self._single_namespaces(version, whole)
        if whole.state is State.FORBIDDEN and kind.namespaced:
            return self._one_by_one(kind, version, whole, restart=restart)
        return KindCoverage(whole.state, reason=whole.reason)

    def _one_by_one(
        self, kind: Kind[KubeObject], version: str, whole: Outcome, *, restart: bool
    ) -> KindCoverage:
        outcomes = {
            name: self._list(kind, kind.path(quote(name, safe=""), version), restart=restart)
            for name in self._namespaces.scope().namespaces
        }
        return self._combined(outcomes, whole)

    def _single_namespaces(self, version: str, whole: Outcome) -> KindCoverage:
        """Namespace objects by their names, where their list is refused or not wanted."""
        return self._combined(
            {name: self._namespace(name, version) for name in self._namespaces.scope().namespaces}, whole
        )

    def _namespace(self, name: str, version: str) -> Outcome:
        path = f"{NAMESPACE.path(version=version)}/{quote(name, safe='')}"
        try:
            raw = self._transport.get(path)
        except RefusedError as error:
            if error.status == 404 and error.reason == "NotFound":
                return Outcome(State.ERROR, "there is no such namespace")
            return Outcome(State.FORBIDDEN if error.status == 403 else State.ERROR, str(error))
        except (RequestError, SourceError) as error:
            return Outcome(State.ERROR, str(error))
        self._emit(Arrived(collect(NAMESPACE, [item_from_json(NAMESPACE, raw)])))
        return _OK

    def _combined(self, outcomes: dict[str, Outcome], whole: Outcome) -> KindCoverage:
        """The coverage of a kind that was read namespace by namespace after `whole` was refused."""
        scope = self._namespaces.scope()
        if not outcomes:
            reason = scope.reason or whole.reason
            return KindCoverage(State.FORBIDDEN, reason=reason or "no namespace was found to read")
        read = tuple(name for name, outcome in outcomes.items() if outcome.state is State.OK)
        failed = {
            name: (outcome.state.value, outcome.reason)
            for name, outcome in outcomes.items()
            if outcome.state is not State.OK
        }
        states = Counter(outcome.state for outcome in outcomes.values())
        if not read and len(states) == 1 and State.TRUNCATED not in states:
            first = next(iter(outcomes.values()))
            return KindCoverage(first.state, reason=whole.reason or first.reason, failed=failed)
        if scope.complete and not failed:
            return KindCoverage(State.OK, namespaces=read)
        reason = f"read in {len(read)} of {len(outcomes)} namespaces"
        if whole.reason:
            reason = f"{reason}: {whole.reason}"
        return KindCoverage(State.PARTIAL, reason=reason, namespaces=read, failed=failed)

    def _list(self, kind: Kind[KubeObject], path: str, *, restart: bool) -> Outcome:
        """One list, page by page.

        Raises:
            _ExpiredError: it expired, and `restart` allows to begin again.
        """
        token = ""
        seen: set[str] = set()
        left = MAX_LIST
        while True:
            try:
                page, remaining, size = self._page(kind, path, token)
            except RefusedError as error:
                if error.status == 410 and restart:
                    raise _ExpiredError from error
                return _refused(error, begun=bool(seen))
            except (RequestError, PageError, SourceError) as error:
                return Outcome(State.TRUNCATED if seen else State.ERROR, str(error))
            self._emit(Arrived(page, remaining))
            token = page.next
            if not token:
                if page.version:
                    self.listed[kind.resource][path] = page.version
                return _OK
            left -= size
            if left < 0:
                return Outcome(State.TRUNCATED, f"the list is larger than {MAX_LIST // (1024 * 1024):,} MiB")
            if token in seen or len(seen) + 1 >= self._max_pages:
                return Outcome(State.TRUNCATED, "the server never ended the list")
            seen.add(token)

    def _page(self, kind: Kind[KubeObject], path: str, token: str) -> tuple[Page, int | None, int]:
        """A page, how many objects are left, how many bytes came."""
        query: dict[str, Any] = {"limit": self._page_size}
        if token:
            query["continue"] = token
        accept = PARTIAL_LIST if kind.metadata_only else JSON
        raw = self._transport.get(f"{path}?{urlencode(query)}", accept)
        head = raw[: max(raw.find(b'"items"'), 0)] or raw[:_HEAD]
        if kind.metadata_only and not _PARTIAL_KIND.search(head):
            # What came may hold payloads that were not asked for: it is not looked at.
            raise PageError(f"the server did not reduce {kind.resource} to their metadata")
        left = _REMAINING.search(head)
        return ingest_list(kind, raw), int(left[1]) if left else None, len(raw)


def _refused(error: RefusedError, *, begun: bool) -> Outcome:
    if begun:
        return Outcome(State.TRUNCATED, _TWICE if error.status == 410 else str(error))
    if error.status == 403 and error.reason:
        return Outcome(State.FORBIDDEN, str(error))
    if error.status == 404 and error.reason == "NotFound":
        return Outcome(State.ABSENT, str(error))
    return Outcome(State.ERROR, str(error))
