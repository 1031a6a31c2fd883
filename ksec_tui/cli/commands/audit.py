"""``audit``: which of Kubernetes' own controls are on, off, partly on or not visible."""

from __future__ import annotations

import argparse
import shutil

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import FINDINGS, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("the audit")
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    options.add_fail_on_argument(group)
    parser.epilog = (
        "Exit codes: 0 printed, 1 what is off is at or above --fail-on, 2 wrong usage, 3 the source cannot be read. "
        "What could not be read is never on; components of Kubernetes itself do not count as places."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    opened = source.open_source(arguments)

    from ksec_tui.checks import all_checks
    from ksec_tui.cli.reading import read
    from ksec_tui.findings.controls.judging import postures
    from ksec_tui.findings.runner import run
    from ksec_tui.reports.audit import audit_json, audit_text

    snapshot, problems = read(opened)
    checks = all_checks()
    found = postures(snapshot, run(snapshot, checks), checks)
    if arguments.output == "json":
        output.emit(audit_json(found), encoding="utf-8")
    else:
        for problem in problems:
            output.tell(f"{problem.where}: {problem.reason}")
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(audit_text(found, width=width))
    wanted = arguments.fail_on
    bad = [severity for item in found if (severity := item.severity) is not None]
    return FINDINGS if wanted is not None and any(severity >= wanted for severity in bad) else 0


COMMAND = Command("audit", "say which of Kubernetes' own controls are on", _add_arguments, _run)
