"""Proves a plan: apply it to the Snapshot, look again, and refuse what does not do what it promises."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import NOTHING, Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.fold import folded
from ksec_tui.fixes.judging import Judge
from ksec_tui.fixes.plan import FixPlan, Merged, Staged
from ksec_tui.fixes.progress import Pace, Tell
from ksec_tui.fixes.rollout import takes_effect
from ksec_tui.fixes.search import Search
from ksec_tui.fixes.trial import Carrier, Documents
from ksec_tui.fixes.trouble import Trial, Trials
from ksec_tui.fixes.undermined import undermined

_DOUBTFUL = "Finding out what does not go together"


class Refused(msgspec.Struct, frozen=True):
    """A staged fix that must not be exported, and why in one sentence."""

    staged: Staged
    reason: str


class Simulation(msgspec.Struct, frozen=True):
    """What a plan would do.

    Attributes:
        ok: whether every staged fix holds its promise (manual ones promise nothing).
        plan: the part of the plan that may be exported.
        removed: findings that `plan` removes.
        added: findings that the whole plan, as staged, would bring or make worse, and what it would make
            UNKNOWN.
        moved: FAILs that `plan` leaves under another name: of bindings that stand in for those that it deletes.
        kept: staged findings that the whole plan, as staged, would not remove.
        refused: what may not be exported.
        errors: why changes do not apply or conflict, one sentence each.
        before: each object that `plan` touches as it was, None for a new one; credentials withheld.
        after: the same as it would be, None for a deleted one.
        rollouts: controllers whose pods would be replaced.
        notes: what a human must do for the change of an object to take effect.
        snapshot: the cluster with `plan` carried out.
        changes: what `plan` does, in order: for each object one new object, one patch or its removal, but for
            what cannot be written as one patch.
    """

    ok: bool
    plan: FixPlan
    removed: tuple[Finding, ...]
    added: tuple[Finding, ...]
    moved: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    refused: tuple[Refused, ...]
    errors: tuple[str, ...]
    before: dict[ObjectRef, Document | None]
    after: dict[ObjectRef, Document | None]
    rollouts: tuple[ObjectRef, ...]
    notes: dict[ObjectRef, str]
    snapshot: Snapshot
    changes: tuple[Merged, ...]


def simulate(
    snapshot: Snapshot,
    plan: FixPlan,
    checks: Iterable[Check[Any]],
    *,
    documents: Documents | None = None,
    results: Results = NOTHING,
    cancel: threading.Event | None = None,
    progress: Tell | None = None,
) -> Simulation:
    """Carry out `plan` on `snapshot` and see what the checks say.

    Args:
        snapshot: what was read.
        plan: what was staged.
        checks: all checks; only those that look at a touched kind are run again.
        documents: whole objects, fetched by the caller, for those that the Snapshot does not hold whole.
        results: what `checks` say of `snapshot`, where that is known already.
        cancel: when set, the simulation stops with `Cancelled`.
        progress: told now and then how far it is, on the calling thread.

    Raises:
        Cancelled: `cancel` was set.
    """
    every = tuple(checks)
    if any(item.id not in results.by_check for item in every):
        results = run(snapshot, every, cancel=cancel)
    pace = Pace(cancel, progress)
    carrier = Carrier(snapshot, documents or {}, pace)
    trials, alone = (Trials(snapshot, carrier, Judge(snapshot, every, results, pace)) for _ in range(2))
    refused = _at_sight(plan, results)
    first = trial = _carried_out(snapshot, plan, trials, refused)
    if first.troubles:
        pace.hold(_DOUBTFUL)
        search = Search(trials, alone, lambda done, of: pace.step(_DOUBTFUL, done, of))
        trial, others = search.sound(first)
        for item, reason in others:
            _refuse(refused, item, reason)
    patched = trial.patched
    return Simulation(
        ok=not refused,
        plan=trial.plan,
        removed=trial.verdicts.removed,
        added=first.verdicts.added,
        moved=trial.verdicts.moved,
        kept=tuple(item.staged for item in first.troubles if item.staged is not None),
        refused=(
            told := tuple(refused[item.fingerprint] for item in plan.staged if item.fingerprint in refused)
        ),
        errors=tuple(dict.fromkeys(item.reason for item in told)),
        before=_shown(patched.before, patched.private),
        after=_shown(patched.after, patched.private),
        rollouts=patched.rollouts,
        notes={
            ref: note
            for ref, document in patched.after.items()
            if (note := takes_effect(patched.before[ref], document))
        },
        snapshot=patched.snapshot,
        changes=folded(patched.changes, patched.before, patched.after),
    )


_Refusals = dict[str, Refused]


def _refuse(refused: _Refusals, item: Staged, reason: str) -> None:
    refused.setdefault(item.fingerprint, Refused(item, reason[:1].upper() + reason[1:]))


def _at_sight(plan: FixPlan, results: Results) -> _Refusals:
    """What is refused before anything is tried."""
    refused: _Refusals = {}
    staged = {item.fingerprint: item for item in plan.staged}
    for conflict in plan.conflicts:
        for fingerprint in conflict.fingerprints:
            _refuse(refused, staged[fingerprint], f"{conflict.reason}.")
    for yielding in plan.set_aside:
        _refuse(refused, yielding.staged, f"{yielding.reason}.")
    failing = {
        (item.check, item.subject)
        for check in {item.finding.check for item in plan.staged} & results.by_check.keys()
        for item in results.by_check[check].findings
        if item.verdict is Verdict.FAIL
    }
    for item in plan.staged:
        if item.fix.changes and (item.finding.check, item.finding.subject) not in failing:
            _refuse(refused, item, "its finding is not there any more.")
    return refused


def _carried_out(snapshot: Snapshot, plan: FixPlan, trials: Trials, refused: _Refusals) -> Trial:
    """The trial of all that can be carried out; what cannot is refused."""
    while True:
        kept = (item for item in plan.staged if item.fix.changes and item.fingerprint not in refused)
        trial = trials.attempt(plan.keeping(kept))
        failures = trial.patched.failures
        for item in plan.staged:
            if item.fingerprint in failures:
                _refuse(refused, item, failures[item.fingerprint])
        without = [] if failures else [*undermined(trial.plan, snapshot, trial.patched.snapshot)]
        for item, reason in without:
            _refuse(refused, item, reason)
        if not failures and not without:
            return trial


def _shown(
    documents: dict[ObjectRef, Document | None], private: frozenset[ObjectRef]
) -> dict[ObjectRef, Document | None]:
    return {
        ref: cast("Document", redacted(item)) if item is not None and ref in private else item
        for ref, item in documents.items()
    }
