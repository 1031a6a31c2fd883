"""Starts linear mode on a source."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ksec_tui.findings.check import Check
from ksec_tui.findings.filter import Filter
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.findings import listing
from ksec_tui.plain.home import PLACES, home
from ksec_tui.plain.loop import Loop
from ksec_tui.plain.talk import Talk
from ksec_tui.sources.base import Source
from ksec_tui.state.values import Look


def run(
    source: Source,
    checks: Sequence[Check[Any]],
    *,
    now: Callable[[], str],
    triage_file: Path | None = None,
    seen_file: Path | None = None,
    views: Mapping[str, Look] | None = None,
    wanted: Filter | None = None,
    ascii: bool = False,  # noqa: A002 - the option
) -> int:
    """One session on standard input and output.

    Args:
        source: what to look at.
        checks: what to look for.
        now: the moment of a decision, ISO 8601.
        triage_file: where decisions are kept; None keeps them for the session.
        seen_file: where it is kept what was seen; None compares with nothing.
        views: saved views of lists, by name.
        wanted: the filter of the findings to begin with; then they are the first screen but one.
        ascii: whether letters beyond ASCII are written as escapes.

    Returns:
        0 when the user left or answers ended, 130 after Ctrl-C.

    Raises:
        SourceError: the source cannot be opened.
        TriageError: the triage file cannot be used.
    """
    talk = Talk(sys.stdin, sys.stdout, ascii=ascii)
    try:
        desk = Desk(
            source, checks, tell=talk.say, now=now, triage_file=triage_file, seen_file=seen_file, views=views
        )
        first = listing(wanted=wanted) if wanted is not None and wanted.terms else None
        return Loop(desk, talk, home, PLACES, first).run()
    except BrokenPipeError:
        return 0  # the reader went away, as `| head` does
