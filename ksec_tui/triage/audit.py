"""What became of every entry of a triage file: which still serve, which wait for somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import Enum

import msgspec

from ksec_tui.findings.finding import Finding
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.notation import Read
from ksec_tui.triage.triage import EXPIRED, standing


class Status(Enum):
    """How an entry stands."""

    INVALID = "invalid"
    EXPIRED = "expired"
    CHANGED = "evidence changed"
    UNUSED = "unused"
    UNJUDGED = "not judged"
    MATCHED = "matched"

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at the entry."""
        return self not in (Status.MATCHED, Status.UNJUDGED)


class Audited(msgspec.Struct, frozen=True):
    """One entry.

    Attributes:
        status: how it stands.
        line: where it begins in the file, from 1.
        words: why, in a sentence.
        decision: what it says; None when it is invalid.
        finding: what it is about, when that is there.
    """

    status: Status
    line: int
    words: str
    decision: Decision | None = None
    finding: Finding | None = None


def audit(read: Read, findings: Iterable[Finding], absences: Absences, today: dt.date) -> tuple[Audited, ...]:
    """Every entry of a triage file, those that wait for somebody first.

    Args:
        read: the file.
        findings: all that was found.
        absences: what it means where nothing was.
        today: the day to judge by.
    """
    current = {finding.fingerprint: finding for finding in findings} if read.entries else {}
    rows = [Audited(Status.INVALID, problem.line, problem.reason) for problem in read.problems]
    for entry in read.entries:
        if entry.decision is None:
            continue
        finding = current.get(entry.decision.fingerprint)
        status, words = (
            _absent(entry.decision, absences) if finding is None else _present(entry.decision, finding, today)
        )
        rows.append(Audited(status, entry.line, words, entry.decision, finding))
    order = list(Status)
    return tuple(sorted(rows, key=lambda row: (order.index(row.status), row.line)))


def _absent(decision: Decision, absences: Absences) -> tuple[Status, str]:
    absence, words = absences.of(decision.check, decision.ref)
    return (Status.UNUSED if absence.fixed else Status.UNJUDGED), words


def _present(decision: Decision, finding: Finding, today: dt.date) -> tuple[Status, str]:
    found = standing(decision, finding, today)
    if found.reopened == EXPIRED:
        return Status.EXPIRED, f"{decision.state.value} until {decision.expires}"
    if found.reopened:
        return Status.CHANGED, f"{decision.state.value}; now: {finding.words}"
    anyhow = "" if decision.evidence or not decision.state.dismissed else "; whatever the evidence"
    return Status.MATCHED, found.words + anyhow
