"""Pane 3: how isolated is this tenant? One row a namespace: its grade, and the native controls it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.isolation import WEIGHTS, Part, grade, isolation, span
from ksec_tui.analysis.pod_security import LEVELS, Tightening, mode, tighten
from ksec_tui.analysis.rbac.grants import Grant, gaps, who_can
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.workloads import workloads_in
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.pane import (
    Listing,
    Pane,
    Row,
    View,
    name_column,
    object_row,
    risk_column,
    value_column,
    why_column,
)
from ksec_tui.screens.widgets.columns import Cell, Column

GRADE_STYLES = {"A": "pass", "B": "pass", "C": "low", "D": "medium", "E": "high", "F": "high", "?": "unknown"}
UNGRADED = Cell("–", "muted")
"""For Kubernetes' own namespaces: they are no tenants."""

COLUMNS = {
    "ingress": "ingress",
    "egress": "egress",
    "exposure": "exposed",
    "quota and limits": "bounds",
    "default account": "account",
}
"""Part of the grade -> id of the column that shows it."""

FEW = 3
"""Names shown of a longer list."""


def rows(view: View) -> Sequence[Row]:
    """One row for each namespace: those of Kubernetes itself last."""
    snapshot = view.state.snapshot
    fails = _fails(view.results)
    return [
        _row(view, item, fails.get(item.name, Counter()))
        for item in sorted(snapshot.of(NAMESPACE), key=is_system)
    ]


def _row(view: View, item: Namespace, fails: Counter[Severity]) -> Row:
    snapshot = view.state.snapshot
    parts = isolation(snapshot, item.name)
    closer = tighten(snapshot, item.name)
    running = len(workloads_in(snapshot, item.name))
    owners = owners_of(snapshot, item.name)
    values = {
        "grade": UNGRADED if is_system(item) else Cell(grade(parts), GRADE_STYLES[grade(parts)]),
        "order": (is_system(item), -_percent(parts)),
        "enforces": _cell(parts[0]),
        "could": _could(closer),
        "softer": _softer(item),
        **{column: _cell(part) for part in parts if (column := COLUMNS.get(part.name))},
        "workloads": Cell(str(running), "medium") if running and item.name == "default" else running,
        "worst": _counts(fails),
        "fails": (fails[Severity.CRITICAL], fails[Severity.HIGH]),
        "owners": _owners(snapshot, item.name, owners),
    }
    notes = (*_graded(item, parts), *_tightened(closer), *_owned(snapshot, item.name, owners))
    return object_row(view, item.ref, values, subjects="namespaces", labels=item.metadata.labels, notes=notes)


# The parts of the grade


def _percent(parts: Sequence[Part]) -> int:
    return round(sum(part.points for part in parts))


def _cell(part: Part) -> Cell:
    """What a part says in a word or two; coloured by how much of it holds."""
    if part.share is None:
        return Cell(part.short, "unknown")
    style = next(
        name
        for least, name in ((0.8, "pass"), (0.5, "low"), (0.25, "medium"), (0, "high"))
        if part.share >= least
    )
    if (
        part.name in ("quota and limits", "default account")
        and style == "high"
        and part.short != "has rights"
    ):
        style = "medium"
    return Cell(part.short, style)


def _graded(item: Namespace, parts: Sequence[Part]) -> Iterable[str]:
    if is_system(item):
        yield "Kubernetes' own namespace: no tenant, so it has no grade."
    else:
        worst, best = span(parts)
        of = f"between {worst} and {best}" if worst != best else worst
        yield f"Isolation {of}: {_percent(parts)} of 100 points are proven."
    for part in parts:
        points = "?" if part.share is None else f"{part.points:.3g}"
        yield f"{points}/{WEIGHTS[part.name]} {part.name}: {one_line(part.words, 300)}"


# Pod Security


def _could(closer: Tightening) -> Cell:
    """The level that it could enforce today, where that is more than it does."""
    if closer.level is None:
        return Cell("?", "unknown")
    if closer.better:
        return Cell(closer.level, "accent bold")
    return Cell("–", "muted")


def _tightened(closer: Tightening) -> Iterable[str]:
    if closer.gap:
        yield f"What it could enforce is not known: {closer.gap}"
    elif closer.better:
        yield f"It could enforce {closer.level} today: nothing that was seen here would be refused."
    if closer.hindrances:
        level = "baseline" if closer.level is None else LEVELS[LEVELS.index(closer.level) + 1]
        few = "; ".join(item.words for item in closer.hindrances[:FEW])
        more = f"; and {len(closer.hindrances) - FEW} more" if len(closer.hindrances) > FEW else ""
        yield one_line(f"{level} would refuse {few}", 500) + more


def _softer(item: Namespace) -> str:
    """What it warns of and notes in the audit log."""
    found = ((name, mode(item.metadata.labels, name).level) for name in ("warn", "audit"))
    return " ".join(f"{name}:{one_line(level, 12)}" for name, level in found if level)


# Whose it is


def owners_of(snapshot: Snapshot, namespace: str) -> dict[Who, tuple[Grant, ...]]:
    """Who may create pods there by bindings in the namespace itself: its admins, editors, deployers."""
    found = who_can(snapshot, "create", "", "pods", namespace=namespace)
    inside = {
        who: tuple(grant for grant in held if grant.namespace == namespace) for who, held in found.items()
    }
    return {who: held for who, held in inside.items() if held}


def _owners(snapshot: Snapshot, namespace: str, owners: dict[Who, tuple[Grant, ...]]) -> Cell | str:
    if gaps(snapshot, namespace):
        return Cell("?", "unknown")
    names = [_named(who, namespace) for who in owners]
    more = f" +{len(names) - FEW}" if len(names) > FEW else ""
    return one_line(", ".join(names[:FEW]), 120) + more


def _named(who: Who, namespace: str) -> str:
    if who.is_account:
        return f"sa:{who.name}" if who.namespace == namespace else f"sa:{who.namespace}/{who.name}"
    return f"{who.kind.lower()}:{who.name}"


def _owned(snapshot: Snapshot, namespace: str, owners: dict[Who, tuple[Grant, ...]]) -> Iterable[str]:
    for who, held in list(owners.items())[: 2 * FEW]:
        yield one_line(f"{who} may create pods here: {held[0].role.name} by {held[0].binding}", 300)
    if len(owners) > 2 * FEW:
        yield f"and {len(owners) - 2 * FEW} more may"
    gap = next(iter(gaps(snapshot, namespace)), "")
    if gap:
        yield f"Who runs it is not known: {gap}"
    elif not owners:
        yield "Nobody may create pods here by a binding in the namespace itself."


# What was found


def _fails(results: Results) -> dict[str, Counter[Severity]]:
    fails: dict[str, Counter[Severity]] = {}
    for finding in results.findings:
        if finding.verdict is Verdict.FAIL:
            place = finding.subject.name if finding.subject.kind == "Namespace" else finding.subject.namespace
            fails.setdefault(place, Counter())[finding.severity] += 1
    return fails


def _counts(fails: Counter[Severity]) -> Cell | str:
    critical, high = fails[Severity.CRITICAL], fails[Severity.HIGH]
    if not critical and not high:
        return ""
    return Cell(f"{critical}/{high}", "critical" if critical else "high")


PANE = Pane(
    "namespaces",
    3,
    "Namespaces",
    "How isolated each tenant is: a grade from A to F made of the Pod Security level it enforces, default deny "
    "in and out, exposure, quota and limits, and the account that pods run as by default. The tab Why lists "
    "the parts with their points. A part that is not known makes the grade unknown. COULD is the level that it "
    "could enforce today without refusing anything seen; s stages it.",
    (
        Listing(
            "all",
            "All",
            (NAMESPACE,),
            (
                risk_column(),
                Column(
                    "grade",
                    "GRADE",
                    lambda row: row.values["grade"],
                    width=5,
                    min_width=5,
                    priority=0,
                    sort=lambda row: row.values["order"],
                ),
                name_column("NAMESPACE", width=22),
                value_column("enforces", "ENFORCES", width=10, min_width=10, priority=1),
                value_column("could", "COULD", width=10, min_width=10, priority=2),
                value_column("softer", "WARN, AUDIT", width=24, min_width=12, wide=True, priority=8),
                value_column("ingress", "IN", width=10, min_width=7, priority=1),
                value_column("egress", "OUT", width=10, min_width=7, priority=1),
                value_column("exposed", "EXPOSED", width=9, min_width=9, priority=2),
                Column(
                    "worst",
                    "C/H",
                    lambda row: row.values["worst"],
                    width=7,
                    min_width=5,
                    align="right",
                    priority=2,
                    sort=lambda row: row.values["fails"],
                ),
                value_column("bounds", "QUOTA", width=6, min_width=6, priority=4),
                value_column("account", "DEFAULT SA", width=10, min_width=10, priority=5),
                value_column("workloads", "WORKL", width=5, min_width=5, right=True, priority=4),
                value_column("owners", "RUN BY", width=22, min_width=12, grow=1, priority=5),
                why_column(priority=6),
            ),
            rows,
            frozenset({"Namespace"}),
            "no namespaces",
        ),
    ),
    aliases=("ns", "namespace"),
    badge=lambda view: str(len(view.state.snapshot.of(NAMESPACE))),
    short="NS",
)
