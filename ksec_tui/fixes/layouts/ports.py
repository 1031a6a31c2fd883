"""Ports in strategic patches for kustomize, which tells them apart otherwise than the API server does.

The API server merges ports of containers by ``containerPort``; kustomize by that and ``protocol``, where it takes a
protocol that is not said for another one than TCP. The live object says it and its manifest often does not, so that
no strategic patch fits both, and one that does not fit does nothing. Positions fit both.
"""

from __future__ import annotations

from typing import Any

from ksec_tui.fixes.json_values import pointer

Operation = dict[str, Any]
Tree = dict[str, Any]
_Tokens = tuple[str | int, ...]

_LISTS = ("containers", "initContainers")
_KEYS = ("containerPort", "protocol")


def without_ports(body: Tree, before: Tree) -> tuple[Tree, list[Operation]]:
    """A strategic merge patch without what it says of ports, and that as a guarded JSON Patch.

    Args:
        body: the patch.
        before: the object that it is for, where positions are looked up; what is not found there stays in the patch.
    """
    return _split(body, before, ())


def _split(body: Tree, before: Tree, path: _Tokens) -> tuple[Tree, list[Operation]]:
    rest: Tree = {}
    operations: list[Operation] = []
    for key, value in body.items():
        have = before.get(key)
        if key in _LISTS and isinstance(value, list) and isinstance(have, list):
            items, more = _split_list(value, have, (*path, key))
            kept: Any = items
        elif isinstance(value, dict) and isinstance(have, dict):
            kept, more = _split(value, have, (*path, key))
        else:
            kept, more = value, []
        operations += more
        if kept or not more:
            rest[key] = kept
    return rest, operations


def _split_list(items: list[Any], have: list[Any], path: _Tokens) -> tuple[list[Any], list[Operation]]:
    kept: list[Any] = []
    operations: list[Operation] = []
    names = [item.get("name") for item in have if isinstance(item, dict)]
    for item in items:
        name, ports = item.get("name"), item.get("ports")
        index = names.index(name) if len(names) == len(have) and name in names else None
        found = None if index is None else _of_ports(ports, have[index].get("ports"), (*path, index, "ports"))
        if index is None or not found:
            kept.append(item)
            continue
        operations += [{"op": "test", "path": pointer((*path, index, "name")), "value": name}, *found]
        left = {key: value for key, value in item.items() if key != "ports"}
        if len(left) > 1:
            kept.append(left)
    return kept, operations


def _of_ports(ports: Any, have: Any, path: _Tokens) -> list[Operation] | None:
    """The operations; None when a port of the patch is not there, comes or goes."""
    if not isinstance(ports, list) or not isinstance(have, list):
        return None
    operations: list[Operation] = []
    for port in ports:
        index = next((place for place, item in enumerate(have) if _same(port, item)), None)
        if index is None or "$patch" in port:
            return None
        number = port["containerPort"]
        operations.append({"op": "test", "path": pointer((*path, index, "containerPort")), "value": number})
        for key, value in port.items():
            here = pointer((*path, index, key))
            if key not in _KEYS and value is not None:
                operations.append({"op": "add", "path": here, "value": value})
            elif key not in _KEYS and key in have[index]:
                operations.append({"op": "remove", "path": here})
    return operations


def _same(port: Any, item: Any) -> bool:
    """Whether the API server takes `port` of a patch for `item`: by the number alone."""
    return (
        isinstance(port, dict)
        and isinstance(item, dict)
        and port.get("containerPort") == item.get("containerPort")
    )
