"""One sitting with one source: reads it, judges it, publishes what is known as it comes.

Knows no screen. Two threads do the work; every publication is an immutable State. The listener is
called from those threads, one State after the other, newest last, and must only pass the State on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SnapshotBuilder, SourceInfo
from ksec_tui.findings.check import Check
from ksec_tui.findings.runner import NOTHING, Cancelled, Results, run
from ksec_tui.fixes.dry_run import dry_run
from ksec_tui.fixes.simulate import Simulation
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Problem, Source, SourceError, Started, apply
from ksec_tui.sources.collector import let_go_slowly
from ksec_tui.sources.trials import CanTry, Progress, Tried

PUBLISH_EVERY = 0.25
"""Seconds between two publications while pages stream in: often enough to look alive, rare enough to be cheap."""
LARGE = 10_000
"""Objects from which publications grow rarer in proportion, since each costs in proportion to all objects."""


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
    """

    snapshot: Snapshot
    results: Results = NOTHING
    reading: bool = False
    judging: bool = False
    problems: tuple[Problem, ...] = ()
    error: str = ""
    stale: bool = False


class _Run:
    """One reading of the source; what comes of it after a newer one began is dropped.

    The reader offers Snapshots, the judge takes them: always the newest, together with every kind that
    changed since the one it took before.
    """

    def __init__(self, *, stream: bool) -> None:
        self.cancel = threading.Event()
        self.stream = stream
        self._offered = threading.Condition()
        self._snapshot: Snapshot | None = None
        self._changed: set[str] = set()
        self._last = False

    def offer(self, snapshot: Snapshot, changed: Iterable[str], *, last: bool) -> None:
        """Hand over a newer Snapshot and the resource names that changed in it."""
        with self._offered:
            self._snapshot, self._last = snapshot, last
            self._changed.update(changed)
            self._offered.notify()

    def take(self) -> tuple[Snapshot, frozenset[str], bool] | None:
        """Wait for a Snapshot not taken yet: it, what changed, whether it is the last; None when stopped."""
        with self._offered:
            self._offered.wait_for(lambda: self._snapshot is not None or self.cancel.is_set())
            if self._snapshot is None or self.cancel.is_set():
                return None
            taken = self._snapshot, frozenset(self._changed), self._last
            self._snapshot = None
            self._changed.clear()
        return taken

    def stop(self) -> None:
        """Make both threads end."""
        with self._offered:
            self.cancel.set()
            self._offered.notify()


class Session:
    """Reads and judges a source, again on `refresh`.

    Args:
        source: where cluster state comes from.
        listener: called with each new State, from a worker thread.
        checks: what to look for; None for every check that is not optional.
    """

    def __init__(
        self,
        source: Source,
        listener: Callable[[State], None],
        checks: Sequence[Check[Any]] | None = None,
    ) -> None:
        self.source = source
        self._checks = checks
        self._listener = listener
        self._lock = threading.Lock()
        self._state = State(empty_snapshot(source.info), reading=True, judging=True)
        self._run: _Run | None = None
        self._threads: list[threading.Thread] = []
        self._fetching = threading.Lock()
        self._fetched: tuple[Snapshot, dict[ObjectRef, Document | None]] = (self._state.snapshot, {})

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
        mine = _Run(stream=self._state.snapshot.count() == 0)
        with self._lock:
            self._run = mine
        self._publish(mine, reading=True, judging=True, error="")
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for name, work in (("ksec-read", self._read), ("ksec-judge", self._judge)):
            thread = threading.Thread(target=self._guarded, args=(work, mine), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

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

        Each object is fetched once for a Snapshot; blocking, so not for the UI thread. None when it cannot
        be had.
        """
        if snapshot.whole(ref):
            return snapshot.document(ref)
        # One at a time: whoever wants the same object meanwhile gets what the first one fetched.
        with self._fetching:
            if self._fetched[0] is not snapshot:
                self._fetched = (snapshot, {})
            known = self._fetched[1]
            if ref not in known:
                known[ref] = self.source.fetch(ref)
            return known[ref]

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
            self._fail(mine, f"internal error: {type(error).__name__}: {error}")

    def _fail(self, mine: _Run, reason: str) -> None:
        self._publish(mine, reading=False, judging=False, error=reason, stale=not mine.stream)
        mine.stop()

    def _read(self, mine: _Run) -> None:
        builder = SnapshotBuilder(self.source.info)
        problems: list[Problem] = []
        changed: set[str] = set()
        last = time.monotonic()
        try:
            for event in self.source.events(mine.cancel):
                if mine.cancel.is_set():
                    return
                apply(builder, event)
                if isinstance(event, Problem):
                    problems.append(event)
                changed.update(_touched(event))
                if mine.stream and _due(event, builder.count, time.monotonic() - last):
                    last = time.monotonic()
                    snapshot = builder.snapshot()
                    self._publish(mine, snapshot=snapshot, problems=tuple(problems))
                    mine.offer(snapshot, changed, last=False)
                    changed.clear()
        except SourceError as error:
            self._fail(mine, str(error))
            return
        if mine.cancel.is_set():
            return
        before = self._state
        if before.snapshot.count() >= LARGE and not mine.stream:
            let_go_slowly(before.snapshot, [*before.snapshot.holdings(), list(before.results.findings)])
        del before
        snapshot = builder.snapshot()
        self._publish(mine, snapshot=snapshot, reading=False, problems=tuple(problems), stale=False)
        mine.offer(snapshot, [kind.resource for kind in KINDS], last=True)

    def _judge(self, mine: _Run) -> None:
        results = NOTHING
        checks = self.checks
        while (taken := mine.take()) is not None:
            snapshot, changed, last = taken
            try:
                results = run(snapshot, checks, previous=results, changed=changed, cancel=mine.cancel)
            except Cancelled:
                return
            self._publish(mine, results=results, judging=not last)
            if last:
                return


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
