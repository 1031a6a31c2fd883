"""JSON Patch (RFC 6902), as the library of the API server (evanphx/json-patch v4) applies it.

It is more lenient than the RFC in that `replace` sets an absent field of a mapping, `copy` takes null from one,
and `test` takes an absent field for null; stricter in that nothing can be added at the root. Positions that
count from the end, or are written with a sign or leading zeros, are refused here: no patch of ours has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal, is_index, parse_pointer, unshared


def json_patch(document: Any, operations: object) -> Any:
    """Apply `operations` in their order; the input is not changed.

    Raises:
        PatchError: an operation is malformed or does not apply; the message names its path.
    """
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    root = [unshared(document)]
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise PatchError("an operation of a JSON patch is a mapping")
        _operate(root, operation)
    return root[0]


def _operate(root: list[Any], operation: Mapping[str, Any]) -> None:
    name, path = operation.get("op"), _text(operation, "path")
    match name:
        case "add":
            _add(root, path, unshared(_value(operation)))
        case "remove":
            _remove(root, path)
        case "replace":
            _replace(root, path, unshared(_value(operation)))
        case "test":
            _test(root, path, _value(operation))
        case "copy":
            _add(root, path, unshared(_held(root, _text(operation, "from"))))
        case "move":
            source = _text(operation, "from")
            if path.startswith(f"{source}/"):
                raise PatchError(f"{source} cannot be moved below itself")
            value = _held(root, source)
            _remove(root, source)
            _add(root, path, value)
        case _:
            raise PatchError(f"{name!r} is no operation of a JSON patch")


def _text(operation: Mapping[str, Any], name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str):
        raise PatchError(f"an operation of a JSON patch lacks its {name!r}")
    return value


def _value(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise PatchError(f"the operation at {operation.get('path')} lacks its value")
    return operation["value"]


def _parent(root: list[Any], path: str) -> tuple[Any, str]:
    """The container of the value at `path`, and the last part; the root's is a list of one."""
    tokens = parse_pointer(path)
    if not tokens:
        return root, "0"
    here: Any = root[0]
    for part in tokens[:-1]:
        here = here[_existing(here, part, path)]
    return here, tokens[-1]


def _existing(parent: Any, part: str, path: str) -> Any:
    """The key or index under which `part` stands in `parent`."""
    if isinstance(parent, dict) and part in parent:
        return part
    if isinstance(parent, list) and is_index(part) and int(part) < len(parent):
        return int(part)
    raise PatchError(f"there is nothing at {path}")


def _held(root: list[Any], path: str) -> Any:
    """As the API server's library has it: null is what an absent field of a mapping holds."""
    _check_below_root(path)
    parent, part = _parent(root, path)
    return parent.get(part) if isinstance(parent, dict) else parent[_existing(parent, part, path)]


def _check_below_root(path: str) -> None:
    if not path:
        raise PatchError("the whole object can only be replaced or tested by a JSON patch")


def _add(root: list[Any], path: str, value: Any) -> None:
    _check_below_root(path)
    parent, part = _parent(root, path)
    if isinstance(parent, dict):
        parent[part] = value
    elif isinstance(parent, list) and part == "-":
        parent.append(value)
    elif isinstance(parent, list) and is_index(part) and int(part) <= len(parent):
        parent.insert(int(part), value)
    else:
        raise PatchError(f"nothing can be added at {path}")


def _replace(root: list[Any], path: str, value: Any) -> None:
    """As the API server's library has it: a field that is absent from its mapping is set."""
    if not path and not isinstance(value, (dict, list)):
        raise PatchError("only a mapping or a list can replace the whole object")
    parent, part = _parent(root, path)
    parent[part if isinstance(parent, dict) else _existing(parent, part, path)] = value


def _test(root: list[Any], path: str, expected: Any) -> None:
    parent, part = _parent(root, path)
    if isinstance(parent, dict) and part not in parent and expected is None:
        return
    if not equal(parent[_existing(parent, part, path)], expected):
        raise PatchError(f"the value at {path or 'the root'} is not the expected one")


def _remove(root: list[Any], path: str) -> None:
    _check_below_root(path)
    parent, part = _parent(root, path)
    del parent[_existing(parent, part, path)]
