"""What ``metadata.managedFields`` says: who set which field of an object.

Source: kubernetes.io/docs/reference/using-api/server-side-apply and structured-merge-diff's ``fieldpath``
(``f:name`` a field, ``k:{...}`` an item of a list by its keys, ``.`` the field itself; an empty mapping is a value
that is owned whole).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.touched import Path, Step


class FieldManager(msgspec.Struct, frozen=True):
    """One entry.

    Attributes:
        name: the field manager: ``helm``, ``kubectl-client-side-apply``.
        operation: ``Apply`` (server-side) or ``Update``.
        fields: what it owns, as the API writes it.
        time: when it last wrote, as the API writes it; empty when it is not told.
    """

    name: str
    operation: str
    fields: Mapping[str, Any]
    time: str = ""

    def owns(self, path: Path) -> bool:
        """Whether it set the field at `path`, something inside it, or a value around it as a whole."""
        here: Any = self.fields
        for step in path:
            if not isinstance(here, Mapping) or not here:
                return False
            here = _child(here, step)
            if here is None:
                return False
            if here == {}:
                return True
        return True

    @property
    def writes_content(self) -> bool:
        """Whether it set anything but metadata and status."""
        return any(key not in ("f:metadata", "f:status", ".") for key in self.fields)


class _Meta(msgspec.Struct, rename="camel"):
    managed_fields: Any = None


class _Document(msgspec.Struct):
    metadata: _Meta | None = None


_READ = msgspec.json.Decoder(_Document)


def field_managers(raw: bytes | None) -> tuple[FieldManager, ...]:
    """Who wrote an object, the last first; without those who only wrote a subresource such as its status.

    Args:
        raw: the object as JSON; None when it is not held whole, and then nobody is known.

    Entries that are not as the API writes them are left out.
    """
    if raw is None or b"managedFields" not in raw:
        return ()
    try:
        meta = _READ.decode(raw).metadata
    except (ValueError, RecursionError):
        return ()  # what is odd about it is told elsewhere
    entries = meta.managed_fields if meta is not None else None
    found = [
        FieldManager(
            one_line(entry["manager"], 253),
            str(entry.get("operation") or ""),
            entry["fieldsV1"],
            str(entry.get("time") or ""),
        )
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
        and not entry.get("subresource")
        and isinstance(entry.get("manager"), str)
        and isinstance(entry.get("fieldsV1"), dict)
    ]
    return tuple(sorted(found, key=lambda entry: entry.time, reverse=True))


def owners(managers: Iterable[FieldManager], paths: Iterable[Path]) -> tuple[FieldManager, ...]:
    """Those of `managers` who own one of the fields at `paths`."""
    wanted = tuple(paths)
    return tuple(entry for entry in managers if any(entry.owns(path) for path in wanted))


def _child(fields: Mapping[str, Any], step: Step) -> Any:
    if isinstance(step, str):
        return fields.get(f"f:{step}")
    key, value = step
    for name, child in fields.items():
        if name.startswith("k:") and _keys(name[2:]).get(key) == value:
            return child
    return None


def _keys(text: str) -> dict[str, str]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {key: str(value) for key, value in read.items()} if isinstance(read, dict) else {}
