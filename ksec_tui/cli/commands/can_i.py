"""``can-i``: whether a subject may do something, and by which binding, role and rule."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, FINDINGS, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.analysis.rbac.reviews import Review
    from ksec_tui.cluster.snapshot import Snapshot


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser, namespaces=False)
    group = parser.add_argument_group("the question")
    group.add_argument("verb", nargs="?", metavar="VERB", help="get, list, create, impersonate, bind, …")
    group.add_argument(
        "resource",
        nargs="?",
        metavar="RESOURCE",
        help="pods, pods/exec, deployments.apps, *, or a path: /metrics",
    )
    group.add_argument("name", nargs="?", default="", metavar="NAME", help="of the object")
    group.add_argument("--subject", metavar="WHO", help="user:NAME, group:NAME or sa:NAMESPACE/NAME")
    group.add_argument(
        "--groups", default="", metavar="NAMES", help="groups that a user is known to be in, comma-separated"
    )
    group.add_argument(
        "-n",
        "--namespace",
        dest="place",
        default="",
        metavar="NAMESPACE",
        help="where (else in the whole cluster)",
    )
    group.add_argument(
        "--batch",
        metavar="FILE",
        help="answer the questions in this file (- for stdin), one JSON object a line in the form of a "
        "SubjectAccessReview's spec",
    )
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "Exit codes: 0 granted by RBAC (with --batch: every question could be answered), 1 not granted by RBAC, "
        "2 wrong usage, 3 the source cannot be read, 4 unknown because not everything could be read. What RBAC does "
        "not grant, the Node authorizer, a webhook or the cloud may still allow."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.batch is not None:
        return _batch(arguments)
    if not (arguments.verb and arguments.resource and arguments.subject):
        raise CliError("VERB, RESOURCE and --subject are needed, or --batch FILE")
    from ksec_tui.analysis.rbac.answer import elsewhere, explain
    from ksec_tui.analysis.rbac.identity import identity_of
    from ksec_tui.analysis.rbac.naming import NamingError, request_named, subject_named
    from ksec_tui.cli.reading import read
    from ksec_tui.cluster.text import clean
    from ksec_tui.reports.access import answer_json, answer_text

    try:
        who = subject_named(arguments.subject)
    except NamingError as error:
        raise CliError(f"--subject {error}") from error
    groups = tuple(word for part in clean(arguments.groups).split(",") if (word := part.strip()))
    snapshot, _ = read(source.open_source(arguments))
    try:
        asked = request_named(snapshot, arguments.verb, arguments.resource, arguments.name, arguments.place)
    except NamingError as error:
        raise CliError(str(error)) from error
    for note in asked.notes:
        output.tell(note)
    identity = identity_of(who, groups)
    answer = explain(snapshot, identity, asked.request)
    if not answer.allowed and (places := elsewhere(snapshot, identity, asked.request)):
        output.tell(
            f"granted in {len(places)} namespace{'' if len(places) == 1 else 's'}: {', '.join(places)}"
        )
    if arguments.output == "json":
        output.emit(answer_json(answer, who, asked.request), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(answer_text(answer, who, asked.request, width=width))
    if answer.allowed is None:
        return COVERAGE
    return 0 if answer.allowed else FINDINGS


def _batch(arguments: argparse.Namespace) -> int:
    if arguments.verb or arguments.subject or arguments.groups or arguments.place:
        raise CliError(
            "--batch takes every question from the file: no VERB, --subject, --groups or -n beside it"
        )
    if arguments.batch == "-" and "-" in arguments.file:
        raise CliError("--batch - and -f - cannot both read stdin")
    from ksec_tui.analysis.rbac.reviews import read_review
    from ksec_tui.cli.batch import read_lines
    from ksec_tui.cli.reading import read

    reviews = read_lines(arguments.batch, read_review)

    snapshot, _ = read(source.open_source(arguments))
    return _answer_all(snapshot, reviews)


def _answer_all(snapshot: Snapshot, reviews: list[Review]) -> int:
    from ksec_tui.analysis.rbac.answer import explain
    from ksec_tui.reports.access import review_line

    answers = [explain(snapshot, review.identity, review.request) for review in reviews]
    output.emit("".join(map(review_line, answers)), encoding="utf-8")
    return COVERAGE if any(answer.allowed is None for answer in answers) else 0


COMMAND = Command("can-i", "say whether a subject may do something, and why", _add_arguments, _run)
