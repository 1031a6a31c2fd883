"""What was read and what was not, by kind and namespace: the reason behind every UNKNOWN."""

from __future__ import annotations

import functools
from enum import Enum
from typing import Any

import msgspec

from ksec_tui.cluster.kinds import KINDS, Kind


class State(Enum):
    """How the reading of one kind went."""

    QUEUED = "queued"
    LOADING = "loading"
    OK = "ok"
    PARTIAL = "partial"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    ERROR = "error"
    TRUNCATED = "truncated"
    NOT_SUPPLIED = "not supplied"


class KindCoverage(msgspec.Struct, frozen=True):
    """How one kind was read.

    Attributes:
        state: of the whole; PARTIAL when only some namespaces could be read.
        count: objects read.
        unreadable: objects that were there but could not be decoded.
        reason: one sentence, empty when all is well.
        namespaces: what was read namespace by namespace; None when the list was cluster-wide.
        failed: namespace -> (state value, reason), for those that could not be read.
    """

    state: State = State.QUEUED
    count: int = 0
    unreadable: int = 0
    reason: str = ""
    namespaces: tuple[str, ...] | None = None
    failed: dict[str, tuple[str, str]] = {}


class Coverage(msgspec.Struct, frozen=True):
    """The coverage of every kind, by resource name (``deployments.apps``)."""

    kinds: dict[str, KindCoverage] = {}

    def of(self, kind: Kind[Any]) -> KindCoverage:
        """How `kind` was read; QUEUED when nothing is known yet."""
        return self.kinds.get(kind.resource, KindCoverage())

    def gap(self, kind: Kind[Any], namespace: str | None = None) -> str | None:
        """Why `kind` is not known, or None when it is.

        With a `namespace`, whether it is known there; without, whether it is known everywhere. An
        optional API that the server does not serve is known: there are no such objects.
        """
        cover = self.of(kind)
        resource = kind.resource
        match cover.state:
            case State.OK:
                return None
            case State.ABSENT if kind.optional:
                return None
            case State.PARTIAL:
                return _partial_gap(resource, cover, namespace)
            case State.QUEUED | State.LOADING:
                return f"{resource} are still loading"
            case State.FORBIDDEN:
                return f"{resource} could not be listed (forbidden)"
            case State.ABSENT:
                return f"{resource} are not served by this API server"
            case State.NOT_SUPPLIED:
                return f"{resource} were not supplied"
            case State.TRUNCATED:
                return f"the list of {resource} is incomplete" + (f": {cover.reason}" if cover.reason else "")
            case State.ERROR:
                return f"{resource} could not be read: {cover.reason or 'error'}"

    @property
    def pending(self) -> bool:
        """Whether something is still on its way."""
        return any(cover.state in (State.QUEUED, State.LOADING) for cover in self.kinds.values())

    @property
    def percent(self) -> int:
        """The share of kinds that are fully known, 0 to 100; optional APIs that are absent count as known."""
        if not self.kinds:
            return 0
        known = sum(
            1
            for resource, cover in self.kinds.items()
            if not cover.unreadable
            and (cover.state is State.OK or (cover.state is State.ABSENT and resource in _optional()))
        )
        return known * 100 // len(self.kinds)


@functools.cache
def _optional() -> frozenset[str]:
    return frozenset(kind.resource for kind in KINDS if kind.optional)


def _partial_gap(resource: str, cover: KindCoverage, namespace: str | None) -> str | None:
    read = cover.namespaces or ()
    if namespace is None:
        return f"{resource} were read in {len(read)} namespace{'' if len(read) == 1 else 's'} only"
    if namespace in read:
        return None
    state, reason = cover.failed.get(namespace, ("", ""))
    if state == State.FORBIDDEN.value:
        return f"{resource} in namespace {namespace} could not be listed (forbidden)"
    return f"{resource} in namespace {namespace} were not read" + (f": {reason}" if reason else "")
