"""What the API server says to a change that it is only asked about (upstream: ``dryRun=All``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from tests.apiserver import statuses
from tests.apiserver.resources import Resource
from tests.apiserver.statuses import ApiError, Response, encoded
from tests.apiserver.store import FakeCluster

VERBS = {"POST": "create", "PATCH": "patch", "DELETE": "delete"}

_PATCHES = {
    "application/strategic-merge-patch+json": PatchType.STRATEGIC,
    "application/json-patch+json": PatchType.JSON,
}
_ACCEPTED = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"


def answer(
    cluster: FakeCluster,
    resource: Resource,
    version: str,
    namespace: str,
    name: str,
    verb: str,
    content_type: str,
    body: bytes,
) -> Response:
    """The object as it would be, or a refusal; the cluster stays as it is.

    Raises:
        ApiError: the change would not be accepted.
    """
    content = _decoded(body)
    if verb == "create":
        return Response(201, encoded(_created(cluster, resource, version, namespace, content)))
    old = _stored(cluster, resource, version, namespace, name)
    if old is None:
        raise statuses.no_such_object(resource.group, resource.plural, name)
    if verb == "delete":
        return Response(200, encoded({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
    kind = _PATCHES.get(content_type)
    if kind is None or (kind is PatchType.STRATEGIC and not resource.builtin):
        message = (
            f"the body of the request was in an unknown format - accepted media types include: {_ACCEPTED}"
        )
        raise ApiError(415, "UnsupportedMediaType", message)
    target = ObjectRef(namespace if resource.namespaced else "", resource.kind, name, resource.group)
    try:
        new = apply(old, Change(target, kind, content))
    except PatchError as error:
        raise _invalid(resource, name, str(error)) from error
    return Response(200, encoded(_admitted(cluster, resource, name, new or {})))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise statuses.bad_request("the body of the request is not JSON") from None


def _stored(
    cluster: FakeCluster, resource: Resource, version: str, namespace: str, name: str
) -> dict[str, Any] | None:
    items = cluster.items(resource.key, namespace if resource.namespaced else "")
    found = next((item for item in items if item.name == name), None)
    if found is None:
        return None
    return {"apiVersion": resource.api_version(version), "kind": resource.kind, **json.loads(found.body)}


def _created(
    cluster: FakeCluster, resource: Resource, version: str, namespace: str, content: Any
) -> Mapping[str, object]:
    if not isinstance(content, dict) or content.get("kind") != resource.kind:
        raise statuses.bad_request(f"the object is no {resource.kind}")
    name = str(content["metadata"]["name"])
    if resource.namespaced and not any(item.name == namespace for item in cluster.items("namespaces")):
        raise statuses.no_such_object("", "namespaces", namespace)
    if _stored(cluster, resource, version, namespace, name) is not None:
        raise ApiError(409, "AlreadyExists", f'{resource.key} "{name}" already exists')
    return _admitted(cluster, resource, name, content)


def _admitted(
    cluster: FakeCluster, resource: Resource, name: str, new: Mapping[str, object]
) -> Mapping[str, object]:
    reason = cluster.admission(new)
    if reason:
        message = f'{resource.key} "{name}" is forbidden: {reason}'
        raise ApiError(
            403, "Forbidden", message, details=statuses.details_of(resource.group, resource.plural, name)
        )
    return new


def _invalid(resource: Resource, name: str, reason: str) -> ApiError:
    return ApiError(422, "Invalid", f'{resource.kind} "{name}" is invalid: {reason}')
