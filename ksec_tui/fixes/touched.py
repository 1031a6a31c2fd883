"""Which fields of an object a change touches, by their names instead of their positions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import is_index, parse_pointer
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of
from ksec_tui.fixes.strategic import DELETE_SCALARS, PATCH, RETAIN_KEYS

Step = str | tuple[str, str]
"""The name of a field, or the merge key of an item of a list with its value: ``("name", "app")``."""

Path = tuple[Step, ...]
"""From the top of an object to a field; the empty path is the whole of it."""

_GONE = "is removed"
_LONGEST = 160
_END = "-"


def touched(change: Change, document: Any = None) -> tuple[tuple[Path, str], ...]:
    """The fields that `change` sets or removes, each with what becomes of it in words: ``becomes false``.

    A list that the API keeps as one value ends the path. Positions of a JSON patch in lists with a merge key are
    named by means of `document`, the object as it is; without it the path ends at such a list.
    """
    shape = shape_of(change.target.group, change.target.kind) or PLAIN
    match change.type:
        case PatchType.STRATEGIC:
            found = list(_below(change.body, shape, ()))
        case PatchType.JSON:
            found = [
                (_path_of(operation["path"], shape, document), _said(operation))
                for operation in change.body
                if operation["op"] != "test"
            ]
        case PatchType.DELETE:
            found = [((), _GONE)]
        case PatchType.CREATE:
            found = [((), "is new")]
    return tuple(dict.fromkeys(found))


def path_words(path: Path) -> str:
    """``spec.template.spec.containers[name=app].securityContext.privileged``, on one line."""
    said = ""
    for step in path:
        if isinstance(step, tuple):
            said += f"[{step[0]}={step[1]}]"
        else:
            said += f".{step}" if said else step
    return one_line(said, 400)


def _below(body: Any, shape: Shape, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(body, dict):
        if body.get(PATCH) == "delete":
            yield path, _GONE
            return
        plain = {key: value for key, value in body.items() if key not in (PATCH, RETAIN_KEYS)}
        if not plain:
            yield path, _becomes(plain)
        for key, value in plain.items():
            if key.startswith(DELETE_SCALARS):
                yield (*path, key.removeprefix(DELETE_SCALARS)), f"loses {_brief(value)}"
            elif not key.startswith("$"):
                yield from _below(value, shape.of(key), (*path, key))
    elif isinstance(body, list) and shape.key and all(isinstance(item, dict) for item in body):
        for item in body:
            rest = {key: value for key, value in item.items() if key != shape.key}
            yield from _below(rest, shape, (*path, (shape.key, str(item.get(shape.key, "")))))
    else:
        yield path, _GONE if body is None else _becomes(body)


def _path_of(pointer: object, shape: Shape, document: Any) -> Path:
    """The path that a JSON pointer means, as far as it leads through names."""
    try:
        tokens = parse_pointer(str(pointer))
    except PatchError:
        return ()
    path: list[Step] = []
    for token in tokens:
        if isinstance(document, dict):
            path.append(token)
            document, shape = document.get(token), shape.of(token)
        elif isinstance(document, list):
            item = document[int(token)] if is_index(token) and int(token) < len(document) else None
            if not shape.key or not isinstance(item, dict):
                break
            path.append((shape.key, str(item.get(shape.key, ""))))
            document = item
        elif is_index(token) or token == _END:
            break
        else:
            path.append(token)
            shape = shape.of(token)
    return tuple(path)


def _said(operation: dict[str, Any]) -> str:
    if operation["op"] == "remove":
        return _GONE if not is_index(str(operation["path"]).rpartition("/")[2]) else "loses an item"
    value = _brief(operation.get("value"))
    return f"gains {value}" if str(operation["path"]).endswith("/-") else f"becomes {value}"


def _becomes(value: Any) -> str:
    return f"becomes {_brief(value)}"


def _brief(value: Any) -> str:
    return one_line(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str), _LONGEST)
