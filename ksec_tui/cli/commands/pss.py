"""``pss``: which workloads a level of the Pod Security Standards admits, in any version of the policy."""

from __future__ import annotations

import argparse
import re
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, FINDINGS, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.analysis.workloads import Workload
    from ksec_tui.cluster.snapshot import Snapshot
    from ksec_tui.reports.pod_security import Row


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("the question")
    group.add_argument(
        "--level",
        choices=("baseline", "restricted"),
        default="restricted",
        help="the level to hold pods against (default restricted)",
    )
    group.add_argument(
        "--version",
        type=_version,
        default="latest",
        metavar="VERSION",
        help="of the policy: v1.N, all, or latest (the API server's own, else the newest known; the default)",
    )
    group.add_argument(
        "--batch",
        metavar="FILE",
        help="judge the pods in this file (- for stdin), one JSON object a line with id, metadata and spec",
    )
    group.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "kustomize"),
        default="table",
        help="how to print the answer; kustomize: the patches that bring the workloads to restricted",
    )
    parser.epilog = (
        "Exit codes: 0 every workload is admitted (with --batch: every pod could be judged), 1 some are refused, "
        "2 wrong usage, 3 the source cannot be read, 4 none is refused but not everything could be read. With "
        "-o kustomize 1 means that some workloads need more than a patch: stderr says which, and why. What the "
        "cluster's administrator exempts cannot be seen."
    )
    parser.formatter_class = argparse.HelpFormatter


def _version(text: str) -> str:
    if not re.fullmatch(r"all|latest|v1\.(0|[1-9][0-9]{0,3})", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no version: v1.N, latest or all")
    return text


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.batch is not None:
        return _batch(arguments)
    if arguments.output == "kustomize":
        return _patches(arguments)

    from ksec_tui.analysis.workloads import workloads
    from ksec_tui.cli.reading import read
    from ksec_tui.reports import pod_security

    snapshot, problems = read(source.open_source(arguments))
    for problem in problems:
        output.tell(f"{problem.where}: {problem.reason}")
    minor, version = _policy(arguments.version, snapshot)
    rows = [_row(workload, arguments.level, minor) for workload in workloads(snapshot)]
    unknown = _unknown(snapshot)
    if arguments.output == "json":
        output.emit(pod_security.as_json(rows, arguments.level, version, unknown), encoding="utf-8")
    else:
        for reason in unknown:
            output.tell(f"not known: {reason}")
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(pod_security.table(rows, arguments.level, _said(version), width=width))
    if not all(row.allowed for row in rows):
        return FINDINGS
    return COVERAGE if unknown else 0


def _patches(arguments: argparse.Namespace) -> int:
    """What brings every workload to restricted, as far as patches can."""
    if arguments.level != "restricted" or arguments.version != "latest":
        raise CliError(
            "-o kustomize leads to restricted in the server's own version: no --level or --version"
        )

    from ksec_tui.analysis.workloads import workloads
    from ksec_tui.checks import all_checks
    from ksec_tui.cli.reading import read
    from ksec_tui.fixes.layouts.kustomize import inline_kustomization
    from ksec_tui.fixes.restricted import restricted_changes

    snapshot, problems = read(source.open_source(arguments))
    for problem in problems:
        output.tell(f"{problem.where}: {problem.reason}")
    _policy("latest", snapshot)
    checks = all_checks()
    found = [restricted_changes(snapshot, workload, checks) for workload in workloads(snapshot)]
    for item in found:
        for reason in item.reasons:
            output.tell(f"{item.workload}: {reason}")
    unknown = _unknown(snapshot)
    for reason in unknown:
        output.tell(f"not known: {reason}")
    fixes = [fix for item in found if (fix := item.fix) is not None and fix.changes]
    risks = {
        change.target: f"{fix.risk.value}. {fix.may_break}".strip() for fix in fixes for change in fix.changes
    }
    changes = [change for fix in fixes for change in fix.changes]
    output.emit(inline_kustomization(changes, snapshot, risks), encoding="utf-8")
    if any(item.reasons for item in found):
        return FINDINGS
    return COVERAGE if unknown else 0


def _said(version: str) -> str:
    return "some version" if version == "all" else version


def _policy(version: str, snapshot: Snapshot | None) -> tuple[int | None, str]:
    """The minor version to judge by, None for all; and how to call it."""
    from ksec_tui.analysis.pod_security import NEWEST, server_policy

    if version == "all":
        return None, version
    if version != "latest":
        asked = int(version.removeprefix("v1."))
        if asked > NEWEST:
            output.tell(f"the newest policy known is that of v1.{NEWEST}: {version} is judged by it")
        return min(asked, NEWEST), f"v1.{min(asked, NEWEST)}"
    server = None if snapshot is None else server_policy(snapshot)
    if server is None and snapshot is not None:
        output.tell(f"the API server's version is not known: latest is v1.{NEWEST}")
    minor = NEWEST if server is None else server
    return minor, f"v1.{minor}"


def _row(workload: Workload, level: str, minor: int | None) -> Row:
    """The worst of the workload's template and its live pods."""
    from ksec_tui.analysis.pod_security import NEWEST, Run, judged, merged, standing
    from ksec_tui.reports.pod_security import Row

    worst = standing(workload, minor)
    if minor is not None:
        runs: tuple[Run, ...] = (Run(minor, minor, worst.judge.evaluate(level, minor)),)
        return Row(workload.ref, worst.level, runs, worst.object, worst.barriers(minor, level))
    asked = [item for item, _, _ in judged(workload)]
    runs = merged(
        lambda version: max(
            (item.evaluate(level, version) for item in asked), key=lambda said: len(said.failed)
        )
    )
    return Row(workload.ref, standing(workload, NEWEST).level, runs, workload.ref)


def _unknown(snapshot: Snapshot) -> list[str]:
    """What could not be read of the workloads. What files do not hold is not missing: they say what is meant."""
    from ksec_tui.cluster.coverage import State
    from ksec_tui.cluster.kinds import WORKLOAD_KINDS

    supplied = [kind for kind in WORKLOAD_KINDS if snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED]
    gaps = [snapshot.gap(kind) for kind in supplied]
    odd = [f"{item.ref}: {item.reason}" for kind in WORKLOAD_KINDS for item in snapshot.undecoded(kind)]
    return [*dict.fromkeys((*filter(None, gaps), *odd))]


def _batch(arguments: argparse.Namespace) -> int:
    if not source.is_live(arguments) or arguments.context or arguments.kubeconfig or arguments.namespace:
        raise CliError("--batch takes every pod from the file: no other source beside it")
    if arguments.output == "kustomize":
        raise CliError("--batch answers one JSON object a line: no -o kustomize beside it")
    from ksec_tui.analysis.pod_security import Run, evaluate, runs
    from ksec_tui.analysis.pod_security.cases import read_case
    from ksec_tui.cli.batch import read_lines

    cases = read_lines(arguments.batch, read_case)
    from ksec_tui.reports.pod_security import case_line, unreadable_line

    minor, _ = _policy(arguments.version, None)
    lines = []
    for case in cases:
        if case.pod is None:
            lines.append(unreadable_line(case.id, case.reason))
            continue
        spec, annotations = case.pod.spec, case.pod.metadata.annotations
        if minor is None:
            said = runs(spec, annotations, arguments.level)
        else:
            said = (Run(minor, minor, evaluate(spec, annotations, arguments.level, minor)),)
        lines.append(case_line(case.id, said, several=minor is None))
    output.emit("".join(lines), encoding="utf-8")
    return COVERAGE if any(case.pod is None for case in cases) else 0


COMMAND = Command("pss", "say which workloads the Pod Security Standards admit", _add_arguments, _run)
