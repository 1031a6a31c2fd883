"""Answers and refusals of the API server; the reasons and codes are those of ``meta/v1`` Status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"

_OWN_GROUPS = frozenset({"", "apps", "autoscaling", "batch", "policy"})
_BROUGHT_GROUPS = frozenset({"gateway.networking.k8s.io", "metrics.k8s.io", "policy.networking.k8s.io"})
"""Groups that custom resources or other servers bring, though their names are those of Kubernetes itself."""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back to the client, before compression."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A request that ends in a ``Status`` of status ``Failure``."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        document: dict[str, object] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": dict(metadata or {}),
            "status": "Failure",
            "message": message,
            "reason": reason,
        }
        if details is not None:
            document["details"] = dict(details)
        document["code"] = code
        self.response = Response(code, encoded(document), headers=dict(headers or {}))


def encoded(document: object) -> bytes:
    """Compact JSON; lone surrogates survive as escapes."""
    return json.dumps(document, separators=(",", ":")).encode()


def details_of(group: str, plural: str, name: str = "") -> dict[str, object]:
    """The ``details`` of a Status: upstream puts the plural into ``kind``."""
    present = {"name": name, "group": group, "kind": plural}
    return {key: value for key, value in present.items() if value}


def forbidden(user: str, verb: str, group: str, plural: str, namespace: str, name: str) -> ApiError:
    """403 in the words of the API server's authorization filter."""
    subject = f"{plural}.{group}" if group else plural
    if name:
        subject += f' "{name}"'
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{plural}" '
        f'in API group "{group}" {scope}'
    )
    return ApiError(403, "Forbidden", message, details=details_of(group, plural, name))


def not_served() -> ApiError:
    """404 for a path that this server has not, those of APIs that custom resources bring among them: no Status."""
    error = ApiError(404, "NotFound", "404 page not found")
    error.response = Response(404, b"404 page not found\n", "text/plain; charset=utf-8")
    return error


def no_such_resource(group: str) -> ApiError:
    """404 for a version or resource that this server has not: with a Status where it serves the group itself."""
    own = group in _OWN_GROUPS or (group.endswith(".k8s.io") and group not in _BROUGHT_GROUPS)
    if not own:
        return not_served()
    return ApiError(404, "NotFound", "the server could not find the requested resource", details={})


def no_such_object(group: str, plural: str, name: str) -> ApiError:
    """404 for one object."""
    subject = f"{plural}.{group}" if group else plural
    return ApiError(404, "NotFound", f'{subject} "{name}" not found', details=details_of(group, plural, name))


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def expired(resume: str) -> ApiError:
    """410: the continue token is too old; ``resume`` would carry on with an inconsistent list."""
    message = "The provided continue parameter is too old to display a consistent list result."
    return ApiError(410, "Expired", message, metadata={"continue": resume} if resume else {})


def method_not_allowed() -> ApiError:
    """405: this server changes nothing."""
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
    )


_PLAIN = {
    400: ("BadRequest", "the request is not valid"),
    403: ("Forbidden", "forbidden"),
    401: ("Unauthorized", "Unauthorized"),
    404: ("NotFound", "the server could not find the requested resource"),
    409: ("Conflict", "the object has been modified"),
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the request did not complete within the allotted timeout"),
}


def plain(code: int, *, retry_after: int | None = None) -> ApiError:
    """A Status of any code, without a word on what was asked."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    details = {} if retry_after is None else {"retryAfterSeconds": retry_after}
    if code == 429:
        message = "Too many requests, please try again later."
        return ApiError(code, "TooManyRequests", message, details=details, headers=headers)
    reason, message = _PLAIN.get(code, ("", f"an error on the server has been simulated: {code}"))
    return ApiError(code, reason, message, details=details or None, headers=headers)
