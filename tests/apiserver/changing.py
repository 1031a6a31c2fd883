"""A cluster that changes while it is served: each change has a resource version, and watches hear of it."""

from __future__ import annotations

import base64
import copy
import json
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from tests.apiserver.store import FakeCluster

Tree = dict[str, Any]
Key = tuple[str, str, str]
"""Kind with its API group, namespace, name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the history: the object as it is, or as it was when it was deleted."""

    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    document: Tree


class ChangingCluster(FakeCluster):
    """Objects with a history, for a server that can be watched. Safe to use from several threads.

    Args:
        documents: whole objects, as `FakeCluster` takes them.
        more: what else `FakeCluster` takes.
    """

    def __init__(self, documents: Iterable[Mapping[str, object]], **more: Any) -> None:
        self.changed = threading.Condition()
        self.history: list[Change] = []
        self.compacted = 0
        self.gone_as: Literal["event", "status"] = "event"
        """How a watch from a version that is forgotten is refused."""
        self.ending = 0
        """Rises when every open watch is to end; `end_as` says how."""
        self.end_as: Literal["end", "cut", "reset"] = "end"
        self.bookmarks = 0
        """Rises when every watch is to get a bookmark."""
        self.open = 0
        """How many watches there are now."""
        self._more = more
        self._version = int(more.pop("resource_version", 100_000))
        self._objects: dict[Key, Tree] = {}
        self._views: dict[int, FakeCluster] = {}
        for document in documents:
            self._store(document)
        super().__init__(self._objects.values(), resource_version=self._version, **more)

    # What a server asks

    @property
    def now(self) -> FakeCluster:
        """The state of this moment."""
        with self.changed:
            if self._version not in self._views:
                self._views[self._version] = FakeCluster(
                    self._objects.values(), resource_version=self._version, **self._more
                )
            return self._views[self._version]

    def at(self, query: Mapping[str, str]) -> FakeCluster:
        """The state that a list request is to see: that of its first page, unless that is forgotten."""
        token = query.get("continue", "")
        with self.changed, suppress(ValueError, KeyError):
            content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            if content["rv"] in self._views and content["rv"] >= self.compacted:
                return self._views[content["rv"]]
        return self.now

    # What a test does

    def put(self, document: Mapping[str, object]) -> int:
        """Create or replace an object; returns the version of that."""
        with self.changed:
            key = _key(document)
            word: Literal["ADDED", "MODIFIED"] = "MODIFIED" if key in self._objects else "ADDED"
            self._note(word, self._store(document))
            return self._version

    def delete(self, document: Mapping[str, object]) -> int:
        """Delete an object, which must be there; returns the version of that."""
        with self.changed:
            found = self._objects.pop(_key(document))
            self._version += 1
            metadata = {**found["metadata"], "resourceVersion": str(self._version)}
            self._note("DELETED", {**found, "metadata": metadata})
            return self._version

    def compact(self) -> None:
        """Forget what was: watches and continue tokens of earlier versions are refused with 410."""
        with self.changed:
            self.compacted = self._version
            self.history.clear()
            self._views.clear()

    def bookmark(self) -> None:
        """Send every watch that wants one a bookmark of this moment."""
        with self.changed:
            self.bookmarks += 1
            self.changed.notify_all()

    def end_watches(self, how: Literal["end", "cut", "reset"]) -> None:
        """End every watch that is open now."""
        with self.changed:
            self.end_as = how
            self.ending += 1
            self.changed.notify_all()

    def upgrade(self, **version: str) -> None:
        """From now on ``/version`` answers this."""
        with self.changed:
            self._more["version"] = version
            self._views.clear()

    def documents(self) -> list[Tree]:
        """All objects that there are."""
        with self.changed:
            return [copy.deepcopy(document) for document in self._objects.values()]

    @property
    def latest(self) -> int:
        """The version of the last change."""
        return self._version

    def _store(self, document: Mapping[str, object]) -> Tree:
        self._version += 1
        tree = copy.deepcopy(dict(document))
        metadata: Any = tree["metadata"]
        tree["metadata"] = {**metadata, "resourceVersion": str(self._version)}
        self._objects[_key(document)] = tree
        return tree

    def _note(self, word: Literal["ADDED", "MODIFIED", "DELETED"], tree: Tree) -> None:
        self.history.append(Change(self._version, word, tree))
        self.changed.notify_all()


def _key(document: Mapping[str, Any]) -> Key:
    group = str(document["apiVersion"]).rpartition("/")[0]
    metadata = document["metadata"]
    return f"{document['kind']}.{group}", metadata.get("namespace", ""), metadata["name"]
