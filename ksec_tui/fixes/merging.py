"""Makes one change of several to the same object, or says where they clash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.clash import Clash
from ksec_tui.fixes.json_values import equal, pointer
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of
from ksec_tui.fixes.operations import combine_operations
from ksec_tui.fixes.rules import combined, combined_new
from ksec_tui.fixes.strategic import DELETE_SCALARS, PATCH, RETAIN_KEYS

_DELETED = {PATCH: "delete"}


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
        case PatchType.CREATE if all(change.cuts for change in changes):
            return combined_new(changes)
        case PatchType.JSON:
            body: Any = combine_operations([change.body for change in changes])
        case PatchType.CREATE:
            body = first.body
            for other in rest:
                body = _one_new(body, other.body)
            # What was said of a body that gave way to a stricter one does not hold for it.
            changes = [change for change in changes if equal(change.body, body)] or changes
        case PatchType.STRATEGIC:
            shape = shape_of(first.target.group, first.target.kind) or PLAIN
            body = first.body
            for other in rest:
                body = _merge(body, other.body, shape, ())
    notes = tuple(dict.fromkeys(note for change in changes for note in change.notes))
    return Change(first.target, first.type, body, notes=notes)


def _one_new(left: Any, right: Any) -> Any:
    """One new object for two: equal ones, or NetworkPolicies of equal pods.

    Rules that let something through add up. A policy that lets nothing through takes the place of one that lets
    all through but some addresses: whoever wants both wants the stricter, which other policies may open.

    Raises:
        Clash: they are two different objects.
    """
    if equal(left, right):
        return left
    if left.get("kind") == right.get("kind") == "NetworkPolicy":
        for rules in ("ingress", "egress"):
            one, other = left["spec"].get(rules), right["spec"].get(rules)
            bare = equal(_with_rules(left, rules, []), _with_rules(right, rules, []))
            if bare and bool(one) != bool(other) and _all_but(one or other):
                return right if one else left
            if one and other:
                joined = [*one, *(rule for rule in other if rule not in one)]
                joined.sort(key=lambda rule: "ports" in rule)
                if equal(_with_rules(left, rules, joined), _with_rules(right, rules, joined)):
                    return _with_rules(left, rules, joined)
    raise Clash("", "one new object", "another new object of that name")


def _all_but(rules: list[Any]) -> bool:
    """Whether rules let everything through but some addresses."""
    peers = (peer for rule in rules for peer in rule.get("to") or rule.get("from") or ())
    return any((peer.get("ipBlock") or {}).get("except") for peer in peers)


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
    for one, other in ((left, right), (right, left)):
        if (one is None or equal(one, _DELETED)) and _only_removes(other):
            return one
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


def _only_removes(value: Any) -> bool:
    """Whether a patch takes fields away and does nothing else, so that removing the whole does it too."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(item is None or _only_removes(item) for item in value.values())
    )


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
            result[place] = _one_item(result[place], item, shape, (*path, f"{shape.key}={name}"))
    return result


def _one_item(left: Any, right: Any, shape: Shape, path: tuple[str, ...]) -> Any:
    for one, other in ((left, right), (right, left)):
        without_key = {key: value for key, value in other.items() if key != shape.key}
        if one.get(PATCH) == "delete" and _only_removes(without_key):
            return one
    return _merge(left, right, shape, path)
