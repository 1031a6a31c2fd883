"""Proves a plan: apply it to the Snapshot, look again, and refuse what does not do what it promises."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
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
from ksec_tui.fixes.flows import lost_needs
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.rollout import takes_effect
from ksec_tui.fixes.trial import Documents, Patched, Verdicts, carry_out, judge

_ROUNDS = 8
"""How often what is near trouble is set aside before everything is tried piece by piece."""


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
        kept: staged findings that the whole plan, as staged, would not remove.
        refused: what may not be exported.
        errors: why changes do not apply or conflict, one sentence each.
        before: each object that `plan` touches as it was, None for a new one; credentials withheld.
        after: the same as it would be, None for a deleted one.
        rollouts: controllers whose pods would be replaced.
        notes: what a human must do for the change of an object to take effect.
        snapshot: the cluster with `plan` carried out.
    """

    ok: bool
    plan: FixPlan
    removed: tuple[Finding, ...]
    added: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    refused: tuple[Refused, ...]
    errors: tuple[str, ...]
    before: dict[ObjectRef, Document | None]
    after: dict[ObjectRef, Document | None]
    rollouts: tuple[ObjectRef, ...]
    notes: dict[ObjectRef, str]
    snapshot: Snapshot


def simulate(
    snapshot: Snapshot,
    plan: FixPlan,
    checks: Iterable[Check[Any]],
    *,
    documents: Documents | None = None,
    results: Results = NOTHING,
    cancel: threading.Event | None = None,
) -> Simulation:
    """Carry out `plan` on `snapshot` and see what the checks say.

    Args:
        snapshot: what was read.
        plan: what was staged.
        checks: all checks; only those that look at a touched kind are run again.
        documents: whole objects, fetched by the caller, for those that the Snapshot does not hold whole.
        results: what `checks` say of `snapshot`, where that is known already.
        cancel: when set, the simulation stops with `Cancelled`.

    Raises:
        Cancelled: `cancel` was set.
    """
    every = tuple(checks)
    if any(item.id not in results.by_check for item in every):
        results = run(snapshot, every, cancel=cancel)
    return _Simulator(snapshot, every, documents or {}, results, cancel).run(plan)


class _Simulator:
    """The search for the largest part of a plan that holds its promises."""

    def __init__(
        self,
        snapshot: Snapshot,
        checks: Sequence[Check[Any]],
        documents: Documents,
        results: Results,
        cancel: threading.Event | None,
    ) -> None:
        self._snapshot = snapshot
        self._checks = checks
        self._documents = documents
        self._results = results
        self._cancel = cancel
        self._refused: dict[str, Refused] = {}

    def run(self, plan: FixPlan) -> Simulation:
        self._refuse_at_sight(plan)
        active = self._without_refused(plan)
        patched = self._applied(active)
        active = self._without_refused(active)
        verdicts = self._judge(patched)
        kept, added = _kept(active, verdicts), verdicts.added
        if kept or added or self._cut(patched):
            active = FixPlan(self._sound(active.staged, patched, verdicts))
            patched = self._applied(active)
            verdicts = self._judge(patched)
        refused = tuple(self._refused[item.fingerprint] for item in plan.staged if self._has_refused(item))
        return Simulation(
            ok=not refused,
            plan=active,
            removed=verdicts.removed,
            added=added,
            kept=kept,
            refused=refused,
            errors=tuple(dict.fromkeys(item.reason for item in refused)),
            before=_shown(patched.before),
            after=_shown(patched.after),
            rollouts=patched.rollouts,
            notes={
                ref: note
                for ref, document in patched.after.items()
                if (note := takes_effect(patched.before[ref], document))
            },
            snapshot=patched.snapshot,
        )

    def _has_refused(self, item: Staged) -> bool:
        return item.fingerprint in self._refused

    def _refuse(self, item: Staged, reason: str) -> None:
        self._refused.setdefault(item.fingerprint, Refused(item, reason[:1].upper() + reason[1:]))

    def _refuse_at_sight(self, plan: FixPlan) -> None:
        staged = {item.fingerprint: item for item in plan.staged}
        for conflict in plan.conflicts:
            for fingerprint in conflict.fingerprints:
                self._refuse(staged[fingerprint], f"{conflict.reason}.")
        failing = {item.fingerprint for item in self._results.findings if item.verdict is Verdict.FAIL}
        for item in plan.staged:
            if item.fix.changes and item.fingerprint not in failing:
                self._refuse(item, "its finding is not there any more.")

    def _without_refused(self, plan: FixPlan) -> FixPlan:
        kept = tuple(item for item in plan.staged if item.fix.changes and not self._has_refused(item))
        return FixPlan(kept)

    def _applied(self, plan: FixPlan) -> Patched:
        """Carry out what can be; what cannot is refused."""
        patched = carry_out(self._snapshot, plan, self._documents)
        while patched.failures:
            for item in plan.staged:
                if item.fingerprint in patched.failures:
                    self._refuse(item, patched.failures[item.fingerprint])
            plan = self._without_refused(plan)
            patched = carry_out(self._snapshot, plan, self._documents)
        return patched

    def _judge(self, patched: Patched) -> Verdicts:
        return judge(patched, self._checks, self._results, self._cancel)

    def _cut(self, patched: Patched) -> str:
        """Which connection that is needed would be cut off, in words; empty when none."""
        lost = lost_needs(self._snapshot, patched.snapshot, patched.after)
        return lost[0].words if lost else ""

    def _trouble(self, staged: tuple[Staged, ...]) -> str:
        """Why `staged`, whose last is in question, must not be carried out together; empty when it may."""
        plan = FixPlan(staged)
        patched = carry_out(self._snapshot, plan, self._documents)
        if patched.failures:
            return next(iter(patched.failures.values()))
        verdicts = self._judge(patched)
        kept = _kept(plan, verdicts)
        if kept:
            own = staged[-1].finding
            stays, what = (own, "its finding") if own in kept else (kept[0], _name(kept[0]))
            return f"it does not remove {what}: {verdicts.staying[stays.fingerprint].words.rstrip('.')}."
        if verdicts.added:
            return _said(verdicts.added[0])
        cut = self._cut(patched)
        return f"it would cut off what is needed: {cut}." if cut else ""

    def _sound(self, staged: tuple[Staged, ...], patched: Patched, verdicts: Verdicts) -> tuple[Staged, ...]:
        """The largest part of `staged` that goes together.

        Those that are near the trouble are set aside until the rest is sound, then tried one by one: a few bad
        fixes among thousands cost a few trials. Where that leads nowhere, all are tried.
        """
        rest = staged
        for _ in range(_ROUNDS):
            near = self._near(rest, patched, verdicts)
            rest = tuple(item for item in rest if item.fingerprint not in near)
            if not near or not rest:
                break
            patched = carry_out(self._snapshot, FixPlan(rest), self._documents)
            if patched.failures:
                break
            verdicts = self._judge(patched)
            if not (_kept(FixPlan(rest), verdicts) or verdicts.added or self._cut(patched)):
                kept = {item.fingerprint for item in rest}
                return self._grow(rest, tuple(item for item in staged if item.fingerprint not in kept))
        return self._grow((), staged)

    def _near(self, staged: tuple[Staged, ...], patched: Patched, verdicts: Verdicts) -> set[str]:
        """The fixes that stay without effect, or change what a new finding or a lost connection is about."""
        about = {finding.subject for finding in _kept(FixPlan(staged), verdicts)}
        for finding in verdicts.added:
            about |= {finding.subject, *(piece.ref for piece in finding.evidence if piece.ref is not None)}
        by_target: dict[ObjectRef, set[str]] = {}
        spaces: dict[str, set[str]] = {}
        network: set[str] = set()
        for item in staged:
            for change in item.fix.changes:
                by_target.setdefault(change.target, set()).add(item.fingerprint)
                spaces.setdefault(change.target.namespace, set()).add(item.fingerprint)
                if change.target.kind.endswith("NetworkPolicy"):
                    network.add(item.fingerprint)
        found = {item.fingerprint for item in staged if item.fingerprint in verdicts.staying}
        for ref in about:
            place = ref.name if ref.kind == "Namespace" else ref.namespace
            found |= by_target.get(ref) or spaces.get(place, set())
        return found | network if self._cut(patched) else found

    def _grow(self, sound: tuple[Staged, ...], more: tuple[Staged, ...]) -> tuple[Staged, ...]:
        """`sound` with what of `more` goes together with it.

        Halves what is in trouble, so that a few bad fixes among many are found in a few trials.
        """
        reason = self._trouble((*sound, *more)) if more else ""
        if not reason:
            return (*sound, *more)
        if len(more) > 1:
            middle = len(more) // 2
            return self._grow(self._grow(sound, more[:middle]), more[middle:])
        alone = self._trouble(more) if sound else reason
        self._refuse(more[0], alone or f"together with the other fixes, {reason}")
        return sound


def _kept(plan: FixPlan, verdicts: Verdicts) -> tuple[Finding, ...]:
    return tuple(item.finding for item in plan.staged if item.fingerprint in verdicts.staying)


def _said(finding: Finding) -> str:
    words = finding.words.rstrip(".")
    if finding.verdict is Verdict.UNKNOWN:
        return f"it would make {finding.check} unknown on {finding.subject}: {words}."
    return f"it would bring {_name(finding)}: {words}."


def _name(finding: Finding) -> str:
    return f"{finding.check} on {finding.subject}"


def _shown(documents: dict[ObjectRef, Document | None]) -> dict[ObjectRef, Document | None]:
    return {
        ref: None if item is None else cast("Document", redacted(item)) for ref, item in documents.items()
    }
