"""``frameworks``: the controls of benchmarks and catalogues with the verdicts of the checks that name them."""

from __future__ import annotations

import argparse
import shutil

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import FINDINGS, Command

NAMES = ("pss", "cis", "nsa", "owasp", "attack", "microsoft")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("the answer")
    group.add_argument(
        "--framework",
        action="append",
        default=[],
        choices=NAMES,
        help="only this one: Pod Security Standards, CIS benchmark, NSA/CISA guide, OWASP top ten, MITRE ATT&CK, "
        "Microsoft's threat matrix; repeatable",
    )
    group.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "markdown"),
        default="table",
        help="how to print the answer",
    )
    options.add_fail_on_argument(group)
    parser.epilog = (
        "Exit codes: 0 printed, 1 a control fails at or above --fail-on, 2 wrong usage, 3 the source cannot be read. "
        "What could not be read is unknown and never a pass."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    opened = source.open_source(arguments)

    from ksec_tui.checks import all_checks
    from ksec_tui.cli.reading import read
    from ksec_tui.findings.frameworks.framework import standings
    from ksec_tui.findings.runner import run
    from ksec_tui.reports import frameworks

    snapshot, problems = read(opened)
    checks = all_checks()
    wanted = arguments.framework or NAMES
    found = [
        item for item in standings(snapshot, run(snapshot, checks), checks) if item.framework.id in wanted
    ]
    if arguments.output == "json":
        output.emit(frameworks.frameworks_json(found), encoding="utf-8")
    elif arguments.output == "markdown":
        output.emit(frameworks.frameworks_markdown(found), encoding="utf-8")
    else:
        for problem in problems:
            output.tell(f"{problem.where}: {problem.reason}")
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(frameworks.frameworks_text(found, width=width))
    limit = arguments.fail_on
    bad = [worst for item in found if (worst := item.worst) is not None]
    return FINDINGS if limit is not None and any(worst >= limit for worst in bad) else 0


COMMAND = Command("frameworks", "hold the cluster against CIS, NSA, OWASP and others", _add_arguments, _run)
