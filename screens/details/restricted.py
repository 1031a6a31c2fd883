"""In the tab Fix of a workload: its way to Pod Security restricted, as one change, or what keeps it from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ksec_tui.analysis.pod_security import standings
from ksec_tui.analysis.workloads import Workload, top_owner, workload_named
from ksec_tui.checks import all_checks
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.diff import object_diff
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.restricted import LEVEL, Reach, restricted_changes
from ksec_tui.fixes.restricted_plan import staged_way
from ksec_tui.fixes.wholes import Fetch
from ksec_tui.screens.details.tab import Hand, heading, line, prose
from ksec_tui.screens.widgets.diff_view import diff_lines
from ksec_tui.screens.widgets.text import Line


def workload_of(snapshot: Snapshot, ref: ObjectRef) -> Workload | None:
    """The workload that an object is, or that a pod comes from."""
    found = workload_named(snapshot, ref)
    item = snapshot.get(ref) if found is None and ref.kind in ("Pod", "ReplicaSet", "Job") else None
    return workload_named(snapshot, top_owner(snapshot, item)) if item is not None else found


def way(snapshot: Snapshot, workload: Workload, fetch: Fetch) -> Reach:
    """How the workload gets to restricted; may block to fetch its owner."""
    ref = workload.object.ref
    whole = None if snapshot.whole(ref) else fetch(snapshot, ref)
    return restricted_changes(snapshot, workload, all_checks(), whole=whole)


def restricted_lines(hand: Hand) -> Iterator[Line]:
    """The way of the workload in hand; nothing for other rows and for what is restricted already."""
    snapshot = hand.snapshot
    workload = workload_of(snapshot, hand.row.ref) if hand.row.finding is None else None
    if workload is None or workload.system:
        return
    standing = standings(snapshot).get(workload.ref)
    if standing is None or standing.level == LEVEL:
        return
    reach = way(snapshot, workload, hand.fetch)
    yield line()
    yield heading(f"To Pod Security {LEVEL}")
    for reason in reach.reasons:
        yield from list(prose(f"Not by a patch alone: {reason}", hand.width, style="warning"))[:-1]
    fix = reach.fix
    if fix is None:
        return
    yield Line((("risk  ", "muted"), (fix.risk.value, "bold")))
    if fix.may_break:
        yield from list(prose(f"May break: {fix.may_break}", hand.width))[:-1]
    for step in fix.steps:
        yield from list(prose(f"› {step}", hand.width, indent="  "))[:-1]
    staged = staged_way(hand.view.plan, reach) is not None
    key = hand.key("fix.restricted")
    does = f"staged; {key} takes it out again" if staged else f"{key} stages all of it as one change"
    yield line(does, "muted")
    yield from _diff(hand, reach)


def _diff(hand: Hand, reach: Reach) -> Iterator[Line]:
    for change in reach.fix.changes if reach.fix is not None else ():
        before = hand.document(change.target)[0]
        try:
            after = apply(before, change)
        except PatchError as error:
            yield line(f"{error}.", "error")
            continue
        shown = [None if item is None else cast("Document", redacted(item)) for item in (before, after)]
        yield line()
        yield Line((("~ ", "accent"), (str(change.target), "bold")))
        yield from diff_lines(*object_diff(*shown))
