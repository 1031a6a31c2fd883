"""Pane 8, what is safe by default: Kubernetes' own controls, each on, off, partly on or not visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.controls.control import Count, Posture, State
from ksec_tui.findings.controls.judging import postures
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.pane import Listing, Row, View, risk_column, value_column
from ksec_tui.screens.widgets.columns import Cell

PLACES = 20
"""Places that are named one by one."""

_LOOKS = {
    State.ON: ("✓", "pass"),
    State.PARTLY: ("~", "warning"),
    State.OFF: ("x", "error"),
    State.HIDDEN: ("?", "unknown"),
    State.NONE: ("-", "muted"),
}


def rows(view: View) -> Sequence[Row]:
    """One row for each control, in the order of the table."""
    state = view.state
    return [_row(view, item) for item in postures(state.snapshot, state.results, all_checks())]


def _row(view: View, item: Posture) -> Row:
    control = item.control
    glyph, style = _LOOKS[item.state]
    fixes = sum(finding.fixable for finding in item.findings)
    values = {
        "state": Cell(f"{glyph} {item.state.value}", style),
        "part": control.group,
        "control": control.title,
        "words": Cell(one_line(item.words, 200), "unknown" if item.state is State.HIDDEN else ""),
        "fixes": str(fixes or ""),
        "checks": ", ".join(control.checks),
    }
    text = f"{control.title} {control.group} {item.state.value} {item.words} {' '.join(control.checks)}"
    return Row(
        f"control {control.id}",
        ObjectRef("", "Control", control.id),
        item.findings,
        values,
        unknown="; ".join(item.unknown[:PLACES]),
        judged=item.state is State.ON,
        staged=is_staged(view, item.findings),
        text=text,
        haystack=text.lower(),
        notes=tuple(_notes(item, fixes)),
        leads=leading_to(control.checks, item.findings),
    )


def is_staged(view: View, findings: Sequence[Finding]) -> bool:
    """Whether the plan holds the fix of one of many findings."""
    return bool(view.staged) and not view.staged.isdisjoint(item.fingerprint for item in findings)


def leading_to(checks: Sequence[str], findings: Sequence[Finding]) -> str:
    """The filter that shows what some checks found; empty when they found nothing."""
    return f"rule:{','.join(checks)}" if findings else ""


def _notes(item: Posture, fixes: int) -> Iterator[str]:
    control = item.control
    yield f"{control.title}: {item.state.value}, {item.words}."
    named = [str(ref) for ref in item.off[:PLACES] if ref != CLUSTER]
    if named:
        more = f", and {len(item.off) - PLACES:,} more" if len(item.off) > PLACES else ""
        yield f"{'Found in' if control.count is Count.ABSENCE else 'Off in'} {', '.join(named)}{more}."
    for reason in item.unknown[:PLACES]:
        yield f"Not visible: {reason}."
    if item.state not in (State.ON, State.NONE):
        yield f"To switch it on: {control.todo}"
    if fixes:
        steps = f"its {fixes:,} fixes" if fixes > 1 else "its fix"
        yield f"s stages {steps}, enter shows the findings, D one change."
    failed = any(finding.verdict is Verdict.FAIL for finding in item.findings)
    if failed and control.count is Count.PLACES:
        yield "Components of Kubernetes itself are not counted."


LISTING = Listing(
    "controls",
    "Secure by default",
    (),
    (
        risk_column(),
        value_column("state", "STATE", width=13, min_width=13, priority=0),
        value_column("part", "PART", width=13, min_width=9, priority=3),
        value_column("control", "CONTROL", width=42, min_width=42, priority=0),
        value_column("words", "HOW FAR", width=30, min_width=12, grow=2, priority=1),
        value_column("fixes", "FIXES", width=5, min_width=5, right=True, priority=4),
        value_column("checks", "CHECKS", width=30, min_width=14, wide=True, priority=6),
    ),
    rows,
)
