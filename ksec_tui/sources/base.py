"""What every source of cluster state looks like: an iterator of events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Document, Page
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo


class Opened(msgspec.Struct, frozen=True):
    """The source answers: who it is, its server version."""

    info: SourceInfo


class Started(msgspec.Struct, frozen=True):
    """The list of one kind begins (again: what came of it before is void)."""

    kind: Kind[KubeObject]


class Arrived(msgspec.Struct, frozen=True):
    """A page of objects. `remaining` is the server's estimate of what is left, None when unknown."""

    page: Page
    remaining: int | None = None


class Ended(msgspec.Struct, frozen=True):
    """One kind is through: read, refused, absent, cut off."""

    kind: Kind[KubeObject]
    coverage: KindCoverage


class Problem(msgspec.Struct, frozen=True):
    """Something that concerns no single kind: a file that is no manifest, a namespace list refused."""

    where: str
    reason: str


Event = Opened | Started | Arrived | Ended | Problem


class Changed(msgspec.Struct, frozen=True):
    """One object is as in `page` now, which holds nothing else; when that is empty, it is gone."""

    ref: ObjectRef
    page: Page


class Replaced(msgspec.Struct, frozen=True):
    """All that was read of one kind is void: it was listed again."""

    kind: Kind[KubeObject]
    pages: tuple[Page, ...]
    coverage: KindCoverage


class Link(msgspec.Struct, frozen=True):
    """How the watch stands.

    Attributes:
        watched: lists that are watched.
        lost: how many of them are not heard of now.
        reason: why, in one sentence; empty when none is lost.
        retry: when the next attempt is made (``time.monotonic()``), 0 when none is lost.
        polled: resources that cannot be watched and are listed again every now and then.
        every: after how many seconds each of them is.
        silent: resources of which some list is not heard of now: they are known as they last were.
    """

    watched: int = 0
    lost: int = 0
    reason: str = ""
    retry: float = 0.0
    polled: tuple[str, ...] = ()
    every: tuple[float, ...] = ()
    silent: tuple[str, ...] = ()

    def listed_again(self, resource: str) -> float:
        """After how many seconds a resource is listed again instead of being watched; 0 when it is watched."""
        return dict(zip(self.polled, self.every, strict=False)).get(resource, 0.0)


class Linked(msgspec.Struct, frozen=True):
    """How the watch stands is not as it was."""

    link: Link


class Idle(msgspec.Struct, frozen=True):
    """Nothing has come for a moment."""


Update = Changed | Replaced | Linked | Idle


class SourceError(Exception):
    """The source cannot be opened at all (no such file, no connection, login refused)."""


class Source(Protocol):
    """Yields the state of one cluster."""

    @property
    def info(self) -> SourceInfo:
        """What is known of the source before it is opened."""
        ...

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """Read everything once; blocking, so run it in a thread.

        Pages of different kinds may interleave. Every kind ends with exactly one `Ended`. When `cancel`
        is set it stops soon, without an `Ended` for what was under way.

        Raises:
            SourceError: it could not be opened.
        """
        ...

    def fetch(self, ref: ObjectRef) -> Document | None:
        """One whole object, read anew; None when the source cannot or may not. Never a Secret's payload."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A source that can be followed once it has been read."""

    def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
        """What `Source.events` yields, then what changes, until `cancel` is set; blocking, as that is.

        The first `Linked` comes when everything was read once.

        Raises:
            SourceError: it could not be opened.
        """
        ...


def apply(builder: SnapshotBuilder, event: Event) -> None:
    """Put one event into the state that is being built."""
    match event:
        case Opened(info):
            builder.source = info
        case Started(kind):
            builder.restart(kind)
            builder.cover(kind, KindCoverage(State.LOADING))
        case Arrived(page):
            builder.add(page)
            builder.cover(page.kind, KindCoverage(State.LOADING))
        case Ended(kind, coverage):
            builder.cover(kind, coverage)
        case Problem():
            pass


def load(source: Source, cancel: threading.Event | None = None) -> tuple[Snapshot, tuple[Problem, ...]]:
    """Read a source to its end.

    Raises:
        SourceError: it could not be opened.
    """
    builder = SnapshotBuilder(source.info)
    problems: list[Problem] = []
    for event in source.events(cancel or threading.Event()):
        apply(builder, event)
        if isinstance(event, Problem):
            problems.append(event)
    return builder.snapshot(), tuple(problems)
