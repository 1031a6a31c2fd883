"""One finding: why, where exactly, what others say of it, its fix with risk, effect and change; to stage, to decide."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from ksec_tui.analysis.paths.changes import Difference
from ksec_tui.checks import checks_named
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.diff import object_diff
from ksec_tui.fixes.fields import field_changes
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation
from ksec_tui.plain import following
from ksec_tui.plain.deciding import deciding
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.view import Move, Screen, View, Word, counted, ended, menu, prose, said, text

EVIDENCE = 5
"""Pieces of evidence that are told at once."""
WAYS = 10
"""Ways of attackers that are told of each kind."""


def level(finding: Finding) -> str:
    """The severity, or that it is not known."""
    return finding.severity.word if finding.verdict is Verdict.FAIL else "not known"


def of_finding(findings: Sequence[Finding], place: int) -> Screen:
    """The screen of one of some findings; next and previous lead to the others."""
    finding = findings[place]

    def view(desk: Desk) -> View:
        now = desk.current(finding)
        if now is None:
            return View("Finding", (f"{finding.title}, on {finding.subject}: it is not there any more.",))
        desk.looked_at.setdefault(now.fingerprint, now)
        staged = desk.plan.has(now.fingerprint)
        entries = [
            ("take the fix out of the plan", lambda: said(*desk.unstage({now.fingerprint})))
            if staged
            else ("stage the fix", lambda: said(*desk.stage([now]))),
            ("prove the fix: its effect, and the change line by line", lambda: effect(desk, now)),
            ("decide: accept, false positive, ...", lambda: Move(go=deciding(desk, [now]))),
            ("all evidence and references", lambda: Move(go=text("Evidence", list(_all_evidence(now))))),
            ("what follows if this is compromised", lambda: following.move(desk, now.subject)),
        ]
        words = (
            Word("stage", "stage the fix", lambda _: said(*desk.stage([now]))),
            Word("unstage", "take the fix out of the plan", lambda _: said(*desk.unstage({now.fingerprint}))),
            Word("prove", "what the fix does, and the change line by line", lambda _: effect(desk, now)),
            Word("decide", "decide about it", lambda _: Move(go=deciding(desk, [now]))),
            Word("next", "the next finding of the list", lambda _: _turn(findings, place + 1)),
            Word("previous", "the one before", lambda _: _turn(findings, place - 1)),
            Word(
                ".",
                "do the last staging or decision here too, and go to the next",
                lambda _: _again(desk, now),
            ),
        )
        many = f" {place + 1:,} of {len(findings):,}" if len(findings) > 1 else ""
        return View(f"Finding{many}", tuple(_head(desk, now)), words=words, **menu(*entries))

    def _again(desk: Desk, now: Finding) -> Move:
        if desk.repeat is None:
            return said("Nothing was staged or decided yet.")
        lines = desk.repeat(now)
        move = _turn(findings, place + 1)
        return Move((*lines, *move.said), move.back, move.go)

    return view


def _turn(findings: Sequence[Finding], place: int) -> Move:
    if not 0 <= place < len(findings):
        return said("That was the last of the list." if place > 0 else "This is the first of the list.")
    return Move(back=1, go=of_finding(findings, place))


def _head(desk: Desk, finding: Finding) -> Iterator[str]:
    yield f"{finding.title}: {level(finding)}. Check {finding.check}, id {finding.fingerprint}."
    yield f"On {finding.subject}{' (part of Kubernetes itself)' if finding.system else ''}."
    if finding.reaches:
        yield (
            f"{counted(len(finding.reaches), 'pod')} run with it."
            if len(finding.reaches) > 1
            else "1 pod runs with it."
        )
    row = desk.row(finding)
    reason = f" Reason: {ended(row.standing.decision.reason)}" if row.standing.decision else ""
    mark = f" It is {row.mark} since {desk.since.last}." if row.mark else ""
    yield f"State: {row.standing.words}.{reason}{mark}"
    if finding.verdict is Verdict.UNKNOWN:
        yield ended(f"Not known: {finding.reason}")
    for piece in finding.evidence[:EVIDENCE]:
        yield ended(f"Evidence: {piece.words}")
    if len(finding.evidence) > EVIDENCE:
        yield f"And {counted(len(finding.evidence) - EVIDENCE, 'more piece', 'more pieces')} of evidence."
    for check in checks_named([finding.check]):
        yield from _why(check)
    yield from _fix(desk, finding)


def _why(check: Check[object]) -> Iterator[str]:
    first, *rest = prose(check.page.summary) or ("",)
    yield f"Why: {first}"
    yield from rest
    yield f"Matters against: {', '.join(check.threat_names)}."


def _fix(desk: Desk, finding: Finding) -> Iterator[str]:
    fix = desk.fix(finding)
    if fix is None:
        yield "Fix: none is known."
        return
    staged = "staged" if desk.plan.has(finding.fingerprint) else "not staged"
    yield f"Fix: {ended(fix.title)} Risk: {fix.risk.value}. {staged.capitalize()}."
    if fix.may_break:
        yield f"It may break something: {fix.may_break}"
    if fix.rolls_out:
        yield "Pods are replaced when it is applied."
    for number, step in enumerate(fix.steps, 1):
        yield f"By hand, step {number}: {step}"
    for line in managed_lines(desk.snapshot, fix.changes):
        yield f"Managed: {line}"


def _all_evidence(finding: Finding) -> Iterator[str]:
    for number, piece in enumerate(finding.evidence, 1):
        yield ended(f"Evidence {number}: {piece.words}")
        yield f"Where: {piece.path or 'the whole object'} of {piece.ref or finding.subject}."
    for check in checks_named([finding.check]):
        yield from prose(check.page.why)
        yield from (ended(f"Reference: {reference}") for reference in check.references)


def effect(desk: Desk, finding: Finding) -> Move:
    """What the fix of one finding does by itself."""
    fix = desk.fix(finding)
    if fix is None:
        return said("No fix is known for this.")
    if not fix.changes:
        return Move(go=text("By hand", ["No patch can do this.", *_steps(fix)]))
    proof = desk.prove(FixPlan().stage_many([Staged(finding, fix)]))
    done = [f"Refused: {item.reason}" for item in proof.simulation.refused]
    done = done or [f"Proven: {proof.effects.words}."]
    done += attacks(proof.effects.attacks)
    done += [f"Rights: {item.words}." for item in proof.effects.rights]
    done += [f"Connections: {words}." for words in proof.effects.connections]
    done += [f"Way in closed: {item.words}." for item in proof.effects.closed]
    done += [f"Way in opened: {item.words}." for item in proof.effects.opened]
    return Move(go=text("Effect", [*done, *_steps(fix), *changed(proof.simulation)]))


def attacks(found: Difference) -> Iterator[str]:
    """What becomes of the ways of attackers."""
    if found.before == found.after and not (found.cut or found.opened):
        return
    yield f"Attackers: {found.words}; {found.share:.0%} of the modelled risk goes."
    for word, paths in (("cut", found.cut), ("opened", found.opened)):
        yield from (f"Way {word}: {item.words}." for item in paths[:WAYS])
        if len(paths) > WAYS:
            yield f"And {len(paths) - WAYS:,} more {word}."


def _steps(fix: Fix) -> Iterator[str]:
    yield from (f"Step {number}: {step}" for number, step in enumerate(fix.steps, 1))


def changed(simulation: Simulation) -> Iterator[str]:
    """What becomes of each object: its fields before and after, then the difference line by line."""
    for ref, after in simulation.after.items():
        before = simulation.before.get(ref)
        verb = "New" if before is None else "Deleted" if after is None else "Changed"
        yield f"{verb}: {ref}."
        if before is not None and after is not None:
            yield from (f"Field {item.words}" for item in field_changes(ref, before, after))
        old, new = (part.splitlines() for part in object_diff(before, after))
        for line in list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]:
            # A line's sign is spoken as a word: punctuation is not read aloud by default.
            sign, rest = line[:1], line[1:]
            named = {"+": "added:  ", "-": "removed:", "@": "at line "}.get(sign, "        ")
            yield f"{named} {_first_line(line) if sign == '@' else rest}"


def _first_line(hunk: str) -> str:
    """Where a piece of a difference begins: ``@@ -12,5 +12,7 @@`` gives ``12``."""
    return hunk.split("-", 1)[1].split(" ", 1)[0].split(",", 1)[0]
