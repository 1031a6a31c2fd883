"""``versions``: what is supported, what fits together, what has known flaws, what blocks the next upgrade."""

from __future__ import annotations

import argparse
import shutil

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "Exit codes: 0 printed, 2 wrong usage, 3 the source cannot be read, 4 printed, but the server's version or its "
        "nodes could not be read. With --today the output is the same on any day."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    from ksec_tui.analysis.versions.cluster import server_version
    from ksec_tui.cli.reading import read
    from ksec_tui.cluster.kinds import NODE
    from ksec_tui.reports.versions import versions_json, versions_text

    snapshot, _ = read(source.open_source(arguments))
    if arguments.output == "json":
        output.emit(versions_json(snapshot), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(versions_text(snapshot, width=width))
    return COVERAGE if server_version(snapshot) is None or snapshot.gap(NODE) else 0


COMMAND = Command("versions", "say what is supported, has flaws, blocks an upgrade", _add_arguments, _run)
