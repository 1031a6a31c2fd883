"""Reads and writes the triage of one sitting in a thread of its own, so that nobody waits for a disk.

The listener is called from that thread, one event after the other, and must only pass the event on.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.runner import Results
from ksec_tui.triage import seen, store
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.notation import Read, TriageError
from ksec_tui.triage.seen import Seen, Since


@dataclass(frozen=True)
class Filed:
    """The triage file was read or written, or could not be.

    Attributes:
        read: the file as it is now; None when it could not be used.
        newer: decisions of others on the same findings that are later than ours, and hold.
        unkept: how many decisions of this sitting are in no file.
        trouble: why it could not be used; empty when it could.
    """

    read: Read | None
    newer: tuple[Decision, ...] = ()
    unkept: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Compared:
    """It was found out what differs from the last time.

    Attributes:
        since: the differences.
        trouble: why what is there now is not remembered for the next time; empty when it is.
    """

    since: Since
    trouble: str = ""


Told = Filed | Compared


@dataclass(frozen=True)
class _Look:
    snapshot: Snapshot
    results: Results
    checks: Sequence[Check[Any]]
    today: dt.date


@dataclass
class _Due:
    """What the thread has yet to do; under its condition."""

    changes: dict[str, Decision] = field(default_factory=dict)
    looks: list[_Look] = field(default_factory=list)
    reads: bool = False
    closed: bool = False
    new: bool = False


class Scribe:
    """Keeps the decisions of one context, and what was seen in it.

    Args:
        path: the triage file, which need not be there; None keeps decisions for this sitting only.
        seen_path: the file of what was seen; None compares with nothing.
        listener: told what came of it.
    """

    def __init__(
        self, path: Path | None, seen_path: Path | None, listener: Callable[[Told], None] | None = None
    ) -> None:
        self.path = path
        self.seen_path = seen_path
        self.listener = listener or (lambda _: None)
        self._before: Seen | None = None
        self._due = _Due()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do, but what failed."""
        due = self._due
        return not (self._busy or due.new or due.reads or due.looks)

    def read(self) -> None:
        """Read the triage file; also again, for what others have written."""
        if self.path is not None:
            with self._changed:
                self._due.reads = True
                self._wake()

    def keep(self, changes: Iterable[Decision]) -> None:
        """Write decisions; those that could not be written are tried again with the next ones."""
        if self.path is None:
            return
        with self._changed:
            self._due.changes.update({item.fingerprint: item for item in changes})
            self._due.new = True
            self._wake()

    def look(
        self, snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]], today: dt.date
    ) -> None:
        """Compare all that was found with what was seen before, and remember it."""
        if self.seen_path is not None:
            with self._changed:
                self._due.looks = [_Look(snapshot, results, checks, today)]
                self._wake()

    def close(self, timeout: float) -> None:
        """Finish what is begun, for at most `timeout` seconds; nothing is taken on afterwards."""
        with self._changed:
            self._due.closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _wake(self) -> None:
        if self._due.closed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="triage", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        due = self._due
        while True:
            with self._changed:
                self._busy = False
                self._changed.wait_for(lambda: due.closed or not self.idle)
                if self.idle:
                    return
                self._busy = True
                changes, looks, reads = (dict(due.changes) if due.new else {}), due.looks, due.reads
                due.new, due.looks, due.reads = False, [], False
            if changes:
                self.listener(self._write(changes))
            elif reads:
                self.listener(self._read())
            for item in looks:
                self.listener(self._compare(item))

    def _read(self) -> Filed:
        if self.path is None:
            return Filed(None)
        try:
            return Filed(store.load(self.path, missing_ok=True), unkept=len(self._due.changes))
        except TriageError as error:
            return Filed(None, unkept=len(self._due.changes), trouble=str(error))

    def _write(self, changes: dict[str, Decision]) -> Filed:
        if self.path is None:
            return Filed(None)
        try:
            saved = store.save(self.path, changes.values())
        except TriageError as error:
            return Filed(None, unkept=len(self._due.changes), trouble=str(error))
        with self._changed:
            for key, decision in changes.items():
                if self._due.changes.get(key) == decision:
                    del self._due.changes[key]
            left = len(self._due.changes)
        return Filed(saved.read, saved.newer, left)

    def _compare(self, item: _Look) -> Compared:
        path = self.seen_path
        if path is None:
            return Compared(Since())
        absences = Absences(item.snapshot, item.results, item.checks)
        trouble = ""
        if self._before is None:
            try:
                self._before = seen.load(path)
            except TriageError as error:
                # What cannot be read is not written over either.
                self.seen_path = None
                return Compared(Since(), str(error))
        since = self._before.since(item.results.findings, absences)
        try:
            seen.observe(path, item.results.findings, absences, item.today)
        except TriageError as error:
            trouble = str(error)
        return Compared(since, trouble)
