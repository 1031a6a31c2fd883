"""Why an object without findings was not judged, and why a list without rows has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
from ksec_tui.session import State

_Gaps = tuple[dict[str, str], bool]
"""Why nothing is known, by namespace and (as the empty name) everywhere; whether any check has judged."""


def standing(state: State, ref: ObjectRef, subjects: str) -> tuple[str, bool]:
    """Why an object without findings is not judged (empty when it is), and whether any check judged its like.

    Args:
        state: the newest State.
        ref: the object.
        subjects: the title of the check subjects that it is one of.
    """
    results = state.results
    # Results are kept beside what is known of them: an id alone could come back for another object.
    known: tuple[Results, dict[str, _Gaps]] = state.snapshot.derived(
        ("standing", id(results)), lambda _: (results, {})
    )
    by_subjects = known[1]
    if subjects not in by_subjects:
        by_subjects[subjects] = _gaps(results, subjects)
    gaps, judged = by_subjects[subjects]
    place = ref.name if ref.kind == "Namespace" else ref.namespace
    return gaps.get("", "") or gaps.get(place, ""), judged


def _gaps(results: Results, subjects: str) -> _Gaps:
    gaps: dict[str, str] = {}
    judged = False
    for result in results.by_check.values():
        if result.subjects != subjects:
            continue
        judged = judged or not result.tally.pending
        for finding in result.findings:
            if finding.verdict is not Verdict.UNKNOWN:
                continue
            if finding.subject == CLUSTER:
                gaps.setdefault("", finding.reason)
            elif finding.subject.kind == "Namespace":
                gaps.setdefault(finding.subject.name, finding.reason)
    return gaps, judged


def placeholder(state: State, kinds: Sequence[Kind[Any]], empty: str) -> str:
    """Why a list has no rows: loading, forbidden, not served, not supplied, failed, or truly none.

    Args:
        state: the newest State.
        kinds: what the list is made of.
        empty: what to say when everything was read and there is nothing.
    """
    if state.error:
        return f"{state.error}\n\nPress R to try again."
    coverage = state.snapshot.coverage
    covers = [(kind, coverage.of(kind)) for kind in kinds]
    waiting = [kind.resource for kind, cover in covers if cover.state in (Reading.QUEUED, Reading.LOADING)]
    if waiting:
        return f"loading {', '.join(waiting)} …"
    if state.judging and not kinds:
        return "judging …"
    gaps = [gap for kind, _ in covers if (gap := coverage.gap(kind))]
    if gaps:
        return "\n".join((*gaps, "", "Pane 8 shows what is missing and what it makes unknown."))
    absent = [kind.resource for kind, cover in covers if cover.state is Reading.ABSENT]
    if absent and len(absent) == len(covers):
        return f"{', '.join(absent)}: not served by this API server, so there are none"
    return empty


def hidden(total: int, text: str, scope: str, *, risky: bool, dismissed: str = "") -> str:
    """What hides every row of a list.

    Args:
        total: how many there are.
        text: the filter as typed.
        scope: the namespaces looked at, empty for all.
        risky: whether only risky rows are shown.
        dismissed: what is said of findings that are hidden because they are dismissed.
    """
    hiding = [
        f"the filter {one_line(text, 40)}" if text else "",
        "risky only" if risky else "",
        f"namespaces {one_line(scope, 40)}" if scope else "",
        dismissed,
    ]
    rows = "the one row" if total == 1 else f"all {total:,} rows"
    return f"{rows} hidden by {', '.join(filter(None, hiding))}\n\nesc shows them again"
