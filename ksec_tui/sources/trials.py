"""Changes that a server is asked about without making them, and what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

import msgspec

from ksec_tui.cluster.ref import ObjectRef

NOTICE = (
    "asking the server about each change (dry run): the only requests that are not reads; "
    "every one carries dryRun=All, so that nothing is stored"
)
"""What is said before the first of them is sent."""


class Outcome(Enum):
    """What came of one trial."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_TRIED = "not tried"


class Trial(msgspec.Struct, frozen=True):
    """One change to be tried.

    Attributes:
        target: the object.
        method: ``POST`` to create it, ``PATCH``, ``DELETE``.
        api_version: ``apps/v1``, in which `body` is written.
        content_type: of the body.
        body: the object or the patch; None for DELETE.
    """

    target: ObjectRef
    method: str
    api_version: str
    content_type: str = "application/json"
    body: bytes | None = None


class Tried(msgspec.Struct, frozen=True):
    """What the server says of one change.

    Attributes:
        target: the object.
        method: as in `Trial`.
        outcome: accepted, refused, or that the server has not judged it.
        words: why not, safe to show; empty when it was accepted.
    """

    target: ObjectRef
    method: str
    outcome: Outcome
    words: str = ""


Progress = Callable[[int, int], None]
"""Told how many are through, of how many; from a worker thread."""


@runtime_checkable
class CanTry(Protocol):
    """A source that can ask its server."""

    def dry_run(
        self,
        trials: Sequence[Trial],
        *,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Tried, ...]:
        """What the server says of each, in their order; nothing is changed. Blocking, so not for the UI thread."""
        ...
