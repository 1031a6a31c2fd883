"""``checks``: which risks are looked for, and the page of each."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output
from ksec_tui.cli.command import CliError, Command, nearest


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="print the page of this check")


def _run(arguments: argparse.Namespace) -> int:
    from ksec_tui.checks import all_checks
    from ksec_tui.reports import pages
    from ksec_tui.reports.columns import columns

    checks = all_checks(optional=True)
    if arguments.id is None:
        rows = [("CHECK", "SEVERITY", "FIX", "RUNS", "TITLE"), *pages.listing(checks)]
        output.emit("".join(f"{line}\n" for line in columns(rows)))
        return 0
    known = {check.id: check for check in checks}
    found = known.get(arguments.id)
    if found is None:
        raise CliError(f"there is no check {arguments.id!r}{nearest(arguments.id, list(known))}")
    output.emit(pages.page(found))
    return 0


COMMAND = Command("checks", "list the checks, or print the page of one", _add_arguments, _run)
