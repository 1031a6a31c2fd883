"""What is said of a safeguard, and the words that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.snapshot import Snapshot


class Status(Enum):
    """Whether a safeguard works."""

    OFF = "off"
    PARTLY = "partly"
    ON = "on"
    HIDDEN = "not visible"
    NOT_YET = "not in this version"


Told = tuple[Status, str]
"""A state, and why that is said."""

Look = Callable[[Snapshot], Told]
"""What judges one safeguard."""


def unread(snapshot: Snapshot, *kinds: Kind[KubeObject]) -> Told | None:
    """Why nothing can be told where one of the `kinds` was not read; None when all were."""
    for kind in kinds:
        if gap := snapshot.gap(kind):
            return Status.HIDDEN, gap
    return None


def share(good: int, all_: int, noun: str, what: str) -> Told:
    """On when all do it, off when none does; not visible when there are none."""
    words = f"{good} of {all_} {noun} {what}"
    if not all_:
        return Status.HIDDEN, f"there are no {noun} to tell by"
    return (Status.ON if good == all_ else Status.PARTLY if good else Status.OFF), words


def counted(count: int, noun: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
