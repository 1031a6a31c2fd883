"""What a change does to the fields of an object, one line for each: where, from what, to what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of

LONGEST = 160
"""Characters shown of one value."""

_ABSENT = object()


class FieldChange(msgspec.Struct, frozen=True):
    """One field that differs.

    Attributes:
        path: ``spec.template.spec.containers[app].securityContext.privileged``; items of lists that have a key
            are named by it, others by their position.
        before: the value as JSON on one line, cut; ``unset`` when there was none.
        after: the same of what it becomes.
    """

    path: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """``hostPID: true -> unset``."""
        return f"{self.path}: {self.before} -> {self.after}"


def field_changes(target: ObjectRef, before: Document, after: Document) -> tuple[FieldChange, ...]:
    """Every field in which `after` differs from `before`, in the order of their paths.

    Lists without a key tell which items go and which come.
    """
    shape = shape_of(target.group, target.kind) or PLAIN
    return tuple(
        FieldChange(one_line(path), _said(old), _said(new))
        for path, old, new in _differences(before, after, shape, "")
    )


def _said(value: object) -> str:
    if value is _ABSENT:
        return "unset"
    text = one_line(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _differences(old: Any, new: Any, shape: Shape, path: str) -> Iterator[tuple[str, Any, Any]]:
    if old is not _ABSENT and new is not _ABSENT and equal(old, new):
        return
    was, now = ({} if value is _ABSENT else value for value in (old, new))
    if isinstance(was, dict) and isinstance(now, dict) and (was or now):
        yield from _in_mapping(was, now, shape, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_list(old, new, shape, path)
    else:
        yield path, old, new


def _in_mapping(
    old: dict[str, Any], new: dict[str, Any], shape: Shape, path: str
) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(old.keys() | new.keys()):
        place = f"{path}.{_key(key)}".lstrip(".")
        yield from _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), shape.of(key), place)


def _key(key: str) -> str:
    """A key that holds a dot or a bracket stands in quotes, so that no path reads as another."""
    return json.dumps(key, ensure_ascii=False) if set(key) & set('."[] ') else key


def _in_list(old: list[Any], new: list[Any], shape: Shape, path: str) -> Iterator[tuple[str, Any, Any]]:
    was, now = _by_key(old, shape.key), _by_key(new, shape.key)
    if was is not None and now is not None:
        for name in dict.fromkeys((*was, *now)):
            yield from _item(was.get(name, _ABSENT), now.get(name, _ABSENT), shape, f"{path}[{name}]")
    elif len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _differences(left, right, PLAIN, f"{path}[{index}]")
    else:
        left_over = list(new)
        for index, item in enumerate(old):
            match = next((place for place, other in enumerate(left_over) if equal(item, other)), None)
            if match is None:
                yield f"{path}[{index}]", item, _ABSENT
            else:
                left_over.pop(match)
        for item in left_over:
            yield f"{path}[+]", _ABSENT, item


def _item(old: Any, new: Any, shape: Shape, path: str) -> Iterator[tuple[str, Any, Any]]:
    """An item that comes or goes is told whole."""
    if old is _ABSENT or new is _ABSENT:
        yield path, old, new
    else:
        yield from _differences(old, new, shape, path)


def _by_key(items: list[Any], key: str) -> dict[str, Any] | None:
    """Items by their merge key; None when they have none or share one."""
    if not key or not all(isinstance(item, dict) and key in item for item in items):
        return None
    found = {str(item[key]): item for item in items}
    return found if len(found) == len(items) else None
