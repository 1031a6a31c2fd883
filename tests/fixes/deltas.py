"""What differs between two states of an object, and what a patch file claims to change: told without our engine."""

from __future__ import annotations

from typing import Any

Path = tuple[str, ...]

KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "webhooks": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
}
"""The lists of which patches name items, from the API's reference; of ports see `key_of`."""


def key_of(field: str, items: list[Any]) -> str:
    """By what the items of a list are told apart; empty when by nothing."""
    key = KEYS.get(field, "")
    if field == "ports":
        key = "containerPort" if any("containerPort" in item for item in items) else "port"
    names = [item.get(key) for item in items if isinstance(item, dict)]
    return key if key and None not in names and len(set(names)) == len(items) else ""


def leaves(value: Any, *, keyed: bool, path: Path = ()) -> dict[Path, Any]:
    """Every scalar and every empty mapping or list of a document by its place.

    With `keyed`, items of lists stand at their key where they have one, and other lists are one value.
    """
    if isinstance(value, dict):
        pairs = [(key, item) for key, item in value.items()]
    elif isinstance(value, list):
        key = key_of(path[-1] if path else "", value) if keyed else ""
        if keyed and not key:
            return {path: value}
        pairs = [(f"{key}={item[key]}" if key else str(index), item) for index, item in enumerate(value)]
    else:
        return {path: value}
    found: dict[Path, Any] = {} if pairs else {path: value}
    for name, item in pairs:
        found |= leaves(item, keyed=keyed, path=(*path, name))
    return found


def changed(before: Any, after: Any, *, keyed: bool) -> set[Path]:
    """The places at which two documents differ."""
    old, new = leaves(before, keyed=keyed), leaves(after, keyed=keyed)
    return {
        path
        for path in old.keys() | new.keys()
        if path not in old or path not in new or old[path] != new[path]
    }


def claimed(body: Any, path: Path = ()) -> set[Path]:
    """The places that a strategic or JSON patch says it changes."""
    if isinstance(body, list):
        return set().union(*(_of_operation(item) for item in body))
    return _of_mapping(body, path)


def _of_operation(operation: dict[str, Any]) -> set[Path]:
    if operation["op"] == "test":
        return set()
    tokens = tuple(part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:])
    shifts = operation["op"] in ("add", "remove") and (tokens[-1].isdigit() or tokens[-1] == "-")
    return {tokens[:-1] if shifts else tokens}


def _of_mapping(body: dict[str, Any], path: Path) -> set[Path]:
    if "$patch" in body or "$retainKeys" in body:
        return {path}
    found: set[Path] = set()
    for name, value in body.items():
        here = (*path, name)
        if isinstance(value, dict) and value:
            found |= _of_mapping(value, here)
        elif isinstance(value, list) and (key := key_of(name, value)):
            for item in value:
                found.add((*here, f"{key}={item[key]}", key))  # that of an item which is new
                rest = {field: part for field, part in item.items() if field != key}
                found |= _of_mapping(rest, (*here, f"{key}={item[key]}"))
        else:
            found.add(here)
    return found


def unclaimed(changes: set[Path], claims: set[Path]) -> set[Path]:
    """What changes outside of all claims; an empty mapping or list around a claim goes with it."""
    return {
        path
        for path in changes
        if not any(path[: len(claim)] == claim or claim[: len(path)] == path for claim in claims)
    }
