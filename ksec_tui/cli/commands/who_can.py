"""``who-can``: the subjects that may do something, each with the binding, role and rule."""

from __future__ import annotations

import argparse
import shutil

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, CliError, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser, namespaces=False)
    group = parser.add_argument_group("the question")
    group.add_argument("verb", metavar="VERB", help="get, list, create, impersonate, bind, …")
    group.add_argument(
        "resource", metavar="RESOURCE", help="pods, pods/exec, deployments.apps, *, or a path: /metrics"
    )
    group.add_argument("name", nargs="?", default="", metavar="NAME", help="of the object")
    place = group.add_mutually_exclusive_group()
    place.add_argument(
        "-n",
        "--namespace",
        dest="place",
        default="",
        metavar="NAMESPACE",
        help="where (else in the whole cluster)",
    )
    place.add_argument(
        "-A",
        "--all-namespaces",
        dest="anywhere",
        action="store_true",
        help="those too who may do it in some namespace only",
    )
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "Subjects are those that bindings name; members of groups are not listed one by one. Exit codes: 0 answered, "
        "2 wrong usage, 3 the source cannot be read, 4 there may be more because not everything could be read."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    from ksec_tui.analysis.rbac.answer import explain_who
    from ksec_tui.analysis.rbac.naming import NamingError, request_named
    from ksec_tui.cli.reading import read
    from ksec_tui.reports.access import holders_json, holders_text

    snapshot, _ = read(source.open_source(arguments))
    try:
        asked = request_named(snapshot, arguments.verb, arguments.resource, arguments.name, arguments.place)
    except NamingError as error:
        raise CliError(str(error)) from error
    for note in asked.notes:
        output.tell(note)
    found = explain_who(snapshot, asked.request, anywhere=arguments.anywhere)
    if arguments.output == "json":
        output.emit(holders_json(found, asked.request), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(holders_text(found, asked.request, anywhere=arguments.anywhere, width=width))
    return COVERAGE if found.unknown else 0


COMMAND = Command("who-can", "list the subjects that may do something, and why", _add_arguments, _run)
