"""Answers whose HTTP is fine and whose content is not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.apiserver.statuses import Response, encoded, plain

_NONSENSE = "not what belongs here"
_HUGE_NAME = "x" * 10_000_000
_PAGE = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"


def _malformed(response: Response) -> Response:
    return Response(response.status, response.body[: len(response.body) // 2], response.content_type)


def _wrong_types(response: Response) -> Response:
    content = json.loads(response.body)
    for item in content.get("items", [])[:1]:
        item.update({key: _NONSENSE for key in item if key != "metadata"}, spec=_NONSENSE)
    return Response(response.status, encoded(content), response.content_type)


def _with(**fields: object) -> Callable[[Response], Response]:
    """Replaces fields of the answer."""
    return lambda response: _changed(response, fields)


def _with_metadata(**fields: object) -> Callable[[Response], Response]:
    """Replaces fields of the list's metadata."""

    def spoil(response: Response) -> Response:
        metadata = json.loads(response.body).get("metadata")
        return _changed(response, {"metadata": {**(metadata or {}), **fields}})

    return spoil


def _changed(response: Response, fields: Mapping[str, object]) -> Response:
    content = {**json.loads(response.body), **fields}
    return Response(response.status, encoded(content), response.content_type)


def _first_named(name: str) -> Callable[[Response], Response]:
    def spoil(response: Response) -> Response:
        content: Any = json.loads(response.body)
        for item in content.get("items", [])[:1]:
            item["metadata"]["name"] = name
        return Response(response.status, encoded(content), response.content_type)

    return spoil


def _instead(
    status: int, body: bytes, content_type: str = "application/json"
) -> Callable[[Response], Response]:
    return lambda response: Response(status, body, content_type)


def _not_utf8(response: Response) -> Response:
    named = _first_named("SPOILT")(response)
    return Response(named.status, named.body.replace(b"SPOILT", b"\xff\xfe\xc3"), named.content_type)


def _same_token(response: Response) -> Response:
    version = int(json.loads(response.body)["metadata"]["resourceVersion"])
    token = base64.urlsafe_b64encode(encoded({"rv": version, "start": 0, "page": 2})).decode()
    return _with_metadata(**{"continue": token})(response)


SPOILERS: dict[str, Callable[[Response], Response]] = {
    "malformed": _malformed,
    "wrong_types": _wrong_types,
    "wrong_content_type": _instead(200, _PAGE, "text/html; charset=utf-8"),
    "forbidden_page": _instead(403, _PAGE, "text/html; charset=utf-8"),
    "items_text": _with(items=_NONSENSE, groups=_NONSENSE, gitVersion=7, resources=_NONSENSE),
    "metadata_number": _with(metadata=7, groups=7, gitVersion=[], resources=7),
    "same_token": _same_token,
    "no_version": _with_metadata(resourceVersion=""),
    "short_watch": lambda response: response,
    "version_list": _with_metadata(resourceVersion=["1"]),
    "token_number": _with_metadata(**{"continue": 7}),
    "no_items": _instead(200, b'{"kind":"Something","apiVersion":"v1"}'),
    "failure_as_success": _instead(200, plain(500).response.body),
    "null": _instead(200, b"null"),
    "protobuf": _instead(200, b"k8s\x00\n\x0f\n\x02v1\x12\x09PodList", "application/vnd.kubernetes.protobuf"),
    "huge_name": _first_named(_HUGE_NAME),
    "nested": _instead(200, b'{"items":' + b"[" * 100_000),
    "not_utf8": _not_utf8,
    "empty": _instead(200, b""),
    "no_content": _instead(204, b""),
    "unknown_status": lambda response: Response(299, response.body[: len(response.body) // 2]),
}
"""What becomes of the right answer, by the name of the behaviour."""
