"""Snapshots on their way from who reads to who judges: always the newest, with all that changed since the last."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from ksec_tui.cluster.snapshot import Snapshot


class Stage(Enum):
    """What a Snapshot is: a part of what is being read, all of it, or what became of that since."""

    PART = "part"
    WHOLE = "whole"
    UPDATE = "update"


class Offer(NamedTuple):
    """A Snapshot, the resource names of what changed since the one taken before, and what it is."""

    snapshot: Snapshot
    changed: frozenset[str]
    stage: Stage


class Offers:
    """One reading of a source, until it is stopped.

    Attributes:
        cancel: set when it is stopped.
        judged_in: seconds that it took to judge what was taken last.
    """

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self.judged_in = 0.0
        self._offered = threading.Condition()
        self._snapshot: Snapshot | None = None
        self._changed: set[str] = set()
        self._stage = Stage.PART

    @property
    def taken(self) -> bool:
        """Whether nothing waits to be taken."""
        return self._snapshot is None

    def offer(self, snapshot: Snapshot, changed: Iterable[str], stage: Stage) -> None:
        """Hand over a newer Snapshot and the resource names that changed in it."""
        with self._offered:
            self._snapshot, self._stage = snapshot, stage
            self._changed.update(changed)
            self._offered.notify()

    def take(self) -> Offer | None:
        """Wait for a Snapshot not taken yet; None when stopped."""
        with self._offered:
            self._offered.wait_for(lambda: self._snapshot is not None or self.cancel.is_set())
            if self._snapshot is None or self.cancel.is_set():
                return None
            taken = Offer(self._snapshot, frozenset(self._changed), self._stage)
            self._snapshot = None
            self._changed.clear()
        return taken

    def stop(self) -> None:
        """Make who reads and who judges end."""
        with self._offered:
            self.cancel.set()
            self._offered.notify()
