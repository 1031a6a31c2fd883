"""One try: some staged fixes applied to a Snapshot, and what the checks say of the result."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import guard
from ksec_tui.fixes.plan import FixPlan, Merged
from ksec_tui.fixes.rollout import rolled_out

Documents = Mapping[ObjectRef, Document]


class Patched(msgspec.Struct, frozen=True):
    """A Snapshot with a plan carried out.

    Attributes:
        snapshot: the result.
        before: each touched object as it was; None for a new one.
        after: each touched object as it is; None for a deleted one. Pods that follow are not in here.
        rollouts: the controllers whose pods are replaced.
        failures: fingerprint -> why the change does not apply, one sentence.
        touched: resource names of everything that changed, the pods too.
    """

    snapshot: Snapshot
    before: dict[ObjectRef, Document | None]
    after: dict[ObjectRef, Document | None]
    rollouts: tuple[ObjectRef, ...]
    failures: dict[str, str]
    touched: frozenset[str]


def carry_out(snapshot: Snapshot, plan: FixPlan, documents: Documents) -> Patched:
    """Apply every change of `plan`; those that fail are left out and named."""
    before: dict[ObjectRef, Document | None] = {}
    after: dict[ObjectRef, Document | None] = {}
    failures: dict[str, str] = {}
    for merged in plan.changes():
        target = merged.change.target
        try:
            if target not in before:
                before[target] = after[target] = _load(snapshot, merged, documents)
            result = apply(after[target], merged.change)
            guard(after[target], result, merged.change)
        except PatchError as error:
            failures.update({item.fingerprint: f"{error}." for item in merged.staged})
        else:
            after[target] = result
    if failures:
        return Patched(snapshot, {}, {}, (), failures, frozenset())
    everything = dict(after)
    rollouts = []
    for ref, document in after.items():
        pods = rolled_out(snapshot, ref, before[ref], document)
        if pods and ref.kind != "CronJob":
            rollouts.append(ref)
        everything = pods | everything
    try:
        patched = snapshot.with_documents(everything)
    except ValueError as error:
        every = {item.fingerprint: f"The patched object is not readable: {error}." for item in plan.staged}
        return Patched(snapshot, {}, {}, (), every, frozenset())
    kinds = {kind_named(ref.group, ref.kind) for ref in everything}
    touched = frozenset(kind.resource for kind in kinds if kind is not None)
    return Patched(patched, before, after, tuple(rollouts), {}, touched)


def _load(snapshot: Snapshot, merged: Merged, documents: Documents) -> Document | None:
    """The object that a change is for; None when there is none.

    Raises:
        PatchError: only a part of it was read, on which no patch can be proven.
    """
    target = merged.change.target
    if target in documents:
        return documents[target]
    held = snapshot.document(target)
    patches = merged.change.type in (PatchType.STRATEGIC, PatchType.JSON)
    if held is not None and patches and not snapshot.whole(target) and not _of_metadata(merged.change):
        raise PatchError(f"only a part of {target} was read, so that no patch of it can be proven")
    return held


def _of_metadata(change: Change) -> bool:
    """Whether it changes labels and annotations alone, which are held whole of every object, Secrets too."""
    body = change.body
    if change.type is not PatchType.STRATEGIC or not isinstance(body, dict) or set(body) != {"metadata"}:
        return False
    return isinstance(body["metadata"], dict) and set(body["metadata"]) <= {"labels", "annotations"}


class Verdicts(msgspec.Struct, frozen=True):
    """What changed between two runs of the checks.

    Attributes:
        removed: FAILs that are neither FAIL nor UNKNOWN any more, as they were.
        added: FAILs that are new, worse or have new evidence, and what became UNKNOWN; as they are. A FAIL of a
            check that only offers more safety is none of them.
        staying: fingerprint -> what is FAIL or UNKNOWN now.
    """

    removed: tuple[Finding, ...]
    added: tuple[Finding, ...]
    staying: dict[str, Finding]


def judge(
    patched: Patched,
    checks: Sequence[Check[Any]],
    before: Results,
    cancel: threading.Event | None = None,
) -> Verdicts:
    """Run again what looks at a touched kind, and compare with `before`, the results of all `checks`."""
    after = run(patched.snapshot, checks, previous=before, changed=patched.touched, cancel=cancel)
    old = {finding.fingerprint: finding for finding in before.findings}
    new = {finding.fingerprint: finding for finding in after.findings}
    removed = tuple(
        finding for mark, finding in old.items() if finding.verdict is Verdict.FAIL and mark not in new
    )
    offers = {item.id for item in checks if item.offer}
    added = tuple(
        finding
        for mark, finding in new.items()
        if not (finding.check in offers and finding.verdict is Verdict.FAIL)
        and _worse(old.get(mark), finding)
        and not _moved(patched, removed, finding)
        and not _lessened(old.get(mark), removed, finding)
        and not _unveiled(checks, old.get(mark), removed, finding)
    )
    return Verdicts(removed, added, new)


def _moved(patched: Patched, removed: Sequence[Finding], finding: Finding) -> bool:
    """Whether it was told, as bad or worse, of an object that goes, and is of one that is made in its place."""
    made = finding.subject in patched.before and patched.before[finding.subject] is None
    return made and any(
        other.check == finding.check
        and other.severity >= finding.severity
        and patched.after.get(other.subject, {}) is None
        and {piece.ref for piece in other.evidence} == {piece.ref for piece in finding.evidence}
        for other in removed
    )


def _lessened(old: Finding | None, removed: Sequence[Finding], finding: Finding) -> bool:
    """Whether it tells, less severe, what another check told of the same places: a mount now read-only."""
    if finding.verdict is not Verdict.FAIL:
        return False
    known = {_place(piece) for piece in old.evidence} if old is not None else set()
    fresh = {_place(piece) for piece in finding.evidence} - known
    worse = {
        _place(piece)
        for other in removed
        if other.subject == finding.subject and other.severity > finding.severity
        for piece in other.evidence
    }
    return bool(fresh) and fresh <= worse


def _unveiled(
    checks: Sequence[Check[Any]], old: Finding | None, removed: Sequence[Finding], finding: Finding
) -> bool:
    """Whether it tells nothing but what a worse finding, now gone, kept it from telling."""
    veiling = {item.id for item in checks if finding.check in item.veils}
    if not veiling or finding.verdict is not Verdict.FAIL:
        return False
    known = {piece.words for piece in old.evidence} if old is not None else set()
    fresh = [piece for piece in finding.evidence if piece.words not in known]
    freed = {
        other.subject for other in removed if other.check in veiling and other.severity >= finding.severity
    }
    return bool(fresh) and all((piece.ref or finding.subject) in freed for piece in fresh)


def _worse(old: Finding | None, new: Finding) -> bool:
    if new.verdict is Verdict.FAIL and new.severity is Severity.INFO:
        # A remark (a role that nothing is bound to any more) is no risk that a fix brings.
        return False
    if old is None:
        return True
    if new.verdict is Verdict.UNKNOWN or old.verdict is Verdict.UNKNOWN:
        return old.verdict is not new.verdict
    if new.severity > old.severity:
        return True
    words = {piece.words for piece in old.evidence}
    places = {_place(piece) for piece in old.evidence}
    # The same place told in other words is the same evidence; the same words at another place are too.
    return any(piece.words not in words and _place(piece) not in places for piece in new.evidence)


def _place(piece: Evidence) -> tuple[ObjectRef | None, str]:
    """Where evidence stands; rules of a role are one place, since a patch may split and move them."""
    head, _, last = piece.path.rpartition("/")
    return piece.ref, head if head == "/rules" and last.isdigit() else piece.path
