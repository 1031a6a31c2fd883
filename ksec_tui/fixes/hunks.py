"""The pieces of a staged fix that can be accepted and refused one by one: its changes, and the fields of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of
from ksec_tui.fixes.plan import FixPlan, Staged

LONGEST = 100
"""Characters shown of one value."""

Path = tuple[str, ...]
"""Keys of the patch's body; items of lists as `[name=app]`; of a JSON patch, the operation's place in it."""


class Hunk(msgspec.Struct, frozen=True):
    """One piece: a change of one object, or one field of it.

    Attributes:
        fingerprint: of the finding whose fix it belongs to.
        target: the object.
        index: which of the fix's changes it is, or is of.
        path: which field; empty for the whole change.
        words: what it does, on one line.
    """

    fingerprint: str
    target: ObjectRef
    index: int
    path: Path
    words: str

    @property
    def key(self) -> str:
        """By which it is known."""
        return "|".join((self.fingerprint, str(self.index), *self.path))


def hunks(item: Staged) -> tuple[Hunk, ...]:
    """One piece for each change of a staged fix, in their order; none for what only a human can do."""
    return tuple(
        Hunk(item.fingerprint, change.target, index, (), _said(change))
        for index, change in enumerate(item.fix.changes)
    )


def split(item: Staged, hunk: Hunk) -> tuple[Hunk, ...]:
    """The pieces of a piece: the fields that its patch sets; itself alone when it cannot be divided."""
    if hunk.path:
        return (hunk,)
    change = item.fix.changes[hunk.index]
    found = [Hunk(hunk.fingerprint, hunk.target, hunk.index, path, words) for path, words in _fields(change)]
    return tuple(found) if len(found) > 1 else (hunk,)


def change_of(item: Staged, hunk: Hunk) -> Change:
    """What one piece does, alone."""
    change = item.fix.changes[hunk.index]
    if not hunk.path:
        return change
    every = {path for path, _ in _fields(change)}
    return _without(change, every - {hunk.path})


def refuse(plan: FixPlan, refused: tuple[Hunk, ...]) -> FixPlan:
    """The plan without some pieces; a fix of which nothing is left goes."""
    by_fix: dict[str, list[Hunk]] = {}
    for hunk in refused:
        by_fix.setdefault(hunk.fingerprint, []).append(hunk)
    for fingerprint, gone in by_fix.items():
        item = plan.of(fingerprint)
        if item is None:
            continue
        changes = []
        for index, change in enumerate(item.fix.changes):
            paths = {hunk.path for hunk in gone if hunk.index == index}
            if () not in paths:
                changes.append(_without(change, paths) if paths else change)
        left = tuple(change for change in changes if change.body or change.type is PatchType.DELETE)
        plan = plan.stage_many([with_changes(item, left)]) if left else plan.unstage(fingerprint)
    return plan


def with_changes(item: Staged, changes: tuple[Change, ...]) -> Staged:
    """A staged fix that a human has changed: it does `changes`."""
    fix = msgspec.structs.replace(item.fix, changes=changes)
    return msgspec.structs.replace(item, fix=fix, edited=True)


def _said(change: Change) -> str:
    fields = [words for _, words in _fields(msgspec.structs.replace(change, cuts=()))]
    if change.type is PatchType.CREATE:
        return f"create {change.target}"
    if change.type is PatchType.DELETE:
        return f"delete {change.target}"
    first = fields[0] if fields else "nothing"
    return f"{first} (+{len(fields) - 1} more)" if len(fields) > 1 else first


def _fields(change: Change) -> list[tuple[Path, str]]:
    """The fields that a patch sets, each with what it does to it; none for what is no patch."""
    body = change.body
    if change.type is PatchType.CREATE or change.type is PatchType.DELETE:
        return []
    if isinstance(body, dict):
        return [(path, _words(path, value)) for path, value in _leaves(body, _shape(change), ())]
    if not isinstance(body, list) or change.cuts:
        # What takes rights out of a role is one piece: its positions hang together.
        return []
    return [
        ((str(place),), _operation(operation))
        for place, operation in enumerate(body)
        if operation.get("op") != "test"
    ]


def _shape(change: Change) -> Shape:
    if change.type is not PatchType.STRATEGIC:
        return PLAIN
    return shape_of(change.target.group, change.target.kind) or PLAIN


def _leaves(value: dict[str, Any], shape: Shape, path: Path) -> Iterator[tuple[Path, Any]]:
    for key, found in value.items():
        below, here = shape.of(key), (*path, key)
        if isinstance(found, dict) and found and not _directive(found):
            yield from _leaves(found, below, here)
        elif below.key and isinstance(found, list) and all(_named(item, below.key) for item in found):
            for item in found:
                name = f"[{below.key}={item[below.key]}]"
                rest = {inner: other for inner, other in item.items() if inner != below.key}
                if not rest or _directive(item):
                    yield (*here, name), rest
                else:
                    yield from _leaves(rest, below, (*here, name))
        else:
            yield here, found


def _directive(value: dict[str, Any]) -> bool:
    return any(key.startswith("$") for key in value)


def _named(item: object, key: str) -> bool:
    return isinstance(item, dict) and key in item


def _words(path: Path, value: object) -> str:
    where = one_line("".join(part if part.startswith("[") else f".{part}" for part in path).lstrip("."))
    if value is None:
        return f"{where} is taken out"
    if isinstance(value, dict) and value.get("$patch") == "delete":
        return f"{where} goes"
    return f"{where}: {_brief(value)}"


def _brief(value: object) -> str:
    text = one_line(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _operation(operation: dict[str, Any]) -> str:
    where = one_line(str(operation.get("path", "")))
    if operation.get("op") == "remove":
        return f"{where} goes"
    return f"{operation.get('op')} {where}: {_brief(operation.get('value'))}"


def _without(change: Change, paths: set[Path]) -> Change:
    """`change` without the fields at `paths`; its body is empty when nothing is left."""
    if isinstance(change.body, list):
        body: Any = _fewer(change.body, {int(path[0]) for path in paths})
    else:
        body = _pruned(change.body, _shape(change), (), paths)
    return msgspec.structs.replace(change, body=body, cuts=())


def _pruned(value: dict[str, Any], shape: Shape, path: Path, gone: set[Path]) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, found in value.items():
        below, here = shape.of(key), (*path, key)
        if here in gone:
            continue
        if isinstance(found, dict) and found and not _directive(found):
            if inner := _pruned(found, below, here, gone):
                left[key] = inner
        elif below.key and isinstance(found, list) and all(_named(item, below.key) for item in found):
            if items := list(_items(found, below, here, gone)):
                left[key] = items
        else:
            left[key] = found
    return left


def _items(items: list[Any], shape: Shape, path: Path, gone: set[Path]) -> Iterator[dict[str, Any]]:
    for item in items:
        here = (*path, f"[{shape.key}={item[shape.key]}]")
        if here in gone:
            continue
        rest = {key: value for key, value in item.items() if key != shape.key}
        if not rest or _directive(item):
            yield item
        elif inner := _pruned(rest, shape, here, gone):
            yield {shape.key: item[shape.key], **inner}


def _fewer(operations: list[dict[str, Any]], gone: set[int]) -> list[dict[str, Any]]:
    """A JSON patch without some operations; its tests stay as long as anything is left that they guard."""
    left = [operation for place, operation in enumerate(operations) if place not in gone]
    return left if any(operation.get("op") != "test" for operation in left) else []
