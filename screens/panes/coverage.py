"""Pane 8: what was read, what was not, and what that leaves unknown; what is safe by default; frameworks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import Listing, Pane, Row, View, value_column
from ksec_tui.screens.panes import coverage_controls, coverage_frameworks
from ksec_tui.screens.widgets.columns import Cell, Column
from ksec_tui.sources.base import Link

STYLES = {
    State.OK: "pass",
    State.QUEUED: "muted",
    State.LOADING: "accent",
    State.PARTIAL: "warning",
    State.FORBIDDEN: "error",
    State.ABSENT: "muted",
    State.ERROR: "error",
    State.TRUNCATED: "warning",
    State.NOT_SUPPLIED: "unknown",
}
GLYPHS = {
    State.OK: "✓",
    State.QUEUED: "·",
    State.LOADING: "…",
    State.PARTIAL: "~",
    State.FORBIDDEN: "x",
    State.ABSENT: "-",
    State.ERROR: "!",
    State.TRUNCATED: "<",
    State.NOT_SUPPLIED: "?",
}
_NOT_WATCHED = (
    "{} cannot be watched (no right to watch them, no way to, or too many lists): they are listed again every "
    "{:.0f} seconds instead, and what changes shows that much later."
)
_SILENT = "{} are shown as last heard: the server says nothing of them now. :watch tells why."


def rows(view: View) -> Sequence[Row]:
    """One row for each kind of object."""
    coverage = view.state.snapshot.coverage
    link = view.state.link or Link()
    waiting: dict[str, int] = {}
    for item in all_checks():
        for kind in item.kinds:
            waiting[kind.resource] = waiting.get(kind.resource, 0) + 1
    found = []
    for kind in KINDS:
        cover = coverage.of(kind)
        if view.state.error and cover.state in (State.QUEUED, State.LOADING):
            cover = KindCoverage(State.ERROR, cover.count, reason=view.state.error)
        reason = "" if cover.state is State.OK else cover.reason or (coverage.gap(kind) or "")
        every, silent = link.listed_again(kind.resource), kind.resource in link.silent
        said = "not heard of now" if silent else f"read every {every:.0f} s, not watched" if every else ""
        reason = "; ".join(filter(None, (said, reason)))
        values = {
            "state": Cell(f"{GLYPHS[cover.state]} {cover.state.value}", STYLES[cover.state]),
            "count": f"{cover.count:,}",
            "unreadable": Cell(str(cover.unreadable), "error") if cover.unreadable else "",
            "scope": _scope(cover),
            "checks": waiting.get(kind.resource, 0) or "",
            "reason": reason,
        }
        text = f"{kind.resource} {cover.state.value} {reason}"
        ref = ObjectRef("", "APIResource", kind.resource, "")
        notes = [_SILENT.format(kind.resource)] if silent else []
        notes += [_NOT_WATCHED.format(kind.resource, every)] if every else []
        found.append(
            Row(kind.resource, ref, values=values, text=text, haystack=text.lower(), notes=tuple(notes))
        )
    return found


def _scope(cover: KindCoverage) -> str:
    if cover.namespaces is None:
        return ""
    total = len(cover.namespaces) + len(cover.failed)
    return f"{len(cover.namespaces)} of {total} ns" if cover.failed else f"{len(cover.namespaces)} ns"


def problem_rows(view: View) -> Sequence[Row]:
    """One row for each thing that could not be taken in."""
    found = []
    for index, problem in enumerate(view.state.problems):
        values = {"where": problem.where, "reason": problem.reason}
        text = f"{problem.where} {problem.reason}"
        ref = ObjectRef("", "Problem", problem.where, "")
        found.append(Row(f"problem {index}", ref, values=values, text=text, haystack=text.lower()))
    found += _triage_rows(view)
    for entry in view.state.snapshot.unreadable:
        values = {"where": str(entry.ref), "reason": entry.reason}
        text = f"{entry.ref} {entry.reason}"
        found.append(Row(entry.ref.id, entry.ref, values=values, text=text, haystack=text.lower()))
    return found


def _triage_rows(view: View) -> Iterator[Row]:
    """One row for each entry of the triage file that does not count, or for why none is used."""
    ledger = view.ledger
    if ledger.path is None:
        return
    name = one_line(ledger.path.name)
    bad = [(f"{name}:{item.line}", f"does not count: {item.reason}") for item in ledger.read.problems]
    bad += [(name, ledger.trouble)] if ledger.trouble else []
    for index, (where, reason) in enumerate(bad):
        values = {"where": where, "reason": Cell(one_line(reason), "error")}
        text = f"{where} {reason}"
        ref = ObjectRef("", "Problem", where, "")
        notes = (one_line(str(ledger.path)), one_line(reason))
        yield Row(f"triage {index}", ref, values=values, text=text, haystack=text.lower(), notes=notes)


def _missing(view: View) -> str:
    coverage = view.state.snapshot.coverage
    missing = sum(1 for kind in KINDS if coverage.gap(kind) and coverage.of(kind).state is not State.QUEUED)
    return f"!{missing}" if missing and not view.state.reading else ""


PANE = Pane(
    "coverage",
    8,
    "Coverage",
    "What was read, what was refused or is not there, and how many checks that leaves without an answer; which of "
    "Kubernetes' own controls are on; how the cluster stands to benchmarks.",
    (
        Listing(
            "kinds",
            "Kinds",
            (),
            (
                Column(
                    "name", "RESOURCE", lambda row: row.ref.name, width=34, min_width=26, grow=1, priority=0
                ),
                value_column("state", "STATE", width=15, min_width=12, priority=0),
                value_column("count", "OBJECTS", width=9, min_width=7, right=True, priority=1),
                value_column("unreadable", "UNREADABLE", width=10, min_width=10, right=True, priority=3),
                value_column("scope", "SCOPE", width=12, min_width=8, priority=3),
                value_column("checks", "CHECKS", width=6, min_width=6, right=True, priority=2),
                value_column("reason", "REASON", width=30, min_width=10, grow=3, priority=2),
            ),
            rows,
        ),
        Listing(
            "problems",
            "Problems",
            (),
            (
                value_column("where", "WHERE", width=40, min_width=14, grow=1, priority=0),
                value_column("reason", "REASON", width=50, min_width=14, grow=2, priority=0),
            ),
            problem_rows,
            empty="everything that was given could be read",
        ),
        coverage_controls.LISTING,
        coverage_frameworks.LISTING,
    ),
    aliases=("cov", "audit", "frameworks"),
    badge=_missing,
    short="Cov",
)
