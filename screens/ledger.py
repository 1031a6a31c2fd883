"""What was decided of findings and seen of them before, and how the lists show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.session import State
from ksec_tui.triage.decision import State as Ruled
from ksec_tui.triage.notation import Read
from ksec_tui.triage.rows import Triaged
from ksec_tui.triage.seen import Since
from ksec_tui.triage.triage import CHANGED, EXPIRED, NOTHING, UNDECIDED, Standing, Triage

SIGNS: Mapping[Ruled, str] = {
    Ruled.OPEN: "",
    Ruled.IN_PROGRESS: "i",
    Ruled.FALSE_POSITIVE: "f",
    Ruled.ACCEPTED: "r",
    Ruled.WONT_FIX: "w",
    Ruled.MITIGATED: "x",
}
"""What stands on a row for what was decided: the key by which it is decided."""
REOPENED: Mapping[str, str] = {EXPIRED: "E", CHANGED: "C"}
"""What stands there when a decision no longer holds."""
MARKS: Mapping[str, str] = {"new": "*", "regressed": "!", "": ""}
"""What stands there for what differs from the last time."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings parted by what was decided.

    Attributes:
        results: those that count.
        dismissed: fingerprints of those that do not.
        on: how many of the latter stand on each object.
    """

    results: Results
    dismissed: frozenset[str]
    on: Mapping[ObjectRef, int]


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Everything about triage that lists are drawn from. Immutable, but for what it has worked out.

    Attributes:
        triage: the decisions, whether or not they are written already.
        read: the file as it was last seen.
        path: the file; None where decisions last for this session only.
        trouble: why the file cannot be used or written; empty when it can.
        unkept: how many decisions are in no file.
        since: what differs from the last time; None while that is not known.
        shows: whether lists of findings show the dismissed ones too.
        group: by what findings are grouped; empty for a flat list.
    """

    triage: Triage = NOTHING
    read: Read = Read()  # noqa: RUF009 - immutable
    path: Path | None = None
    trouble: str = ""
    unkept: int = 0
    since: Since | None = None
    shows: bool = False
    group: str = ""
    _known: list[tuple[Results, Judged]] = field(init=False, default_factory=list)

    @property
    def blank(self) -> bool:
        """Whether there is nothing to say of any finding."""
        return not self.triage.decisions and (self.since is None or not self.since.last)

    @property
    def hides(self) -> bool:
        """Whether lists of findings leave out what is dismissed."""
        return bool(self.triage.decisions) and not self.shows

    def standing(self, state: State, finding: Finding) -> Standing:
        """What holds for a finding."""
        decision = self.triage.of(finding)
        if decision is None:
            return UNDECIDED
        return self.triage.standing(finding, state.snapshot.source.date)

    def mark(self, finding: Finding) -> str:
        """``new``, ``regressed`` or nothing."""
        since = self.since
        return since.mark(finding.fingerprint) if since is not None and since.last else ""

    def triaged(self, state: State, finding: Finding) -> Triaged:
        """A finding with all that is known of it."""
        return Triaged(finding, self.standing(state, finding), self.mark(finding))

    def judged(self, state: State) -> Judged:
        """The findings of a State parted; worked out once, off the UI thread where there are many."""
        results = state.results
        if self._known and self._known[0][0] is results:
            return self._known[0][1]
        gone: list[Finding] = []
        day = state.snapshot.source.date
        for decision in self.triage.decisions.values():
            if decision.state.dismissed:
                here = (item for item in results.on(decision.ref) if item.check == decision.check)
                gone += (item for item in here if self.triage.standing(item, day).dismissed)
        on: dict[ObjectRef, int] = {}
        for finding in gone:
            on[finding.subject] = on.get(finding.subject, 0) + 1
        marks = frozenset(finding.fingerprint for finding in gone)
        found = Judged(results.without(gone), marks, on)
        self._known[:] = [(results, found)]
        return found

    @property
    def dismissed_count(self) -> int:
        """How many findings are dismissed, as far as that is worked out."""
        return len(self._known[0][1].dismissed) if self._known else 0


def sign(standing: Standing, mark: str) -> str:
    """Two characters at most: what differs from the last time, what was decided."""
    ruled = REOPENED.get(standing.reopened) or SIGNS[standing.state]
    return f"{MARKS.get(mark, '')}{ruled}"


def legend() -> str:
    """What the characters mean, in one sentence."""
    return (
        "ST: * new, ! back again since the last time; i in progress, f false positive, r risk accepted, "
        "w won't fix, x mitigated elsewhere; E expired and C evidence changed: open again."
    )


def states_of(triaged: Collection[Triaged], findings: Collection[Finding]) -> list[str]:
    """The values of the filter field ``state`` for a row with these findings."""
    if triaged:
        return list(dict.fromkeys(value for item in triaged for value in item.facet("state")))
    return [Ruled.OPEN.value] if findings else []
