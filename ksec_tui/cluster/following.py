"""The Snapshot of a cluster that is followed: changed object by object, or kind by kind."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.ingest import Page
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.ref import ObjectRef

_Key = tuple[str, str]

_BEATS = re.compile(
    rb'"resourceVersion":"[^"]*"'
    rb'|"(?:time|lastHeartbeatTime|lastProbeTime|lastUpdateTime)":"\d{4}-\d\d-\d\dT[\d:.]+Z"'
)
"""What changes in an object of which nothing changes: its version, and when somebody last looked at it."""


class FollowingBuilder(SnapshotBuilder):
    """A builder that can change what it has; Snapshots share what did not change between them."""

    def change(self, ref: ObjectRef, page: Page) -> bool:
        """Put the one object of `page` in the place of what is called `ref`; an empty page removes that.

        Returns:
            Whether it differs in anything but its version and the time of a heartbeat.
        """
        kind = page.kind
        resource = kind.resource
        key = (ref.namespace if kind.namespaced else "", ref.name)
        before, held = self._objects.setdefault(resource, {}).get(key), self._held_document(resource, ref)
        odd = self._forget(kind, key, ref)
        self.add(page)
        self._recount(kind)
        after = self._objects[resource].get(key)
        if odd or page.unreadable or page.hostile or before is None or after is None:
            return not (before is None and after is None and not odd and not page.unreadable)
        return not _alike(before, held, after, self._held_document(resource, ref))

    def replace(self, kind: Kind[KubeObject], pages: tuple[Page, ...], coverage: KindCoverage) -> bool:
        """Take `pages` for all there is of `kind`; whether that or the coverage differs from what was.

        Objects that are as they were stay the very same.
        """
        resource = kind.resource
        old = self._objects.get(resource, {})
        documents = self._documents.get(resource, {})
        rest = self._rest(resource)
        self.restart(kind)
        for page in pages:
            self.add(page)
        self.cover(kind, coverage)
        new = self._objects[resource]
        for key, item in new.items():
            if old.get(key) == item:
                new[key] = old[key]
        return (
            rest != self._rest(resource)
            or new.keys() != old.keys()
            or any(
                item is not old[key]
                and not _alike(
                    old[key], documents.get(item.ref, b""), item, self._held_document(resource, item.ref)
                )
                for key, item in new.items()
            )
        )

    def _rest(self, resource: str) -> tuple[Any, ...]:
        """What is known beside the objects."""
        odd = tuple(sorted(self._unreadable.get(resource, ())))
        return dict(self._hostile.get(resource, {})), odd, self._coverage.get(resource)

    def _held_document(self, resource: str, ref: ObjectRef) -> bytes:
        return self._documents.get(resource, {}).get(ref, b"")

    def _forget(self, kind: Kind[Any], key: _Key, ref: ObjectRef) -> bool:
        """Remove an object; whether it was hostile or could not be decoded."""
        resource = kind.resource
        self._changed(resource)
        self._objects[resource].pop(key, None)
        self._documents.get(resource, {}).pop(ref, None)
        odd = self._hostile.get(resource, {}).pop(ref, None) is not None
        unreadable = self._unreadable.get(resource, [])
        left = [entry for entry in unreadable if entry.ref != ref]
        if len(left) != len(unreadable):
            self._unreadable[resource] = left
            odd = True
        return odd

    def _recount(self, kind: Kind[KubeObject]) -> None:
        self.cover(kind, self._coverage.get(kind.resource, KindCoverage()))


def _alike(before: KubeObject, held: bytes, after: KubeObject, now: bytes) -> bool:
    version = msgspec.structs.replace(before.metadata, resource_version=after.metadata.resource_version)
    if msgspec.structs.replace(before, metadata=version) != after:
        return False
    return held == now or _BEATS.sub(b"", held) == _BEATS.sub(b"", now)
