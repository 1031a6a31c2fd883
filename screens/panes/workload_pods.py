"""The view Pods of pane 6: every pod with its owner, node and phase; those that have ended stand last."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.runner import Results
from ksec_tui.screens.pane import (
    Listing,
    Row,
    View,
    name_column,
    namespace_column,
    object_row,
    risk_column,
    short_kind,
    value_column,
    why_column,
)
from ksec_tui.screens.widgets.columns import Cell, Column

PHASE_STYLES = {"Pending": "warning", "Failed": "muted", "Succeeded": "muted", "Unknown": "unknown"}


def rows(view: View) -> Sequence[Row]:
    """One row for each pod, with what was found on its top owner: by workload, running ones first."""
    results = view.results
    # Results are kept beside their rows: an id alone could come back for another object.
    kept: tuple[Results, dict[tuple[str, bool], Row]] = view.state.snapshot.derived(
        ("pod rows", id(results)), lambda _: (results, {})
    )
    made = kept[1]
    live: list[Row] = []
    ended: list[Row] = []
    for workload in workloads(view.state.snapshot):
        found = results.on(workload.ref)
        staged = bool(view.staged) and not view.staged.isdisjoint(item.fingerprint for item in found)
        model: Row | None = None
        owner = ""
        for pod in workload.pods:
            key = pod.ref.id, staged
            row = made.get(key)
            if row is None:
                if model is None:
                    notes = (f"judged as its owner {workload.ref}",)
                    model = object_row(view, workload.ref, subjects="workloads", notes=notes)
                    owner = f"{short_kind(workload.ref.kind)} {workload.ref.name}"
                row = made[key] = _row(pod, workload, model, owner)
            (ended if pod.finished else live).append(row)
    return [*live, *ended]


def _row(pod: Pod, workload: Workload, model: Row, owner: str) -> Row:
    """A row for one pod: judged as its workload is. Texts are shared, so that 100,000 rows stay small."""
    ref = pod.ref
    node, phase = pod.spec.node_name, pod.status.phase
    text = f"{ref.kind} {ref.path} {owner} {one_line(node, 80)} {one_line(phase, 20)}"
    low = text.lower()
    return Row(
        ref.id,
        ref,
        model.findings,
        {"owner": owner, "node": node, "phase": phase},
        model.unknown,
        model.judged,
        pod.metadata.labels,
        staged=model.staged,
        text=text,
        haystack=text if low == text else low,
        notes=model.notes if workload.ref != ref else (),
    )


def _node(row: Row) -> str | Cell:
    return one_line(row.values["node"], 80) or Cell("none yet", "muted")


def _phase(row: Row) -> str | Cell:
    phase = one_line(row.values["phase"], 20)
    return Cell(phase or "?", PHASE_STYLES.get(phase, "" if phase else "unknown"))


LISTING = Listing(
    "pods",
    "Pods",
    (POD,),
    (
        risk_column(),
        namespace_column(),
        name_column(width=30),
        Column("phase", "PHASE", _phase, width=9, min_width=9, priority=1),
        value_column("owner", "OWNER", width=24, min_width=12, grow=1, priority=3),
        Column("node", "NODE", _node, width=18, min_width=10, grow=1, priority=2),
        why_column(priority=4),
    ),
    rows,
    empty="no pods",
)
