"""Listing a kind again, long after everything was read: with the APIs and namespaces that there are by then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ksec_tui.sources.base import Event, SourceError
from ksec_tui.sources.live_lists import Lists
from ksec_tui.sources.live_open import Namespaces, server_version
from ksec_tui.sources.live_scope import Discovery, Patterns
from ksec_tui.sources.transport import Transport

FRESH = 1.0
"""Seconds for which APIs and namespaces are not asked for again: many kinds may be listed at once."""


class Anew:
    """Makes what lists kinds again; from any thread.

    Args:
        transport: the requests.
        patterns: the namespaces that were asked for.
        fallback: the namespace to try when nothing else is known.
        page_size: objects asked for at a time.
        max_objects: where a list that does not end is given up.
        versions: takes in which version each resource was read.
        told: takes the server's version, and the day on which it was built, each time that it is asked.
    """

    def __init__(
        self,
        transport: Transport,
        patterns: Patterns,
        fallback: str,
        *,
        page_size: int,
        max_objects: int,
        versions: dict[str, str],
        told: Callable[[str, str], None],
    ) -> None:
        self._transport = transport
        self._patterns = patterns
        self._fallback = fallback
        self._page_size = page_size
        self._max_objects = max_objects
        self._versions = versions
        self._told = told
        self._lock = threading.Lock()
        self._asked = (0.0, Discovery(None), self._unasked())

    def lists(self, emit: Callable[[Event], None]) -> Lists:
        """What lists a kind; `emit` takes the events.

        Raises:
            CancelledError: the load was cancelled.
        """
        discovery, namespaces = self._now()
        lists = Lists(self._transport, discovery, namespaces, emit, self._page_size, self._max_objects)
        lists.versions = self._versions
        return lists

    def scope(self) -> tuple[str, ...] | None:
        """The namespaces that are to be read one by one; None when they could not be found out.

        Raises:
            CancelledError: the load was cancelled.
        """
        found = self._now()[1].scope()
        return None if found.reason and not found.namespaces else found.namespaces

    def _now(self) -> tuple[Discovery, Namespaces]:
        with self._lock:
            asked, discovery, namespaces = self._asked
            if time.monotonic() - asked > FRESH or not asked:
                discovery = Discovery(None, self._transport)
                with suppress(SourceError):  # the lists tell of a login that is over, each for itself
                    discovery, _ = Discovery.ask(self._transport)
                    # A server that is upgraded ends its watches: then it is asked here.
                    self._told(*server_version(self._transport, lambda _: None))
                namespaces = self._unasked()
                self._asked = time.monotonic(), discovery, namespaces
            return discovery, namespaces

    def _unasked(self) -> Namespaces:
        return Namespaces(self._transport, self._patterns, self._fallback, lambda _: None)
