"""Makes one change of several to the same object, or says where they clash."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.json_values import equal, is_index, parse_pointer, pointer
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of
from ksec_tui.fixes.rules import combined
from ksec_tui.fixes.strategic import DELETE_SCALARS, PATCH, RETAIN_KEYS

Operation = dict[str, Any]


class Clash(Exception):  # noqa: N818 - a finding about two changes, not a fault
    """Two changes want different things at one path."""

    def __init__(self, path: str, *values: object) -> None:
        super().__init__(path)
        self.path = path
        self.values = tuple(_brief(value) for value in values)


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:79]}…"


def combine(changes: Sequence[Change]) -> Change:
    """One change that does what all of `changes`, of one target and type, do.

    Raises:
        Clash: they do not go together.
    """
    first, *rest = changes
    match first.type:
        case PatchType.DELETE:
            return first
        case PatchType.JSON if all(change.cuts for change in changes):
            return combined(changes)
        case PatchType.JSON:
            body: Any = combine_operations([change.body for change in changes])
        case PatchType.CREATE:
            body = first.body
            for other in rest:
                body = _one_new(body, other.body)
        case PatchType.STRATEGIC:
            shape = shape_of(first.target.group, first.target.kind) or PLAIN
            body = first.body
            for other in rest:
                body = _merge(body, other.body, shape, ())
    notes = tuple(dict.fromkeys(note for change in changes for note in change.notes))
    return Change(first.target, first.type, body, notes=notes)


def _one_new(left: Any, right: Any) -> Any:
    """One new object for two: equal ones, or NetworkPolicies of equal pods, whose rules only ever add up.

    Raises:
        Clash: they are two different objects.
    """
    if equal(left, right):
        return left
    if left.get("kind") == right.get("kind") == "NetworkPolicy":
        for rules in ("ingress", "egress"):
            one, other = left["spec"].get(rules), right["spec"].get(rules)
            if one and other:
                joined = [*one, *(rule for rule in other if rule not in one)]
                joined.sort(key=lambda rule: "ports" in rule)
                if equal(_with_rules(left, rules, joined), _with_rules(right, rules, joined)):
                    return _with_rules(left, rules, joined)
    raise Clash("", "one new object", "another new object of that name")


def _with_rules(policy: Any, name: str, rules: list[Any]) -> Any:
    return {**policy, "spec": {**policy["spec"], name: rules}}


def check_types(one: Change, other: Change) -> None:
    """Raise Clash when two changes to one object cannot be in the same plan whatever they hold."""
    types = {one.type, other.type}
    if len(types) > 1 and types & {PatchType.CREATE, PatchType.DELETE}:
        raise Clash("", *sorted(kind.value for kind in types))


def _merge(left: Any, right: Any, shape: Shape, path: tuple[str, ...]) -> Any:
    if equal(left, right):
        return left
    if isinstance(left, dict) and isinstance(right, dict):
        return _merge_maps(left, right, shape, path)
    if isinstance(left, list) and isinstance(right, list):
        if shape.union:
            return [*left, *(item for item in right if item not in left)]
        if shape.key:
            return _merge_items(left, right, shape, path)
        if path[-2:] == ("capabilities", "drop"):
            # Both take rights away: what either drops goes.
            return (
                ["ALL"]
                if "ALL" in (*left, *right)
                else [*left, *(name for name in right if name not in left)]
            )
    raise Clash(pointer(path), left, right)


def _merge_maps(
    left: dict[str, Any], right: dict[str, Any], shape: Shape, path: tuple[str, ...]
) -> dict[str, Any]:
    if shape.replace or {PATCH, RETAIN_KEYS} & (left.keys() | right.keys()):
        raise Clash(pointer(path), left, right)
    result = dict(left)
    for key, value in right.items():
        if key not in result:
            result[key] = value
        elif key.startswith(DELETE_SCALARS):
            result[key] = [*result[key], *(item for item in value if item not in result[key])]
        else:
            result[key] = _merge(result[key], value, shape.of(key), (*path, key))
    return result


def _merge_items(left: list[Any], right: list[Any], shape: Shape, path: tuple[str, ...]) -> list[Any]:
    result = list(left)
    for item in right:
        name = item.get(shape.key)
        place = next((i for i, other in enumerate(result) if equal(other.get(shape.key), name)), None)
        if place is None:
            result.append(item)
        else:
            result[place] = _merge(result[place], item, shape, (*path, f"{shape.key}={name}"))
    return result


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
    every: list[Operation] = []
    for operation in (item for operations in distinct for item in operations):
        if operation["path"].endswith("/-") or not any(equal(operation, other) for other in every):
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
        if not both_append and _overlap(parse_pointer(one["path"]), parse_pointer(other["path"])):
            raise Clash(one["path"], _said(one), _said(other))


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _said(operation: Operation) -> str:
    value = f" {_brief(operation['value'])}" if "value" in operation else ""
    return f"{operation['op']}{value}"
