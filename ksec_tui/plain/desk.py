"""What one session works on: the cluster as it was read, the plan, the decisions, and the way back from each step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.dry_run import dry_run
from ksec_tui.fixes.effects import Effects, effects
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.progress import Progress
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.fixes.wholes import wholes
from ksec_tui.plain.listed import Listed
from ksec_tui.plain.reading import Steps, Tell, judge, news, read
from ksec_tui.plain.view import counted
from ksec_tui.reports.sitting import Exported
from ksec_tui.sources.base import Problem, Source, SourceError
from ksec_tui.sources.trials import CanTry, Tried
from ksec_tui.state.values import Look
from ksec_tui.triage import seen, store
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.decision import DecisionError, Ruling
from ksec_tui.triage.notation import Read, TriageError
from ksec_tui.triage.rows import Triaged, triaged
from ksec_tui.triage.seen import Seen, Since
from ksec_tui.triage.triage import Triage


@dataclass(frozen=True, eq=False)
class Proof:
    """What was found out of a plan.

    Attributes:
        plan: what was tried.
        simulation: what came of it.
        effects: what the sound part does.
        reasons: fingerprint -> why that fix is refused.
    """

    plan: FixPlan
    simulation: Simulation
    effects: Effects
    reasons: Mapping[str, str]


class Desk:
    """One session's work; every value on it is immutable and replaced.

    Args:
        source: where the cluster's state comes from.
        checks: what to look for.
        tell: says lines while something takes long.
        now: the moment of a decision, ISO 8601.
        triage_file: where decisions are kept; None keeps them for this session only.
        seen_file: where it is kept what was seen; None compares with nothing.
        views: saved views of lists.

    Attributes:
        checks: the checks that run.
        snapshot: what was read.
        results: what the checks say of it.
        problems: what could not be taken in.
        views: saved views of findings, by name.
        kept: the triage file as it was last seen.
        since: what differs from the last time.
        trouble: why that is not known, or not kept; empty when all is well.
        plan: what is staged.
        before: the decisions at the beginning.
        exported: the plan that was last exported.
        exports: every export.
        looked_at: the findings that were opened, by fingerprint.
        hidden: whether dismissed findings are left out of lists.
        repeat: does the last staging or decision to another finding; None before the first.

    Raises:
        SourceError: the source cannot be opened.
        TriageError: the triage file cannot be used.
    """

    def __init__(
        self,
        source: Source,
        checks: Sequence[Check[Any]],
        *,
        tell: Tell,
        now: Callable[[], str],
        triage_file: Path | None = None,
        seen_file: Path | None = None,
        views: Mapping[str, Look] | None = None,
    ) -> None:
        self._source = source
        self.checks = tuple(checks)
        self._now = now
        self._undo: list[tuple[FixPlan, Triage]] = []
        self._redo: list[tuple[FixPlan, Triage]] = []
        self._rows: tuple[object, tuple[Listed, ...]] | None = None
        self._proof: Proof | None = None
        self._documents: dict[ObjectRef, Document | None] = {}
        self._seen_file = seen_file
        self._before: Seen | None = None
        self.since = Since()
        self.trouble = ""
        self.views = {name: look for name, look in (views or {}).items() if look.pane == "findings"}
        self.tell = tell
        self.triage_file = triage_file
        self.kept = Read() if triage_file is None else store.load(triage_file, missing_ok=True)
        self.before = self.kept.triage
        self.exports: list[Exported] = []
        self.looked_at: dict[str, Finding] = {}
        self.plan = FixPlan()
        self.exported = FixPlan()
        self.hidden = True
        self.repeat: Callable[[Finding], tuple[str, ...]] | None = None
        self.snapshot: Snapshot
        self.results: Results
        self.problems: tuple[Problem, ...]
        self._read()

    def _read(self) -> None:
        snapshot, problems = read(self._source, self.tell)
        results = judge(snapshot, self.checks, self.tell)
        self.snapshot, self.problems, self.results = snapshot, problems, results
        self._documents = {}
        self._rows = self._proof = None
        self._compare()

    def _compare(self) -> None:
        """Find out what is new since the last time, and remember what is there now for the next."""
        if self._seen_file is None:
            return
        try:
            self._before = seen.load(self._seen_file) if self._before is None else self._before
        except TriageError as error:
            # What cannot be read is not written over either.
            self._seen_file, self.trouble = None, f"What is new is not known: {error}"
            return
        findings, absences = self.results.findings, self.absences
        self.since = self._before.since(findings, absences)
        try:
            seen.observe(self._seen_file, findings, absences, self.snapshot.source.date)
            self.trouble = ""
        except TriageError as error:
            self.trouble = f"The next session will not know what is new then: {error}"

    def refresh(self) -> tuple[str, ...]:
        """Read everything anew; what was known stays where that fails. Returns what to say, with what is new."""
        before = self.results.findings
        try:
            self._read()
            if self.triage_file is not None:
                self.kept = store.load(self.triage_file, missing_ok=True)
        except (SourceError, TriageError) as error:
            return (f"Not refreshed: {error}",)
        return (
            "Everything was read anew; the plan stays and is proven again.",
            *news(before, self.results.findings),
        )

    # Findings

    @property
    def triage(self) -> Triage:
        """What was decided."""
        return self.kept.triage

    @property
    def rows(self) -> tuple[Listed, ...]:
        """Every finding with what was decided of it, worst first."""
        key = (self.results, self.triage, self.plan)
        if self._rows is None or self._rows[0] != key:
            found = triaged(self.results.findings, self.triage, self.snapshot.source.date, self.since)
            has = self.plan.has
            rows = tuple(
                Listed(row.finding, row.standing, row.mark, has(row.finding.fingerprint)) for row in found
            )
            self._rows = key, rows
        return self._rows[1]

    @property
    def absences(self) -> Absences:
        """What it means that something was not found."""
        return Absences(self.snapshot, self.results, self.checks)

    def row(self, finding: Finding) -> Listed:
        """One finding with what was decided of it."""
        standing = self.triage.standing(finding, self.snapshot.source.date)
        mark = self.since.mark(finding.fingerprint)
        return Listed(finding, standing, mark, self.plan.has(finding.fingerprint))

    def current(self, finding: Finding) -> Finding | None:
        """The same finding as it is now; None when it is gone."""
        return next((item for item in self.results.on(finding.subject) if item.check == finding.check), None)

    def fix(self, finding: Finding) -> Fix | None:
        """The fix that is staged for a finding, or that would be."""
        staged = self.plan.of(finding.fingerprint)
        return staged.fix if staged else offer(finding, all_checks(optional=True), self.snapshot)

    # Staging

    @property
    def unsaved(self) -> int:
        """How many staged fixes were not exported as they are."""
        return len(self.plan.staged) if self.plan != self.exported else 0

    def change(self, plan: FixPlan) -> None:
        """Go on with another plan; undo leads back."""
        if plan != self.plan:
            self._undo.append((self.plan, self.triage))
            self._redo.clear()
            self.plan = plan

    def stage(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        """Stage the fixes of some findings; says how many, and for how many none is known."""
        staged, without = [], 0
        for finding in findings:
            if self.plan.has(finding.fingerprint):
                continue
            fix = offer(finding, all_checks(optional=True), self.snapshot)
            if fix is None:
                without += 1
            else:
                staged.append(Staged(finding, fix))
        self.repeat = lambda finding: self.stage([finding])
        self.change(self.plan.stage_many(staged))
        lines = [f"Staged {counted(len(staged), 'fix', 'fixes')}; {len(self.plan.staged):,} in the plan."]
        if len(staged) == 1:
            lines = [f"Staged: {staged[0].fix.title}. {len(self.plan.staged):,} in the plan."]
        elif not staged:
            lines = [] if without else ["Nothing to stage: all of it is staged."]
        if without:
            lines.append(f"No fix is known for {counted(without, 'finding')}.")
        return tuple(lines)

    def unstage(self, fingerprints: Collection[str]) -> tuple[str, ...]:
        """Take fixes out of the plan."""
        before = len(self.plan.staged)
        self.change(self.plan.unstage_many(fingerprints))
        gone = before - len(self.plan.staged)
        return (f"{counted(gone, 'fix', 'fixes')} taken out; {len(self.plan.staged):,} in the plan.",)

    # Deciding

    def decide(self, findings: Sequence[Finding], ruling: Ruling) -> tuple[str, ...]:
        """Decide about some findings and keep that; says what came of it.

        Raises:
            DecisionError: a reason, owner or date is missing or malformed; nothing is decided.
        """
        before = self.triage
        after = before.decide(findings, ruling)
        failed = self._keep(after)
        if failed:
            return failed
        self._undo.append((self.plan, before))
        self._redo.clear()
        self.repeat = lambda finding: self._decided_again(finding, ruling)
        count = counted(len(findings), "finding")
        where = "for this session only" if self.triage_file is None else f"in {self.triage_file}"
        standing = after.standing(findings[0], self.snapshot.source.date) if findings else None
        return (f"Decided about {count} {where}: {standing.words if standing else ''}.",)

    def _decided_again(self, finding: Finding, ruling: Ruling) -> tuple[str, ...]:
        return self.decide(
            [finding], Ruling(ruling.state, self.now(), ruling.reason, ruling.owner, ruling.expires)
        )

    def now(self) -> str:
        """The moment of deciding."""
        return self._now()

    def _keep(self, triage: Triage) -> tuple[str, ...]:
        """Keep decisions; why that failed, when it did."""
        if self.triage_file is None:
            self.kept = Read(triage)
            return ()
        try:
            self.kept = store.save(self.triage_file, triage.changes(self.triage)).read
        except TriageError as error:
            return (f"Not decided, since it cannot be kept: {error}",)
        return ()

    # There and back

    def undo(self) -> tuple[str, ...]:
        """Take the last staging or decision back."""
        return self._turn(self._undo, self._redo, "Undone")

    def redo(self) -> tuple[str, ...]:
        """Do again what was taken back."""
        return self._turn(self._redo, self._undo, "Done again")

    def _turn(
        self, here: list[tuple[FixPlan, Triage]], there: list[tuple[FixPlan, Triage]], word: str
    ) -> tuple[str, ...]:
        if not here:
            return (
                "There is nothing to take back." if here is self._undo else "There is nothing to do again.",
            )
        plan, triage = here[-1]
        now = self.plan, self.triage
        if triage != self.triage:
            try:
                failed = self._keep(self.triage.restored(triage, self.now()))
            except DecisionError as error:
                failed = (f"Not done: {error}",)
            if failed:
                return failed
        here.pop()
        there.append(now)
        self.plan = plan
        dismissed = sum(row.standing.dismissed for row in self.rows)
        staged = counted(len(plan.staged), "fix", "fixes")
        return (f"{word}. Now {staged} staged, {counted(dismissed, 'finding')} dismissed.",)

    # Proving

    @property
    def proven(self) -> Proof | None:
        """The proof of the plan as it is; None while there is none."""
        return self._proof if self._proof is not None and self._proof.plan == self.plan else None

    def proof(self) -> Proof:
        """The proof of the plan; worked out where that was not done yet, which may take a while."""
        found = self.proven
        if found is None:
            found = self._proof = self.prove(self.plan)
        return found

    def prove(self, plan: FixPlan) -> Proof:
        """Try a plan on what was read."""
        count = counted(len(plan.staged), "fix", "fixes")
        self.tell((f"Proving {count} on the state that was read.",))
        steps = Steps(self.tell)

        def step(progress: Progress) -> None:
            # Quarters would be those of each phase: only the time that passes is told.
            steps.step(0, progress.of, f"{progress.phase}: {progress.done:,} of {progress.of:,}.")

        documents = wholes(plan, self.snapshot, self._whole)
        found = simulate(
            self.snapshot, plan, self.checks, documents=documents, results=self.results, progress=step
        )
        reasons = {item.staged.fingerprint: item.reason for item in found.refused}
        return Proof(plan, found, effects(self.snapshot, found), reasons)

    @property
    def can_try(self) -> bool:
        """Whether there is a server to ask about the plan."""
        return isinstance(self._source, CanTry)

    def ask(self) -> tuple[Tried, ...]:
        """What the server says of each change of the plan, by dry run; asked for by the user only."""
        self.tell(("Asking the server.",))
        steps = Steps(self.tell)
        return dry_run(
            self._source,
            self.proof().simulation,
            progress=lambda done, of: steps.step(done, of, f"{done:,} of {of:,} asked."),
        )

    def _whole(self, _: Snapshot, ref: ObjectRef) -> Document | None:
        if ref not in self._documents:
            self._documents[ref] = self._source.fetch(ref)
        return self._documents[ref]

    def failed(self, rows: Iterable[Triaged]) -> list[Finding]:
        """The findings of some rows for which a fix can be staged that is not."""
        return [
            row.finding
            for row in rows
            if row.finding.verdict is Verdict.FAIL and not self.plan.has(row.finding.fingerprint)
        ]
