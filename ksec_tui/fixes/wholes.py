"""The objects that fixes change, whole: a Snapshot of a live cluster holds only parts of some."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Fix
from ksec_tui.fixes.plan import FixPlan

Fetch = Callable[[Snapshot, ObjectRef], Document | None]
"""From a Snapshot and the name of an object to all of it, None when that cannot be had; may block."""


def wholes(plan: FixPlan, snapshot: Snapshot, fetch: Fetch) -> dict[ObjectRef, Document]:
    """The objects that a plan changes and that the Snapshot does not hold whole, fetched; may block."""
    return _fetched((staged.fix for staged in plan.staged), snapshot, fetch)


def missing(fix: Fix | None, snapshot: Snapshot, fetch: Fetch) -> dict[ObjectRef, Document]:
    """The same for one fix."""
    return _fetched(() if fix is None else (fix,), snapshot, fetch)


def _fetched(fixes: Iterable[Fix], snapshot: Snapshot, fetch: Fetch) -> dict[ObjectRef, Document]:
    refs = dict.fromkeys(change.target for fix in fixes for change in fix.changes)
    fetched = ((ref, fetch(snapshot, ref)) for ref in refs if not snapshot.whole(ref))
    return {ref: document for ref, document in fetched if document is not None}
