"""``reach``: whether one end may connect to another by the network policies, and which rules decide."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, FINDINGS, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.analysis.network.questions import Answers, Question
    from ksec_tui.cluster.snapshot import Snapshot


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser, namespaces=False)
    group = parser.add_argument_group("the question")
    end = "NAMESPACE/POD, NAMESPACE/deploy/NAME (sts, ds, rs, job, cj), an address or a block of them"
    group.add_argument("--from", dest="sender", default="", metavar="END", help=f"who connects: {end}")
    group.add_argument(
        "--to",
        dest="receiver",
        default="",
        metavar="END",
        help="to whom: the same, or NAMESPACE/svc/NAME, whose port is translated",
    )
    group.add_argument(
        "--port", default="", metavar="PORT", help="of the destination: 443/TCP, 53/UDP, 8080, or icmp"
    )
    group.add_argument(
        "--batch",
        metavar="FILE",
        help="answer the questions in this file (- for stdin), one JSON object a line: "
        '{"from": {"namespace", "pod"}, "to": {"ip"}, "protocol": "TCP", "port": 80}',
    )
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "Exit codes: 0 the policies allow it (with --batch: every question could be answered), 1 they do not, or "
        "not for all pods, 2 wrong usage, 3 the source cannot be read, 4 unknown because not everything could be "
        "read or the policies leave it open. Whether the network plugin enforces policies is told beside the answer."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.batch is not None:
        return _batch(arguments)
    if not (arguments.sender and arguments.receiver and arguments.port):
        raise CliError("--from, --to and --port are needed, or --batch FILE")
    from ksec_tui.analysis.network.questions import ask, port_named
    from ksec_tui.analysis.network.reach import EndError, UnreadEndError
    from ksec_tui.cli.reading import read
    from ksec_tui.cluster.text import one_line
    from ksec_tui.reports.reach import reach_json, reach_text, unanswered_line

    try:
        port = port_named(arguments.port)
    except EndError as error:
        raise CliError(f"--port {error}") from error
    snapshot, _ = read(source.open_source(arguments))
    try:
        found = ask(snapshot, arguments.sender, arguments.receiver, port)
    except UnreadEndError as error:
        if arguments.output == "json":
            output.emit(unanswered_line(str(error)), encoding="utf-8")
        else:
            output.emit(f"not known: {one_line(str(error))}\n")
        return COVERAGE
    except EndError as error:
        raise CliError(str(error)) from error
    if arguments.output == "json":
        output.emit(reach_json(found), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(reach_text(found, width=width))
    return _code(found)


def _code(found: Answers) -> int:
    said = {answer.verdict.allowed for answer in found.found}
    if found.gaps or None in said:
        return COVERAGE
    return 0 if found.allowed else FINDINGS


def _batch(arguments: argparse.Namespace) -> int:
    if arguments.sender or arguments.receiver or arguments.port:
        raise CliError("--batch takes every question from the file: no --from, --to or --port beside it")
    if arguments.batch == "-" and "-" in arguments.file:
        raise CliError("--batch - and -f - cannot both read stdin")
    from ksec_tui.analysis.network.questions import read_question
    from ksec_tui.cli.batch import read_lines
    from ksec_tui.cli.reading import read

    questions = read_lines(arguments.batch, read_question)

    snapshot, _ = read(source.open_source(arguments))
    return _answer_all(snapshot, questions)


def _answer_all(snapshot: Snapshot, questions: list[Question]) -> int:
    from ksec_tui.analysis.network.questions import ask
    from ksec_tui.analysis.network.reach import EndError
    from ksec_tui.reports.reach import reach_line, unanswered_line

    lines: list[str] = []
    code = 0
    for question in questions:
        try:
            found = ask(snapshot, question.source, question.destination, question.port)
        except EndError as error:
            lines.append(unanswered_line(str(error)))
            code = COVERAGE
            continue
        lines.append(reach_line(found))
        if _code(found) == COVERAGE:
            code = COVERAGE
    output.emit("".join(lines), encoding="utf-8")
    return code


COMMAND = Command(
    "reach",
    "say whether one end may connect to another by the network policies, and why",
    _add_arguments,
    _run,
)
