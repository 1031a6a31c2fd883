"""Puts a Snapshot together from the pages that arrive."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.ingest import Hostile, Page, Unreadable
from ksec_tui.cluster.kinds import KINDS, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.cluster.sorting import sorted_gently


class SnapshotBuilder:
    """Gathers pages and coverage; `snapshot()` may be asked for at any time while they arrive."""

    def __init__(self, source: SourceInfo, kinds: Iterable[Kind[KubeObject]] = KINDS) -> None:
        self.source = source
        self._objects: dict[str, dict[tuple[str, str], KubeObject]] = {kind.resource: {} for kind in kinds}
        self._documents: dict[str, dict[ObjectRef, bytes]] = {}
        self._hostile: dict[str, dict[ObjectRef, Hostile]] = {}
        self._unreadable: dict[str, list[Unreadable]] = {}
        self._coverage: dict[str, KindCoverage] = {kind.resource: KindCoverage() for kind in kinds}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        self._ordered: dict[str, tuple[KubeObject, ...]] = {}
        self._held: dict[str, dict[ObjectRef, bytes]] = {}

    @property
    def count(self) -> int:
        """How many objects have come."""
        return sum(map(len, self._objects.values()))

    def add(self, page: Page) -> None:
        """Take in one page; an object that comes twice counts once, the later one wins."""
        resource = page.kind.resource
        self._changed(resource)
        slot = self._objects.setdefault(resource, {})
        documents = self._documents.setdefault(resource, {})
        hostile = self._hostile.setdefault(resource, {})
        for item in page.objects:
            key = (item.metadata.namespace if page.kind.namespaced else "", item.metadata.name)
            if key in slot:
                documents.pop(item.ref, None)
                hostile.pop(item.ref, None)
            slot[key] = item
        documents.update(page.documents)
        hostile.update({entry.ref: entry for entry in page.hostile})
        self._unreadable.setdefault(resource, []).extend(page.unreadable)

    def _changed(self, resource: str) -> None:
        self._ordered.pop(resource, None)
        self._held.pop(resource, None)

    def restart(self, kind: Kind[KubeObject]) -> None:
        """Forget what came of `kind`: its list starts again."""
        self._changed(kind.resource)
        self._objects[kind.resource] = {}
        for store in (self._documents, self._hostile, self._unreadable):
            store.pop(kind.resource, None)

    def cover(self, kind: Kind[KubeObject], coverage: KindCoverage) -> None:
        """Set how `kind` was read so far; the counts are filled in here."""
        self._coverage[kind.resource] = msgspec.structs.replace(
            coverage,
            count=len(self._objects.get(kind.resource, ())),
            unreadable=len(self._unreadable.get(kind.resource, ())),
        )

    def _in_order(self, resource: str) -> list[tuple[str, str]]:
        """The keys of a slot by namespace and name; sorted only where others have come or some have gone."""
        slot, keys = self._objects[resource], self._keys.get(resource)
        if keys is None or len(keys) != len(slot) or not all(map(slot.__contains__, keys)):
            keys = self._keys[resource] = sorted_gently(list(slot), lambda key: key)
        return keys

    def snapshot(self) -> Snapshot:
        """What is known now."""
        for resource, slot in self._objects.items():
            if resource not in self._ordered:
                self._ordered[resource] = tuple(map(slot.__getitem__, self._in_order(resource)))
        for resource, documents in self._documents.items():
            if resource not in self._held:
                self._held[resource] = dict(documents)
        return Snapshot(
            self.source,
            dict(self._ordered),
            Coverage(dict(sorted(self._coverage.items()))),
            ChainMap(*self._held.values()),
            tuple(sorted(entry for store in self._hostile.values() for entry in store.values())),
            tuple(sorted(entry for store in self._unreadable.values() for entry in store)),
        )
