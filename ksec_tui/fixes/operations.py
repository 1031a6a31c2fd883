"""Makes one JSON patch of several for the same object."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ksec_tui.fixes.clash import Clash, brief
from ksec_tui.fixes.json_values import equal, is_index, parse_pointer

Operation = dict[str, Any]


def combine_operations(lists: Sequence[list[Operation]]) -> list[Operation]:
    """The operations of several JSON patches, written for the same object, as one.

    All tests come first, then what moves nothing in their own order, then removals from lists, the
    highest position first. What every list says is said once.

    Raises:
        Clash: two lists change the same place, or one cannot be combined with any other.
    """
    distinct: list[list[Operation]] = []
    for operations in lists:
        if not any(equal(operations, other) for other in distinct):
            distinct.append(operations)
    if len(distinct) == 1:
        return distinct[0]
    for operations in distinct:
        _check_movable(operations)
    for index, left in enumerate(distinct):
        for right in distinct[index + 1 :]:
            _check_apart(left, right)
    asked = [item for operations in distinct for item in operations]
    every: list[Operation] = []
    for operation in asked:
        appends = operation["path"].endswith("/-")
        known = any(equal(operation, other) for other in every)
        if appends or not (known or any(_covers(other, operation) for other in asked)):
            every.append(operation)
    tests = [item for item in every if item["op"] == "test"]
    removals = [item for item in every if _removes_position(item)]
    others = [item for item in every if item["op"] != "test" and not _removes_position(item)]
    removals.sort(key=lambda item: _order(item["path"]), reverse=True)
    return [*tests, *others, *removals]


def _order(path: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(token), "") if is_index(token) else (-1, token) for token in parse_pointer(path))


def _removes_position(operation: Operation) -> bool:
    return operation["op"] == "remove" and is_index(parse_pointer(operation["path"])[-1])


def _check_movable(operations: list[Operation]) -> None:
    """Whether every path means the object as it was before the first operation."""
    shifts: list[tuple[str, ...]] = []
    changed: list[tuple[str, ...]] = []
    for operation in operations:
        path = parse_pointer(operation["path"])
        inserts = operation["op"] == "add" and path[-1:] and is_index(path[-1])
        bound = operation["op"] in ("move", "copy") or inserts or not path
        shifted = any(_shifted(path, place) for place in shifts)
        retested = operation["op"] == "test" and any(_overlap(path, place) for place in changed)
        if bound or shifted or retested:
            raise Clash(operation["path"], "operations whose order matters", "another patch of the object")
        if _removes_position(operation):
            shifts.append(path)
        if operation["op"] != "test":
            changed.append(path)


def _shifted(path: tuple[str, ...], removed: tuple[str, ...]) -> bool:
    """Whether `path` means another item once the list item at `removed` is gone."""
    depth = len(removed) - 1
    if len(path) <= depth or path[:depth] != removed[:depth] or not is_index(path[depth]):
        return False
    return int(path[depth]) >= int(removed[depth])


def _check_apart(left: list[Operation], right: list[Operation]) -> None:
    """Whether two lists change different places; what both do alike is no matter."""
    ours = [one for one in left if one["op"] != "test" and not any(equal(one, other) for other in right)]
    theirs = [one for one in right if one["op"] != "test" and not any(equal(one, other) for other in left)]
    for one, other in itertools.product(ours, theirs):
        both_append = one["path"] == other["path"] and one["path"].endswith("/-")
        apart = not _overlap(parse_pointer(one["path"]), parse_pointer(other["path"]))
        if not (both_append or apart or _covers(one, other) or _covers(other, one)):
            raise Clash(one["path"], _said(one), _said(other))


def _covers(one: Operation, other: Operation) -> bool:
    """Whether `one` does all that `other` does, which changes something below the same place."""
    path, below = parse_pointer(one["path"]), parse_pointer(other["path"])
    if one["op"] == "test" or other["op"] == "test" or len(below) <= len(path) or below[: len(path)] != path:
        return False
    if one["op"] == "remove":
        return bool(other["op"] == "remove")
    here: object = one["value"]
    *parents, last = below[len(path) :]
    for part in parents:
        if isinstance(here, list) and is_index(part) and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, dict) and part in here:
            here = here[part]
        else:
            return False
    if other["op"] == "remove":
        return isinstance(here, dict) and last not in here
    return isinstance(here, dict) and last in here and equal(here[last], other.get("value"))


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _said(operation: Operation) -> str:
    value = f" {brief(operation['value'])}" if "value" in operation else ""
    return f"{operation['op']}{value}"
