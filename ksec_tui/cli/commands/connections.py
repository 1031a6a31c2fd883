"""``connections``: what may connect to what by the network policies, and what differs between two states."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import FINDINGS, SOURCE, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.analysis.network.faults import Fault
    from ksec_tui.analysis.network.listing.choice import Choice
    from ksec_tui.analysis.network.listing.rows import Listing
    from ksec_tui.cluster.ref import ObjectRef
    from ksec_tui.cluster.snapshot import Snapshot
    from ksec_tui.sources.base import Problem, Source

ANALYZER = "netpol-analyzer"
_FORMS = ("txt", "json", "csv")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    prog = parser.prog
    parser.usage = f"{prog} [options]\n       {prog} diff BEFORE AFTER [-o FORM]"
    actions = parser.add_subparsers(dest="action", required=False, prog=prog, metavar="diff BEFORE AFTER")
    words = "what differs between two states, in the form of netpol-analyzer's diff"
    diff = actions.add_parser("diff", help=words, description=words, allow_abbrev=False)
    place = "manifests (a file, a directory, an archive) or a saved snapshot"
    diff.add_argument("before", metavar="PATH", help=place)
    diff.add_argument("after", metavar="PATH", help=place)
    diff.add_argument("-o", "--output", choices=_FORMS, default="txt", help="how to print the differences")
    source.add_arguments(parser)
    group = parser.add_argument_group("what to list")
    group.add_argument(
        "--focus",
        action="append",
        default=[],
        metavar="NAMES",
        help="pairs with one of these workloads, NAME or NAMESPACE/NAME, comma-separated; repeatable",
    )
    group.add_argument(
        "--peer", action="append", default=[], metavar="NAMES", help="whose other end is one of these"
    )
    group.add_argument(
        "--direction", choices=("ingress", "egress"), default="", help="what the focus receives, or sends"
    )
    group.add_argument("--conn", default="", metavar="PORT", help="pairs that may use this: tcp-80, 53/udp")
    group.add_argument(
        "--exposure",
        action="store_true",
        help=f"also what pods that are not there yet could exchange with the workloads (--style {ANALYZER})",
    )
    group.add_argument(
        "--style",
        choices=("plain", ANALYZER),
        default="plain",
        help="plain: by top owner, with both families of addresses; the other: line by line as np-guard's "
        "netpol-analyzer prints it",
    )
    group.add_argument("-o", "--output", choices=_FORMS, default="txt", help="how to print the list")
    parser.epilog = (
        "Exit codes: 0 listed, 1 listed but some policy is one that the API server would refuse (its faulty parts "
        f"match nothing), 2 wrong usage, 3 the source cannot be read or, for a diff and --style {ANALYZER}, a "
        "policy or a workload cannot be judged in that form."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    if arguments.action == "diff":
        return _diff(arguments)
    source.check(arguments)
    choice = _choice(arguments)
    opened = source.open_source(arguments)
    from ksec_tui.cli.reading import read

    snapshot, problems = read(opened)
    _tell_problems(problems)
    wrong = _faults(snapshot, opened)
    for line in wrong:
        output.tell(f"error: {line}")
    if arguments.style != ANALYZER:
        _plain(snapshot, choice, arguments.output)
        return FINDINGS if wrong else 0
    found = _analyzed(snapshot, choice, wrong, opened)
    for note in found.notes:
        output.tell(f"note: {note}")
    _print(found, choice, arguments.output)
    return 0


def _choice(arguments: argparse.Namespace) -> Choice:
    from ksec_tui.analysis.network.listing.choice import Choice, ChoiceError, read_port

    if arguments.exposure and arguments.style != ANALYZER:
        raise CliError(f"--exposure needs --style {ANALYZER}")
    if (arguments.peer or arguments.direction) and not arguments.focus:
        raise CliError("--peer and --direction need --focus")
    try:
        port = read_port(arguments.conn) if arguments.conn else None
    except ChoiceError as error:
        raise CliError(f"--conn: {error}") from error
    return Choice(
        _names(arguments.focus), _names(arguments.peer), arguments.direction, port, arguments.exposure
    )


def _names(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for word in words for part in word.split(",") if (name := part.strip()))


def _plain(snapshot: Snapshot, choice: Choice, form: str) -> None:
    from ksec_tui.analysis.network.doubts import doubts
    from ksec_tui.analysis.network.listing.choice import ChoiceError
    from ksec_tui.analysis.network.listing.plain import plain_listing, workload_names
    from ksec_tui.analysis.network.listing.remarks import own_networks
    from ksec_tui.reports.flows import pairs_csv, pairs_json, pairs_text

    for word in choice.unknown(workload_names(snapshot)):
        output.tell(f"note: there is no workload called {word}")
    try:
        found = plain_listing(snapshot, choice)
    except ChoiceError as error:
        raise CliError(str(error)) from error
    reasons = [*(doubt.words for doubt in doubts(snapshot)), *own_networks(snapshot)]
    if form == "json":
        output.emit(pairs_json(found, reasons), encoding="utf-8")
        return
    for reason in reasons:
        output.tell(f"note: {reason}")
    if form == "csv":
        output.emit(pairs_csv(found), encoding="utf-8")
        return
    width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
    output.emit(pairs_text(found, width=width))


def _analyzed(snapshot: Snapshot, choice: Choice, wrong: Sequence[str], opened: Source) -> Listing:
    """The list in netpol-analyzer's form, for which every policy must be one that a server takes."""
    from ksec_tui.analysis.network.listing.analyzer import analyzer_listing
    from ksec_tui.analysis.network.listing.choice import ChoiceError
    from ksec_tui.analysis.network.listing.mixed import mixed
    from ksec_tui.analysis.network.listing.owners import owners
    from ksec_tui.analysis.network.world import policies_of

    told = [
        _placed(opened, item.policy, str(item)) for item in mixed(owners(snapshot), policies_of(snapshot))
    ]
    for line in told:
        output.tell(f"error: {line}")
    if wrong or told:
        count = len(wrong) + len(told)
        raise CliError(f"{count} error{'' if count == 1 else 's'}, named above: nothing is listed", SOURCE)
    try:
        return analyzer_listing(snapshot, choice)
    except ChoiceError as error:
        raise CliError(str(error)) from error


def _print(found: Listing, choice: Choice, form: str) -> None:
    from ksec_tui.reports.connections import listing_csv, listing_json, listing_text

    exposure = choice.exposure and not (choice.focus and choice.peers)
    match form:
        case "json":
            output.emit(listing_json(found, exposure=exposure), encoding="utf-8")
        case "csv":
            output.emit(listing_csv(found, exposure=exposure), encoding="utf-8")
        case _:
            output.emit(listing_text(found, choice.port, exposure=exposure), encoding="utf-8")


def _diff(arguments: argparse.Namespace) -> int:
    from ksec_tui.analysis.network.listing.choice import Choice
    from ksec_tui.analysis.network.listing.differences import differences
    from ksec_tui.cli.reading import read
    from ksec_tui.reports.connections import differences_csv, differences_json, differences_text

    lists = []
    for path in (arguments.before, arguments.after):
        opened = _at(path)
        snapshot, problems = read(opened)
        _tell_problems(problems)
        wrong = _faults(snapshot, opened)
        for line in wrong:
            output.tell(f"error: {line}")
        lists.append(_analyzed(snapshot, Choice(), wrong, opened))
    found = differences(*lists)
    show = {"csv": differences_csv, "json": differences_json}.get(arguments.output, differences_text)
    output.emit(show(found), encoding="utf-8")
    return 0


def _at(path: str) -> Source:
    from pathlib import Path

    from ksec_tui.sources.archive import is_archive
    from ksec_tui.sources.files import FileSource
    from ksec_tui.sources.saved import SavedSource

    place = Path(path)
    if place.is_file() and not is_archive(path):
        with place.open("rb") as file:
            if file.read(2) == b"\x1f\x8b":
                return SavedSource(place)
    return FileSource([path])


def _tell_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        output.tell(f"{problem.where}: {problem.reason}")


def _faults(snapshot: Snapshot, opened: Source) -> list[str]:
    """What an API server would refuse, with the file where it stands."""
    from ksec_tui.analysis.network.validation import faults, twice
    from ksec_tui.sources.files import FileSource

    found: list[Fault] = [*faults(snapshot)]
    if isinstance(opened, FileSource):
        found += twice(opened.repeated)
    return [_placed(opened, fault.ref, str(fault)) for fault in found]


def _placed(opened: Source, ref: ObjectRef, words: str) -> str:
    """What is said of an object, with the file and line where it stands."""
    from ksec_tui.sources.files import FileSource

    where = opened.origin(ref) if isinstance(opened, FileSource) else ""
    return f"{where}: {words}" if where else words


COMMAND = Command(
    "connections", "list what may connect to what by the network policies", _add_arguments, _run
)
