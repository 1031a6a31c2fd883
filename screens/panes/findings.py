"""Pane 2: every finding, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
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
from ksec_tui.screens.widgets.columns import Cell, Column


def rows(view: View) -> Sequence[Row]:
    """One row for each finding."""
    snapshot = view.state.snapshot
    results = view.state.results
    # Results are kept beside their rows: an id alone could come back for another object.
    kept: tuple[Results, dict[str, Row]] = snapshot.derived(
        ("finding rows", id(results)), lambda _: (results, {})
    )
    made = kept[1]
    found: dict[str, Row] = {}
    for finding in results.findings:
        fingerprint = finding.fingerprint
        if fingerprint in found:  # a check that cannot tell for two reasons: the first is shown
            continue
        staged = fingerprint in view.staged
        key = f"{fingerprint}{'+' if staged else ''}"
        row = made.get(key)
        if row is None:
            item = snapshot.get(finding.subject)
            labels = item.metadata.labels if item is not None else {}
            row = made[key] = _row(finding, labels, staged=staged)
        found[fingerprint] = row
    return tuple(found.values())


def _row(finding: Finding, labels: dict[str, str], *, staged: bool) -> Row:
    text = finding.text
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
    )


def _state(row: Row) -> str | Cell:
    if row.staged:
        return Cell("+", "mark bold")
    return Cell("f", "muted") if row.finding is not None and row.finding.fixable else ""


PANE = Pane(
    "findings",
    2,
    "Findings",
    "Every FAIL and UNKNOWN, worst first; system components last. f marks a fix, + a staged one.",
    (
        Listing(
            "all",
            "All",
            (),
            (
                risk_column(),
                Column("staged", "±", _state, width=1, min_width=1, priority=0),
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
                Column("name", "NAME", lambda row: row.ref.name, width=20, min_width=12, grow=1, priority=0),
                why_column(),
                Column(
                    "pods",
                    "PODS",
                    lambda row: str(len(row.finding.reaches) or "") if row.finding else "",
                    width=5,
                    min_width=4,
                    align="right",
                    priority=6,
                ),
            ),
            rows,
            empty="no findings",
        ),
    ),
    aliases=("finding", "issues", "f"),
    badge=lambda view: str(
        sum(finding.verdict is Verdict.FAIL and not finding.system for finding in view.state.results.findings)
    ),
    short="Find",
)
