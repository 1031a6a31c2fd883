"""The lines of a watch, as an API server sends them (upstream: Kubernetes API concepts, watch)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from enum import Enum

from tests.apiserver import pages, statuses
from tests.apiserver.api import Target
from tests.apiserver.changing import Change, ChangingCluster
from tests.apiserver.negotiation import View
from tests.apiserver.resources import Resource
from tests.apiserver.statuses import Response, encoded
from tests.apiserver.store import item_from

_LOOK = 0.05


class End(Enum):
    """How a watch may end other than as it should."""

    CUT = "cut"
    RESET = "reset"


class Watch:
    """One watch of one resource, of all namespaces or of one.

    Raises:
        ApiError: its version is forgotten, and the cluster says so before anything else.
    """

    def __init__(
        self,
        cluster: ChangingCluster,
        resource: Resource,
        target: Target,
        view: View,
        query: Mapping[str, str],
    ) -> None:
        self._cluster = cluster
        self._resource = resource
        self._target = target
        self._view = view
        self._bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
        self._seconds = float(query.get("timeoutSeconds") or 1800)
        self._from = int(query.get("resourceVersion") or 0)
        if self._too_old and cluster.gone_as == "status":
            raise statuses.expired("")

    @property
    def _too_old(self) -> bool:
        return self._from < self._cluster.compacted

    def brief(self) -> Response:
        """A watch that ends after a bookmark of where it began, as one answer that can be spoilt."""
        return Response(200, self._line("BOOKMARK", self._mark(self._from)))

    def lines(self, stopped: threading.Event) -> Iterator[bytes | End]:
        """Each event as a line, until the time is over, the server stops, or the watch is made to end."""
        cluster = self._cluster
        with cluster.changed:
            cluster.open += 1
            ending, bookmarks = cluster.ending, cluster.bookmarks
            cluster.changed.notify_all()
        try:
            deadline = time.monotonic() + self._seconds
            while not stopped.is_set():
                with cluster.changed:
                    too_old = self._too_old
                    ended = cluster.ending != ending
                    news = [] if too_old or ended else [c for c in cluster.history if c.version > self._from]
                    marked, bookmarks = cluster.bookmarks != bookmarks, cluster.bookmarks
                    over = time.monotonic() > deadline
                    latest, how = cluster.latest, cluster.end_as
                    if not (news or too_old or ended or marked or over):
                        cluster.changed.wait(_LOOK)
                        continue
                if too_old:
                    yield self._line("ERROR", statuses.expired("").response.body)
                    return
                yield from (self._event(change) for change in news if self._concerned(change))
                self._from = self._from if ended else max(self._from, latest)
                if self._bookmarks and (marked or over) and not ended:
                    yield self._line("BOOKMARK", self._mark(latest))
                if ended and how != "end":
                    yield End(how)
                if ended or over or self._resource.key not in cluster.now.resources:
                    return
        finally:
            with cluster.changed:
                cluster.open -= 1
                cluster.changed.notify_all()

    def _concerned(self, change: Change) -> bool:
        group = str(change.document["apiVersion"]).rpartition("/")[0]
        namespace = change.document["metadata"].get("namespace", "")
        return (group, change.document["kind"]) == (self._resource.group, self._resource.kind) and (
            not self._target.namespace or not self._resource.namespaced or namespace == self._target.namespace
        )

    def _event(self, change: Change) -> bytes:
        item = item_from(change.document, self._resource)
        return self._line(
            change.type, pages.single(self._resource, self._target.version, item, {}, self._view)
        )

    def _mark(self, version: int) -> bytes:
        metadata = {"resourceVersion": str(version), "creationTimestamp": None}
        if self._view is View.METADATA:
            return encoded(
                {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            )
        api_version = self._resource.api_version(self._target.version)
        return encoded({"kind": self._resource.kind, "apiVersion": api_version, "metadata": metadata})

    @staticmethod
    def _line(word: str, body: bytes) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (word.encode(), body)
