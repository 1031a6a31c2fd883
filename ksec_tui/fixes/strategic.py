"""Strategic merge patch, as apimachinery's pkg/util/strategicpatch applies it."""

from __future__ import annotations

from typing import Any

from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal, unshared
from ksec_tui.fixes.merge_keys import Shape
from ksec_tui.fixes.strategic_order import arranged, check_alike, check_order, keyed, place_of, within

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
ELEMENT_ORDER = "$setElementOrder/"
DELETE_SCALARS = "$deleteFromPrimitiveList/"

_CLEAN_SINCE = (1, 28)
"""Since this release directives in a field that the object lacks are left out of it, and a list of scalars to
be deleted deletes whatever the list's strategy is (kubernetes/kubernetes#117568, #110472)."""

Map = dict[str, Any]


def strategic_merge(
    document: Map, patch: Map, shape: Shape, *, release: tuple[int, int] | None = None
) -> Map:
    """Apply `patch` to `document`, whose lists merge as `shape` says; the inputs are not changed.

    Args:
        document: the object.
        patch: a mapping, with or without directives.
        shape: which lists merge.
        release: major and minor version of the Kubernetes that merges; None for today's.

    Raises:
        PatchError: a directive is malformed, or an item of a merged list lacks its key.
    """
    merge = _Merge(leaves_directives=release is not None and release < _CLEAN_SINCE)
    return merge.map(unshared(document), unshared(patch), shape)


class _Merge:
    """The algorithm, as it is since a release or as it was before."""

    def __init__(self, *, leaves_directives: bool) -> None:
        self._leaves_directives = leaves_directives

    def map(self, original: Map, patch: Map, shape: Shape) -> Map:
        if PATCH in patch:
            return _map_directive(patch)
        _retain_keys(original, patch)
        self._ordered_lists(original, patch, shape)
        for key, value in patch.items():
            name = key.removeprefix(DELETE_SCALARS)
            deleting = name != key
            if value is None:
                original.pop(name, None)
            elif isinstance(value, dict) and isinstance(original.get(name), dict) and not deleting:
                below = shape.of(name)
                original[name] = value if below.replace else self.map(original[name], value, below)
            elif isinstance(value, list) and isinstance(original.get(name), list):
                below = shape.of(name)
                original[name] = self._list(original[name], value, below, name, deleting=deleting)
            elif not deleting or self._leaves_directives:
                self._take(original, name, value)
        return original

    def _take(self, original: Map, key: str, value: Any) -> None:
        """Set a field that the original lacks or has as another type: what a directive marks stays away."""
        kept, kept_value = self._taken(value)
        if kept:
            original[key] = kept_value
        else:
            original.pop(key, None)

    def _taken(self, value: Any) -> tuple[bool, Any]:
        value = _without_nulls(value)
        return (True, value) if self._leaves_directives else _without_directives(value)

    def _ordered_lists(self, original: Map, patch: Map, shape: Shape) -> None:
        """Merge the lists for which the patch gives the order of elements."""
        for directive in [key for key in patch if key.startswith(ELEMENT_ORDER)]:
            order = _list(patch.pop(directive), directive)
            name = directive.removeprefix(ELEMENT_ORDER)
            below = shape.of(name)
            live = _list(original[name], name) if name in original else None
            given = _list(patch.pop(name), name) if name in patch else None
            check_order(given or [], order, below.key, name)
            if live is not None and given is not None:
                merged = self._list(live, given, below, name)
            elif given is not None:
                merged = self._taken(given)[1]
            elif live is not None:
                merged = live
            else:
                continue
            check_alike([*(live or []), *(given or [])], name)
            if not live and not given:
                raise PatchError(f"{directive} gives an order to a list that has no items")
            original[name] = arranged(
                merged, order, _as_left(live or [], given or [], below.key), below.key, name
            )

    def _list(
        self, original: list[Any], patch: list[Any], shape: Shape, name: str, *, deleting: bool = False
    ) -> list[Any]:
        merges = bool(shape.key) or shape.union or (deleting and not self._leaves_directives)
        if not merges:
            return [_without_nulls(item) for item in patch]
        if not original and not patch:
            return original
        if not check_alike([*original, *patch], name):
            if deleting:
                return [item for item in original if not within(item, patch)]
            return arranged(_distinct([*original, *patch]), patch, original, shape.key, name)
        if not shape.key:
            raise PatchError(f"items of {name} are mappings without a key by which they could be merged")
        original, patch = _item_directives(original, patch, shape.key, name)
        merged = list(original)
        for item in patch:
            place = place_of(keyed(item, shape.key, name), merged, shape.key)
            if place is None:
                merged.append(_without_nulls(item))
            else:
                merged[place] = self.map(merged[place], item, shape)
        return arranged(merged, patch, original, shape.key, name)


def _as_left(live: list[Any], given: list[Any], merge_key: str) -> list[Any]:
    """The order of the object's list once items were deleted from it and others appended.

    Upstream does both in place: new items stand where the deleted ones made room.
    """
    if not live or not merge_key or any(item.get(PATCH) == "replace" for item in given):
        return live
    gone = [item for item in given if PATCH in item]
    left = [item for item in live if place_of(item, gone, merge_key) is None]
    for item in given:
        if PATCH not in item and place_of(item, left, merge_key) is None:
            left.append(item)
    return left[: len(live)]


def _map_directive(patch: Map) -> Map:
    directive = patch.pop(PATCH)
    if directive == "replace":
        return {key: _without_nulls(value) for key, value in patch.items() if value is not None}
    if directive == "delete":
        return {}
    raise PatchError(f"{PATCH}: {directive} is no directive for a mapping")


def _without_directives(value: Any) -> tuple[bool, Any]:
    if isinstance(value, dict):
        if PATCH in value:
            return False, None
        pairs = ((key, *_without_directives(item)) for key, item in value.items())
        return True, {key: item for key, kept, item in pairs if kept}
    if isinstance(value, list):
        return True, [item for kept, item in map(_without_directives, value) if kept]
    return True, value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _retain_keys(original: Map, patch: Map) -> None:
    if RETAIN_KEYS not in patch:
        return
    kept = _list(patch.pop(RETAIN_KEYS), RETAIN_KEYS)
    for key, value in patch.items():
        if value is not None and not key.startswith((DELETE_SCALARS, ELEMENT_ORDER)) and key not in kept:
            raise PatchError(f"{RETAIN_KEYS} does not name {key}, which the patch sets")
    for key in [key for key in original if key not in kept]:
        del original[key]


def _item_directives(
    original: list[Any], patch: list[Any], merge_key: str, name: str
) -> tuple[list[Any], list[Any]]:
    """Carry out ``$patch`` in items; what remains of both lists."""
    rest: list[Any] = []
    replace = False
    for item in patch:
        directive = item.get(PATCH)
        if PATCH not in item:
            rest.append(item)
        elif directive == "replace":
            replace = True
        elif directive == "delete":
            gone = keyed(item, merge_key, name)[merge_key]
            original = [
                other for other in original if merge_key not in other or not equal(other[merge_key], gone)
            ]
        else:
            raise PatchError(f"{PATCH}: {directive} is no directive for an item of {name}")
    return (rest, []) if replace else (original, rest)


def _distinct(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if not within(item, result):
            result.append(item)
    return result


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise PatchError(f"{name} is not a list")
    return value
