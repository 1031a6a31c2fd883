"""A small cluster that changes while somebody explores it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from ksec_tui.cluster.ingest import Document, Page, collect, item_from_tree
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.sources.base import Changed, Event, Idle, Link, Linked, Update
from tests.screens.world import World

LISTS = 40


class WatchedWorld(World):
    """A `World` that can be followed; a test says what changes."""

    def __init__(self, *states: list[Document]) -> None:
        super().__init__(*states)
        self.following = threading.Event()
        self._news: queue.SimpleQueue[Update] = queue.SimpleQueue()

    def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
        """Everything, then what the test says."""
        yield from self.events(cancel)
        yield Linked(Link(LISTS))
        self.following.set()
        try:
            while not cancel.is_set():
                try:
                    yield self._news.get(timeout=0.02)
                except queue.Empty:
                    yield Idle()
        finally:
            self.following.clear()

    def put(self, *trees: Document) -> None:
        """Objects come, or change."""
        for tree in trees:
            self._news.put(_change(tree, gone=False))

    def delete(self, *trees: Document) -> None:
        """Objects go."""
        for tree in trees:
            self._news.put(_change(tree, gone=True))

    def lose(self, count: int = LISTS, seconds: float = 5.0) -> None:
        """That many watches break."""
        self._news.put(Linked(Link(LISTS, count, "the connection broke", time.monotonic() + seconds)))

    def silence(self, resource: str) -> None:
        """Of one resource nothing is heard."""
        self._news.put(
            Linked(Link(LISTS, 1, "the connection broke", time.monotonic() + 5.0, silent=(resource,)))
        )

    def poll(self, resource: str, every: float) -> None:
        """A resource is listed again instead of being watched."""
        self._news.put(Linked(Link(LISTS, polled=(resource,), every=(every,))))

    def find_again(self) -> None:
        """All watches are heard of."""
        self._news.put(Linked(Link(LISTS)))


def _change(tree: Document, *, gone: bool) -> Changed:
    kind = kind_named(str(tree["apiVersion"]).rpartition("/")[0], str(tree["kind"]))
    assert kind is not None
    item = item_from_tree(kind, tree)
    assert item.object is not None
    return Changed(item.object.ref, Page(kind) if gone else collect(kind, [item]))
