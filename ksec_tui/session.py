"""One sitting with one source: reads it, judges it, publishes what is known as it comes.

Knows no screen. Two threads do the work; every publication is an immutable State. The listener is
called from those threads, one State after the other, newest last, and must only pass the State on.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import msgspec

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.following import FollowingBuilder
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.mishap import mishap
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.check import Check
from ksec_tui.findings.offers import Offers, Stage
from ksec_tui.findings.renewal import renew
from ksec_tui.findings.runner import NOTHING, Cancelled, Results, run
from ksec_tui.fixes.dry_run import dry_run
from ksec_tui.fixes.simulate import Simulation
from ksec_tui.sources.base import (
    Arrived,
    Changed,
    Ended,
    Event,
    Idle,
    Link,
    Linked,
    Opened,
    Problem,
    Replaced,
    Source,
    SourceError,
    Started,
    Update,
    Watchable,
    apply,
)
from ksec_tui.sources.collector import let_go_slowly
from ksec_tui.sources.trials import CanTry, Progress, Tried

PUBLISH_EVERY = 0.25
"""Seconds between two publications while pages stream in: often enough to look alive, rare enough to be cheap."""
UPDATE_EVERY = 1.0
"""Seconds between two publications of a cluster that is followed; more where judging it takes its time."""
QUIET_EVERY = 10.0
"""The same where nothing has changed but versions and heartbeats, of which no check makes anything."""
SHARE = 4.0
"""How many times longer than it takes to judge a change one waits before the next."""
LARGE = 10_000
"""Objects from which publications grow rarer in proportion, since each costs in proportion to all objects."""

_FETCHED = 1000


def empty_snapshot(info: SourceInfo) -> Snapshot:
    """A Snapshot of nothing, with every kind still to come."""
    return Snapshot(info, {}, Coverage({kind.resource: KindCoverage() for kind in KINDS}))


@dataclass(frozen=True)
class State:
    """What is known at one moment.

    Attributes:
        snapshot: what was read.
        results: what the checks say of it; of an earlier moment while `judging`.
        reading: whether the source is still being read.
        judging: whether checks are still to run on this Snapshot.
        problems: what could not be taken in.
        error: why the source could not be opened; one sentence.
        stale: whether the Snapshot is of before a refresh that failed.
        link: how the watch stands; None while nothing is followed.
    """

    snapshot: Snapshot
    results: Results = NOTHING
    reading: bool = False
    judging: bool = False
    problems: tuple[Problem, ...] = ()
    error: str = ""
    stale: bool = False
    link: Link | None = None


class _Run(Offers):
    """One reading of the source; what comes of it after a newer one began is dropped."""

    def __init__(self, *, stream: bool, follow: bool) -> None:
        super().__init__()
        self.stream = stream
        self.follow = follow


class Session:
    """Reads and judges a source, again on `refresh`, and as it changes where it is followed.

    Args:
        source: where cluster state comes from.
        listener: called with each new State, from a worker thread.
        checks: what to look for; None for every check that is not optional.
        follow: whether to follow the source once it is read, where that can be.
        update_every: seconds between two publications of what is followed; None for `UPDATE_EVERY`.
    """

    def __init__(
        self,
        source: Source,
        listener: Callable[[State], None],
        checks: Sequence[Check[Any]] | None = None,
        *,
        follow: bool = False,
        update_every: float | None = None,
    ) -> None:
        self.source = source
        self.follows = follow
        self._update_every = UPDATE_EVERY if update_every is None else update_every
        self._checks = checks
        self._listener = listener
        self._lock = threading.Lock()
        self._state = State(empty_snapshot(source.info), reading=True, judging=True)
        self._run: _Run | None = None
        self._threads: list[threading.Thread] = []
        self._fetching = threading.Lock()
        self._fetched: dict[ObjectRef, tuple[KubeObject | None, Document | None]] = {}

    @property
    def state(self) -> State:
        """The newest State."""
        return self._state

    @property
    def checks(self) -> Sequence[Check[Any]]:
        """What is looked for."""
        return all_checks() if self._checks is None else self._checks

    def refresh(self) -> None:
        """Read everything again; returns at once.

        What is on screen stays until the new state is whole. A reading under way is given up.
        """
        self.stop()
        mine = _Run(stream=self._state.snapshot.count() == 0, follow=self.follows and self.can_follow)
        with self._lock:
            self._run = mine
        self._publish(mine, reading=True, judging=True, error="", link=None)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for name, work in (("ksec-read", self._read), ("ksec-judge", self._judge)):
            thread = threading.Thread(target=self._guarded, args=(work, mine), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def can_follow(self) -> bool:
        """Whether the source can be followed."""
        return isinstance(self.source, Watchable)

    def follow(self, *, on: bool) -> None:
        """Follow the source from now on, or leave it as it was read; returns at once."""
        if on == self.follows:
            return
        self.follows = on
        if on or self._state.reading or self._state.judging:
            self.refresh()
            return
        with self._lock:
            mine, self._run = self._run, None
            self._state = replace(self._state, link=None)
            self._listener(self._state)
        if mine is not None:
            mine.stop()

    def stop(self) -> None:
        """Tell what is under way to stop; nothing more of it is published. Does not wait."""
        with self._lock:
            mine, self._run = self._run, None
        if mine is not None:
            mine.stop()

    def close(self, timeout: float = 5.0) -> None:
        """Stop what is under way and wait for it to end, at most `timeout` seconds in all."""
        self.stop()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._threads = [thread for thread in self._threads if thread.is_alive()]

    def whole(self, snapshot: Snapshot, ref: ObjectRef) -> Document | None:
        """The complete object, fetched from the source where `snapshot` holds only a part of it.

        Each object is fetched once, until it is read anew or has changed; blocking, so not for the UI thread.
        None when it cannot be had.
        """
        if snapshot.whole(ref):
            return snapshot.document(ref)
        # One at a time: whoever wants the same object meanwhile gets what the first one fetched.
        with self._fetching:
            now = snapshot.get(ref)
            known = self._fetched.get(ref)
            if known is None or known[0] is not now:
                if len(self._fetched) >= _FETCHED:
                    self._fetched.clear()
                known = self._fetched[ref] = now, self.source.fetch(ref)
            return known[1]

    def dry_run(
        self,
        simulation: Simulation,
        *,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Tried, ...]:
        """What the server says of each change that `simulation` holds good; see `ksec_tui.fixes.dry_run`.

        Asked for by the user only, who is told `trials.NOTICE` before. Blocking, so not for the UI thread.
        """
        return dry_run(self.source, simulation, cancel=cancel, progress=progress)

    @property
    def can_try(self) -> bool:
        """Whether there is a server to ask."""
        return isinstance(self.source, CanTry)

    def _publish(self, mine: _Run, **changes: Any) -> None:
        """Make a new State known, unless a later run or nobody is listened to."""
        with self._lock:
            if mine is not self._run:
                return
            self._state = replace(self._state, **changes)
            # Under the lock, so that a listener never gets an older State after a newer one.
            self._listener(self._state)

    def _guarded(self, work: Callable[[_Run], None], mine: _Run) -> None:
        try:
            work(mine)
        except Exception as error:  # noqa: BLE001 - a fault must show on screen, not end a thread in silence
            self._fail(mine, f"internal error: {mishap(error)}")

    def _fail(self, mine: _Run, reason: str) -> None:
        self._publish(mine, reading=False, judging=False, error=reason, stale=not mine.stream, link=None)
        mine.stop()

    def _read(self, mine: _Run) -> None:
        builder = FollowingBuilder(self.source.info)
        problems: list[Problem] = []
        changed: set[str] = set()
        last = time.monotonic()
        events = self._events(mine)
        try:
            for event in events:
                if mine.cancel.is_set():
                    return
                if isinstance(event, Changed | Replaced | Linked | Idle):
                    self._read_once(mine, builder, problems)
                    self._keep_up(mine, builder, event, events)
                    return
                apply(builder, event)
                if isinstance(event, Problem):
                    problems.append(event)
                changed.update(_touched(event))
                if mine.stream and _due(event, builder.count, time.monotonic() - last):
                    last = time.monotonic()
                    snapshot = builder.snapshot()
                    self._publish(mine, snapshot=snapshot, problems=tuple(problems))
                    mine.offer(snapshot, changed, Stage.PART)
                    changed.clear()
        except SourceError as error:
            self._fail(mine, str(error))
            return
        if not mine.cancel.is_set():
            self._read_once(mine, builder, problems)

    def _events(self, mine: _Run) -> Iterator[Event | Update]:
        if mine.follow and isinstance(self.source, Watchable):
            return self.source.watch(mine.cancel)
        return self.source.events(mine.cancel)

    def _read_once(self, mine: _Run, builder: FollowingBuilder, problems: Sequence[Problem]) -> None:
        """Everything was read: publish it, and have all of it judged."""
        snapshot = builder.snapshot()
        if not mine.stream:
            self._let_go(snapshot)
        self._publish(mine, snapshot=snapshot, reading=False, problems=tuple(problems), stale=False)
        mine.offer(snapshot, [kind.resource for kind in KINDS], Stage.WHOLE)

    def _keep_up(
        self,
        mine: _Run,
        builder: FollowingBuilder,
        first: Update,
        events: Iterator[Event | Update],
    ) -> None:
        """Have judged what changes, a little at a time."""
        changed: set[str] = set()
        quiet = False
        known = _facts(builder.source)
        last = time.monotonic()
        for event in chain([first], events):
            if mine.cancel.is_set():
                return
            match event:
                case Linked(link):
                    self._publish(mine, link=link)
                case Opened(info):
                    builder.source = info
                case Changed(_, page):
                    told = builder.change(event.ref, page)
                    changed.update((page.kind.resource,) if told else ())
                    quiet = quiet or not told
                case Replaced(kind, pages, coverage):
                    told = builder.replace(kind, pages, coverage)
                    changed.update((kind.resource,) if told else ())
                    quiet = quiet or not told
            over = isinstance(event, Idle) and _facts(_of_now(builder.source)) != known
            due = max(self._update_every, SHARE * mine.judged_in) if changed or over else QUIET_EVERY
            if (changed or quiet or over) and mine.taken and time.monotonic() - last > due:
                builder.source = _of_now(builder.source)
                known = _facts(builder.source)
                mine.offer(builder.snapshot(), changed, Stage.UPDATE)
                changed.clear()
                quiet, last = False, time.monotonic()

    def _judge(self, mine: _Run) -> None:
        results = NOTHING
        before: Snapshot | None = None
        checks = self.checks
        while (taken := mine.take()) is not None:
            snapshot, changed, stage = taken
            began = time.monotonic()
            try:
                if before is None or stage is not Stage.UPDATE:
                    results = run(snapshot, checks, previous=results, changed=changed, cancel=mine.cancel)
                elif _facts(before.source) != _facts(snapshot.source):
                    results = run(snapshot, checks, cancel=mine.cancel)
                else:
                    results = renew(before, results, snapshot, changed, checks, mine.cancel)
            except Cancelled:
                return
            mine.judged_in = time.monotonic() - began
            if stage is Stage.UPDATE:
                self._let_go(snapshot)
                self._publish(mine, snapshot=snapshot, results=results)
            else:
                self._publish(mine, results=results, judging=stage is Stage.PART)
            if stage is Stage.WHOLE and not mine.follow:
                return
            before = snapshot

    def _let_go(self, after: Snapshot) -> None:
        """Free what is on screen, and not in `after`, a little at a time once it is replaced."""
        before = self._state
        if before.snapshot is not after and before.snapshot.count() >= LARGE:
            let_go_slowly(before.snapshot, [*before.snapshot.holdings(), before.results.findings])


def _of_now(info: SourceInfo) -> SourceInfo:
    """The same source at this moment."""
    now = dt.datetime.now(tz=dt.UTC)
    taken = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return msgspec.structs.replace(info, today=now.date().isoformat(), taken=taken)


def _facts(info: SourceInfo) -> tuple[str, ...]:
    """What is judged of a source itself, and by which everything else is."""
    return info.today, info.server_version, info.server_built


def _due(event: Event, count: int, seconds: float) -> bool:
    """Whether to publish after `event`, with `count` objects known, `seconds` after the last time."""
    if count < LARGE and isinstance(event, Ended | Opened):
        return True
    return seconds > PUBLISH_EVERY * max(1.0, count / LARGE)


def _touched(event: Event) -> tuple[str, ...]:
    match event:
        case Arrived(page):
            return (page.kind.resource,)
        case Started(kind) | Ended(kind):
            return (kind.resource,)
    return ()
