"""``docs checks``, ``docs keys``: the documentation that is made from the code."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output
from ksec_tui.cli.command import Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    words = "in Markdown, the pages of all checks, or the page of all keys"
    parser.add_argument("what", choices=("checks", "keys"), help=words)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.what == "keys":
        from ksec_tui.screens.key_page import page

        output.emit(page(), encoding="utf-8")
        return 0
    from ksec_tui.checks import all_checks
    from ksec_tui.reports.pages import all_pages

    output.emit(all_pages(all_checks(optional=True)), encoding="utf-8")
    return 0


COMMAND = Command("docs", "print the generated documentation", _add_arguments, _run)
