"""The way back: a JSON patch that turns an object after a change into what it was before."""

from __future__ import annotations

from typing import Any

from ksec_tui.cluster.ingest import Document
from ksec_tui.fixes.guards import carries_altered_text
from ksec_tui.fixes.json_values import equal, pointer

Operation = dict[str, Any]

_SERVER_FIELDS = (
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

_OLD_NAME = "serviceAccount"


def reverse_patch(before: Document, after: Document) -> list[Operation] | None:
    """Operations that lead from `after` back to `before`; None when a value that they need was withheld.

    Items of lists are named by position, each guarded by a test of its name. A list whose length changed
    is put back whole, and so is what the change emptied.
    """
    operations: list[Operation] = []
    _differences(before, after, (), operations)
    if any(carries_altered_text(operation.get("value")) for operation in operations):
        return None
    tests = [operation for operation in operations if operation["op"] == "test"]
    return [*tests, *(operation for operation in operations if operation["op"] != "test")]


def recreation(before: Document) -> Document | None:
    """A deleted object as it can be created anew; None when a value of it was withheld."""
    meta = before.get("metadata")
    if not isinstance(meta, dict) or before.get("kind") in ("Secret", "ConfigMap"):
        return None
    annotations = meta.get("annotations")
    kept = {key: value for key, value in meta.items() if key not in _SERVER_FIELDS}
    if isinstance(annotations, dict):
        kept["annotations"] = {
            key: value
            for key, value in annotations.items()
            if key != "kubectl.kubernetes.io/last-applied-configuration"
        }
    document = {key: value for key, value in before.items() if key not in ("metadata", "status")}
    whole = {"apiVersion": document.pop("apiVersion"), "kind": document.pop("kind"), "metadata": kept}
    whole.update(document)
    return None if carries_altered_text(whole) else whole


def _differences(before: Any, after: Any, path: tuple[str | int, ...], found: list[Operation]) -> None:
    if equal(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and after:
        for key in sorted(before.keys() | after.keys()):
            place = (*path, key)
            if key not in before:
                found += _removal(place, {*before, *after})
            elif key not in after:
                found.append({"op": "add", "path": pointer(place), "value": before[key]})
            else:
                _differences(before[key], after[key], place, found)
    elif isinstance(before, list) and isinstance(after, list) and _same_items(before, after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            if not equal(old, new):
                name = new.get("name")
                if isinstance(name, str):
                    found.append({"op": "test", "path": pointer((*path, index, "name")), "value": name})
                _differences(old, new, (*path, index), found)
    elif isinstance(after, dict | list) and not after and path and isinstance(path[-1], str):
        # Servers leave out most maps and lists that are empty: only what adds them works with and without.
        found.append({"op": "add", "path": pointer(path), "value": before})
    else:
        found.append({"op": "replace", "path": pointer(path), "value": before})


def _removal(place: tuple[str | int, ...], known: set[str]) -> list[Operation]:
    """What takes a field away.

    Servers keep `serviceAccount`, the old name of `serviceAccountName`, equal to it, and read the value back
    from there when only the new name goes (core/v1 conversion of PodSpec).
    """
    gone = {"op": "remove", "path": pointer(place)}
    if place[-1] != "serviceAccountName" or _OLD_NAME in known:
        return [gone]
    old = pointer((*place[:-1], _OLD_NAME))
    return [{"op": "add", "path": old, "value": ""}, gone, {"op": "remove", "path": old}]


def _same_items(before: list[Any], after: list[Any]) -> bool:
    """Whether both lists hold mappings of the same names in the same places."""
    return len(before) == len(after) and all(
        isinstance(old, dict) and isinstance(new, dict) and old.get("name") == new.get("name")
        for old, new in zip(before, after, strict=True)
    )
