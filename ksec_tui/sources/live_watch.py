"""Following a cluster: a watch of every list that was read, and what to do when one ends.

Each watch has a thread of its own that sleeps in the kernel until something comes. About fifty of them cost some
hundred KiB each of what they touch; in return a server that stops in the middle of an event holds up nobody
else's, and TLS, proxies and chunks stay the official client's business, which can only be read blocking.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Page
from ksec_tui.cluster.kinds import API_SERVICE, CUSTOM_RESOURCE, NAMESPACE, Kind
from ksec_tui.sources.base import Arrived, Ended, Event, Replaced, SourceError, Started, Update
from ksec_tui.sources.live_again import Anew
from ksec_tui.sources.live_events import LostTrackError, read_event
from ksec_tui.sources.live_followed import NEVER, Followed
from ksec_tui.sources.live_lists import PARTIAL
from ksec_tui.sources.live_standing import Standing
from ksec_tui.sources.live_stream import Stream, Streams
from ksec_tui.sources.transport import JSON, BrokenError, CancelledError, RefusedError, Wait

WATCH_SECONDS = 240.0
"""How long the server is asked to keep one watch. A right that was taken away shows when it is asked for again."""
SILENCE = 30.0
"""Seconds beyond that after which a watch that says nothing counts as dead."""
MAX_WATCHES = 120
"""Connections that are kept open at most; what is beyond is listed again every `AGAIN` seconds."""
AGAIN = 30.0
"""Seconds after which what cannot be watched is listed again."""
SELDOM = 600.0
"""The longest that such a pause grows to, where the answer stays the same."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts to resume a watch at most."""
PATIENCE = 5
"""Attempts to list again what failed for a passing reason, before what is on screen counts as not known."""

_TURNS = 4
_BRIEF = 1.0
_SOON = 10.0
_SHARE = 20
_STUBBORN = 8
_RETRY_WATCH = 10
_GLANCE = 5.0
_AT_ONCE = 0.001

Emit = Callable[[Event | Update], None]
Start = Callable[..., threading.Thread]


class Watcher:
    """Follows kinds that were listed.

    Args:
        streams: connections for the watches.
        anew: lists a kind again.
        emit: takes what changes, from any thread.
        stop: ends everything when set, once `streams` is ended.
        start: starts a thread.
        room: waits until there is room for another change.
        wait: how to wait.
        seconds: how long a watch is asked for.
        again: after how many seconds what cannot be watched is listed again.
    """

    def __init__(
        self,
        streams: Streams,
        anew: Anew,
        emit: Emit,
        stop: threading.Event,
        start: Start,
        *,
        room: Callable[[threading.Event], None],
        wait: Wait = threading.Event.wait,
        seconds: float = WATCH_SECONDS,
        again: float = AGAIN,
    ) -> None:
        self._streams = streams
        self._anew = anew
        self._start_thread = start
        self._namespaces: tuple[str, ...] | None = None
        self._scope_due = 0.0
        self._apis_stir = self._names_stir = 0.0
        self._room = room
        self._emit = emit
        self._stop = stop
        self._wait = wait
        self._seconds = seconds
        self._again = again
        self._turns = threading.Semaphore(_TURNS)
        self._chance = random.Random()  # noqa: S311 - only spreads attempts in time
        self._standing = Standing(emit)
        self._followed: dict[str, Followed] = {}
        self._timetable = threading.Condition()
        self.threads: list[threading.Thread] = []

    def begin(
        self, read: Mapping[Kind[KubeObject], KindCoverage], listed: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Follow each kind from where its lists stand.

        Args:
            read: how each was read.
            listed: as `Lists.listed`.
        """
        # All of them before the first watch: what that says may concern any.
        self._followed = {kind.resource: Followed(kind, coverage) for kind, coverage in read.items()}
        for resource, one in self._followed.items():
            self._settle(one, listed.get(resource, {}))
        self._standing.begin()
        self._start(self._visit)

    def wake(self) -> None:
        """Let whoever waits for his time see that it is over."""
        with self._timetable:
            self._timetable.notify_all()

    # One kind

    def _settle(self, one: Followed, listed: Mapping[str, str]) -> None:
        """Watch what was listed; note when to look again at what was not, or cannot be watched."""
        one.generation += 1
        one.listed_at = time.monotonic()
        room = self._standing.room(one.kind.resource, len(listed), MAX_WATCHES)
        # A list without a version cannot be watched; then those of other namespaces are not either.
        whole = len(listed) == (1 if one.coverage.namespaces is None else len(one.coverage.namespaces))
        watched = {} if one.unwatchable or not room or not whole else listed
        readable = one.coverage.state in (State.OK, State.PARTIAL)
        polled = max(self._again, round(_SHARE * one.took, -1)) if readable and not watched else 0.0
        self._standing.follow(one.kind.resource, watched, polled=polled)
        if polled:
            self._schedule(one, polled)
        elif watched and not one.coverage.failed:
            self._schedule(one, 0.0)
        elif one.coverage.state is State.ABSENT and one.listed_at < self._apis_stir:
            self._schedule(one, min(_BRIEF, self._again))
        else:
            self._schedule(one, min(max(one.pause * 2, self._again), SELDOM))
        for path in sorted(watched):
            self._start(self._follow, one, one.generation, path, watched[path])

    def _end_watches(self, one: Followed) -> None:
        for _, stream in one.streams.values():
            stream.end()
        one.streams.clear()

    def _follow(self, one: Followed, generation: int, path: str, version: str) -> None:
        """Watch one list until it has to be read again."""
        tries = 0
        while not self._stop.is_set() and one.generation == generation:
            began = time.monotonic()
            came = False
            pause, reason = 0.0, ""
            try:
                with self._opened(one, generation, path, version) as stream:
                    self._standing.up(path)
                    for line in stream.lines():
                        version = self._take(one, generation, line) or version
                        came, tries = True, 0
            except CancelledError:
                return
            except LostTrackError:
                self._renew(one, generation)
                return
            except RefusedError as error:
                if tries >= _STUBBORN or (error.status not in (401, 429) and error.status < 500):
                    # A new list tells whether the right is gone, the API, or only the way to watch it.
                    one.unwatchable += error.status not in (401, 410)
                    self._renew(one, generation)
                    return
                pause, reason = error.retry_after, str(error)
            except (BrokenError, SourceError) as error:
                reason = str(error)
            lasted = time.monotonic() - began
            if not reason and (came or lasted > _BRIEF):
                # The time that was asked for is over, or the server ends each watch after a word.
                if lasted < _BRIEF and self._wait(self._stop, _BRIEF):
                    return
                continue
            tries += 1
            pause = min(max(pause, self._backoff(tries)), LONGEST_PAUSE)
            with one.lock:
                if one.generation != generation:
                    return
                self._standing.down(path, reason or "the server ends the watch at once", pause)
            if self._wait(self._stop, pause):
                return

    @contextmanager
    def _opened(self, one: Followed, generation: int, path: str, version: str) -> Iterator[Stream]:
        seconds = self._seconds * self._chance.uniform(0.8, 1.2)
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": max(1, round(seconds)),
        }
        accept = PARTIAL if one.kind.metadata_only else JSON
        with self._streams.stream(f"{path}?{urlencode(query)}", accept, seconds + SILENCE) as stream:
            with one.lock:
                if one.generation != generation:
                    raise CancelledError
                entry = one.streams[path] = time.monotonic() + self._longest, stream
            try:
                yield stream
            finally:
                with one.lock:
                    # Its connection may serve another watch from now on.
                    if one.streams.get(path) is entry:
                        del one.streams[path]

    def _take(self, one: Followed, generation: int, line: bytes) -> str:
        """Pass an event on; returns the version to resume from."""
        if not line.strip():
            return ""
        change, version = read_event(one.kind, line)
        if change is not None:
            self._room(self._stop)
            # Under the lock: what was listed after this came must not be undone by it.
            with one.lock:
                if one.generation == generation:
                    self._emit(change)
            if one.kind in (CUSTOM_RESOURCE, API_SERVICE, NAMESPACE):
                self._hasten(one.kind)
        return version

    # Listing again

    def _renew(self, one: Followed, generation: int) -> None:
        """List a kind again, unless that has been done since `generation`."""
        one.hurry = one.hurry + 1 if time.monotonic() - one.listed_at < _SOON else 0
        if one.hurry > 1 and self._wait(self._stop, self._backoff(one.hurry)):
            return
        try:
            with one.lock:
                if one.generation == generation:
                    self._list(one)
        except CancelledError:
            return

    def _list(self, one: Followed) -> None:
        one.generation += 1
        self._end_watches(one)
        began = time.monotonic()
        pages: list[Page] = []
        ended: list[KindCoverage] = []

        def take(event: Event) -> None:
            match event:
                case Started():
                    pages.clear()
                case Arrived(page):
                    pages.append(page)
                case Ended(_, coverage):
                    ended.append(coverage)

        with self._turns:
            lists = self._anew.lists(take)
            lists.read(one.kind)
        one.took = time.monotonic() - began
        coverage = ended[-1]
        passing = (
            coverage.state in (State.ERROR, State.TRUNCATED) and coverage.state is not one.coverage.state
        )
        if passing and one.failed < PATIENCE:
            one.failed += 1
            pause = self._backoff(one.failed)
            self._standing.failed(one.kind.resource, coverage.reason, pause)
            self._schedule(one, pause)
            return
        one.failed = 0
        if coverage.state is not one.coverage.state or coverage.state is State.OK:
            one.pause = 0.0
        if one.unwatchable:
            # Every now and then the watch is tried again.
            one.unwatchable = (one.unwatchable + 1) % _RETRY_WATCH
        if pages or coverage != one.coverage or one.coverage.state in (State.OK, State.PARTIAL):
            self._emit(Replaced(one.kind, tuple(pages), coverage))
        one.coverage = coverage
        self._settle(one, lists.listed.get(one.kind.resource, {}))

    # The timetable

    def _schedule(self, one: Followed, pause: float) -> None:
        with self._timetable:
            one.pause = pause
            one.due = time.monotonic() + pause if pause else NEVER
            self._timetable.notify_all()

    def _hasten(self, kind: Kind[KubeObject]) -> None:
        """An API or a namespace may have come or gone: look soon at what hangs on that, and for a while often.

        What is defined is served a little later, and who looks just now may do so with an answer of before.
        """
        soon = time.monotonic() + min(_BRIEF, self._again)
        with self._timetable:
            if kind is NAMESPACE:
                self._names_stir = soon + _SOON
                self._scope_due = min(soon, self._scope_due)
            else:
                self._apis_stir = soon + _SOON
                for one in self._followed.values():
                    if one.coverage.state is State.ABSENT:
                        one.due = min(soon, one.due)
            self._timetable.notify_all()

    def _visit(self) -> None:
        """List again what is due."""
        while not self._stop.is_set():
            one = self._next()
            try:
                if one is None:
                    self._look_around()
                else:
                    with one.lock:
                        self._list(one)
            except CancelledError:
                return

    @property
    def _longest(self) -> float:
        """Seconds after which any watch has to be over."""
        return self._seconds * 1.2 + SILENCE

    def _end_overdue(self) -> None:
        """End what does not end as it was asked to: the end of an answer may itself be without end."""
        now = time.monotonic()
        for one in self._followed.values():
            for until, stream in tuple(one.streams.values()):
                if until < now:
                    stream.end()

    def _next(self) -> Followed | None:
        """Wait for what is due; None for the namespaces, or when all is to end."""
        with self._timetable:
            while not self._stop.is_set():
                one = min(self._followed.values(), key=lambda each: each.due)
                scoped = self._scope_due if self._split() else NEVER
                left = min(one.due, scoped) - time.monotonic()
                if left > 0:
                    self._timetable.wait(min(left, _GLANCE, self._longest / 8))
                    self._end_overdue()
                elif one.due <= time.monotonic():
                    one.due = NEVER
                    return one
                else:
                    now = time.monotonic()
                    self._scope_due = now + (
                        min(_BRIEF, self._again) if now < self._names_stir else self._again
                    )
                    return None
        return None

    def _split(self) -> list[Followed]:
        """What is read namespace by namespace."""
        return [one for one in self._followed.values() if one.coverage.namespaces is not None]

    def _look_around(self) -> None:
        """Read anew what is read namespace by namespace when there are other namespaces than before."""
        names = self._anew.scope()
        if names is None:
            return
        before, self._namespaces = self._namespaces, names
        if before is None:
            known = {
                name
                for one in self._split()
                for name in (*(one.coverage.namespaces or ()), *one.coverage.failed)
            }
            before = tuple(sorted(known))
        if before != names:
            for one in self._split():
                self._schedule(one, _AT_ONCE)

    def _backoff(self, tries: int) -> float:
        return min(LONGEST_PAUSE, 2.0 ** min(tries - 1, 10)) * self._chance.uniform(0.5, 1.0)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        with self._timetable:
            self.threads = [each for each in self.threads if each.is_alive()]
            self.threads.append(self._start_thread(work, *args))
