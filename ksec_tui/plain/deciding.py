"""Deciding about findings: which state, why, who answers for it, until when; one question after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from ksec_tui.findings.finding import Finding
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.view import Move, Screen, View, counted, ended, menu, question, said
from ksec_tui.triage.decision import ACCEPTED_DAYS, DecisionError, Ruling, State, last_day

STATES = (
    (State.IN_PROGRESS, "in progress: somebody is at it; it still counts"),
    (State.FALSE_POSITIVE, "false positive: it is none"),
    (State.ACCEPTED, "risk accepted: until a day, by an owner"),
    (State.WONT_FIX, "won't fix: it stays"),
    (State.MITIGATED, "mitigated: something elsewhere takes care of it"),
    (State.OPEN, "open: take the decision back"),
)
"""What can be decided, in the order of the menu."""


def deciding(desk: Desk, findings: Sequence[Finding]) -> Screen:
    """The menu of decisions on some findings."""
    found = tuple(findings)
    about = found[0].title if len(found) == 1 else counted(len(found), "finding")

    def view(_: Desk) -> View:
        def choice(state: State) -> Move:
            return Move(go=_reason(desk, found, Ruling(state, "")))

        entries = [(words, lambda state=state: choice(state)) for state, words in STATES]
        where = "for this session only: start with --triage FILE to keep them"
        head = (
            f"Decide about: {about}.",
            f"Decisions are kept {where if desk.triage_file is None else f'in {desk.triage_file}'}.",
        )
        help_ = "Choose what is to hold; the reason is asked for next. back decides nothing."
        return View("Decision", head, help=(help_,), **menu(*entries))

    return view


def _reason(desk: Desk, findings: tuple[Finding, ...], ruling: Ruling) -> Screen:
    needed = ruling.state.dismissed

    def take(text: str) -> Move:
        if needed and not text:
            return said("A reason is needed.")
        new = msgspec.structs.replace(ruling, reason=text)
        if not needed:
            return _finished(desk, findings, new)
        return Move(back=1, go=_owner(desk, findings, new))

    prompt = "Reason" if needed else "Reason, or Enter for none"
    return question(prompt, take, help="Why this is decided, for whoever reads the file later.")


def _owner(desk: Desk, findings: tuple[Finding, ...], ruling: Ruling) -> Screen:
    needed = ruling.state is State.ACCEPTED

    def take(text: str) -> Move:
        if needed and not text:
            return said("Who accepts a risk must be said.")
        new = msgspec.structs.replace(ruling, owner=text)
        return Move(back=1, go=_expiry(desk, findings, new))

    prompt = "Owner" if needed else "Owner, or Enter for none"
    return question(prompt, take, help="Who answers for the decision: a name or a team.")


def _expiry(desk: Desk, findings: tuple[Finding, ...], ruling: Ruling) -> Screen:
    today = desk.snapshot.source.date
    usual = today + dt.timedelta(days=ACCEPTED_DAYS) if ruling.state is State.ACCEPTED else None

    def take(text: str) -> Move:
        try:
            expires = last_day(text, today) or (usual.isoformat() if usual else "")
        except DecisionError as error:
            return said(ended(str(error)))
        return _finished(desk, findings, msgspec.structs.replace(ruling, expires=expires))

    prompt = f"Last day, or Enter for {usual or 'no end'}"
    words = "The last day on which the decision holds: a date like 2026-12-21, or days from today like 90d."
    return question(prompt, take, help=words)


def _finished(desk: Desk, findings: tuple[Finding, ...], ruling: Ruling) -> Move:
    """From the last question: decide about one finding; ask once more about many."""
    if len(findings) == 1:
        return _decided(desk, findings, ruling)

    def take(answer: str) -> Move:
        if answer.lower() in ("y", "yes"):
            return _decided(desk, findings, ruling)
        # The question and the menu of states are left.
        return Move(("No: nothing was decided.",), back=2)

    parts = [f"{ruling.state.value}"]
    parts += [f"until {ruling.expires}"] if ruling.expires else []
    parts += [f"by {ruling.owner}"] if ruling.owner else []
    parts += [f"reason: {ruling.reason}"] if ruling.reason else []
    prompt = f"Decide so about {counted(len(findings), 'finding')}? yes or no"
    words = "Only yes writes it down; undo takes it back."
    return Move(back=1, go=question(prompt, take, f"{', '.join(parts)}.", help=words))


def _decided(desk: Desk, findings: tuple[Finding, ...], ruling: Ruling) -> Move:
    try:
        lines = desk.decide(findings, msgspec.structs.replace(ruling, at=desk.now()))
    except DecisionError as error:
        lines = (ended(f"Nothing was decided: {error}"),)
    return Move(lines, back=2)
