"""Pane 2: every finding, worst first, in groups where that is wanted; what was decided and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.grouping import TOLD, grouped, in_groups, name_of
from ksec_tui.screens.ledger import legend, sign
from ksec_tui.screens.pane import (
    Listing,
    Pane,
    Row,
    View,
    kind_column,
    namespace_column,
    risk_column,
    why_column,
)
from ksec_tui.screens.panes import findings_audit
from ksec_tui.screens.widgets.columns import Cell, Column
from ksec_tui.triage.rows import Triaged
from ksec_tui.triage.triage import UNDECIDED


def rows(view: View) -> Sequence[Row]:
    """One row for each finding, below those of their groups where there are groups."""
    found = finding_rows(view)
    return grouped(found, view) if view.ledger.group else found


def finding_rows(view: View) -> Sequence[Row]:
    """One row for each finding."""
    snapshot = view.state.snapshot
    results = view.state.results
    # Results are kept beside their rows: an id alone could come back for another object.
    kept: tuple[Results, dict[str, Row]] = snapshot.derived(
        ("finding rows", id(results)), lambda _: (results, {})
    )
    made = kept[1]
    ledger = view.ledger
    gone = ledger.judged(view.state).dismissed
    found: dict[str, Row] = {}
    for finding in results.findings:
        fingerprint = finding.fingerprint
        if fingerprint in found:  # a check that cannot tell for two reasons: the first is shown
            continue
        staged = fingerprint in view.staged
        triaged = () if ledger.blank else _triaged(view, finding)
        row = made.get(fingerprint)
        if row is None or row.staged != staged or row.triaged != triaged:
            item = snapshot.get(finding.subject)
            labels = item.metadata.labels if item is not None else {}
            row = made[fingerprint] = _row(
                finding, labels, triaged, staged=staged, hidden=fingerprint in gone
            )
        found[fingerprint] = row
    return tuple(found.values())


def _triaged(view: View, finding: Finding) -> tuple[Triaged, ...]:
    told = view.ledger.triaged(view.state, finding)
    return (told,) if told.mark or told.standing.decision is not None else ()


def _row(
    finding: Finding, labels: dict[str, str], triaged: tuple[Triaged, ...], *, staged: bool, hidden: bool
) -> Row:
    standing = triaged[0].standing if triaged else UNDECIDED
    reason = standing.decision.reason if standing.decision is not None else ""
    text = f"{finding.text} {standing.words} {reason}" if triaged else finding.text
    return Row(
        finding.fingerprint,
        finding.subject,
        (finding,),
        labels=labels,
        finding=finding,
        judged=True,
        staged=staged,
        text=text,
        haystack=text.lower(),
        triaged=triaged,
        hidden=hidden,
    )


def _sign(row: Row) -> str | Cell:
    if row.finding is None or not row.triaged:
        return ""
    told = row.triaged[0]
    style = "muted" if told.standing.dismissed else "warning bold" if told.standing.reopened else "mark bold"
    return Cell(sign(told.standing, told.mark), style)


def _decided(row: Row) -> str | Cell:
    if row.finding is None or not row.triaged:
        return ""
    standing = row.triaged[0].standing
    return Cell(standing.words, "muted" if standing.dismissed else "warning" if standing.reopened else "")


def _state(row: Row) -> str | Cell:
    if row.staged:
        return Cell("+", "mark bold")
    if row.branch is not None and row.branch.is_open is not None:
        return ""
    return Cell("f", "muted") if row.finding is not None and row.finding.fixable else ""


def _why_column() -> Column[Row]:
    column = why_column()
    return replace(column, cell=lambda row: str(row.values[TOLD]) if TOLD in row.values else column.cell(row))


PANE = Pane(
    "findings",
    2,
    "Findings",
    "Every FAIL and UNKNOWN, worst first; system components last. f marks a fix, + a staged one. "
    f"{legend()} t decides, i shows what is dismissed, a groups.",
    (
        Listing(
            "all",
            "All",
            (),
            in_groups(
                risk_column(),
                Column("staged", "±", _state, width=1, min_width=1, priority=0),
                Column("triage", "ST", _sign, width=2, min_width=2, priority=0),
                Column(
                    "check",
                    "CHECK",
                    lambda row: row.finding.check if row.finding else "",
                    width=22,
                    min_width=20,
                    priority=5,
                ),
                namespace_column(),
                kind_column(),
                Column("name", "NAME", name_of, width=20, min_width=12, grow=1, priority=0),
                _why_column(),
                Column(
                    "pods",
                    "PODS",
                    lambda row: str(len(row.finding.reaches) or "") if row.finding else "",
                    width=5,
                    min_width=4,
                    align="right",
                    priority=6,
                ),
                Column("decided", "DECIDED", _decided, width=34, min_width=20, wide=True),
            ),
            rows,
            empty="no findings",
        ),
        findings_audit.LISTING,
    ),
    aliases=("finding", "issues", "f"),
    badge=lambda view: str(
        sum(finding.verdict is Verdict.FAIL and not finding.system for finding in view.results.findings)
    ),
    short="Find",
)
