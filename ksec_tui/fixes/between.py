"""One patch for all that lies between two states of an object."""

from __future__ import annotations

from typing import Any

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.merge_keys import Shape, shape_of
from ksec_tui.fixes.rollback import reverse_patch

_ABSENT = object()


def change_between(target: ObjectRef, before: Document, after: Document) -> Change | None:
    """A patch that makes `after` of `before`: strategic where one can say it, else a JSON patch with its tests.

    Returns:
        None when both are equal.

    Raises:
        PatchError: a value that the patch needs was withheld.
    """
    if equal(before, after):
        return None
    shape = shape_of(target.group, target.kind)
    if shape is not None:
        change = Change(target, PatchType.STRATEGIC, _merge(before, after, shape))
        try:
            if equal(apply(before, change), after):
                return change
        except PatchError:
            pass  # such a patch cannot say it; the other form is proven below
    operations = reverse_patch(after, before)
    if operations is None:
        raise PatchError(f"a patch of {target} would carry a value that was withheld")
    return Change(target, PatchType.JSON, operations)


def _merge(before: dict[str, Any], after: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The strategic merge patch, by the merge keys of the API; it may be wrong where items changed their key."""
    patch: dict[str, Any] = dict.fromkeys(key for key in before if key not in after)
    for key, new in after.items():
        old = before.get(key, _ABSENT)
        if equal(old, new):
            continue
        below = shape.of(key)
        if isinstance(old, dict) and isinstance(new, dict):
            patch[key] = _merge(old, new, below)
        elif below.key and isinstance(old, list) and isinstance(new, list):
            patch[key] = _items(old, new, below)
        else:
            patch[key] = new
    return patch


def _items(before: list[Any], after: list[Any], shape: Shape) -> list[dict[str, Any]]:
    old = {item.get(shape.key): item for item in before if isinstance(item, dict)}
    new = {item.get(shape.key): item for item in after if isinstance(item, dict)}
    gone = [{shape.key: name, "$patch": "delete"} for name in old if name not in new]
    changed = [
        {shape.key: name, **_merge(old.get(name, {}), item, shape)}
        for name, item in new.items()
        if not equal(old.get(name, _ABSENT), item)
    ]
    return [*gone, *changed]
