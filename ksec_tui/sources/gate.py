"""The one gate that every request to a cluster passes: reads, questions about oneself, and dry runs.

Whatever else is sent by mistake ends here, before it reaches a connection.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

DRY_RUN = {"dryRun": "All", "fieldManager": "ksec-tui", "fieldValidation": "Strict"}
"""The query of a dry run (Kubernetes API concepts: dry-run, field validation)."""

_REVIEWS = re.compile(
    r"/apis/(authentication\.k8s\.io/v1/selfsubjectreviews"
    r"|authorization\.k8s\.io/v1/selfsubject(access|rules)reviews)"
)
_SEGMENT = r"(?:[^/?#]+)"
_ROOT = rf"/(?:api/v1|apis/{_SEGMENT}/{_SEGMENT})(?:/namespaces/{_SEGMENT})?"
_PLACES = {
    "POST": re.compile(rf"{_ROOT}/{_SEGMENT}"),
    "PATCH": re.compile(rf"{_ROOT}/{_SEGMENT}/{_SEGMENT}"),
    "DELETE": re.compile(rf"{_ROOT}/{_SEGMENT}/{_SEGMENT}"),
}
"""Where a dry run may go: to a collection, or to one object; never to a subresource of it."""


class NotReadOnlyError(RuntimeError):
    """A request that might change something; it was not sent."""


def pass_gate(method: str, target: str, body: bytes | None) -> None:
    """Let a request through that changes nothing.

    A dry run is asked for in the query alone: a DELETE with a body would have its options read from there.

    Args:
        method: in capitals.
        target: path and query.
        body: what is sent with it.

    Raises:
        NotReadOnlyError: it might change something.
    """
    if method == "GET" and body is None:
        return
    parts = urlsplit(target)
    if method == "POST" and not parts.query and _REVIEWS.fullmatch(parts.path):
        return
    asked = parse_qs(parts.query, keep_blank_values=True).get("dryRun")
    place = _PLACES.get(method)
    bodies = body is None if method == "DELETE" else body is not None
    if place is not None and place.fullmatch(parts.path) and asked == [DRY_RUN["dryRun"]] and bodies:
        return
    raise NotReadOnlyError(f"{method} {parts.path} is no read and no dry run; it was not sent")
