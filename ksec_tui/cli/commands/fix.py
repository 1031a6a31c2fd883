"""``fix``: every fix that matches, proven and written as patches; nothing in a cluster is changed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import SOURCE, CliError, Command, nearest
from ksec_tui.cli.triaging import known_fields

if TYPE_CHECKING:  # the parser must not pay for it
    from pathlib import Path

    from ksec_tui.cli.fixing import Fixing
    from ksec_tui.reports.fixes import FixSummary

_RISKS = ("safe", "likely", "review")
_TOLD = 20
"""What is told one by one on stderr; the report of the export has all."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("which fixes")
    options.add_filter_argument(group)
    group.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="IDS",
        help="only what these checks find: ids, comma-separated; repeatable",
    )
    group.add_argument(
        "--max-risk",
        choices=_RISKS,
        default="likely",
        help="up to which risk of breaking something (default likely); what takes a human is in MANUAL.md",
    )
    group.add_argument(
        "--no-system", action="store_true", help="leave out the components of Kubernetes itself"
    )
    options.add_choice_arguments(group)
    options.add_config_argument(group)
    group = parser.add_argument_group("what to write")
    group.add_argument("--out", metavar="DIR", help="the folder for the patches and the report; new or empty")
    group.add_argument(
        "--layout",
        action="append",
        default=[],
        metavar="NAMES",
        help="kubectl, kustomize, single, json: comma-separated; repeatable (default kubectl,kustomize)",
    )
    group.add_argument("--force", action="store_true", help="write into DIR though it holds files")
    group.add_argument(
        "--in-place",
        action="store_true",
        help="change the manifest files of -f themselves; comments and order stay, new objects get new files",
    )
    group.add_argument(
        "--dry-run-server",
        action="store_true",
        help="ask the live cluster what it would say (dryRun=All: nothing is stored)",
    )
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the summary"
    )
    parser.epilog = (
        "Exit codes: 0 written, though some fixes may be refused (stderr and REPORT.md say which and why), or nothing "
        "to fix and nothing written; 2 wrong usage, or DIR holds files and --force is not given; 3 the source cannot "
        "be read, or the files cannot be written; 130 interrupted. Nothing in a cluster is changed."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    _check(arguments)
    wanted = options.read_filter(arguments.filter, known_fields(triage=False, seen=False))
    layouts = _layouts(arguments.layout)
    folder = _folder(arguments)
    from ksec_tui.cli.fixing import Fixing
    from ksec_tui.cli.settings import load_choice

    only = _ids(arguments.check)
    checks = options.chosen(arguments, load_choice(arguments.config))
    fixing = Fixing(source.open_source(arguments), checks)
    fixing.stage(wanted, _RISKS.index(arguments.max_risk), only, system=not arguments.no_system)
    if not fixing.plan.staged:
        more = len(fixing.left_out)
        riskier = (
            f"{more} {'fix is' if more == 1 else 'fixes are'} riskier than --max-risk {arguments.max_risk}"
        )
        said = f"; {riskier}" if more else ""
        output.tell(f"nothing to fix{said}; nothing written")
        if arguments.output == "json":
            _print(fixing.summary(), arguments.output)
        return 0
    fixing.prove()
    if folder is not None:
        fixing.export(folder, layouts, force=arguments.force)
    if arguments.in_place:
        fixing.edit(arguments.file)
    if arguments.dry_run_server:
        fixing.ask()
    summary = fixing.summary()
    _tell(fixing, summary)
    _print(summary, arguments.output)
    return SOURCE if fixing.failed else 0


def _check(arguments: argparse.Namespace) -> None:
    if not arguments.out and not arguments.in_place:
        raise CliError("say where to: --out DIR, or --in-place for the files of -f")
    if arguments.in_place and not any(path != "-" for path in arguments.file):
        raise CliError("--in-place changes the files of -f; there are none")
    if arguments.dry_run_server and not source.is_live(arguments):
        raise CliError("--dry-run-server asks a live cluster; this source is none")
    if arguments.force and not arguments.out:
        raise CliError("--force is for --out DIR")


def _layouts(given: list[str]) -> tuple[str, ...]:
    from ksec_tui.fixes.export import DEFAULT_LAYOUTS, LAYOUTS

    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    for name in names:
        if name not in LAYOUTS:
            raise CliError(
                f"--layout: there is no layout {name!r}; one of {', '.join(LAYOUTS)}{nearest(name, list(LAYOUTS))}"
            )
    return tuple(dict.fromkeys(names)) or tuple(DEFAULT_LAYOUTS)


def _ids(given: list[str]) -> frozenset[str]:
    from ksec_tui.checks import all_checks

    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    known = [item.id for item in all_checks(optional=True)]
    for name in names:
        if name not in known:
            raise CliError(f"--check: there is no check {name!r}{nearest(name, known)}")
    return frozenset(names)


def _folder(arguments: argparse.Namespace) -> Path | None:
    """Where the export goes; said before a long reading, `export` makes sure of it again."""
    from pathlib import Path

    from ksec_tui.cluster.text import one_line

    if not arguments.out:
        return None
    folder = Path(arguments.out)
    shown = one_line(str(folder))
    if folder.exists() and not folder.is_dir():
        raise CliError(f"--out {shown} is no folder")
    try:
        taken = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise CliError(f"--out {shown}: {error.strerror}") from error
    if taken and not arguments.force:
        raise CliError(f"--out {shown} is not empty: --force writes into it")
    return folder


def _tell(fixing: Fixing, summary: FixSummary) -> None:
    from ksec_tui.sources.trials import Outcome

    lines = [f"{problem.where}: {problem.reason}" for problem in fixing.problems]
    for refused in summary.refused:
        finding = refused.staged.finding
        lines.append(
            f"refused: {refused.staged.fix.title} ({finding.check} of {finding.subject}): {refused.reason}"
        )
    lines += (
        f"server: {tried.method} {tried.target}: {tried.outcome.value}: {tried.words}"
        for tried in summary.server or ()
        if tried.outcome is not Outcome.ACCEPTED
    )
    for line in lines[:_TOLD]:
        output.tell(line)
    if len(lines) > _TOLD:
        output.tell(f"and {len(lines) - _TOLD:,} more; -o json has all")
    for line in fixing.notes:
        output.tell(line)
    for line in fixing.failed:
        output.tell(f"error: {line}")


def _print(summary: FixSummary, form: str) -> None:
    from ksec_tui.reports.fixes import fixes_json, fixes_text

    if form == "json":
        output.emit(fixes_json(summary), encoding="utf-8")
    else:
        output.emit(fixes_text(summary))


COMMAND = Command("fix", "prove fixes and write them as patches", _add_arguments, _run)
