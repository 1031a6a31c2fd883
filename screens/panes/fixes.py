"""Pane 9: the plan: what is staged, object by object."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.plan import Staged
from ksec_tui.screens.pane import Listing, Pane, Row, View, kind_column, namespace_column, value_column
from ksec_tui.screens.widgets.columns import Cell, Column

STYLES = {Risk.SAFE: "pass", Risk.LIKELY: "low", Risk.REVIEW: "medium", Risk.MANUAL: "high"}


def rows(view: View) -> Sequence[Row]:
    """One row for each staged fix."""
    return [_row(staged) for staged in view.plan.staged]


def _row(staged: Staged) -> Row:
    finding, fix = staged.finding, staged.fix
    values = {
        "risk-of-fix": Cell(fix.risk.value, STYLES[fix.risk]),
        "fix": fix.title,
        "rollout": "yes" if fix.rolls_out else "",
        "breaks": fix.may_break,
    }
    text = f"{finding.text} {fix.title} {fix.may_break}"
    return Row(
        finding.fingerprint,
        finding.subject,
        (finding,),
        values,
        finding=finding,
        judged=True,
        staged=True,
        text=text,
        haystack=text.lower(),
    )


PANE = Pane(
    "fixes",
    9,
    "Fixes",
    "The staged fixes: each is proven on the loaded state before it is written. E exports, s takes one out.",
    (
        Listing(
            "plan",
            "Plan",
            (),
            (
                value_column("risk-of-fix", "RISK", width=11, min_width=6, priority=0),
                namespace_column(),
                kind_column(),
                Column("name", "NAME", lambda row: row.ref.name, width=22, min_width=10, priority=0),
                value_column("fix", "FIX", width=36, min_width=14, grow=2, priority=0),
                value_column("rollout", "ROLLS", width=5, min_width=5, priority=4),
                value_column("breaks", "MAY BREAK", width=30, min_width=12, grow=2, priority=3),
                Column(
                    "check",
                    "CHECK",
                    lambda row: row.finding.check if row.finding else "",
                    width=22,
                    min_width=12,
                    priority=5,
                ),
            ),
            rows,
            empty="nothing is staged yet: s on a finding stages its fix",
        ),
    ),
    aliases=("cart", "plan", "fix"),
    badge=lambda view: str(len(view.plan.staged) or ""),
)
