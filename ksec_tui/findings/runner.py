"""Runs checks over a Snapshot; again only those whose kinds have changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.mishap import mishap
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.sorting import sorted_gently
from ksec_tui.findings.check import Check, S
from ksec_tui.findings.finding import Evidence, Finding, NotApplicable, rank
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Verdict

# The member of an enumeration takes Python 3.11 as long to find as a small check takes.
_FAIL, _PASS, _UNKNOWN, _NOT_APPLICABLE = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


class Tally(msgspec.Struct, frozen=True, gc=False):
    """How the subjects of one check fared. `pending` while a kind that it needs is still loading."""

    failed: int = 0
    passed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    pending: bool = False

    @property
    def verdict(self) -> Verdict:
        """The check's verdict on the whole cluster; PASS only when nothing failed and nothing is unknown."""
        if self.failed:
            return Verdict.FAIL
        if self.unknown or self.pending:
            return Verdict.UNKNOWN
        return Verdict.PASS if self.passed else Verdict.NOT_APPLICABLE


class CheckResult(msgspec.Struct, frozen=True, gc=False):
    """What one check found on its `subjects` (the plural noun of `Subjects.title`)."""

    findings: tuple[Finding, ...]
    tally: Tally
    subjects: str = ""


def _ranked(results: Iterable[CheckResult]) -> tuple[Finding, ...]:
    """All findings in the order of `rank`.

    In many small sorts: one sort of 100,000 findings would let no other thread run while it lasts.
    """
    alike: dict[tuple[int, int, str], list[Finding]] = {}
    for result in results:
        for finding in result.findings:
            alike.setdefault(rank(finding)[:3], []).append(finding)
    return tuple(
        finding for key in sorted(alike) for finding in sorted_gently(alike[key], lambda item: item.subject)
    )


class Results:
    """What all checks found, with lookups by object."""

    def __init__(self, by_check: dict[str, CheckResult], findings: tuple[Finding, ...] | None = None) -> None:
        """`findings` are all of them in the order of `rank`, where that is known."""
        self.by_check = by_check
        self.findings: tuple[Finding, ...] = _ranked(by_check.values()) if findings is None else findings
        self._by_ref: dict[ObjectRef, list[Finding]] | None = None
        self._pointing: dict[ObjectRef, list[Finding]] | None = None

    def on(self, ref: ObjectRef) -> Sequence[Finding]:
        """The findings on one object, worst first."""
        if self._by_ref is None:
            index: dict[ObjectRef, list[Finding]] = {}
            for finding in self.findings:
                index.setdefault(finding.subject, []).append(finding)
            self._by_ref = index
        return self._by_ref.get(ref, ())

    def pointing_at(self, ref: ObjectRef) -> Sequence[Finding]:
        """The findings on other objects whose evidence lies in this one: a role's rule, a pod's container."""
        if self._pointing is None:
            index: dict[ObjectRef, list[Finding]] = {}
            for finding in self.findings:
                for other in {piece.ref for piece in finding.evidence if piece.ref is not None}:
                    index.setdefault(other, []).append(finding)
            self._pointing = index
        return self._pointing.get(ref, ())

    def without(self, findings: Iterable[Finding]) -> Results:
        """The same without some of these very findings; the tallies still tell of all that was judged."""
        gone = {id(finding) for finding in findings}
        if not gone:
            return self
        left = {
            name: CheckResult(
                tuple(finding for finding in result.findings if id(finding) not in gone),
                result.tally,
                result.subjects,
            )
            for name, result in self.by_check.items()
        }
        return Results(left, tuple(finding for finding in self.findings if id(finding) not in gone))

    @property
    def pending(self) -> bool:
        """Whether some check still waits for its data."""
        return any(result.tally.pending for result in self.by_check.values())


NOTHING = Results({})
"""Before anything ran."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The run was given up because a newer one is due."""


def run(
    snapshot: Snapshot,
    checks: Iterable[Check[Any]],
    *,
    previous: Results = NOTHING,
    changed: frozenset[str] | None = None,
    cancel: threading.Event | None = None,
) -> Results:
    """Judge `snapshot`.

    Args:
        snapshot: what was read.
        checks: what to look for.
        previous: an earlier result whose parts stay valid where nothing changed.
        changed: resource names that changed since `previous`; None for all.
        cancel: when set, the run stops with `Cancelled`.

    Raises:
        Cancelled: `cancel` was set.
    """
    results: dict[str, CheckResult] = {}
    for item in checks:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        old = previous.by_check.get(item.id)
        if (
            old is not None
            and changed is not None
            # What takes no kind judges the source itself, whose facts are no kind that changes.
            and item.kinds
            and changed.isdisjoint(kind.resource for kind in item.kinds)
        ):
            results[item.id] = old
        else:
            results[item.id] = run_one(snapshot, item)
    return Results(results)


def run_one(snapshot: Snapshot, item: Check[Any]) -> CheckResult:
    """Judge every subject of one check."""
    if _pending(snapshot, item):
        return CheckResult((), Tally(pending=True), item.on.title)
    findings: list[Finding] = []
    passed = not_applicable = 0
    gaps = _Gaps(snapshot, item)
    some_missing = gaps.any
    for subject in item.on.select(snapshot):
        if some_missing and gaps.swallow(item.on.ref(subject)):
            continue
        finding = verdict(item, subject, snapshot)
        if finding is _PASS:
            passed += 1
        elif isinstance(finding, Finding):
            findings.append(finding)
        else:
            not_applicable += 1
    findings = _one_unknown_each([*findings, *gaps.findings()])
    unknown = sum(finding.verdict is _UNKNOWN for finding in findings)
    tally = Tally(len(findings) - unknown, passed, unknown, not_applicable)
    return CheckResult(tuple(findings), tally, item.on.title)


def _pending(snapshot: Snapshot, item: Check[Any]) -> bool:
    return any(snapshot.coverage.of(kind).state in (State.QUEUED, State.LOADING) for kind in item.kinds)


def judges_all(snapshot: Snapshot, item: Check[Any]) -> bool:
    """Whether all that a check takes was read, so that it has nothing to say but of each subject."""
    gaps = _Gaps(snapshot, item)
    return not (_pending(snapshot, item) or gaps.any or any(gaps.findings()))


def _one_unknown_each(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one check in which what is unknown of one subject is told once, with all reasons."""
    found: list[Finding] = []
    unsure: dict[ObjectRef, int] = {}
    for finding in findings:
        if finding.verdict is not _UNKNOWN:
            found.append(finding)
        elif finding.subject in unsure:
            place = unsure[finding.subject]
            reason = f"{found[place].reason}; {finding.reason}"
            found[place] = msgspec.structs.replace(found[place], reason=reason)
        else:
            unsure[finding.subject] = len(found)
            found.append(finding)
    return found


_UNDECODED = 100
"""Objects that could not be decoded which a check names one by one; a broken list can hold a million."""


def judge_one(snapshot: Snapshot, item: Check[S], subject: S) -> Finding | None:
    """What one check finds on one subject, which need not be in the Snapshot; None when nothing.

    Whether all that the check needs was read is not looked at.
    """
    found = verdict(item, subject, snapshot)
    return found if isinstance(found, Finding) else None


def unread(snapshot: Snapshot, item: Check[Any]) -> Callable[[ObjectRef], str | None]:
    """From the name of a subject of `item` to why it cannot be judged; None where all that this takes was read."""
    return _Gaps(snapshot, item).reason


class _Gaps:
    """Subjects that cannot be judged since something was not read: one finding for each place, not for each."""

    def __init__(self, snapshot: Snapshot, item: Check[Any]) -> None:
        self._snapshot = snapshot
        self._coverage = snapshot.coverage
        self._item = item
        self._swallowed: dict[tuple[ObjectRef, str], int] = {}
        self._cached: dict[str, str | None] = {}
        self._everywhere = next(filter(None, (self._missing(kind, None) for kind in item.everywhere)), None)
        self.any = self._everywhere is not None or any(self._missing(kind, None) for kind in item.needs)
        """Whether some subject may not be judged: what is known everywhere is known in each place."""

    def reason(self, ref: ObjectRef) -> str | None:
        """Why the subject cannot be judged."""
        if self._everywhere is not None:
            return self._everywhere
        place = self._item.on.place_of(ref)
        if place not in self._cached:
            self._cached[place] = self._gap(place)
        return self._cached[place]

    def swallow(self, ref: ObjectRef) -> bool:
        """Whether the subject cannot be judged; then it is counted here."""
        reason = self.reason(ref)
        if reason is None:
            return False
        place = self._item.on.place_of(ref)
        whole = self._everywhere or ref == CLUSTER or not place
        where = CLUSTER if whole else ObjectRef("", "Namespace", place)
        self._swallowed[where, reason] = self._swallowed.get((where, reason), 0) + 1
        return True

    def _gap(self, place: str) -> str | None:
        for kind in self._item.needs:
            reason = self._missing(kind, place if kind.namespaced and place else None)
            if reason:
                return reason
        return None

    def _missing(self, kind: Kind[Any], namespace: str | None) -> str | None:
        """Why `kind` is not known in a namespace, or everywhere: not read, or read but not decoded."""
        reason = self._coverage.gap(kind, namespace)
        if reason is None and (odd := self._snapshot.undecoded(kind, namespace)):
            reason = f"{odd[0].ref} could not be decoded: {odd[0].reason}"
        return reason

    def findings(self) -> Iterator[Finding]:
        """One UNKNOWN for each place and reason, and one when the subjects themselves could not all be read."""
        whole: dict[str, int] = {}
        for kind in self._item.on.kinds:
            by_name: dict[ObjectRef, list[str]] = {}
            for odd in self._snapshot.undecoded(kind):
                by_name.setdefault(odd.ref, []).append(odd.reason)
            for ref, reasons in list(by_name.items())[:_UNDECODED]:
                more = f" (and {len(reasons) - 1:,} more of that name)" if len(reasons) > 1 else ""
                yield self._unknown(ref, f"it could not be decoded: {reasons[0]}{more}")
            if len(by_name) > _UNDECODED:
                whole[f"{len(by_name) - _UNDECODED:,} more {kind.resource} could not be decoded"] = 0
        for (where, reason), count in self._merged().items():
            if where == CLUSTER:
                whole[reason] = whole.get(reason, 0) + count
            else:
                yield self._unknown(where, f"{reason}; {self._counted(count)}")
        for kind in self._item.on.kinds:
            missing = self._coverage.gap(kind)
            if missing:
                whole.setdefault(missing, 0)
                break
        if whole:
            said = "; ".join(whole)
            count = sum(whole.values())
            yield self._unknown(CLUSTER, f"{said}; {self._counted(count)}" if count else said)

    def _merged(self) -> dict[tuple[ObjectRef, str], int]:
        """Kinds that were read nowhere give one finding for the cluster."""
        merged: dict[tuple[ObjectRef, str], int] = {}
        for (where, reason), count in self._swallowed.items():
            same = sum(1 for _, other in self._swallowed if other == reason)
            key = (CLUSTER if same > 1 else where, reason)
            merged[key] = merged.get(key, 0) + count
        return merged

    def _counted(self, count: int) -> str:
        return f"{count} of the {self._item.on.title} not judged"

    def _unknown(self, where: ObjectRef, reason: str) -> Finding:
        item = self._item
        return Finding(
            item.id,
            item.title,
            Verdict.UNKNOWN,
            item.severity,
            where,
            reason=reason,
            threats=item.threat_names,
        )


def verdict(item: Check[Any], subject: object, snapshot: Snapshot) -> Finding | Verdict:
    """What one check says of one subject, whether all that it needs was read or not."""
    evidence: list[Evidence] = []
    reason = ""
    try:
        for outcome in item.evaluate(subject, snapshot):
            if isinstance(outcome, Evidence):
                evidence.append(outcome)
            elif isinstance(outcome, NotApplicable):
                return _NOT_APPLICABLE
            else:
                reason = outcome.reason
    except Exception as error:  # noqa: BLE001 - a fault in a check must show as UNKNOWN here and hide nothing else
        evidence, reason = [], f"the check itself failed: {mishap(error)}"
    if not evidence and not reason:
        return _PASS
    severity = item.severity
    if any(piece.severity is not None for piece in evidence):
        severity = max(severity if piece.severity is None else piece.severity for piece in evidence)
    return Finding(
        item.id,
        item.title,
        _FAIL if evidence else _UNKNOWN,
        severity,
        item.on.ref(subject),
        tuple(evidence),
        "" if evidence else reason,
        item.on.reaches(subject),
        item.on.system(subject),
        bool(evidence) and _fixable(item, subject, snapshot),
        item.threat_names,
    )


def _fixable(item: Check[Any], subject: Any, snapshot: Snapshot) -> bool:
    """Whether `item` has a fix for what it says of `subject`: a change, or what a human must do.

    Only of components of Kubernetes itself it is worked out, for which many checks have none: for all others it
    would take as long as the checks themselves.
    """
    if item.make_fix is None or not item.on.system(subject):
        return item.make_fix is not None
    try:
        return item.make_fix(subject, snapshot) is not None
    except Exception:  # noqa: BLE001 - a fault in a fix must not hide what the check found
        return False


def fix_for(finding: Finding, checks: Iterable[Check[Any]], snapshot: Snapshot) -> Fix | None:
    """The fix for one finding on this Snapshot, or None when there is none (any more)."""
    for item in checks:
        if item.id == finding.check and item.make_fix is not None:
            subject = item.on.find(snapshot, finding.subject)
            return None if subject is None else item.make_fix(subject, snapshot)
    return None
