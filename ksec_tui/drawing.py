"""The loop of the thread that draws: while it has something to do, threads that read and judge wait for it.

Python lets one thread run at a time and hands the turn on by a fixed interval, to whoever waits. A frame of twenty
milliseconds then takes a hundred beside three threads that compute; and each time the loop asks the system whether
something came, which it does between any two of its steps, it gives its turn away.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

TURN = 0.001
"""Seconds that other threads may run once the loop has something to do: as long as it waits for its turn."""
FRAME = 0.02
"""Seconds that the loop may run before another thread gets its turn: what a frame takes."""
GLANCE = 0.005
"""Seconds between two questions to the system, and turns given away, while the loop has something to do."""


class Turns(selectors.DefaultSelector):
    """Waits for files and sockets as any selector does, but asks rarely while nobody wants to wait."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, at most `timeout` seconds later; where that is none, perhaps nothing though something is."""
        if timeout is not None and timeout <= 0 and time.perf_counter() - self._asked < GLANCE:
            sys.setswitchinterval(FRAME)
            return []
        sys.setswitchinterval(TURN)
        ready = super().select(timeout)
        self._asked = time.perf_counter()
        if not ready:
            sys.setswitchinterval(FRAME)
        # Else what came is received first: each time that gives the turn away, for as long as others may keep it.
        return ready


def drawn(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end as `asyncio.run` does, on a loop that goes first."""
    before = sys.getswitchinterval()
    try:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Turns())) as runner:
            return runner.run(work)
    finally:
        sys.setswitchinterval(before)
