"""Linear mode on the command line: ``--plain``."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import TYPE_CHECKING

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import SOURCE, CliError

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.findings.filter import Filter
    from ksec_tui.sources.base import Source
    from ksec_tui.state.values import Look


def run(arguments: argparse.Namespace, wanted: Filter) -> int:
    """One session of numbered text menus; see `ksec_tui.plain.start.run`.

    Raises:
        CliError: the source, the settings or the triage file cannot be used.
    """
    from ksec_tui.cli.settings import check_choice
    from ksec_tui.cli.triaging import kept_files
    from ksec_tui.config import ConfigError, load
    from ksec_tui.plain import start
    from ksec_tui.sources.base import SourceError
    from ksec_tui.triage.notation import TriageError

    try:
        # Of the settings those of themes and keys do not matter here, nor what is wrong with them.
        loaded = load(arguments.config)
        check_choice(loaded)
    except ConfigError as error:
        raise CliError(str(error)) from error
    config = loaded.config
    checks = options.chosen(arguments, config.checks)
    if config.watch and source.is_live(arguments):
        output.tell(
            "the setting watch does not count here: refresh reads the cluster anew and says what is new"
        )
    stdin = source.take_stdin(arguments)
    opened = source.open_source(arguments, stdin=stdin)
    keeps = config.state and not arguments.no_state
    triage_file, seen_file = kept_files(arguments.triage, opened.info, keeps=keeps)
    views = {**config.views, **_saved_views(opened)} if keeps else config.views
    try:
        return start.run(
            opened,
            checks,
            now=lambda: arguments.today or dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            triage_file=triage_file,
            seen_file=seen_file,
            views=views,
            wanted=wanted,
            ascii=arguments.ascii or config.ascii,
        )
    except SourceError as error:
        raise CliError(str(error), SOURCE) from error
    except TriageError as error:
        raise CliError(f"--triage: {error}" if arguments.triage else str(error)) from error


def _saved_views(opened: Source) -> dict[str, Look]:
    """The views that the explorer saved for this context; what cannot be read is left as it is, and told."""
    from ksec_tui.state.store import StateError, load, state_file

    try:
        return load(state_file(opened.info)).views
    except StateError as error:
        output.tell(f"saved views: {error}")
        return {}
