"""``docs checks``: the documentation that is made from the code."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output
from ksec_tui.cli.command import Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("checks",), help="checks: the pages of all checks, in Markdown")


def _run(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - there is one choice so far
    from ksec_tui.checks import all_checks
    from ksec_tui.reports.pages import all_pages

    output.emit(all_pages(all_checks(optional=True)), encoding="utf-8")
    return 0


COMMAND = Command("docs", "print the generated documentation", _add_arguments, _run)
