"""Pane 8, frameworks: each control of each benchmark with the verdict of the checks that name it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.frameworks.framework import PSS, Standing, standings
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.pane import Listing, Row, View, risk_column, value_column
from ksec_tui.screens.panes.coverage_controls import is_staged, leading_to
from ksec_tui.screens.widgets.columns import Cell

_LOOKS = {
    Verdict.FAIL: ("x", "error"),
    Verdict.UNKNOWN: ("?", "unknown"),
    Verdict.PASS: ("✓", "pass"),
    Verdict.NOT_APPLICABLE: ("-", "muted"),
}


def rows(view: View) -> Sequence[Row]:
    """One row for each control, those of a framework together."""
    state = view.state
    return [_row(view, item) for item in standings(state.snapshot, state.results, all_checks())]


def _row(view: View, item: Standing) -> Row:
    framework = item.framework
    glyph, style = _LOOKS[item.verdict]
    number = "" if framework.plain else item.control.removeprefix("baseline ").removeprefix("restricted ")
    if framework is PSS:
        number = item.control.partition(" ")[0]
    values = {
        "framework": framework.id,
        "control": number,
        "title": item.title,
        "verdict": Cell(f"{glyph} {item.verdict.value}", style),
        "failed": f"{item.failed:,}" if item.verdict is Verdict.FAIL else "",
        "system": f"{item.system:,}" if item.system else "",
        "unknown": Cell(f"{item.unknown:,}", "unknown") if item.unknown else "",
        "checks": ", ".join(item.checks),
    }
    text = f"{framework.title} {framework.id} {item.control} {item.title} {item.verdict.value} {' '.join(item.checks)}"
    reasons = dict.fromkeys(found.reason for found in item.findings if found.verdict is Verdict.UNKNOWN)
    unknown = "; ".join(list(reasons)[:5]) or "not everything that it takes was read"
    return Row(
        f"{framework.id} {item.control}",
        ObjectRef("", "FrameworkControl", f"{framework.id} {item.control}"),
        item.findings,
        values,
        unknown=unknown if item.verdict is Verdict.UNKNOWN else "",
        judged=item.verdict is Verdict.PASS,
        staged=is_staged(view, item.findings),
        text=text,
        haystack=text.lower(),
        notes=tuple(_notes(item)),
        leads=leading_to(item.checks, item.findings),
    )


def _notes(item: Standing) -> Iterator[str]:
    name = item.framework.title if item.framework.plain else f"{item.framework.title}, {item.control}"
    yield f"{name}: {item.title}."
    if item.framework is PSS:
        refused = item.failed + item.system
        yield f"Admission would refuse {refused:,} workload{'' if refused == 1 else 's'} for it."
    elif item.verdict is Verdict.PASS:
        yield "No check that looks at it found anything; checks may look at a part of it only."
    yield f"Looked at by {', '.join(item.checks)}."
    if item.system:
        yield f"{item.system:,} of what fails belongs to Kubernetes itself."


LISTING = Listing(
    "frameworks",
    "Frameworks",
    (),
    (
        risk_column(),
        value_column("framework", "FROM", width=9, min_width=9, priority=0),
        value_column("control", "CONTROL", width=11, min_width=10, priority=1),
        value_column("verdict", "VERDICT", width=9, min_width=9, priority=0),
        value_column("title", "TITLE", width=40, min_width=34, grow=2, priority=0),
        value_column("failed", "FAILS", width=6, min_width=5, right=True, priority=2),
        value_column("system", "SYSTEM", width=6, min_width=6, right=True, priority=4),
        value_column("unknown", "UNKNOWN", width=7, min_width=7, right=True, priority=5),
        value_column("checks", "CHECKS", width=30, min_width=14, grow=1, priority=6),
    ),
    rows,
    notice=lambda _: "What no check looks at is left out; a check may cover a part of a control.",
)
