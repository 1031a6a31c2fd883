"""Whether each native control is on: the findings of its checks, held against the places that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ksec_tui.analysis.versions.safeguards import Status, safeguards
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check, Subjects
from ksec_tui.findings.controls.control import Control, Count, Posture, State
from ksec_tui.findings.controls.table import CONTROLS
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import CheckResult, Results, unread
from ksec_tui.findings.verdict import Verdict

_WAITING = "still being read"


def postures(snapshot: Snapshot, results: Results, checks: Iterable[Check[Any]]) -> tuple[Posture, ...]:
    """Every control in the order of the table; worked out once for a Snapshot and its Results."""
    # Results are kept beside what is known of them: an id alone could come back for another object. What takes
    # long is worked out past the lock of `derived`, which others wait for.
    kept: tuple[Results, list[tuple[Posture, ...]]] = snapshot.derived(
        ("controls", id(results)), lambda _: (results, [])
    )
    if not kept[1]:
        kept[1].append(_all(snapshot, results, checks))
    return kept[1][0]


def _all(snapshot: Snapshot, results: Results, checks: Iterable[Check[Any]]) -> tuple[Posture, ...]:
    known = {item.id: item for item in checks}
    found = by_check(results, {control.id: (*control.checks, control.rests_on) for control in CONTROLS})
    said = []
    for control in CONTROLS:
        its = [known[name] for name in control.checks if name in known]
        said.append(_Judge(snapshot, results, control, its).posture(found[control.id]))
    return tuple(said)


def by_check(results: Results, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[Finding]]:
    """The findings of several sets of checks, each in the order of `Results.findings`, in one pass."""
    found: dict[str, list[Finding]] = {name: [] for name in wanted}
    takers: dict[str, list[list[Finding]]] = {}
    for name, checks in wanted.items():
        for check in dict.fromkeys(checks):
            takers.setdefault(check, []).append(found[name])
    for finding in results.findings:
        for taker in takers.get(finding.check, ()):
            taker.append(finding)
    return found


class _Judge:
    """One control on one Snapshot."""

    def __init__(
        self, snapshot: Snapshot, results: Results, control: Control, checks: Sequence[Check[Any]]
    ) -> None:
        self._snapshot = snapshot
        self._control = control
        self._checks = checks
        self._results: list[CheckResult | None] = [results.by_check.get(item.id) for item in checks]

    def posture(self, findings: Sequence[Finding]) -> Posture:
        """What is said of it, given what its checks found."""
        if self._control.count is Count.SAFEGUARDS:
            return self._safeguards()
        if not all(result is not None and not result.tally.pending for result in self._results):
            return Posture(self._control, State.HIDDEN, 0, 0, unknown=(_WAITING,))
        own = tuple(finding for finding in findings if not finding.system)
        match self._control.count:
            case Count.SETTINGS:
                return self._settings(own)
            case Count.ABSENCE:
                return self._absence(own)
        return self._places(own)

    def _places(self, findings: Sequence[Finding]) -> Posture:
        places: dict[ObjectRef, str] = {}
        for on in {id(item.on): item.on for item in self._checks}.values():
            gaps = [unread(self._snapshot, item) for item in self._checks if item.on is on]
            for ref in self._concerned(on):
                places[ref] = next(filter(None, (gap(ref) for gap in gaps)), "")
        base = [finding for finding in findings if finding.check == self._control.rests_on]
        said = tuple(finding for finding in findings if finding.subject in places or finding in base)
        off = dict.fromkeys(
            item.subject for item in said if item.verdict is Verdict.FAIL and item.subject in places
        )
        for item in base:
            if item.verdict is Verdict.FAIL:
                off = dict.fromkeys(places)
            else:
                places = {ref: reason or item.reason for ref, reason in places.items()}
        places.update(
            (item.subject, item.reason)
            for item in said
            if item.verdict is Verdict.UNKNOWN and places.get(item.subject) == ""
        )
        hidden = [reason for ref, reason in places.items() if reason and ref not in off]
        unknown = tuple(dict.fromkeys((*hidden, *self._beyond())))
        on_in = len(places) - len(off) - len(hidden)
        return self._with_counts(on_in, len(places), tuple(off), unknown, said)

    def _concerned(self, on: Subjects[Any]) -> Iterator[ObjectRef]:
        for subject in on.select(self._snapshot):
            if not on.system(subject) and self._control.applies(subject, self._snapshot):
                yield on.ref(subject)

    def _beyond(self) -> Iterator[str]:
        """Why there may be places that were not read at all."""
        for kind in dict.fromkeys(kind for item in self._checks for kind in item.on.kinds):
            reason = self._snapshot.gap(kind)
            if reason:
                yield reason

    def _settings(self, findings: tuple[Finding, ...]) -> Posture:
        verdicts = [result.tally.verdict for result in self._results if result is not None]
        verdicts = [verdict for verdict in verdicts if verdict is not Verdict.NOT_APPLICABLE]
        off = verdicts.count(Verdict.FAIL)
        unsure = verdicts.count(Verdict.UNKNOWN)
        unknown = dict.fromkeys(item.reason for item in findings if item.verdict is Verdict.UNKNOWN)
        failed = dict.fromkeys(item.subject for item in findings if item.verdict is Verdict.FAIL)
        total = len(verdicts)
        return self._with_counts(total - off - unsure, total, tuple(failed), tuple(unknown), findings)

    def _with_counts(
        self,
        on: int,
        total: int,
        off: tuple[ObjectRef, ...],
        unknown: tuple[str, ...],
        findings: tuple[Finding, ...],
    ) -> Posture:
        if on and (off or unknown):
            state = State.PARTLY
        elif off:
            state = State.OFF
        elif unknown:
            state = State.HIDDEN
        else:
            state = State.ON if on else State.NONE
        return Posture(self._control, state, on, total, off, unknown, findings)

    def _absence(self, findings: tuple[Finding, ...]) -> Posture:
        off = tuple(dict.fromkeys(item.subject for item in findings if item.verdict is Verdict.FAIL))
        reasons = [item.reason for item in findings if item.verdict is Verdict.UNKNOWN]
        unknown = tuple(dict.fromkeys(reasons))
        state = State.OFF if off else State.HIDDEN if unknown else State.ON
        return Posture(self._control, state, 0, len(off), off, unknown, findings)

    def _safeguards(self) -> Posture:
        found = [item for item in safeguards(self._snapshot) if item.status is not Status.NOT_YET]
        on = sum(item.status is Status.ON for item in found)
        off = sum(item.status in (Status.OFF, Status.PARTLY) for item in found)
        hidden = tuple(
            f"{item.feature.title}: {item.words}" for item in found if item.status is Status.HIDDEN
        )
        return self._with_counts(on, len(found), (CLUSTER,) if off else (), hidden, ())
