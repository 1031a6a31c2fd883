"""One patch for each object: two of them in a row would replace its pods twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import carries_altered_text
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.json_values import equal, parse_pointer
from ksec_tui.fixes.plan import Merged
from ksec_tui.fixes.rollback import Operation, reverse_patch

Documents = Mapping[ObjectRef, Document | None]


def folded(merged: Sequence[Merged], before: Documents, after: Documents) -> tuple[Merged, ...]:
    """`merged` with one JSON patch for each object that has a JSON patch and a strategic one.

    What the strategic patch does is written as operations on the object as it was read, behind tests of the
    names and lists that they touch. Both patches stay where that would carry text that was withheld.

    Args:
        merged: the changes of a plan, in their order.
        before: each touched object as it was.
        after: the same as it would be.
    """
    strategic = {item.change.target: item for item in merged if item.change.type is PatchType.STRATEGIC}
    result: list[Merged] = []
    gone: set[ObjectRef] = set()
    for item in merged:
        target = item.change.target
        if item.change.type is PatchType.STRATEGIC and target in gone:
            continue
        one = None
        if item.change.type is PatchType.JSON and target in strategic:
            one = _one(item, strategic[target], before.get(target), after.get(target))
        if one is not None:
            gone.add(target)
        result.append(one or item)
    return tuple(result)


def _one(first: Merged, second: Merged, before: Document | None, after: Document | None) -> Merged | None:
    """The JSON patch `first` with what the strategic patch `second` does; None when it cannot be written."""
    if before is None or after is None:
        return None
    try:
        between = apply(before, first.change)
    except PatchError:
        return None
    more = reverse_patch(after, between) if between is not None else None
    if more is None:
        return None
    operations = [*first.change.body, *_guarded(more, between)]
    if carries_altered_text(operations) or not equal(json_patch(before, operations), after):
        return None
    notes = tuple(dict.fromkeys((*first.change.notes, *second.change.notes)))
    change = Change(first.change.target, PatchType.JSON, operations, notes=notes)
    staged = {item.fingerprint: item for item in (*first.staged, *second.staged)}
    return Merged(change, tuple(staged.values()))


def _guarded(operations: list[Operation], document: object) -> list[Operation]:
    """`operations` behind tests of the lists that they replace whole."""
    tests = [
        {"op": "test", "path": item["path"], "value": held}
        for item in operations
        if item["op"] == "replace" and isinstance(held := _at(document, item["path"]), list)
    ]
    return [*tests, *operations]


def _at(document: object, path: str) -> Any:
    here: Any = document
    for part in parse_pointer(path):
        here = here[int(part)] if isinstance(here, list) else here[part]
    return here
