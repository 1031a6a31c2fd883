"""What the checks say of a Snapshot with fixes carried out, against what they said of it before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.again import Again, Found
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Evidence, Finding, rank
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.places import Places
from ksec_tui.fixes.progress import Pace
from ksec_tui.fixes.stand_ins import Proving, StandIns
from ksec_tui.fixes.trial import Patched

_Found = dict[ObjectRef, Finding]


class Verdicts(msgspec.Struct, frozen=True):
    """What changed between two runs of the checks.

    Attributes:
        removed: FAILs that are neither FAIL nor UNKNOWN any more, as they were; of checks that only offer more
            safety also those that offer something else now.
        added: FAILs that are new, worse or have new evidence, and what became UNKNOWN; as they are. A FAIL of a
            check that only offers more safety is none of them.
        staying: what is FAIL or UNKNOWN now of what was staged, by check and object.
        moved: FAILs of new objects that stand in for others, where the risk was there before; as they are. What
            they were is not among `removed`.
    """

    removed: tuple[Finding, ...]
    added: tuple[Finding, ...]
    staying: dict[tuple[str, ObjectRef], Finding]
    moved: tuple[Finding, ...] = ()

    def stays(self, finding: Finding) -> Finding | None:
        """What `finding`, which was staged, has become; None when it is gone."""
        return self.staying.get((finding.check, finding.subject))


class Judge:
    """Judges one trial after the other; what is as in the last one is not judged again.

    Args:
        snapshot: what was read.
        checks: all of them.
        before: what they say of it.
        pace: told how many checks are done.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        checks: Sequence[Check[Any]],
        before: Results,
        pace: Pace,
    ) -> None:
        self._snapshot = snapshot
        self._checks = checks
        self._pace = pace
        self._offers = {item.id for item in checks if item.offer}
        self._veils = {name: {item.id for item in checks if name in item.veils} for name in _veiled(checks)}
        self._old: dict[str, _Found] = {}
        self._was_found = {item.id: before.by_check[item.id].findings for item in checks}
        self._last: tuple[Patched | None, Found] = (None, self._was_found)
        self._proving = Proving(snapshot)

    def judge(self, patched: Patched, staged: Iterable[Finding]) -> Verdicts:
        """Run again what looks at a kind that changed, and compare with what was.

        Raises:
            Cancelled: the simulation is to be given up.
        """
        last, found = self._last
        changed = patched.changed_since(last)
        base = self._snapshot if last is None else last.snapshot
        after = Again(base, found, patched.snapshot, changed).run(self._checks, self._steps())
        self._last = (patched, after)
        differing = [item for item in self._checks if after[item.id] is not self._was_found[item.id]]
        new = {item.id: _by_subject(after[item.id]) for item in differing}
        stands = self._proving.stand_ins(patched)
        heirs = _heirs(stands)
        removed = [finding for item in differing for finding in self._removed(item, new[item.id], heirs)]
        about: dict[ObjectRef, list[Finding]] = {}
        for finding in removed:
            about.setdefault(finding.subject, []).append(finding)
        places = Places(self._snapshot, patched, stands)
        comparison = _Comparison(places, removed, about, self._veils)
        added, moved = [], []
        for item in differing:
            for subject, finding in new[item.id].items():
                before = stands.before(subject)
                brought = comparison.brings(self._was(item.id).get(before), finding)
                if brought and before is not subject:
                    held = self._proving.held_before(patched, stands, item, subject)
                    brought = held is None or comparison.worse(held, finding)
                offered = item.offer and finding.verdict is Verdict.FAIL
                if brought and not offered:
                    added.append(finding)
                elif before is not subject and finding.verdict is Verdict.FAIL:
                    moved.append(finding)
        staying = {}
        for finding in staged:
            those = new[finding.check] if finding.check in new else self._was(finding.check)
            for subject in (finding.subject, *heirs.get(finding.subject, ())):
                now = those.get(subject)
                if now is not None and not (finding.check in self._offers and _other_offer(finding, now)):
                    staying[finding.check, finding.subject] = now
        ordered = (tuple(sorted(found, key=rank)) for found in (removed, added, moved))
        gone, brought_in, kept = ordered
        return Verdicts(gone, brought_in, staying, kept)

    def _steps(self) -> Callable[[], None]:
        done = itertools.count()
        return lambda: self._pace.step("Looking again", next(done), len(self._checks))

    def _was(self, check: str) -> _Found:
        if check not in self._old:
            self._old[check] = _by_subject(self._was_found[check])
        return self._old[check]

    def _removed(
        self, item: Check[Any], new: _Found, heirs: dict[ObjectRef, list[ObjectRef]]
    ) -> list[Finding]:
        return [
            finding
            for subject, finding in self._was(item.id).items()
            if finding.verdict is Verdict.FAIL
            and ((now := new.get(subject)) is None or (item.offer and _other_offer(finding, now)))
            and not any(heir in new for heir in heirs.get(subject, ()))
        ]


def _heirs(stands: StandIns) -> dict[ObjectRef, list[ObjectRef]]:
    """Each binding that goes with those that stand in for it."""
    heirs: dict[ObjectRef, list[ObjectRef]] = {}
    for new, old in stands.bindings.items():
        heirs.setdefault(old, []).append(new)
    return heirs


def _veiled(checks: Sequence[Check[Any]]) -> set[str]:
    return {name for item in checks for name in item.veils}


def _by_subject(findings: Iterable[Finding]) -> _Found:
    return {finding.subject: finding for finding in findings}


def _other_offer(old: Finding, new: Finding) -> bool:
    """Whether what a check offers now is nothing that it offered before."""
    if new.verdict is not Verdict.FAIL:
        return False
    return {piece.words for piece in old.evidence}.isdisjoint(piece.words for piece in new.evidence)


class _Comparison(msgspec.Struct, frozen=True):
    """Tells what a trial brings from what it only lessens or lays open."""

    places: Places
    removed: Sequence[Finding]
    about: dict[ObjectRef, list[Finding]]
    veils: dict[str, set[str]]

    def brings(self, old: Finding | None, finding: Finding) -> bool:
        """Whether a finding, which was `old`, is a risk that was not there."""
        return (
            self.worse(old, finding) and not self._lessened(old, finding) and not self._unveiled(old, finding)
        )

    def worse(self, old: Finding | None, new: Finding) -> bool:
        """Whether a finding tells more than `old`, which was told of the same object or of what it stands in for."""
        if old is new:
            return False
        if new.verdict is Verdict.FAIL and new.severity is Severity.INFO:
            # A remark (a role that nothing is bound to any more) is no risk that a fix brings.
            return False
        if old is None:
            return True
        if new.verdict is Verdict.UNKNOWN or old.verdict is Verdict.UNKNOWN:
            return old.verdict is not new.verdict
        if new.severity > old.severity:
            return True
        # The same place told in other words is the same evidence; the same words at another place are too.
        fresh = _other_words(old, new)
        if not fresh:
            return False
        places = self.places.before(old.subject, old.evidence)
        return not self.places.after(new.subject, fresh) <= places

    def _lessened(self, old: Finding | None, finding: Finding) -> bool:
        """Whether it tells, less severe, what another check told of the same places: a mount now read-only."""
        worse = [item for item in self.about.get(finding.subject, ()) if item.severity > finding.severity]
        if finding.verdict is not Verdict.FAIL or not worse:
            return False
        known = set() if old is None else self.places.before(old.subject, old.evidence)
        fresh = self.places.after(finding.subject, finding.evidence) - known
        told = self.places.before(finding.subject, [piece for item in worse for piece in item.evidence])
        return bool(fresh) and fresh <= told

    def _unveiled(self, old: Finding | None, finding: Finding) -> bool:
        """Whether it tells nothing but what a worse finding, now gone, kept it from telling."""
        veiling = self.veils.get(finding.check)
        if not veiling or finding.verdict is not Verdict.FAIL:
            return False
        fresh = finding.evidence if old is None else _other_words(old, finding)
        freed = {
            other.subject
            for other in self.removed
            if other.check in veiling and other.severity >= finding.severity
        }
        return bool(fresh) and all((piece.ref or finding.subject) in freed for piece in fresh)


def _other_words(old: Finding, new: Finding) -> list[Evidence]:
    """The evidence of `new` that `old` did not tell in the same words."""
    words = {piece.words for piece in old.evidence}
    return [piece for piece in new.evidence if piece.words not in words]
