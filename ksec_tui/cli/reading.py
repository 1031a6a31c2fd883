"""Reads a source to its end for the commands that print, with a line of progress on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ksec_tui.cli.command import SOURCE, CliError
from ksec_tui.cli.output import Progress
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.sources.base import Arrived, Ended, Event, Problem, Source, SourceError, load


def read(source: Source) -> tuple[Snapshot, tuple[Problem, ...]]:
    """The Snapshot of `source` and what could not be taken in.

    Raises:
        CliError: it cannot be opened.
    """
    progress = Progress()
    try:
        return load(_Watched(source, progress))
    except SourceError as error:
        raise CliError(str(error), SOURCE) from error
    finally:
        progress.clear()


class _Watched:
    """A source whose events are shown as they pass."""

    def __init__(self, source: Source, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        objects = kinds = 0
        for event in self._source.events(cancel):
            match event:
                case Arrived(page):
                    objects += len(page.objects)
                case Ended():
                    kinds += 1
                case _:
                    pass
            self._progress.show(
                f"reading {self.info.label[:40]}: {objects:,} objects, {kinds} of {len(KINDS)} kinds"
            )
            yield event

    def fetch(self, ref: ObjectRef) -> Document | None:
        return self._source.fetch(ref)
