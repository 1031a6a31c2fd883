"""Linear mode on the command line: ``--plain``."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from ksec_tui.cli import options, source
from ksec_tui.cli.command import SOURCE, CliError

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.findings.filter import Filter
    from ksec_tui.sources.base import Source


def run(arguments: argparse.Namespace, wanted: Filter) -> int:
    """One session of numbered text menus; see `ksec_tui.plain.start.run`.

    Raises:
        CliError: the source, the settings or the triage file cannot be used.
    """
    from ksec_tui.cli.settings import load_settings
    from ksec_tui.plain import start
    from ksec_tui.sources.base import SourceError
    from ksec_tui.triage.notation import TriageError
    from ksec_tui.triage.places import seen_file

    config = load_settings(arguments.config).config
    checks = options.chosen(arguments, config.checks)
    stdin = source.take_stdin(arguments)
    opened = source.open_source(arguments, stdin=stdin)
    try:
        return start.run(
            opened,
            checks,
            now=lambda: arguments.today or dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            triage_file=_triage_file(arguments.triage, opened),
            seen_file=None if opened.info.kind == "demo" else seen_file(opened.info),
            wanted=wanted,
            ascii=arguments.ascii or config.ascii,
        )
    except SourceError as error:
        raise CliError(str(error), SOURCE) from error
    except TriageError as error:
        raise CliError(f"--triage: {error}" if arguments.triage else str(error)) from error


def _triage_file(given: str | None, opened: Source) -> Path | None:
    """Where decisions are kept: what was asked for, else the context's own file; for the demo nowhere."""
    from ksec_tui.triage.places import triage_file

    if given:
        return Path(given)
    return None if opened.info.kind == "demo" else triage_file(opened.info)
