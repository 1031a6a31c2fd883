"""``paths``: how attackers get from a foothold to what is worth taking, and what would cut their ways."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, FINDINGS, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.analysis.paths.graph import AttackGraph
    from ksec_tui.cluster.snapshot import Snapshot

LENSES = ("external", "container", "credentials")
_CODES = {"open": FINDINGS, "maybe": COVERAGE, "not known": COVERAGE, "none": 0}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser, namespaces=False)
    group = parser.add_argument_group("the question")
    group.add_argument(
        "--from",
        dest="start",
        default="",
        metavar="START",
        help="where the attacker is: internet, outside, anonymous, user:NAME, group:NAME, sa:NAMESPACE/NAME, "
        "NAMESPACE/POD, NAMESPACE/deploy/NAME (sts, ds, rs, job, cj), node/NAME; alone: what follows from there",
    )
    group.add_argument(
        "--to",
        dest="goal",
        default="",
        metavar="GOAL",
        help="what is wanted: cluster-admin, cloud, secrets, node, data, namespace-secrets, secrets:NAMESPACE, or "
        "anything that can stand after --from",
    )
    group.add_argument(
        "--lens",
        action="append",
        default=[],
        choices=LENSES,
        help="only the ways of an external attacker, a compromised container, compromised credentials; repeatable",
    )
    group.add_argument(
        "--most", type=int, default=0, metavar="N", help="how many ways to list (20 for a lens, 3 for --to)"
    )
    group.add_argument(
        "--by",
        choices=("easiest", "shortest"),
        default="easiest",
        help="with --to: the likeliest ways first, or those with the fewest steps",
    )
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "A question mark stands for a way that is not certain. Exit codes: 0 answered (with --to: there is no way), "
        "1 with --to: a way is open, 2 wrong usage, 3 the source cannot be read, 4 not everything could be read, so "
        "that there may be (more) ways. What files leave out is taken not to be there, but told."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.goal and not arguments.start:
        raise CliError("--to needs --from")
    if arguments.start and arguments.lens:
        raise CliError("--lens lists every start: no --from beside it")
    if arguments.most < 0:
        raise CliError("--most: a number above 0 is expected")

    from ksec_tui.analysis.paths.graph import graph
    from ksec_tui.cli.reading import read

    snapshot, _ = read(source.open_source(arguments))
    found = graph(snapshot)
    if arguments.start:
        return _from(arguments, snapshot, found)
    return _lenses(arguments, snapshot, found)


def _lenses(arguments: argparse.Namespace, snapshot: Snapshot, found: AttackGraph) -> int:
    from ksec_tui.analysis.paths.lenses import Lens
    from ksec_tui.reports.paths import SHOWN, lenses_json, lenses_text

    wanted = [lens for lens in Lens if not arguments.lens or lens.value in arguments.lens]
    if arguments.output == "json":
        output.emit(lenses_json(found, wanted), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(lenses_text(found, wanted, most=arguments.most or SHOWN, width=width))
    return _coverage(snapshot, found)


def _from(arguments: argparse.Namespace, snapshot: Snapshot, found: AttackGraph) -> int:
    from ksec_tui.analysis.paths.choke import closing
    from ksec_tui.analysis.paths.lenses import reachable
    from ksec_tui.analysis.paths.naming import vertex_named
    from ksec_tui.analysis.paths.search import paths_from
    from ksec_tui.analysis.rbac.naming import NamingError
    from ksec_tui.reports.paths import answer_json, answer_text, follow_json, follow_text

    try:
        start = vertex_named(snapshot, found, arguments.start)
        goal = vertex_named(snapshot, found, arguments.goal) if arguments.goal else None
    except NamingError as error:
        raise CliError(str(error)) from error
    if goal is None:
        tree = reachable(found, start)
        if tree is None:
            raise CliError(f"{start.words} is not in the graph")
        as_json = arguments.output == "json"
        output.emit(
            follow_json(tree, found.gaps) if as_json else follow_text(tree, found.gaps), encoding="utf-8"
        )
        return _coverage(snapshot, found)
    answer = paths_from(found, start, goal, arguments.most or 3, arguments.by)
    refs = closing(found, start, goal) if answer.paths else ()
    if arguments.output == "json":
        output.emit(answer_json(start, goal, answer, refs), encoding="utf-8")
    else:
        output.emit(answer_text(start, goal, answer, refs))
    return _CODES[answer.status]


def _coverage(snapshot: Snapshot, found: AttackGraph) -> int:
    """Whether something is missing that was asked for; what files leave out is only told."""
    return COVERAGE if found.gaps and snapshot.source.kind != "files" else 0


COMMAND = Command(
    "paths", "show the ways of attackers through the cluster, and what cuts them", _add_arguments, _run
)
