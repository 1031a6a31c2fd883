"""The demo cluster that comes with the program: every pane filled, without any cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Document, collect, item_from_tree
from ksec_tui.cluster.kinds import KINDS, kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.cluster.text import day_of
from ksec_tui.data import demo
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Started
from ksec_tui.sources.collector import gc_paused


class DemoSource:
    """Yields the demo cluster: all of it is readable, so a kind without objects has none.

    Args:
        today: the date on which ages and support are judged, ISO 8601; empty for the real one.
    """

    def __init__(self, *, today: str = "") -> None:
        self._info = SourceInfo(
            kind="demo",
            label="demo",
            user="demo",
            server_version=demo.server_version()["gitVersion"],
            server_built=day_of(demo.server_version()["buildDate"]),
            today=today,
        )

    @property
    def info(self) -> SourceInfo:
        """Known from the start."""
        return self._info

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """One page for each kind; see `Source.events`."""
        with gc_paused():
            yield Opened(self._info)
            trees: dict[str, list[Document]] = {kind.resource: [] for kind in KINDS}
            for document in demo.documents():
                group = str(document["apiVersion"]).rpartition("/")[0]
                kind = kind_named(group, str(document["kind"]))
                if kind is not None:
                    trees[kind.resource].append(document)
            for kind in KINDS:
                if cancel.is_set():
                    return
                yield Started(kind)
                if trees[kind.resource]:
                    yield Arrived(
                        collect(kind, (item_from_tree(kind, tree) for tree in trees[kind.resource]))
                    )
                yield Ended(kind, KindCoverage(State.OK))

    def fetch(self, ref: ObjectRef) -> Document | None:  # noqa: ARG002 - the protocol's
        """None: every object is held whole already."""
        return None
