"""The live source: a cluster read through its API server, read-only, by several threads at once."""

from __future__ import annotations

import datetime as dt
import gc
import queue
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS, Kind, kind_named
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo, with_type
from ksec_tui.cluster.text import clean_tree, one_line
from ksec_tui.sources.base import Ended, Event, Idle, Opened, Problem, SourceError, Update
from ksec_tui.sources.connection import Connection
from ksec_tui.sources.live_again import Anew
from ksec_tui.sources.live_dry_run import MAX_ANSWER, ask, unfit
from ksec_tui.sources.live_feed import Feed, Finished, Ready
from ksec_tui.sources.live_lists import PARTIAL, Lists
from ksec_tui.sources.live_open import Namespaces, reader, server_version
from ksec_tui.sources.live_scope import Discovery, Patterns, usable_name
from ksec_tui.sources.live_stream import Streams
from ksec_tui.sources.live_watch import AGAIN, MAX_WATCHES, WATCH_SECONDS, Watcher
from ksec_tui.sources.transport import (
    JSON,
    RefusedError,
    RequestError,
    RequestRecord,
    Transport,
    Wait,
)
from ksec_tui.sources.trials import Outcome, Progress, Trial, Tried

PAGE_SIZE = 250
"""Objects asked for at a time: decoding a page holds up every other thread for as long as it takes."""
MAX_OBJECTS = 1_000_000
"""Objects of one kind after which a list counts as one that never ends."""
WORKERS = 4

_POLL = 0.1
_JOIN_SECONDS = 1.0


class LiveSource:
    """Reads one cluster through its API server.

    Args:
        connection: where to and as whom; see `open_connection`.
        kinds: what to read.
        page_size: objects asked for at a time.
        max_objects: objects of one kind after which its list is given up as endless.
        workers: threads that read at once.
        wait: how to wait before another attempt.
        watch_seconds: how long a watch is asked for at a time.
        again: seconds after which what cannot be watched is listed again.

    Raises:
        SourceError: what was asked for as a namespace can be none.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        kinds: Iterable[Kind[KubeObject]] = KINDS,
        page_size: int = PAGE_SIZE,
        max_objects: int = MAX_OBJECTS,
        workers: int = WORKERS,
        wait: Wait = threading.Event.wait,
        watch_seconds: float = WATCH_SECONDS,
        again: float = AGAIN,
    ) -> None:
        options = connection.options
        self._connection = connection
        self._kinds = tuple(kinds)
        self._page_size = page_size
        self._max_objects = max_objects
        self._workers = workers
        self._wait = wait
        self._watch_seconds = watch_seconds
        self._again = again
        self._patterns = Patterns.parse(() if options.all_namespaces else options.namespaces)
        self._versions: dict[str, str] = {}
        self._info = SourceInfo(
            kind="live",
            label=one_line(connection.target.context, 200),
            user=one_line(connection.user, 253),
            namespaces=() if options.all_namespaces else options.namespaces,
        )
        self.log: deque[RequestRecord] = deque(maxlen=2000)
        """The latest requests, oldest first."""

    @property
    def info(self) -> SourceInfo:
        """What is known of the cluster so far."""
        return self._info

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """Read everything once; see `Source.events`.

        Raises:
            SourceError: there is no connection, the login is refused, the kubeconfig is not usable.
        """
        return cast("Iterator[Event]", self._run(cancel, follow=False))

    def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
        """Read everything once, then follow what changes; see `Watchable.watch`.

        Raises:
            SourceError: as `events` does.
        """
        return self._run(cancel, follow=True)

    def _run(self, cancel: threading.Event, *, follow: bool) -> Iterator[Event | Update]:
        stop = threading.Event()
        feed = Feed()
        transport = Transport(self._connection, stop, self.log, wait=self._wait, workers=self._workers)
        threads: list[threading.Thread] = []
        # Nothing of what is read is garbage: collecting would only cost time (and stall every thread).
        collecting = gc.isenabled()
        gc.disable()
        try:
            threads.append(feed.started(self._open, transport, feed))
            reading = yield from self._read(feed, threads, cancel)
            gc.freeze()
            if follow and reading is not None:
                if collecting:
                    gc.enable()
                yield from self._follow(reading, feed, transport, stop, cancel)
        finally:
            stop.set()
            transport.end()
            _join(threads)
            transport.close()
            if collecting:
                gc.enable()

    def _follow(
        self,
        reading: _Reading,
        feed: Feed,
        transport: Transport,
        stop: threading.Event,
        cancel: threading.Event,
    ) -> Iterator[Event | Update]:
        streams = Streams(self._connection, stop, self.log, wait=self._wait, workers=MAX_WATCHES)
        anew = Anew(
            transport,
            self._patterns,
            self._connection.target.namespace,
            page_size=self._page_size,
            max_objects=self._max_objects,
            versions=self._versions,
            told=lambda version, built: self._upgraded(feed, version, built),
        )
        watcher = Watcher(
            streams,
            anew,
            feed.put,
            stop,
            feed.started,
            room=feed.room,
            wait=self._wait,
            seconds=self._watch_seconds,
            again=self._again,
        )
        try:
            watcher.begin(reading.read, reading.lists.listed)
            while not cancel.is_set():
                try:
                    event = feed.get(timeout=_POLL)
                except queue.Empty:
                    yield Idle()
                    continue
                if isinstance(event, Finished):
                    if event.error is not None:
                        raise event.error
                elif not isinstance(event, Ready):
                    yield event
        finally:
            stop.set()
            streams.end()
            transport.end()
            watcher.wake()
            _join(watcher.threads)
            streams.close()

    def _upgraded(self, feed: Feed, version: str, built: str) -> None:
        """The server says which version it is; that may be another than before."""
        if version and version != self._info.server_version:
            self._info = msgspec.structs.replace(self._info, server_version=version, server_built=built)
            feed.put(Opened(self._info))

    def fetch(self, ref: ObjectRef) -> Document | None:
        """One whole object, read anew, sanitized and without credentials; None when it cannot be had.

        Of Secrets, ConfigMaps and CustomResourceDefinitions only the metadata are asked for.
        """
        kind = kind_named(ref.group, ref.kind)
        if (
            kind is None
            or ref.name in ("", ".", "..")
            or (kind.namespaced and not usable_name(ref.namespace))
        ):
            return None
        known = self._versions.get(kind.resource)
        transport = Transport(self._connection, threading.Event(), self.log, wait=self._wait, workers=1)
        try:
            for version in (known,) if known else kind.versions:
                root = kind.path(ref.namespace if kind.namespaced else None, version)
                try:
                    path = f"{root}/{quote(ref.name, safe=':')}"
                    raw = transport.get(path, PARTIAL if kind.metadata_only else JSON)
                except RefusedError as error:
                    if error.status == 404:
                        continue
                    return None
                except (RequestError, SourceError):
                    return None
                return _document(kind, version, raw)
        finally:
            transport.close()
        return None

    def dry_run(
        self,
        trials: Sequence[Trial],
        *,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Tried, ...]:
        """What the server says of each change, in their order; nothing is changed. Blocking.

        A server that is older than dry runs, or of which that is not known, is asked nothing.
        """
        reason = unfit(self._info.server_version)
        if reason:
            return tuple(Tried(item.target, item.method, Outcome.NOT_TRIED, reason) for item in trials)
        stop = threading.Event()
        transport = Transport(
            self._connection, stop, self.log, wait=self._wait, workers=self._workers, max_body=MAX_ANSWER
        )
        try:
            return ask(transport, trials, stop, cancel=cancel, progress=progress)
        finally:
            transport.close()

    def _open(self, transport: Transport, feed: Feed) -> None:
        if self._connection.insecure:
            feed.put(Problem("connection", "the server's certificate is not verified"))
        version, built = server_version(transport, feed.put)
        now = dt.datetime.now(tz=dt.UTC)
        self._info = msgspec.structs.replace(
            self._info,
            user=reader(transport, self._connection),
            server_version=version,
            server_built=built,
            today=now.date().isoformat(),
            taken=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        )
        feed.put(Opened(self._info))
        discovery, problem = Discovery.ask(transport)
        if problem:
            feed.put(Problem("API discovery", problem))
        namespaces = Namespaces(transport, self._patterns, self._connection.target.namespace, feed.put)
        lists = Lists(transport, discovery, namespaces, feed.put, self._page_size, self._max_objects)
        feed.put(Ready(lists))

    def _read(
        self, feed: Feed, threads: list[threading.Thread], cancel: threading.Event
    ) -> Generator[Event | Update, None, _Reading | None]:
        """What comes while everything is read once; returns how that went, None when it was cancelled."""
        reading: _Reading | None = None
        running = 1
        while running:
            if cancel.is_set():
                return None
            try:
                event = feed.get(timeout=_POLL)
            except queue.Empty:
                continue
            match event:
                case Finished(error):
                    if error is not None:
                        raise error
                    running -= 1
                case Ready(lists):
                    self._versions = lists.versions
                    reading = _Reading(lists, {})
                    waiting = deque(self._kinds)
                    count = min(self._workers, len(waiting))
                    threads += [feed.started(_read_kinds, lists, waiting) for _ in range(count)]
                    running += count
                case _:
                    if isinstance(event, Ended) and reading is not None:
                        reading.read[event.kind] = event.coverage
                    yield event
        return reading


@dataclass(frozen=True)
class _Reading:
    """How everything was read once."""

    lists: Lists
    read: dict[Kind[KubeObject], KindCoverage]


def _join(threads: Sequence[threading.Thread]) -> None:
    deadline = time.monotonic() + _JOIN_SECONDS
    for thread in tuple(threads):
        thread.join(max(deadline - time.monotonic(), 0.0))


def _read_kinds(lists: Lists, waiting: deque[Kind[KubeObject]]) -> None:
    while True:
        try:
            kind = waiting.popleft()
        except IndexError:
            return
        lists.read(kind)


def _document(kind: Kind[KubeObject], version: str, raw: bytes) -> Document | None:
    try:
        tree, _ = clean_tree(msgspec.json.decode(raw))
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict) or (kind.metadata_only and tree.get("kind") != "PartialObjectMetadata"):
        return None
    document = cast("Document", tree)
    api_version = f"{kind.group}/{version}" if kind.group else version
    return redacted(with_type(kind, {**document, "apiVersion": api_version}))
