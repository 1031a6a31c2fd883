"""The first screen: where one is, how much of it was read, what was found, what is staged; and the ways on."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.plain import audit, findings, plan, priorities, record, tables
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.loop import Place
from ksec_tui.plain.view import Move, Screen, View, counted, ended


def _at(screen: Screen) -> Place:
    return lambda _, __: Move(home=True, go=screen)


PLACES: dict[str, tuple[str, Place]] = {
    "priorities": ("what to do first, and the ways of attackers", priorities.place),
    "findings": ("what is wrong, worst first; a filter may follow", findings.place),
    "namespaces": ("how isolated each is", _at(tables.namespaces)),
    "rbac": ("who may do what", _at(tables.rbac)),
    "network": ("what can reach what", _at(tables.network)),
    "workloads": ("the Pod Security level of each", _at(tables.workloads)),
    "versions": ("support, flaws, upgrades", _at(tables.versions)),
    "coverage": ("what was read, and what is missing", _at(tables.coverage)),
    "plan": ("the staged fixes, proven; export", plan.place),
    "triage": ("what was decided", _at(audit.screen)),
    "summary": ("this session in Markdown, for a pull request; a file may follow", record.place),
}
"""Where one can go from anywhere; the first nine have the numbers that their panes have in the explorer."""


def home(desk: Desk) -> View:
    """The first screen."""
    return View(
        "Home",
        tuple(_head(desk)),
        list(PLACES),
        lambda name: f"{name}: {PLACES[name][0]}",
        lambda name: PLACES[name][1](desk, ""),
        help=(
            "Everything here reads only: fixes are staged in a plan and exported as files, which others apply.",
            "Try: priorities, stage, plan, export.",
        ),
    )


def _head(desk: Desk) -> Iterator[str]:
    source = desk.snapshot.source
    version = f", server {source.server_version}" if source.server_version else ""
    user = f", as {source.user}" if source.user else ""
    yield f"ksec-tui, linear mode, read-only. Looking at {source.label or source.kind}{version}{user}."
    yield f"{desk.snapshot.coverage.percent} percent of the kinds were read whole; judged as of {source.date}."
    rows = [row for row in desk.rows if not row.standing.dismissed]
    dismissed = len(desk.rows) - len(rows)
    hidden = f"; {dismissed:,} dismissed" if dismissed else ""
    severities = findings.counts(rows)
    yield f"{counted(len(rows), 'finding')}{f': {severities}' if severities else ''}{hidden}."
    staged = counted(len(desk.plan.staged), "fix", "fixes")
    yield f"{staged} staged{'' if not desk.unsaved else ', not exported'}."
    again = sum(bool(row.standing.reopened) for row in desk.rows)
    if again:
        yield f"{counted(again, 'decision')} no longer hold: expired, or on changed evidence; triage lists them."
    since = desk.since
    if since.last:
        told = (("new", since.new), ("back again", since.regressed), ("fixed", since.fixed))
        yield f"Since {since.last}: {', '.join(f'{len(part):,} {word}' for word, part in told)}."
    if desk.trouble:
        yield ended(desk.trouble)
    for problem in desk.kept.problems[:3]:
        yield f"{desk.triage_file}, line {problem.line}: does not count: {problem.reason}"
    if desk.problems:
        yield f"{counted(len(desk.problems), 'part')} could not be read; coverage lists them."
