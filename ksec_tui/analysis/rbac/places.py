"""Where a right holds: in the whole cluster or one namespace, for every object or for those of some names."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A namespace (None for the whole cluster) and the names of the objects there; no names mean all."""

    namespace: str | None = None
    names: tuple[str, ...] = ()


def merged(places: Iterable[Place]) -> tuple[Place, ...]:
    """The same without what another of them includes, the whole cluster first, then by namespace."""
    every: dict[str | None, set[str] | None] = {}
    for place in places:
        if not place.names:
            every[place.namespace] = None
            continue
        known = every.setdefault(place.namespace, set())
        if known is not None:
            known.update(place.names)
    found: list[Place] = []
    for namespace in sorted(every, key=lambda item: (item is not None, item or "")):
        names = every[namespace]
        own = Place(namespace, () if names is None else tuple(sorted(names)))
        found += [own] if namespace is None else without((own,), found[:1] if None in every else ())
    return tuple(found)


def without(places: Iterable[Place], others: Iterable[Place]) -> tuple[Place, ...]:
    """What of `places` none of `others` includes."""
    given = tuple(others)
    found = []
    for place in places:
        over = [other for other in given if other.namespace in (None, place.namespace)]
        if any(not other.names for other in over):
            continue
        if not place.names:
            found.append(place)
            continue
        left = tuple(name for name in place.names if not any(name in other.names for other in over))
        if left:
            found.append(Place(place.namespace, left))
    return tuple(found)
