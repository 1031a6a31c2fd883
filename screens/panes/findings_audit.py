"""View Triage of the findings: every decision, whether it still serves, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import Listing, Row, View, risk_column, value_column
from ksec_tui.screens.widgets.columns import Cell, Column
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.audit import Audited, Status, audit
from ksec_tui.triage.notation import Entry, Read

STYLES = {
    Status.INVALID: "error",
    Status.EXPIRED: "warning",
    Status.CHANGED: "warning",
    Status.UNUSED: "muted",
    Status.UNJUDGED: "unknown",
    Status.MATCHED: "pass",
}


def rows(view: View) -> Sequence[Row]:
    """One row for each decision, those that wait for somebody first; then every entry that does not count."""
    ledger, state = view.ledger, view.state
    lines = {entry.decision.fingerprint: entry.line for entry in ledger.read.entries if entry.decision}
    entries = tuple(
        Entry(lines.get(item.fingerprint, 0), item)
        for item in sorted(ledger.triage.decisions.values(), key=lambda item: (item.check, item.object))
    )
    read = Read(ledger.triage, entries, ledger.read.problems)
    checks = [item for item in all_checks(optional=True) if item.id in state.results.by_check]
    absences = Absences(state.snapshot, state.results, checks)
    found = audit(read, state.results.findings, absences, state.snapshot.source.date)
    return [_row(view, number, item) for number, item in enumerate(found)]


def _row(view: View, number: int, item: Audited) -> Row:
    decision, finding = item.decision, item.finding
    waits = "!" if item.status.waits else ""
    values: dict[str, object] = {
        "status": Cell(f"{waits}{item.status.value}", STYLES[item.status]),
        "line": item.line or "",
        "words": one_line(item.words),
    }
    ref = ObjectRef("", "Entry", f"line {item.line}", "")
    key = f"audit {number}"
    if decision is not None:
        ref, key = decision.ref, f"audit {decision.fingerprint}"
        values |= {
            "decided": decision.state.value,
            "check": one_line(decision.check),
            "until": decision.expires,
            "owner": one_line(decision.owner),
            "reason": one_line(decision.reason),
        }
    text = " ".join(
        (str(ref), *(value.text if isinstance(value, Cell) else str(value) for value in values.values()))
    )
    return Row(
        key,
        ref,
        () if finding is None else (finding,),
        values,
        finding=finding,
        judged=True,
        staged=finding is not None and finding.fingerprint in view.staged,
        text=text,
        haystack=text.lower(),
        notes=(f"{item.status.value}: {one_line(item.words)}", *_said(item)),
        triaged=() if finding is None else (view.ledger.triaged(view.state, finding),),
    )


def _said(item: Audited) -> tuple[str, ...]:
    decision = item.decision
    if decision is None:
        return ()
    by = f" by {decision.owner}" if decision.owner else ""
    said = f"Decided {decision.at}{by}: {decision.state.value}"
    said += f" until {decision.expires}" if decision.expires else ""
    reason = (f"Reason: {one_line(decision.reason)}",) if decision.reason else ()
    about = (f"It was about: {one_line(decision.about)}",) if decision.about else ()
    return (one_line(said), *reason, *about)


def notice(view: View) -> str:
    """Where decisions are kept, and what is wrong with that."""
    ledger = view.ledger
    if ledger.trouble:
        return ledger.trouble
    if ledger.path is None:
        return "decisions last for this session only: start with --triage FILE to keep them"
    return f"decisions are kept in {ledger.path}"


LISTING = Listing(
    "triage",
    "Triage",
    (),
    (
        risk_column(),
        value_column("status", "STATUS", width=17, min_width=9, priority=0),
        value_column("decided", "DECIDED", width=14, min_width=8, priority=1),
        value_column("check", "CHECK", width=20, min_width=12, priority=3),
        Column("name", "OBJECT", lambda row: str(row.ref), width=26, min_width=14, grow=2, priority=0),
        value_column("until", "UNTIL", width=10, min_width=10, priority=2),
        value_column("owner", "OWNER", width=12, min_width=6, priority=4),
        value_column("reason", "REASON", width=24, min_width=10, grow=2, priority=5),
        value_column("line", "LINE", width=5, min_width=4, right=True, priority=6),
    ),
    rows,
    empty="nothing was decided yet: t on a finding decides",
    notice=notice,
)
