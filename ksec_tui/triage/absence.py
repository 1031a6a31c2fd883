"""Why a finding of before is not there now: repaired, its object gone, or merely not looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.runner import Results, unread


class Absence(Enum):
    """What it means that a check does not report an object."""

    PASSES = "passes"
    GONE = "gone"
    UNJUDGED = "not judged"

    @property
    def fixed(self) -> bool:
        """Whether the risk is known to be away."""
        return self is not Absence.UNJUDGED


class Absences:
    """Answers for one judged Snapshot; ask only about what was not found in it."""

    def __init__(self, snapshot: Snapshot, results: Results, checks: Iterable[Check[Any]]) -> None:
        self._snapshot = snapshot
        self._results = results
        self._checks = {item.id: item for item in checks}
        self._unread: dict[str, Callable[[ObjectRef], str | None]] = {}

    def of(self, check_id: str, ref: ObjectRef) -> tuple[Absence, str]:
        """What is known of `ref` under a check, and a sentence that says so."""
        item = self._checks.get(check_id)
        result = self._results.by_check.get(check_id)
        if item is None or result is None:
            return Absence.UNJUDGED, f"no check {check_id} ran"
        if result.tally.pending:
            return Absence.UNJUDGED, "still loading"
        reason = self._missing(item, ref)
        if reason is not None:
            return Absence.UNJUDGED, reason
        if ref != CLUSTER and item.on.find(self._snapshot, ref) is None:
            return Absence.GONE, "there is no such object"
        return Absence.PASSES, "the check finds nothing there"

    def _missing(self, item: Check[Any], ref: ObjectRef) -> str | None:
        """Why `ref` could not be judged, or not even be seen."""
        if item.id not in self._unread:
            self._unread[item.id] = unread(self._snapshot, item)
        own = [kind for kind in item.on.kinds if (kind.name, kind.group) == (ref.kind, ref.group)]
        for kind in own or item.on.kinds:
            place = ref.namespace if kind.namespaced and ref.namespace else None
            reason = self._snapshot.coverage.gap(kind, place)
            if reason is not None:
                return reason
        return self._unread[item.id](ref)
