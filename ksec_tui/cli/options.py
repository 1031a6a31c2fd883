"""Options that several commands have: ``--filter``, ``--fail-on``, ``--enable``, ``--disable`` and ``--config``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ksec_tui.cli.command import CliError, nearest
from ksec_tui.findings.verdict import Severity

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.config import Choice
    from ksec_tui.findings.check import Check
    from ksec_tui.findings.filter import FieldSpec, Filter


def add_config_argument(parser: argparse._ActionsContainer) -> None:
    """Give `parser` the option ``--config``."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the settings file (else $KSEC_CONFIG, else the place 'config path' prints)",
    )


def add_choice_arguments(parser: argparse._ActionsContainer) -> None:
    """Give `parser` the options ``--enable`` and ``--disable``."""
    for name, words in (
        ("--enable", "run these optional checks as well ('ksec-tui checks' shows which are optional)"),
        ("--disable", "do not run these checks"),
    ):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="IDS",
            help=f"{words}: ids, comma-separated; repeatable",
        )


def chosen(arguments: argparse.Namespace, settings: Choice) -> tuple[Check[Any], ...]:
    """The checks that are to run, by what the settings say and, before them, the command line.

    Raises:
        CliError: there is no such check.
    """
    from ksec_tui.checks import all_checks, chosen_checks

    known = [item.id for item in all_checks(optional=True)]
    asked = {
        name: [part.strip() for text in getattr(arguments, name) for part in text.split(",") if part.strip()]
        for name in ("enable", "disable")
    }
    for name, ids in asked.items():
        for item in ids:
            if item not in known:
                raise CliError(f"--{name}: there is no check {item!r}{nearest(item, known)}")
    enable = {*settings.enable, *asked["enable"]}
    disable = {*settings.disable, *asked["disable"]} - {*asked["enable"]} | {*asked["disable"]}
    return chosen_checks(enable, disable)


def add_filter_argument(parser: argparse._ActionsContainer) -> None:
    """Give `parser` the option ``--filter``."""
    parser.add_argument(
        "--filter",
        default="",
        metavar="EXPR",
        help="only what matches, as in 'sev:>=high ns:prod-*,!kube-* is:fixable'",
    )


def add_fail_on_argument(parser: argparse._ActionsContainer) -> None:
    """Give `parser` the option ``--fail-on``."""
    parser.add_argument(
        "--fail-on",
        type=_severity,
        metavar="SEVERITY",
        help="exit with 1 when a finding is at least that severe",
    )


def _severity(text: str) -> Severity:
    try:
        return Severity.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def read_filter(text: str, fields: Mapping[str, FieldSpec] | None = None) -> Filter:
    """The filter that `text` says, with these fields or all; a caret stands under what is wrong.

    Raises:
        CliError: it says none.
    """
    from ksec_tui.cluster.text import one_line
    from ksec_tui.findings.filter import FIELDS, FilterError, parse
    from ksec_tui.reports.columns import width

    try:
        return parse(text, fields=FIELDS if fields is None else fields)
    except FilterError as error:
        indent = " " * width(one_line(text[: error.position]))
        raise CliError(f"--filter: {error}\n  {one_line(text)}\n  {indent}^") from error
