"""What a watcher knows of one kind."""

from __future__ import annotations

import threading

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.kinds import Kind
from ksec_tui.sources.live_stream import Stream

NEVER = 1e15
"""A time at which nothing is due."""


class Followed:
    """One kind: its watches belong to one generation, which ends when it is listed again."""

    def __init__(self, kind: Kind[KubeObject], coverage: KindCoverage) -> None:
        self.kind = kind
        self.coverage = coverage
        self.lock = threading.RLock()
        self.generation = 0
        self.streams: dict[str, tuple[float, Stream]] = {}
        """By path: the watch that is open, and when it has to be over."""
        self.took = 0.0
        self.unwatchable = 0
        self.failed = 0
        self.hurry = 0
        self.listed_at = 0.0
        self.due = NEVER
        self.pause = 0.0
