"""One sitting with one source: reads it, judges it, publishes what is known as it comes.

Knows no screen. Two threads do the work; every publication is an immutable State. The listener is
called from those threads and must only pass the State on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot, SnapshotBuilder, SourceInfo
from ksec_tui.findings.runner import NOTHING, Cancelled, Results, run
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Problem, Source, SourceError, apply

PUBLISH_EVERY = 0.25
"""Seconds between two publications while pages stream in: often enough to look alive, rare enough to be cheap."""


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


@dataclass
class _Run:
    """One reading of the source."""

    cancel: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    changed: set[str] = field(default_factory=set)
    done: bool = False


class Session:
    """Reads and judges a source, again on `refresh`.

    Args:
        source: where cluster state comes from.
        listener: called with each new State, from a worker thread.
    """

    def __init__(self, source: Source, listener: Callable[[State], None]) -> None:
        self.source = source
        self._listener = listener
        self._lock = threading.Lock()
        self._state = State(empty_snapshot(source.info), reading=True, judging=True)
        self._run: _Run | None = None
        self._threads: list[threading.Thread] = []

    @property
    def state(self) -> State:
        """The newest State."""
        return self._state

    def refresh(self) -> None:
        """Read everything again; what is on screen stays until the new state is complete enough to replace it."""
        self.close()
        run_now = _Run()
        self._run = run_now
        first = self._state.snapshot.count() == 0
        self._publish(reading=True, judging=True, error="", problems=())
        self._threads = [
            threading.Thread(target=self._read, args=(run_now, first), name="ksec-read", daemon=True),
            threading.Thread(target=self._judge, args=(run_now,), name="ksec-judge", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """Stop what is under way; waits up to `timeout` seconds for each thread."""
        if self._run is not None:
            self._run.cancel.set()
            self._run.wake.set()
        for thread in self._threads:
            thread.join(timeout)
        self._threads = []
        self._run = None

    def _publish(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]
            state = self._state
        self._listener(state)

    def _read(self, mine: _Run, stream: bool) -> None:  # noqa: FBT001
        builder = SnapshotBuilder(self.source.info)
        problems: list[Problem] = []
        last = time.monotonic()
        try:
            for event in self.source.events(mine.cancel):
                if mine.cancel.is_set():
                    return
                apply(builder, event)
                self._note(mine, event, problems)
                # A refresh keeps the old state on screen until the new one is whole: no flicker, no lost rows.
                if stream and (isinstance(event, Ended | Opened) or time.monotonic() - last > PUBLISH_EVERY):
                    last = time.monotonic()
                    self._publish(snapshot=builder.snapshot(), problems=tuple(problems))
                    mine.wake.set()
        except SourceError as error:
            had = self._state.snapshot.count() > 0
            self._publish(reading=False, judging=False, error=str(error), stale=had)
            mine.cancel.set()
            mine.wake.set()
            return
        if mine.cancel.is_set():
            return
        mine.changed.update(kind.resource for kind in KINDS)
        self._publish(snapshot=builder.snapshot(), reading=False, problems=tuple(problems), stale=False)
        # After the last State, so that the judge never takes an older one for the last.
        mine.done = True
        mine.wake.set()

    @staticmethod
    def _note(mine: _Run, event: Event, problems: list[Problem]) -> None:
        match event:
            case Problem():
                problems.append(event)
            case Arrived(page):
                mine.changed.add(page.kind.resource)
            case Ended(kind):
                mine.changed.add(kind.resource)
            case _:
                pass

    def _judge(self, mine: _Run) -> None:
        results = NOTHING
        while not mine.cancel.is_set():
            mine.wake.wait()
            mine.wake.clear()
            done = mine.done
            snapshot = self._state.snapshot
            changed = frozenset(mine.changed)
            mine.changed.clear()
            try:
                results = run(snapshot, all_checks(), previous=results, changed=changed, cancel=mine.cancel)
            except Cancelled:
                return
            self._publish(results=results, judging=not done)
            if done:
                return
