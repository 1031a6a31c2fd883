"""Reads a source and tells how far it is, now and then a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.plain.view import counted
from ksec_tui.sources.base import Arrived, Ended, Problem, Source, apply

PATIENCE = 10.0
"""Seconds after which a line says that something is still going on."""

NEWS = 5
"""New findings that are told one by one."""

Tell = Callable[[Iterable[str]], None]
"""Says lines."""


class Steps:
    """Tells of every quarter that is done, and of every `PATIENCE` seconds that pass."""

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._told = clock()
        self._quarter = 0

    def step(self, done: int, of: int, words: str) -> None:
        """`done` of `of` are behind; `words` says that."""
        now = self._clock()
        quarter = done * 4 // of if of else 0
        if self._quarter < quarter < 4 or now - self._told >= PATIENCE:
            self._told = now
            self._tell((words,))
        self._quarter = max(self._quarter, quarter)


def read(source: Source, tell: Tell) -> tuple[Snapshot, tuple[Problem, ...]]:
    """The Snapshot of `source`, and what could not be taken in.

    Raises:
        SourceError: it cannot be opened.
        KeyboardInterrupt: the user gave up; the source was told to stop.
    """
    tell((f"Reading {source.info.label}.",))
    builder = SnapshotBuilder(source.info)
    problems: list[Problem] = []
    steps = Steps(tell)
    objects = kinds = 0
    cancel = threading.Event()
    try:
        for event in source.events(cancel):
            apply(builder, event)
            match event:
                case Problem():
                    problems.append(event)
                case Arrived(page):
                    objects += len(page.objects)
                case Ended():
                    kinds += 1
                case _:
                    pass
            steps.step(kinds, len(KINDS), f"{kinds} of {len(KINDS)} kinds, {counted(objects, 'object')}.")
    finally:
        cancel.set()
    snapshot = builder.snapshot()
    tell((f"Read {counted(snapshot.count(), 'object')}.",))
    return snapshot, tuple(problems)


def judge(snapshot: Snapshot, checks: Iterable[Check[Any]], tell: Tell) -> Results:
    """What the checks say of a Snapshot."""
    every = tuple(checks)
    tell((f"Judging by {counted(len(every), 'check')}.",))
    return run(snapshot, every)


def news(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[str]:
    """What is found now and was not before, worst first as `after` is, and how much is found no longer."""
    known, now = ({item.fingerprint for item in found} for found in (before, after))
    new = [item for item in after if item.fingerprint not in known]
    for item in new[:NEWS]:
        word = item.severity.word if item.verdict is Verdict.FAIL else "not known"
        yield f"New, {word}: {item.title}, on {item.subject}."
    if len(new) > NEWS:
        yield f"And {len(new) - NEWS:,} more new; findings lists them."
    gone = len(known - now)
    if gone:
        yield f"{counted(gone, 'finding')} {'is' if gone == 1 else 'are'} gone."
    if not (new or gone):
        yield "No finding came or went."
