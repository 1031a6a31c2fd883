"""All decisions together: what they make of each finding, and how two people's decisions become one set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from ksec_tui.findings.finding import Finding
from ksec_tui.triage.decision import Decision, Ruling, State, after, check, decided, moment
from ksec_tui.triage.evidence import digests

EXPIRED = "expired"
CHANGED = "evidence changed"


class Standing(msgspec.Struct, frozen=True):
    """What holds for one finding on one day.

    Attributes:
        state: OPEN too when the decision no longer holds.
        decision: the newest one; None when nobody decided.
        reopened: why the decision no longer holds: `EXPIRED`, `CHANGED`; empty while it does.
    """

    state: State = State.OPEN
    decision: Decision | None = None
    reopened: str = ""

    @property
    def dismissed(self) -> bool:
        """Whether the finding does not count."""
        return self.state.dismissed

    @property
    def words(self) -> str:
        """``accepted until 2026-12-21 by ci-team``, ``open (accepted, expired on 2026-12-21)``."""
        decision = self.decision
        if decision is None:
            return self.state.value
        if self.reopened:
            until = f" on {decision.expires}" if self.reopened == EXPIRED else ""
            return f"{self.state.value} ({decision.state.value}, {self.reopened}{until})"
        until = f" until {decision.expires}" if decision.expires else ""
        owner = f" by {decision.owner}" if decision.owner else ""
        return f"{self.state.value}{until}{owner}"


UNDECIDED = Standing()


def standing(decision: Decision | None, finding: Finding, today: dt.date) -> Standing:
    """What `decision` makes of a finding.

    It holds through its last day. A dismissal holds while every piece of evidence is one that it was taken on:
    less evidence is no reason to look again, more is.
    """
    if decision is None:
        return UNDECIDED
    if decision.expires and today.isoformat() > decision.expires:
        return Standing(State.OPEN, decision, EXPIRED)
    if decision.state.dismissed and decision.evidence and not set(digests(finding)) <= set(decision.evidence):
        return Standing(State.OPEN, decision, CHANGED)
    return Standing(decision.state, decision)


class Triage(msgspec.Struct, frozen=True):
    """Decisions by fingerprint of their finding. Immutable: the value before a change is its undo (`restored`)."""

    decisions: Mapping[str, Decision] = {}

    def of(self, finding: Finding) -> Decision | None:
        """The decision on a finding."""
        return self.decisions.get(finding.fingerprint) if self.decisions else None

    def standing(self, finding: Finding, today: dt.date) -> Standing:
        """What holds for a finding on a day."""
        return standing(self.of(finding), finding, today)

    def decide(self, findings: Iterable[Finding], ruling: Ruling) -> Triage:
        """With `ruling` on each of the findings.

        Raises:
            DecisionError: a reason, owner or date is missing or malformed; nothing is decided.
        """
        new = {
            finding.fingerprint: decided(finding, ruling, self.decisions.get(finding.fingerprint))
            for finding in findings
        }
        return Triage({**self.decisions, **new})

    def merged(self, others: Iterable[Decision]) -> Triage:
        """With the decisions of others; of two on one finding the later holds, in whatever order they are merged."""
        united = dict(self.decisions)
        for decision in others:
            mine = united.get(decision.fingerprint)
            if mine is None or mine.rank < decision.rank:
                united[decision.fingerprint] = decision
        return Triage(united)

    def changes(self, since: Triage) -> tuple[Decision, ...]:
        """The decisions that are not in `since`, by check and object."""
        new = (item for key, item in self.decisions.items() if since.decisions.get(key) != item)
        return tuple(sorted(new, key=lambda item: (item.check, item.object)))

    def restored(self, before: Triage, at: str) -> Triage:
        """What `before` says, decided anew at the moment `at`: undo that also holds where this was saved already.

        Raises:
            DecisionError: `at` is no moment.
        """
        now = moment(at)
        back = dict(self.decisions)
        for key, mine in self.decisions.items():
            old = before.decisions.get(key)
            if old == mine:
                continue
            when = max(now, after(mine.at))
            withdrawn = Decision(mine.check, mine.object, State.OPEN, when, about=mine.about)
            back[key] = withdrawn if old is None else msgspec.structs.replace(old, at=when)
        for key, old in before.decisions.items():
            back.setdefault(key, old)
        return Triage(back)


NOTHING = Triage()


def triage_of(decisions: Iterable[Decision]) -> Triage:
    """A Triage of checked decisions; of two on one finding the later holds.

    Raises:
        DecisionError: a decision lacks what its state requires.
    """
    listed = list(decisions)
    for item in listed:
        check(item)
    return NOTHING.merged(listed)
