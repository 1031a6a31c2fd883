"""How the watches of a cluster stand: which are heard of, which are lost and why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from ksec_tui.sources.base import Link, Linked


class Standing:
    """Keeps the state of every watch and tells when it changes; from any thread.

    Args:
        tell: takes each change, once `begin` was called.
    """

    def __init__(self, tell: Callable[[Linked], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._paths: dict[str, frozenset[str]] = {}
        self._lost: dict[str, tuple[float, str]] = {}
        self._polled: dict[str, float] = {}
        self._told: Link | None = None
        self._began = False

    def begin(self) -> None:
        """Everything was read once: tell how it stands."""
        with self._lock:
            self._began = True
            self._say()

    def room(self, resource: str, count: int, most: int) -> bool:
        """Whether `count` watches of a resource are, with those of all others, no more than `most`."""
        with self._lock:
            others = sum(len(paths) for name, paths in self._paths.items() if name != resource)
            return others + count <= most

    def follow(self, resource: str, paths: Collection[str], *, polled: float) -> None:
        """From now on these lists of a resource are watched, and no others.

        It is listed again every `polled` seconds instead, where that is not 0.
        """
        with self._lock:
            for path in (*self._paths.get(resource, ()), resource):
                self._lost.pop(path, None)
            self._paths[resource] = frozenset(paths)
            self._polled.pop(resource, None)
            if polled:
                self._polled[resource] = polled
            self._say()

    def up(self, path: str) -> None:
        """The server has begun to answer."""
        with self._lock:
            if self._lost.pop(path, None) is not None:
                self._say()

    def down(self, path: str, reason: str, pause: float) -> None:
        """A watch broke; the next attempt is made in `pause` seconds."""
        with self._lock:
            self._lost[path] = time.monotonic() + pause, reason
            self._say()

    def failed(self, resource: str, reason: str, pause: float) -> None:
        """A list could not be read again."""
        self.down(resource, reason, pause)

    def _say(self) -> None:
        retry, reason = min(self._lost.values(), default=(0.0, ""))
        watched = sum(map(len, self._paths.values()))
        polled = tuple(sorted(self._polled))
        every = tuple(self._polled[resource] for resource in polled)
        silent = tuple(
            sorted(
                resource
                for resource, paths in self._paths.items()
                if resource in self._lost or not paths.isdisjoint(self._lost)
            )
        )
        link = Link(watched, len(self._lost), reason, retry, polled, every, silent)
        if self._began and link != self._told:
            self._told = link
            # Under the lock, so that nobody hears an older one after a newer.
            self._tell(Linked(link))
