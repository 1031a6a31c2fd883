"""Which shape of an answer the ``Accept`` header asks for (upstream: content negotiation with transforms)."""

from __future__ import annotations

from enum import Enum

from tests.apiserver.statuses import ApiError

_JSON_TYPES = ("application/json", "application/*", "*/*")


class View(Enum):
    """The shape of an answer; the value is the ``as`` parameter without its ``List``."""

    WHOLE = ""
    METADATA = "PartialObjectMetadata"
    TABLE = "Table"


def negotiate(accept: str, *, listing: bool | None) -> View:
    """The first acceptable shape.

    Args:
        accept: the header's value; empty accepts anything.
        listing: True for lists, False for single objects, None where only whole documents are served.

    Raises:
        ApiError: 406, when nothing that the client accepts can be made.
    """
    if not accept.strip():
        return View.WHOLE
    clauses = [_parsed(clause) for clause in accept.split(",")]
    clauses.sort(key=lambda clause: -_quality(clause[1]))
    for media_type, parameters in clauses:
        shape = parameters.get("as", "")
        if media_type not in _JSON_TYPES:
            continue
        if not shape:
            return View.WHOLE
        if listing is None or (parameters.get("g"), parameters.get("v")) != ("meta.k8s.io", "v1"):
            continue
        if shape == ("PartialObjectMetadataList" if listing else "PartialObjectMetadata"):
            return View.METADATA
        if shape == "Table":
            return View.TABLE
    raise ApiError(406, "NotAcceptable", "only the following media types are accepted: application/json")


def _parsed(clause: str) -> tuple[str, dict[str, str]]:
    media_type, *parameters = (part.strip() for part in clause.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return media_type.lower(), {key.strip(): value.strip() for key, _, value in pairs}


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
