"""The triage file: what was decided, which entries still hold, which wait for somebody."""

from __future__ import annotations

from ksec_tui.plain.desk import Desk
from ksec_tui.plain.finding import of_finding
from ksec_tui.plain.view import Move, View, counted, said
from ksec_tui.reports.triage import audit_headline
from ksec_tui.triage.audit import Audited, audit


def screen(desk: Desk) -> View:
    """Every entry, those that wait for somebody first."""
    if desk.triage_file is None:
        decided = [row for row in desk.rows if row.standing.decision is not None]
        findings = [row.finding for row in decided]
        places = range(len(decided))
        return View(
            "Triage",
            (
                f"{counted(len(decided), 'decision')}, for this session only: start with --triage FILE to keep them.",
            ),
            places,
            lambda place: (
                f"{decided[place].finding.check} on {decided[place].finding.subject}: {decided[place].standing.words}"
            ),
            lambda place: Move(go=of_finding(findings, place)),
        )
    rows = audit(desk.kept, desk.results.findings, desk.absences, desk.snapshot.source.date)
    return View(
        "Triage",
        (f"{desk.triage_file}: {audit_headline(rows)}.",),
        rows,
        _words,
        _open,
        help=("An entry is unused only where its object could be judged.",),
    )


def _words(row: Audited) -> str:
    about = "" if row.decision is None else f", {row.decision.check} on {row.decision.ref}"
    return f"{row.status.value}, line {row.line}{about}: {row.words}"


def _open(row: Audited) -> Move:
    if row.finding is None:
        return said("There is no finding to this entry now.")
    return Move(go=of_finding([row.finding], 0))
