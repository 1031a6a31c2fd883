"""Questions in the form of a SubjectAccessReview (authorization.k8s.io/v1), one JSON object each."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.identity import Identity
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.cluster.text import clean


class _Resource(msgspec.Struct, frozen=True):
    verb: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""


class _Path(msgspec.Struct, frozen=True):
    verb: str = ""
    path: str = ""


class _Spec(msgspec.Struct, frozen=True, rename="camel"):
    user: str = ""
    groups: tuple[str, ...] | None = None
    resource_attributes: _Resource | None = None
    non_resource_attributes: _Path | None = None
    spec: _Spec | None = None


class Review(msgspec.Struct, frozen=True):
    """Who asks, with exactly these groups, and what."""

    identity: Identity
    request: Request


def read_review(raw: bytes) -> Review:
    """The question in one JSON object: the spec of a SubjectAccessReview, or the whole review.

    The groups count as given: as for the API server, none are added. Strings are cleaned as those of the
    cluster's objects are, so that equal stays equal.

    Raises:
        ValueError: it is no such object; the message says why.
    """
    try:
        spec = msgspec.json.decode(raw, type=_Spec)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    spec = spec.spec or spec
    if not spec.user and not spec.groups:
        raise ValueError("neither user nor groups are given")
    asked, path = spec.resource_attributes, spec.non_resource_attributes
    if (asked is None) == (path is None):
        raise ValueError("exactly one of resourceAttributes and nonResourceAttributes is expected")
    identity = Identity(clean(spec.user), tuple(clean(group) for group in spec.groups or ()))
    if path is not None:
        return Review(identity, Request(clean(path.verb), path=clean(path.path)))
    if asked is None:
        raise ValueError("resourceAttributes are expected")
    words = (asked.verb, asked.group, asked.resource, asked.subresource, asked.name, asked.namespace)
    return Review(identity, Request(*(clean(word) for word in words)))
