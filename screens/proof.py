"""The proof of a plan as the panes show it: how each staged fix stands, and what all of them do."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ksec_tui.checks import checks_named
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.effects import Effects, effects
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.progress import Tell
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.fixes.wholes import Fetch, wholes
from ksec_tui.session import State
from ksec_tui.sources.trials import Tried


class Standing(Enum):
    """How a staged fix stands: the word that is shown. Those that need somebody first."""

    CONFLICT = "in conflict"
    REFUSED = "refused"
    ASIDE = "set aside"
    MANUAL = "by hand"
    REVIEW = "to review"
    OPEN = "not proven"
    PROVEN = "proven"


STYLES = {
    Standing.CONFLICT: "error",
    Standing.REFUSED: "error",
    Standing.ASIDE: "muted",
    Standing.MANUAL: "high",
    Standing.REVIEW: "medium",
    Standing.OPEN: "muted",
    Standing.PROVEN: "pass",
}


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """What was found out of a plan on a State.

    Attributes:
        plan: what was proven.
        state: on what.
        simulation: what came of it.
        effects: what the sound part of it does.
        reasons: fingerprint -> why that fix is refused.
        told: object -> what comes of its change, in words.
        gone: object -> fingerprints of the findings on it that go.
        removed: fingerprints of all findings that go.
        tried: what the server said of each object, where it was asked.
    """

    plan: FixPlan
    state: State
    simulation: Simulation
    effects: Effects
    reasons: Mapping[str, str]
    told: Mapping[ObjectRef, str]
    gone: Mapping[ObjectRef, frozenset[str]]
    removed: frozenset[str]
    tried: Mapping[ObjectRef, Tried]

    def holds(self, state: State, plan: FixPlan) -> bool:
        """Whether it is of that plan and of what is known now."""
        same = self.state.snapshot is state.snapshot and self.state.results is state.results
        return same and (self.plan is plan or self.plan == plan)


def prove(
    state: State,
    plan: FixPlan,
    fetch: Fetch,
    *,
    cancel: threading.Event | None = None,
    progress: Tell | None = None,
) -> Proof:
    """Try a plan on a State; blocking, so not for the UI thread.

    Raises:
        Cancelled: `cancel` was set.
    """
    documents: dict[ObjectRef, Document] = wholes(plan, state.snapshot, fetch)
    found = simulate(
        state.snapshot,
        plan,
        checks_named(state.results.by_check),
        documents=documents,
        results=state.results,
        cancel=cancel,
        progress=progress,
    )
    reasons = {item.staged.fingerprint: item.reason for item in found.refused}
    done = effects(state.snapshot, found)
    gone: dict[ObjectRef, set[str]] = {}
    for finding in found.removed:
        gone.setdefault(finding.subject, set()).add(finding.fingerprint)
    by_object = {ref: frozenset(marks) for ref, marks in gone.items()}
    removed = frozenset().union(*by_object.values())
    return Proof(plan, state, found, done, reasons, _told(found, done), by_object, removed, {})


def _told(found: Simulation, done: Effects) -> dict[ObjectRef, str]:
    """What comes of the change of each object: what it takes, how far it gets, how many pods go, if others come."""
    words: dict[ObjectRef, list[str]] = {}
    for ref, note in found.notes.items():
        words.setdefault(ref, []).append(note)
    for level in done.levels:
        words.setdefault(level.ref, []).append(f"{level.before} → {level.after}")
    for rollout in done.rollouts:
        if rollout.pods:
            many = "s" if rollout.pods != 1 else ""
            words.setdefault(rollout.ref, []).append(f"{rollout.pods:,} pod{many} replaced")
        if rollout.hitch:
            words.setdefault(rollout.ref, []).append(rollout.hitch)
    return {ref: "; ".join(parts) for ref, parts in words.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What decides how the fixes of a plan stand.

    Attributes:
        proof: one that holds; None while there is none.
        at_odds: fingerprints of the fixes that do not go together.
        aside: fingerprint -> why that fix is set aside.
    """

    proof: Proof | None
    at_odds: frozenset[str]
    aside: Mapping[str, str]

    @classmethod
    def of(cls, plan: FixPlan, proof: Proof | None) -> Known:
        """What is known of `plan`."""
        aside = {item.staged.fingerprint: item.reason for item in plan.set_aside}
        return cls(proof, in_conflict(plan), aside)


def standing(item: Staged, known: Known) -> Standing:
    """How a staged fix stands."""
    proof = known.proof
    if not item.fix.changes:
        return Standing.MANUAL
    if item.fingerprint in known.aside:
        return Standing.ASIDE
    if item.fingerprint in known.at_odds:
        return Standing.CONFLICT
    if proof is not None and item.fingerprint in proof.reasons:
        return Standing.REFUSED
    if item.fix.risk is Risk.REVIEW and not item.confirmed:
        return Standing.REVIEW
    return Standing.OPEN if proof is None else Standing.PROVEN


def in_conflict(plan: FixPlan) -> frozenset[str]:
    """Fingerprints of the fixes that do not go together."""
    return frozenset(mark for conflict in plan.conflicts for mark in conflict.fingerprints)


def summary(plan: FixPlan, proof: Proof | None) -> str:
    """The plan in one line: what it does, and what of it needs somebody."""
    conflicts, unsure, manual = len(plan.conflicts), len(plan.unconfirmed), len(plan.manual)
    aside = {item.staged.fingerprint for item in plan.set_aside}
    refused = 0 if proof is None else len(proof.reasons.keys() - in_conflict(plan) - aside)
    needs = [
        f"{count:,} {words}"
        for count, words in (
            (conflicts, f"conflict{'s' if conflicts != 1 else ''}"),
            (refused, "refused"),
            (len(aside), "set aside"),
            (unsure, "to review"),
            (manual, "by hand"),
        )
        if count
    ]
    if proof is None:
        count = len(plan.staged)
        return "; ".join([f"{count:,} fix{'es' if count != 1 else ''}, not proven yet", *needs])
    found = proof.effects
    return "; ".join(part for part in (found.brief, ", ".join(needs), found.more) if part)
