"""Lists and single objects in the three shapes that the API server makes of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tests.apiserver import selectors
from tests.apiserver.negotiation import View
from tests.apiserver.resources import Resource
from tests.apiserver.statuses import bad_request, encoded, expired
from tests.apiserver.store import ItemLike, Items

_PARTIAL = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'
_NAME = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
_AGE = {"name": "Age", "type": "string", "format": "", "description": "", "priority": 0}
_SECRET_COLUMNS = [
    _NAME,
    {"name": "Type", "type": "string", "format": "", "description": "", "priority": 0},
    {"name": "Data", "type": "string", "format": "", "description": "", "priority": 0},
    _AGE,
]


def page_of(query: Mapping[str, str]) -> int:
    """The number, from 1, of the page that a list request asks for; 1 for anything else."""
    return _opened(query["continue"])[2] if query.get("continue") else 1


def whole_list(
    resource: Resource,
    version: str,
    items: Items,
    query: Mapping[str, str],
    view: View,
    resource_version: int,
    *,
    endless: bool = False,
) -> bytes:
    """One page of a list, or all of it without ``limit``.

    Raises:
        ApiError: 400 for an unreadable query, 410 for a continue token of another resource version.
    """
    limit = _limit(query)
    start, page = 0, 1
    if query.get("continue"):
        token_version, start, page = _opened(query["continue"])
        if token_version not in (resource_version, -1):
            raise expired(_token(-1, start, page))
    test = selectors.predicate(query)
    chosen: Items | Sequence[ItemLike] = items if test is None else [item for item in items if test(item)]
    total = len(chosen)
    if endless and total:
        start %= total
    stop = min(start + limit, total) if limit else total
    metadata: dict[str, object] = {"resourceVersion": str(resource_version)}
    if stop < total or endless:
        metadata["continue"] = _token(resource_version, stop, page + 1)
        if test is None and not endless:
            metadata["remainingItemCount"] = total - stop
    return _LISTS[view](resource, version, chosen[start:stop], metadata, query)


def single(resource: Resource, version: str, item: ItemLike, query: Mapping[str, str], view: View) -> bytes:
    """One object."""
    if view is View.TABLE:
        return _table(resource, version, [item], {}, query)
    return _partial(item) if view is View.METADATA else _object(resource, version, item)


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit") or "0"
    if not text.isdecimal():
        raise bad_request(f"limit: not a number: {text}")
    return int(text)


def _token(resource_version: int, start: int, page: int) -> str:
    content = encoded({"v": "meta.k8s.io/v1", "rv": resource_version, "start": start, "page": page})
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _opened(token: str) -> tuple[int, int, int]:
    """Resource version, offset and page number of a continue token."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(content["rv"]), int(content["start"]), int(content["page"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("continue key is not valid") from None


def _object(resource: Resource, version: str, item: ItemLike) -> bytes:
    head = encoded({"kind": resource.kind, "apiVersion": resource.api_version(version)})
    return head[:-1] + b"," + item.body[1:]


def _partial(item: ItemLike) -> bytes:
    return _PARTIAL + item.metadata + b"}"


def _joined(kind: str, api_version: str, metadata: dict[str, object], items: Sequence[bytes]) -> bytes:
    head = encoded({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    return head[:-1] + b',"items":[' + b",".join(items) + b"]}\n"


def _whole(
    resource: Resource,
    version: str,
    items: Sequence[ItemLike],
    metadata: dict[str, object],
    query: Mapping[str, str],
) -> bytes:
    bodies = [item.body for item in items]
    return _joined(f"{resource.kind}List", resource.api_version(version), metadata, bodies)


def _partials(
    resource: Resource,
    version: str,
    items: Sequence[ItemLike],
    metadata: dict[str, object],
    query: Mapping[str, str],
) -> bytes:
    bodies = [_partial(item) for item in items]
    return _joined("PartialObjectMetadataList", "meta.k8s.io/v1", metadata, bodies)


def _table(
    resource: Resource,
    version: str,
    items: Sequence[ItemLike],
    metadata: dict[str, object],
    query: Mapping[str, str],
) -> bytes:
    include = query.get("includeObject", "Metadata")
    secret = resource.key == "secrets"
    rows = []
    for item in items:
        content = json.loads(item.body)
        cells: list[object] = [item.name, _age(content.get("metadata"))]
        if secret:
            cells[1:1] = [content.get("type", "Opaque"), len(content["data"])]
        shown = _object(resource, version, item) if include == "Object" else _partial(item)
        rows.append({"cells": cells, "object": None if include == "None" else json.loads(shown)})
    return encoded(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": _SECRET_COLUMNS if secret else [_NAME, _AGE],
            "rows": rows,
        }
    )


def _age(metadata: object) -> str:
    """In whole days, hours or minutes."""
    created = metadata.get("creationTimestamp") if isinstance(metadata, dict) else None
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(str(created))
    except (ValueError, TypeError):
        return "<unknown>"
    minutes = int(age.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)}d"
    return f"{minutes // 60}h" if minutes >= 2 * 60 else f"{minutes}m"


_Listing = Callable[[Resource, str, Sequence[ItemLike], dict[str, object], Mapping[str, str]], bytes]
_LISTS: dict[View, _Listing] = {View.WHOLE: _whole, View.METADATA: _partials, View.TABLE: _table}
