"""In which order the items of a merged list stand, as apimachinery's pkg/util/strategicpatch has it."""

from __future__ import annotations

from typing import Any

from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal

_DIRECTIVE = "$patch"


def arranged(merged: list[Any], order: list[Any], live: list[Any], merge_key: str, name: str) -> list[Any]:
    """Items that `order` names in that order, the others in that of `live`, interleaved as in `live`.

    Raises:
        PatchError: an item of a list of mappings lacks its key.
    """
    if merge_key:
        for item in (*merged, *order, *live):
            keyed(item, merge_key, name)
    right = _settled(
        [item for item in merged if place_of(item, order, merge_key) is not None], order, merge_key
    )
    left = _settled([item for item in merged if place_of(item, order, merge_key) is None], live, merge_key)
    result: list[Any] = []
    while left and right:
        before = _before(left[0], right[0], live, merge_key)
        result.append(left.pop(0) if before else right.pop(0))
    return [*result, *left, *right]


def _settled(items: list[Any], order: list[Any], merge_key: str) -> list[Any]:
    """`items` as in `order`, those to be deleted last; one that `order` lacks moves to the front.

    The insertion sort of Go's sort.SliceStable, since its comparison is no order for items that are lacking.
    """
    gone = [item for item in items if _directive(item) == "delete"]
    result: list[Any] = []
    for item in items:
        if _directive(item) == "delete":
            continue
        place = len(result)
        while place and _before(item, result[place - 1], order, merge_key, otherwise=True):
            place -= 1
        result.insert(place, item)
    return [*result, *gone]


def _before(one: Any, other: Any, order: list[Any], merge_key: str, *, otherwise: bool = False) -> bool:
    """Whether `one` stands before `other` in `order`, or `otherwise` when one of them is not in there."""
    left, right = place_of(one, order, merge_key), place_of(other, order, merge_key)
    return otherwise if left is None or right is None else left < right


def check_order(items: list[Any], order: list[Any], merge_key: str, name: str) -> None:
    """Every item of the patch's list must be in the order, in the same relative order.

    Raises:
        PatchError: it is not.
    """
    if not order or not items:
        return
    wanted = [item for item in items if not (merge_key and _directive(item) == "delete")]
    here = there = 0
    while here < len(wanted) and there < len(order):
        if _directive(wanted[here]) is not None:
            here += 1
            continue
        here += matches(keyed(wanted[here], merge_key, name), keyed(order[there], merge_key, name), merge_key)
        there += 1
    if here < len(wanted):
        raise PatchError(f"$setElementOrder/{name} does not name every item of {name} in its order")


def _directive(item: Any) -> Any:
    return item.get(_DIRECTIVE) if isinstance(item, dict) else None


def check_alike(items: list[Any], name: str) -> bool:
    """Whether the items are mappings.

    Raises:
        PatchError: they are of several types, or lists.
    """
    types = {type(item) for item in items}
    if len(types) > 1 or list in types:
        raise PatchError(f"the items of {name} are not all of one type that can be merged")
    return dict in types


def place_of(item: Any, items: list[Any], merge_key: str) -> int | None:
    """The position of the first of `items` that stands for the same as `item`."""
    return next((index for index, other in enumerate(items) if matches(other, item, merge_key)), None)


def matches(item: Any, wanted: Any, merge_key: str) -> bool:
    """Whether two items have the same key, or are equal where there is none."""
    if not merge_key:
        return equal(item, wanted)
    if not isinstance(item, dict) or not isinstance(wanted, dict) or merge_key not in item:
        return False
    return merge_key in wanted and equal(item[merge_key], wanted[merge_key])


def keyed(item: Any, merge_key: str, name: str) -> Any:
    """The item, which has its key.

    Raises:
        PatchError: it has not.
    """
    if merge_key and (not isinstance(item, dict) or merge_key not in item):
        raise PatchError(f"an item of {name} lacks its {merge_key}")
    return item


def within(item: Any, items: list[Any]) -> bool:
    """Whether a scalar is among others."""
    return any(equal(item, other) for other in items)
