"""What the threads of a live source hand to whoever reads it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import msgspec

from ksec_tui.sources.base import Event, Update
from ksec_tui.sources.live_lists import Lists
from ksec_tui.sources.transport import CancelledError

MAX_WAITING = 20_000
"""Changes that wait to be read at most; beyond that nothing more is taken from the server."""

_PAUSE = 0.02


class Finished(msgspec.Struct, frozen=True):
    """A thread is through; the error, if any, is for the reader of the events."""

    error: BaseException | None = None


class Ready(msgspec.Struct, frozen=True):
    """The server answered the first questions: the lists can be read."""

    lists: Lists


class Feed(queue.SimpleQueue[Event | Update | Finished | Ready]):
    """A queue whose writers may wait for room; who must not wait puts all the same."""

    def room(self, stop: threading.Event) -> None:
        """Wait until what was put is read by and large, or until `stop` is set; without any lock held."""
        while self.qsize() >= MAX_WAITING and not stop.wait(_PAUSE):
            pass

    def started(self, work: Callable[..., None], *args: Any) -> threading.Thread:
        """A thread that does `work`; how it ends is told here."""

        def run() -> None:
            with _Handover(self):
                work(*args)

        thread = threading.Thread(target=run, name="ksec-live", daemon=True)
        thread.start()
        return thread


class _Handover(AbstractContextManager[None]):
    """Hands whatever ends a thread over to the reader of the feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._feed.put(Finished(None if isinstance(error, CancelledError) else error))
        return True
