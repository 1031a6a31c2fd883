"""``triage``: decide about findings in a file that lasts, list what was decided, audit the file."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import FINDINGS, CliError, Command
from ksec_tui.cli.triaging import known_fields, load_file

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.findings.filter import Filter
    from ksec_tui.triage.absence import Absences
    from ksec_tui.triage.notation import Read
    from ksec_tui.triage.rows import Triaged

_STATES = {
    "accept": ("accepted", "accept the risk of findings until a day"),
    "false-positive": ("false-positive", "say that findings are none"),
    "wont-fix": ("wont-fix", "say that findings will stay"),
    "mitigated": ("mitigated", "say that something elsewhere takes care of findings"),
    "in-progress": ("in-progress", "say that somebody is at findings; they still count"),
    "reopen": ("open", "take decisions back"),
}
_EPILOG = (
    "A decision is kept under check and object, with what the finding rested on: when it expires, or the finding rests "
    "on more than that, the finding is open again. Without --triage FILE each context (and the demo, and each set of "
    "files) has a file of its own among the state of programs; which, is said. "
)
_SHORTEST_ID = 4
_DAYS = re.compile(r"([0-9]{1,5})d")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _action(actions, "list", "print every finding with its id and what was decided of it")
    audit = _action(
        actions, "audit", "say which entries match, expired, lost their evidence, are unused, invalid"
    )
    audit.add_argument(
        "--fail", action="store_true", help="exit with 1 when an entry waits for somebody to look at it"
    )
    for action in (listing, audit):
        action.add_argument(
            "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
        )
        action.epilog = _EPILOG + (
            "Exit codes: 0 printed, 1 with --fail, 2 wrong usage or a bad file, 3 the source cannot be read. An entry "
            "is unused only where its object could be judged."
        )
    for name, (_, words) in _STATES.items():
        _add_decision(_action(actions, name, words), name)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str
) -> argparse.ArgumentParser:
    """The parser of an action, with what all of them take."""
    parser = actions.add_parser(name, help=words, description=words, allow_abbrev=False)
    source.add_arguments(parser)
    group = parser.add_argument_group("triage")
    group.add_argument("--triage", metavar="FILE", help="the triage file (else that of the context)")
    options.add_filter_argument(group)
    options.add_choice_arguments(group)
    options.add_config_argument(group)
    return parser


def _add_decision(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="what 'triage list' prints as id, or its beginning; else --filter",
    )
    group = parser.add_argument_group("the decision")
    dismisses = name not in ("in-progress", "reopen")
    group.add_argument("--reason", required=dismisses, default="", metavar="TEXT", help="why")
    group.add_argument(
        "--owner", required=name == "accept", default="", metavar="NAME", help="who answers for it"
    )
    if name == "reopen":
        parser.set_defaults(expires=None)
    else:
        usual = "30d" if name == "accept" else "no end"
        words = f"the last day on which it holds, 2026-12-21, or from today on, 90d (default {usual})"
        group.add_argument("--expires", type=_last_day, default=None, metavar="DAY", help=words)
    group.add_argument("--dry-run", action="store_true", help="say what would be decided, write nothing")
    parser.epilog = _EPILOG + (
        "Of what --filter matches, findings that are dismissed already stay as they are. Exit codes: 0 decided, "
        "2 wrong usage, no such finding or a bad file, 3 the source cannot be read. Nothing in a cluster is changed."
    )


def _last_day(text: str) -> str:
    return text if _DAYS.fullmatch(text) else source.date(text)


@dataclass(frozen=True)
class _Desk:
    """What all actions work on: the file and the findings with what it says of them."""

    path: Path
    read: Read
    rows: tuple[Triaged, ...]
    absences: Absences
    today: dt.date
    wanted: Filter

    @property
    def chosen(self) -> tuple[Triaged, ...]:
        """The findings that the filter matches."""
        return tuple(row for row in self.rows if self.wanted.matches(row))


def _open(arguments: argparse.Namespace) -> _Desk:
    given: str | None = arguments.triage
    wanted = options.read_filter(arguments.filter, known_fields(triage=True, seen=False))
    from ksec_tui.cli.reading import read
    from ksec_tui.cli.settings import load_choice
    from ksec_tui.findings.runner import run
    from ksec_tui.triage.absence import Absences
    from ksec_tui.triage.places import triage_file
    from ksec_tui.triage.rows import triaged

    # A named file is looked at before a long reading; one that is not there is only fine to begin with.
    may_begin = arguments.action in _STATES
    kept = load_file(Path(given), missing_ok=may_begin) if given else None
    checks = options.chosen(arguments, load_choice(arguments.config))
    snapshot, problems = read(source.open_source(arguments))
    for problem in problems:
        output.tell(f"{problem.where}: {problem.reason}")
    path = Path(given) if given else triage_file(snapshot.source)
    if kept is None:
        kept = load_file(path, missing_ok=True)
    results = run(snapshot, checks)
    today = snapshot.source.date
    rows = triaged(results.findings, kept.triage, today)
    return _Desk(path, kept, rows, Absences(snapshot, results, checks), today, wanted)


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    if arguments.action in _STATES:
        if bool(arguments.ids) == bool(arguments.filter):
            raise CliError("say which findings: by ID, or by --filter")
        return _decide(arguments, _open(arguments))
    return (_audit if arguments.action == "audit" else _list)(arguments, _open(arguments))


def _list(arguments: argparse.Namespace, desk: _Desk) -> int:
    from ksec_tui.reports.triage import list_json, list_text

    if arguments.output == "json":
        output.emit(list_json(desk.chosen), encoding="utf-8")
    else:
        output.emit(list_text(desk.chosen, width=_width()))
    return 0


def _audit(arguments: argparse.Namespace, desk: _Desk) -> int:
    from ksec_tui.reports.triage import audit_json, audit_text
    from ksec_tui.triage.audit import audit

    findings = [row.finding for row in desk.rows]
    rows = audit(desk.read, findings, desk.absences, desk.today)
    if arguments.filter:
        chosen = {row.finding.fingerprint for row in desk.chosen}
        rows = tuple(row for row in rows if row.finding is not None and row.finding.fingerprint in chosen)
    if arguments.output == "json":
        output.emit(audit_json(rows), encoding="utf-8")
    else:
        output.emit(audit_text(rows, str(desk.path), width=_width()))
    return FINDINGS if arguments.fail and any(row.status.waits for row in rows) else 0


def _decide(arguments: argparse.Namespace, desk: _Desk) -> int:
    from ksec_tui.reports.triage import list_text
    from ksec_tui.triage import store
    from ksec_tui.triage.decision import DecisionError, Ruling, State
    from ksec_tui.triage.notation import TriageError
    from ksec_tui.triage.rows import Triaged

    state = State(_STATES[arguments.action][0])
    rows = _named(arguments.ids, desk) if arguments.ids else _matched(desk, reopen=state is State.OPEN)
    if state is State.OPEN and (never := next((row for row in rows if row.standing.decision is None), None)):
        raise CliError(f"{never.finding.fingerprint} was never decided: there is nothing to take back")
    findings = [row.finding for row in rows]
    ruling = Ruling(
        state, _now(arguments), arguments.reason, arguments.owner, _expiry(arguments.expires, desk.today)
    )
    before = desk.read.triage
    try:
        after = before.decide(findings, ruling)
    except DecisionError as error:
        raise CliError(str(error)) from error
    output.emit(
        list_text(
            [Triaged(finding, after.standing(finding, desk.today)) for finding in findings], width=_width()
        )
    )
    if arguments.dry_run:
        output.tell(f"{_counted(len(findings))} would be {state.value} in {desk.path}; nothing is written")
        return 0
    try:
        saved = store.save(desk.path, after.changes(before))
    except TriageError as error:
        raise CliError(str(error)) from error
    output.tell(f"{_counted(len(saved.written))} {state.value} in {desk.path}")
    if saved.newer:
        output.tell(f"{_counted(len(saved.newer))} decided by somebody else meanwhile: that stays")
    return 0


def _named(ids: list[str], desk: _Desk) -> list[Triaged]:
    """The findings with these ids.

    Raises:
        CliError: there is none, or an id is the beginning of several.
    """
    found: dict[str, Triaged] = {}
    for name in ids:
        if len(name) < _SHORTEST_ID:
            raise CliError(f"{name!r} is too short for an id: {_SHORTEST_ID} characters at least")
        rows = [row for row in desk.rows if row.finding.fingerprint.startswith(name.lower())]
        if not rows:
            raise CliError(f"there is no finding {name!r} here; 'triage list' prints the ids")
        if len(rows) > 1:
            raise CliError(f"{name!r} is the beginning of {len(rows)} ids; write more of it")
        found[rows[0].finding.fingerprint] = rows[0]
    return list(found.values())


def _matched(desk: _Desk, *, reopen: bool) -> list[Triaged]:
    """The findings that the filter matches and that are not as they are to be already.

    Raises:
        CliError: there are none.
    """
    from ksec_tui.triage.decision import State

    matched = desk.chosen
    if reopen:
        rows = [row for row in matched if row.standing.state is not State.OPEN]
        rest = "open"
    else:
        rows = [row for row in matched if not row.standing.dismissed]
        rest = "dismissed"
    left = len(matched) - len(rows)
    if not rows:
        said = f"{left:,} that it matches are {rest} already" if left else "it matches no finding"
        raise CliError(f"--filter: {said}")
    if left:
        output.tell(f"{left:,} of the {len(matched):,} that match are {rest} already and stay")
    return rows


def _expiry(text: str | None, today: dt.date) -> str:
    """The last day, empty when none is said; a number of days counts from today.

    Raises:
        CliError: it is past, or beyond the calendar.
    """
    if text is None:
        return ""
    days = _DAYS.fullmatch(text)
    try:
        last = (today + dt.timedelta(days=int(days[1]))).isoformat() if days else text
    except OverflowError:
        raise CliError(f"--expires: {text} is too far ahead") from None
    if last < today.isoformat():
        raise CliError(f"--expires: {last} is past; today is {today}")
    return last


def _now(arguments: argparse.Namespace) -> str:
    """The moment of deciding: the beginning of --today, where that is given."""
    return arguments.today or dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")


def _counted(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"


def _width() -> int | None:
    return shutil.get_terminal_size().columns if output.stdout_is_terminal() else None


COMMAND = Command("triage", "decide about findings, list and audit the decisions", _add_arguments, _run)
