"""``scan``: the findings on stdout, for people or programs."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import COVERAGE, FINDINGS, CliError, Command
from ksec_tui.cli.triaging import add_triage_arguments, known_fields, load_kept

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.findings.finding import Finding
    from ksec_tui.reports.report import Report


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("the scan")
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the findings"
    )
    options.add_fail_on_argument(group)
    options.add_filter_argument(group)
    add_triage_arguments(group)
    options.add_choice_arguments(group)
    options.add_config_argument(group)
    group.add_argument(
        "--min-coverage",
        type=_percent,
        default=0,
        metavar="PERCENT",
        help="exit with 4 when less of the kinds could be read",
    )
    group.add_argument(
        "--no-system", action="store_true", help="leave out the components of Kubernetes itself"
    )
    parser.epilog = (
        "Exit codes: 0 fine, 1 findings at or above --fail-on, 2 wrong usage, 3 the source cannot be read, 4 coverage "
        "below --min-coverage (findings come first), 130 interrupted. What is unknown never counts as a finding. "
        "Without --triage and --seen no file is looked at: the same source gives the same answer."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.show_dismissed and not arguments.triage:
        raise CliError("--show-dismissed needs --triage FILE: without it nothing is dismissed")
    fields = known_fields(triage=bool(arguments.triage), seen=bool(arguments.seen))
    wanted = options.read_filter(arguments.filter, fields)
    from ksec_tui.cli.reading import read
    from ksec_tui.cli.settings import load_choice
    from ksec_tui.findings.runner import run
    from ksec_tui.reports.report import make_report

    checks = options.chosen(arguments, load_choice(arguments.config))
    kept = load_kept(arguments)
    opened = source.open_source(arguments)
    snapshot, problems = read(opened)
    results = run(snapshot, checks)
    since = kept.since(snapshot, results, checks)
    rows = kept.rows(snapshot, results, since)

    def shown(finding: Finding) -> bool:
        row = finding if rows is None else rows[finding.fingerprint]
        return not (arguments.no_system and finding.system) and wanted.matches(row)

    report = make_report(snapshot, results, checks, problems, shown, rows, since)
    _print(report, arguments.output, show_dismissed=arguments.show_dismissed)
    kept.observe(snapshot, results, checks)
    if arguments.fail_on is not None and report.at_least(arguments.fail_on):
        return FINDINGS
    percent = snapshot.coverage.percent
    if percent < arguments.min_coverage:
        output.tell(f"coverage is {percent} %, below the {arguments.min_coverage} % asked for")
        return COVERAGE
    return 0


def _print(report: Report, form: str, *, show_dismissed: bool) -> None:
    from ksec_tui.reports import json_report, table

    if form == "json":
        output.emit(json_report.render(report), encoding="utf-8")
        return
    for problem in report.problems:
        output.tell(f"{problem.where}: {problem.reason}")
    terminal = output.stdout_is_terminal()
    width = shutil.get_terminal_size().columns if terminal else None
    colour = output.wants_colour()
    output.emit(table.render(report, width=width, colour=colour, show_dismissed=show_dismissed))


def _percent(text: str) -> int:
    try:
        value = int(text.removesuffix("%"))
    except ValueError:
        value = -1
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage from 0 to 100")
    return value


COMMAND = Command("scan", "print the findings; for scripts and pipelines", _add_arguments, _run)
