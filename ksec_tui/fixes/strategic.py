"""Strategic merge patch, as apimachinery's pkg/util/strategicpatch applies it."""

from __future__ import annotations

import copy
from typing import Any

from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.merge_keys import Shape

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
ELEMENT_ORDER = "$setElementOrder/"
DELETE_SCALARS = "$deleteFromPrimitiveList/"

Map = dict[str, Any]


def strategic_merge(document: Map, patch: Map, shape: Shape) -> Map:
    """Apply `patch` to `document`, whose lists merge as `shape` says; the inputs are not changed.

    Raises:
        PatchError: a directive is malformed, or an item of a merged list lacks its key.
    """
    return _merge_map(copy.deepcopy(document), copy.deepcopy(patch), shape)


def _merge_map(original: Map, patch: Map, shape: Shape) -> Map:
    if PATCH in patch:
        return _map_directive(patch)
    _retain_keys(original, patch)
    _ordered_lists(original, patch, shape)
    for raw_key, value in patch.items():
        deleting = raw_key.startswith(DELETE_SCALARS)
        key = raw_key.removeprefix(DELETE_SCALARS)
        if deleting:
            if isinstance(original.get(key), list):
                original[key] = [item for item in original[key] if not _within(item, _list(value, raw_key))]
        elif value is None:
            original.pop(key, None)
        elif isinstance(value, dict) and isinstance(original.get(key), dict):
            below = shape.of(key)
            original[key] = value if below.replace else _merge_map(original[key], value, below)
        elif isinstance(value, list) and isinstance(original.get(key), list):
            original[key] = _merge_list(original[key], value, shape.of(key), key)
        else:
            _take(original, key, value)
    return original


def _map_directive(patch: Map) -> Map:
    directive = patch.pop(PATCH)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    raise PatchError(f"{PATCH}: {directive} is no directive for a mapping")


def _take(original: Map, key: str, value: Any) -> None:
    """Set a field that the original lacks or has as another type: what a directive marks stays away."""
    kept, kept_value = _without_directives(value)
    if kept:
        original[key] = kept_value
    else:
        original.pop(key, None)


def _without_directives(value: Any) -> tuple[bool, Any]:
    if isinstance(value, dict):
        if PATCH in value:
            return False, None
        pairs = ((key, *_without_directives(item)) for key, item in value.items() if item is not None)
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


def _ordered_lists(original: Map, patch: Map, shape: Shape) -> None:
    """Merge the lists for which the patch gives the order of elements."""
    for directive in [key for key in patch if key.startswith(ELEMENT_ORDER)]:
        order = _list(patch.pop(directive), directive)
        key = directive.removeprefix(ELEMENT_ORDER)
        below = shape.of(key)
        given = _list(patch.pop(key), key) if patch.get(key) is not None else None
        live = original.get(key)
        _check_order(given or [], order, below.key, key)
        if live is None and given is None:
            continue
        if live is None:
            merged = _without_directives(given)[1]
        else:
            merged = live if given is None else _merge_list(live, given, below, key)
        original[key] = _arrange(merged, order, live or [], below.key)


def _check_order(items: list[Any], order: list[Any], merge_key: str, name: str) -> None:
    """Every item of the patch's list must be in the order, in the same relative order."""
    places = []
    for item in items:
        if isinstance(item, dict) and PATCH in item:
            continue
        place = _place(item, order, merge_key)
        if place is None:
            raise PatchError(f"{ELEMENT_ORDER}{name} does not name every item of {name}")
        places.append(place)
    if places != sorted(places):
        raise PatchError(f"{ELEMENT_ORDER}{name} has another order than {name}")


def _merge_list(original: list[Any], patch: list[Any], shape: Shape, name: str) -> list[Any]:
    if not shape.key and not shape.union:
        return patch
    if not original and not patch:
        return original
    if shape.union:
        return _arrange(_distinct([*original, *patch]), patch, original, "")
    original, patch = _item_directives(original, patch, shape.key, name)
    merged = list(original)
    for item in patch:
        place = _place(_keyed(item, shape.key, name), merged, shape.key)
        if place is None:
            merged.append(_without_nulls(item))
        else:
            merged[place] = _merge_map(merged[place], item, shape)
    return _arrange(merged, patch, original, shape.key)


def _item_directives(
    original: list[Any], patch: list[Any], merge_key: str, name: str
) -> tuple[list[Any], list[Any]]:
    """Carry out ``$patch`` in items; what remains of both lists."""
    rest: list[Any] = []
    replace = False
    for item in patch:
        directive = item.get(PATCH) if isinstance(item, dict) else None
        if directive == "replace":
            replace = True
        elif directive == "delete":
            gone = _keyed(item, merge_key, name)
            original = [other for other in original if not _matches(other, gone, merge_key)]
        elif directive is not None:
            raise PatchError(f"{PATCH}: {directive} is no directive for an item of {name}")
        else:
            rest.append(item)
    return (rest, []) if replace else (original, rest)


def _arrange(merged: list[Any], order: list[Any], live: list[Any], merge_key: str) -> list[Any]:
    """Items that `order` names in that order, the others in that of `live`, interleaved as in `live`."""
    named = [(place, item) for item in merged if (place := _place(item, order, merge_key)) is not None]
    right = [item for _, item in sorted(named, key=lambda pair: pair[0])]
    left = [item for item in merged if _place(item, order, merge_key) is None]
    left.sort(key=lambda item: _rank(item, live, merge_key))
    result: list[Any] = []
    while left and right:
        one, other = _place(left[0], live, merge_key), _place(right[0], live, merge_key)
        before = one is not None and other is not None and one < other
        result.append(left.pop(0) if before else right.pop(0))
    return [*result, *left, *right]


def _rank(item: Any, live: list[Any], merge_key: str) -> int:
    place = _place(item, live, merge_key)
    return len(live) if place is None else place


def _place(item: Any, items: list[Any], merge_key: str) -> int | None:
    return next((index for index, other in enumerate(items) if _matches(other, item, merge_key)), None)


def _matches(item: Any, wanted: Any, merge_key: str) -> bool:
    if not merge_key:
        return equal(item, wanted)
    if not isinstance(item, dict) or not isinstance(wanted, dict) or merge_key not in item:
        return False
    return merge_key in wanted and equal(item[merge_key], wanted[merge_key])


def _keyed(item: Any, merge_key: str, name: str) -> Map:
    if not isinstance(item, dict) or merge_key not in item:
        raise PatchError(f"an item of {name} lacks its {merge_key}")
    return item


def _within(item: Any, items: list[Any]) -> bool:
    return any(equal(item, other) for other in items)


def _distinct(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if not _within(item, result):
            result.append(item)
    return result


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise PatchError(f"{name} is not a list")
    return value
