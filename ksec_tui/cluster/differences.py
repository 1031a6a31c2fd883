"""Where two Snapshots of one source differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.snapshot import Snapshot


def namespaces_differing(before: Snapshot, after: Snapshot, kinds: Iterable[Kind[Any]]) -> frozenset[str]:
    """The namespaces in which some object of these kinds is not the very same: new, gone or read again.

    Where as many have come as have gone, others may be among them.
    """
    found: set[str] = set()
    for kind in kinds:
        old, new = before.of(kind), after.of(kind)
        if old is new:
            continue
        if len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                if one is not other:
                    found.add(one.metadata.namespace)
                    found.add(other.metadata.namespace)
            continue
        known, now = set(map(id, old)), set(map(id, new))
        found.update(item.metadata.namespace for item in old if id(item) not in now)
        found.update(item.metadata.namespace for item in new if id(item) not in known)
    return frozenset(found)


def same(before: Snapshot, after: Snapshot, kinds: Iterable[Kind[Any]]) -> bool:
    """Whether both hold the very same objects of these kinds, read as completely."""
    asked = tuple(kinds)
    return all(before.of(kind) is after.of(kind) for kind in asked) and known_alike(before, after, asked)


def known_alike(before: Snapshot, after: Snapshot, kinds: Iterable[Kind[Any]]) -> bool:
    """Whether both were read as completely, in objects of these kinds; how many there are makes no difference."""
    return before.unreadable == after.unreadable and all(
        msgspec.structs.replace(before.coverage.of(kind), count=0)
        == msgspec.structs.replace(after.coverage.of(kind), count=0)
        for kind in kinds
    )
