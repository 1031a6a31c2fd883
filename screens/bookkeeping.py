"""Decisions on findings beside the plan: one line of steps to take back, written as they are taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.findings.finding import Finding
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.arrivals import RowsReady
from ksec_tui.screens.ledger import Ledger
from ksec_tui.screens.proving import Proving
from ksec_tui.triage.decision import Decision, DecisionError, Ruling, State
from ksec_tui.triage.scribe import Compared, Filed, Scribe, Told
from ksec_tui.triage.triage import Triage

STEPS = 200
"""Steps that can be taken back."""
MANY = 500
"""Findings that are decided about at once without a thread of their own."""


@dataclass(frozen=True)
class Step:
    """What a step back restores.

    Attributes:
        plan: the plan.
        before: the decisions as they were, by fingerprint; None where there was none.
        made: the decisions that replaced them: what others have decided since is left alone.
    """

    plan: FixPlan
    before: Mapping[str, Decision | None]
    made: Mapping[str, Decision | None]


@dataclass(frozen=True)
class Rules:
    """What comes of a ruling on findings.

    Attributes:
        before: the decisions before.
        after: the decisions with it.
        changes: those that are new.
        were: of each finding, by fingerprint, what was decided before; None for nothing.
        made: of each finding what is decided now.
    """

    before: Triage
    after: Triage
    changes: tuple[Decision, ...]
    were: Mapping[str, Decision | None]
    made: Mapping[str, Decision | None]


def ruled(triage: Triage, findings: Sequence[Finding], ruling: Ruling) -> Rules:
    """What comes of `ruling` on some findings.

    Raises:
        DecisionError: a reason, owner or date is missing or malformed.
    """
    after = triage.decide(findings, ruling)
    marks = [finding.fingerprint for finding in findings]
    were = {mark: triage.decisions.get(mark) for mark in marks}
    made = {mark: after.decisions.get(mark) for mark in marks}
    return Rules(triage, after, after.changes(triage), were, made)


class Bookkeeping(Proving):
    """What was staged and decided, and the way back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "undo", "Undo staging or triage", id="fix.undo"),
        Binding("Z", "redo", "Redo staging or triage", id="fix.redo"),
    ]

    class Noted(Message):
        """The scribe has read, written or compared."""

        def __init__(self, told: Told) -> None:
            super().__init__()
            self.told = told

    class RuledMany(Message):
        """What was decided about many findings."""

        def __init__(self, rules: Rules) -> None:
            super().__init__()
            self.rules = rules

    _undo: tuple[Step, ...] = ()
    _redo: tuple[Step, ...] = ()
    _to_rule: tuple[Triage, tuple[Finding, ...], Ruling] | None = None
    _scribe: Scribe | None = None
    _looked_at: object = None
    first_triage: Triage | None = None

    @property
    def scribe(self) -> Scribe:
        """Who reads and writes; without one, decisions last for this session."""
        if self._scribe is None:
            self._scribe = Scribe(None, None)
        return self._scribe

    def use_scribe(self, scribe: Scribe) -> None:
        """Let decisions be read and written by `scribe`, from the time on when the screen is there."""
        self._scribe = scribe
        scribe.listener = self._hear
        self.view = replace(self.view, ledger=replace(self.view.ledger, path=scribe.path))

    def _hear(self, told: Told) -> None:
        self.post_message(self.Noted(told))

    def on_mount(self) -> None:
        """Read what was decided before."""
        self.scribe.read()

    # What the scribe says

    def on_bookkeeping_noted(self, message: Noted) -> None:
        """Take over what was read, and say what went wrong."""
        if isinstance(message.told, Compared):
            self._take_compared(message.told)
        else:
            self._take_filed(message.told)

    def _take_filed(self, told: Filed) -> None:
        ledger = self.view.ledger
        triage, read = ledger.triage, ledger.read
        if told.read is not None:
            read = told.read
            triage = triage.merged(read.triage.decisions.values())
            if self.first_triage is None:
                self.first_triage = read.triage
                self._tell_problems(len(read.problems), str(self.scribe.path))
        if told.trouble and told.trouble != ledger.trouble:
            lost = f"{told.unkept} not kept: " if told.unkept else ""
            self.say(f"triage: {lost}{told.trouble}", error=True, seconds=20)
        if told.newer:
            count = len(told.newer)
            self.say(f"triage: {count} decided by somebody else meanwhile: that holds", warning=True)
        ledger = replace(ledger, triage=triage, read=read, trouble=told.trouble, unkept=told.unkept)
        self.set_ledger(ledger)

    def _tell_problems(self, count: int, name: str) -> None:
        if count:
            one = count == 1
            said = f"{count:,} entr{'y does' if one else 'ies do'} not count in {name}: see :triage"
            self.say(said, error=True, seconds=20)

    def _take_compared(self, told: Compared) -> None:
        if told.trouble:
            self.say(f"what is new next time will not be known: {told.trouble}", warning=True, seconds=12)
        self.set_ledger(replace(self.view.ledger, since=told.since))

    @on(RowsReady)
    def _compare(self) -> None:
        """Once all is judged, find out what is new since the last time."""
        state = self.view.state
        whole = not (state.reading or state.judging or state.error or state.stale or state.results.pending)
        if whole and state.results is not self._looked_at:
            self._looked_at = state.results
            self.scribe.look(state.snapshot, state.results, self.session.checks, state.snapshot.source.date)

    def set_ledger(self, ledger: Ledger) -> None:
        """Show other decisions."""
        self.view = replace(self.view, ledger=ledger)
        self.apply_filter()
        self.rebuild()
        self.show_detail(again=True)

    # Deciding

    def now(self) -> str:
        """The moment of deciding: the beginning of the day that the source judges by, where that is given."""
        given = self.view.state.snapshot.source.today
        return given or dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")

    def decide(self, findings: Sequence[Finding], ruling: Ruling) -> bool:
        """Decide about findings; False, with a word, when that cannot be. Of many, off the UI thread."""
        if self._to_rule is not None:
            self.say("still deciding about the findings before", warning=True)
            return False
        ruling = msgspec.structs.replace(ruling, at=self.now())
        triage, many = self.view.ledger.triage, len(findings) > MANY
        try:
            rules = ruled(triage, findings[:1] if many else findings, ruling)
        except DecisionError as error:
            self.say(f"nothing was decided: {error}", error=True)
            return False
        if many:
            self._to_rule = triage, tuple(findings), ruling
            self._rule_many()
        else:
            self._take_rules(rules)
        return True

    @work(thread=True, group="triage", exit_on_error=False)
    def _rule_many(self) -> None:
        # No argument: Textual keeps those of every worker that ever ran.
        if self._to_rule is not None:
            triage, findings, ruling = self._to_rule
            self.post_message(self.RuledMany(ruled(triage, findings, ruling)))

    def on_bookkeeping_ruled_many(self, message: RuledMany) -> None:
        """Take over what was decided about many findings."""
        self._to_rule = None
        self._take_rules(message.rules)

    def worker_failed(self, group: str) -> None:
        """Nothing was decided: it may be tried again."""
        super().worker_failed(group)
        if group == "triage":
            self._to_rule = None

    @property
    def at_rest(self) -> bool:
        """Whether what is on screen is all that the newest State has to say."""
        return super().at_rest and self._to_rule is None

    def _take_rules(self, rules: Rules) -> None:
        ledger = self.view.ledger
        after = rules.after
        if ledger.triage is not rules.before:  # others' decisions were read meanwhile
            after = ledger.triage.merged(rules.changes)
        self._undo = (*self._undo, Step(self.view.plan, rules.were, rules.made))[-STEPS:]
        self._redo = ()
        self._show_triage(after, rules.changes)

    def _rule(self, before: Triage, after: Triage) -> None:
        self._show_triage(after, after.changes(before))

    def _show_triage(self, triage: Triage, changes: Sequence[Decision]) -> None:
        ledger = self.view.ledger
        unkept = ledger.unkept
        if self.scribe.path is None:
            unkept = sum(item.state is not State.OPEN for item in triage.decisions.values())
        self.set_ledger(replace(ledger, triage=triage, unkept=unkept))
        self.scribe.keep(changes)

    # There and back

    def _change(self, plan: FixPlan) -> None:
        """Go on with another plan; undo leads back."""
        self._undo = (*self._undo, Step(self.view.plan, {}, {}))[-STEPS:]
        self._redo = ()
        self.set_plan(plan)

    def action_undo(self) -> None:
        """Take back the last change of the plan or of the decisions."""
        if not self._undo:
            self.say("nothing to undo", warning=True)
            return
        step, self._undo = self._undo[-1], self._undo[:-1]
        self._redo = (*self._redo, self._back(step, "undone"))

    def action_redo(self) -> None:
        """Do again what was taken back."""
        if not self._redo:
            self.say("nothing to redo", warning=True)
            return
        step, self._redo = self._redo[-1], self._redo[:-1]
        self._undo = (*self._undo, self._back(step, "done again"))

    def _back(self, step: Step, words: str) -> Step:
        """Restore what a step says; gives back the step in the other direction."""
        now = self.view.ledger.triage
        known = now.decisions
        ours = [mark for mark, made in step.made.items() if _alike(known.get(mark), made)]
        plan = self.view.plan
        if step.plan != plan:
            self.set_plan(step.plan)
        if not step.made:
            return Step(plan, {}, {})
        wanted = {mark: item for mark, item in known.items() if mark not in ours}
        wanted |= {mark: item for mark in ours if (item := step.before[mark]) is not None}
        after = now.restored(Triage(wanted), self.now())
        self._rule(now, after)
        count, others = len(ours), len(step.made) - len(ours)
        kept = f"; {others:,} decided by somebody else since: that stays" if others else ""
        self.say(f"{words}: what was decided of {count:,} finding{'s' if count != 1 else ''}{kept}")
        return Step(
            plan, {mark: known.get(mark) for mark in ours}, {mark: after.decisions.get(mark) for mark in ours}
        )


def _alike(one: Decision | None, other: Decision | None) -> bool:
    """Whether two decisions say the same, whenever they were taken."""
    if one is None or other is None:
        return one is other
    return msgspec.structs.replace(one, at=other.at) == other
