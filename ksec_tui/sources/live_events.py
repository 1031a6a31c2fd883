"""One line of a watch, decoded: what changed, or that the watch cannot go on.

Upstream: Kubernetes API concepts, "Efficient detection of changes" and "Watch bookmarks".
"""

from __future__ import annotations

from typing import Any

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.ingest import UNNAMED, Item, Page, collect, item_from_json, item_from_tree, lenient_tree
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import Changed
from ksec_tui.sources.pauses import Details
from ksec_tui.sources.transport import RefusedError

_WORDS = ("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR")
_TYPE_FIELDS = ("apiVersion", "kind")


class LostTrackError(Exception):
    """What the server sends cannot be followed: only a new list tells what there is. The message says why."""


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Meta(msgspec.Struct, rename="camel"):
    resource_version: str = ""


class _Head(msgspec.Struct):
    kind: str = ""
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _Status(msgspec.Struct):
    code: int = 0
    reason: str = ""
    message: str = ""
    details: Details | None = None


_EVENT = msgspec.json.Decoder(_Event)
_HEAD = msgspec.json.Decoder(_Head)
_STATUS = msgspec.json.Decoder(_Status)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_event(kind: Kind[KubeObject], line: bytes) -> tuple[Changed | None, str]:
    """What one line of a watch of `kind` says.

    Returns:
        What changed (None for a bookmark), and the version from which the watch may be resumed.

    Raises:
        LostTrackError: the version is too old, or the line cannot be understood.
        RefusedError: the server gives the watch up for a reason that may pass.
    """
    try:
        event = _EVENT.decode(line)
        word, raw = event.type, bytes(event.object)
    except (ValueError, RecursionError):
        return _odd(kind, line)
    if word == "ERROR":
        raise _given_up(raw)
    try:
        head = _HEAD.decode(raw)
    except (ValueError, RecursionError):
        return _odd(kind, line)
    version = head.metadata.resource_version
    if word == "BOOKMARK":
        return None, version
    _check(kind, word, head.kind)
    return _changed(kind, word, item_from_json(kind, _as_listed(kind, raw))), version


def _check(kind: Kind[KubeObject], word: str, name: str) -> None:
    if word not in _WORDS:
        raise LostTrackError(f"the server sent an event {one_line(word, 40)!r}")
    if name != ("PartialObjectMetadata" if kind.metadata_only else kind.name):
        # Of Secrets, what came may hold payloads that were not asked for: it is not looked at.
        raise LostTrackError(f"the server sent {one_line(name, 80) or 'nothing known'} for {kind.resource}")


def _as_listed(kind: Kind[KubeObject], raw: bytes) -> bytes:
    """The object as it stands in a list: without its type."""
    if kind.metadata_only:
        return raw
    fields = _FIELDS.decode(raw)
    for name in _TYPE_FIELDS:
        fields.pop(name, None)
    return msgspec.json.encode(fields)


def _odd(kind: Kind[KubeObject], line: bytes) -> tuple[Changed | None, str]:
    """The same by the road for what upstream takes and strict JSON does not: halves of surrogate pairs, nulls."""
    try:
        tree: Any = lenient_tree(line)
    except (ValueError, RecursionError) as error:
        raise LostTrackError(f"the server sent what is no event: {one_line(str(error), 200)}") from error
    found = tree.get("object") if isinstance(tree, dict) else None
    if not isinstance(found, dict) or not isinstance(tree.get("type"), str):
        raise LostTrackError("the server sent what is no event")
    if tree["type"] == "ERROR":
        raise LostTrackError("the server ended the watch without a reason that can be read")
    _check(kind, tree["type"], str(found.get("kind")))
    meta = found.get("metadata")
    version = meta.get("resourceVersion") if isinstance(meta, dict) else None
    listed = {key: value for key, value in found.items() if key not in _TYPE_FIELDS}
    item = item_from_tree(kind, found if kind.metadata_only else listed)
    return _changed(kind, tree["type"], item), version if isinstance(version, str) else ""


def _changed(kind: Kind[KubeObject], word: str, item: Item) -> Changed:
    ref = item.object.ref if item.object is not None else item.unreadable.ref if item.unreadable else None
    if ref is None or ref.name in ("", UNNAMED):
        raise LostTrackError(f"the server sent one of the {kind.resource} without a name")
    if word == "DELETED":
        return Changed(ref, Page(kind))
    return Changed(ref, collect(kind, [item], keep_all=False))


def _given_up(raw: bytes) -> Exception:
    try:
        status = _STATUS.decode(raw)
    except (ValueError, RecursionError):
        return LostTrackError("the server ended the watch without a reason that can be read")
    said = one_line(status.message, 300) or f"the server ended the watch with {status.code}"
    if status.code == 429 or status.code >= 500:
        wait = status.details.pause if status.details else 0.0
        return RefusedError(status.code, status.reason or "Unknown", said, wait)
    return LostTrackError(said)
