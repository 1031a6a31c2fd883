"""The plan: how each staged fix stands, what all of them do, what needs somebody, and writing it as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import DEFAULT_LAYOUTS, LAYOUTS, export
from ksec_tui.fixes.plan import Conflict, FixPlan, Staged
from ksec_tui.plain.desk import Desk, Proof
from ksec_tui.plain.finding import attacks, changed, of_finding
from ksec_tui.plain.view import Move, Screen, View, Word, confirm, counted, ended, menu, question, said, text
from ksec_tui.reports.sitting import Exported
from ksec_tui.sources.trials import NOTICE, Outcome, Tried

FOLDER = "ksec-fixes"
"""Where a plan is written when nothing is said."""


def screen(desk: Desk) -> View:
    """The plan, proven."""
    plan = desk.plan
    if not plan.staged:
        head = ("Nothing is staged. Choose a finding and say stage.",)
        return View("Plan", head, help=("The plan holds the fixes that are staged.",))
    proof = desk.proof()
    words = (
        Word(
            "effects",
            "what the plan does, one thing a line",
            lambda _: Move(go=text("Effects", list(_effects(proof)))),
        ),
        Word(
            "diff",
            "the change of every object, line by line",
            lambda _: Move(go=text("Changes", list(changed(proof.simulation)))),
        ),
        Word("review", "look at each fix that needs a review", lambda _: _review(desk)),
        Word(
            "prefer",
            "NUMBER: carry that fix out, and set aside what does not go with it",
            partial(_prefer, desk),
        ),
        Word("unstage", "NUMBER: take a fix out; all takes out all", partial(_unstage, desk)),
        Word("ask", "ask the server what it would say, by dry run", lambda _: _ask(desk)),
        Word("export", "FOLDER: write patches, commands and a report", partial(_export, desk)),
    )
    findings = [item.finding for item in plan.staged]
    places = range(len(plan.staged))
    return View(
        "Plan",
        tuple(_head(plan, proof)),
        places,
        lambda place: _staged_words(plan.staged[place], plan, proof),
        lambda place: Move(go=of_finding(findings, place)),
        words,
        help=("A number opens the finding whose fix is staged.",),
    )


def place(_: Desk, __: str) -> Move:
    """The way to the plan."""
    return Move(home=True, go=screen)


def _head(plan: FixPlan, proof: Proof) -> Iterator[str]:
    yield f"{counted(len(plan.staged), 'fix', 'fixes')} staged. What holds: {proof.effects.words}."
    for conflict in plan.conflicts:
        yield f"Conflict: {_conflict_words(plan, conflict)}"
    at_odds = {mark for conflict in plan.conflicts for mark in conflict.fingerprints}
    aside = {item.staged.fingerprint for item in plan.set_aside}
    refused = len(proof.reasons.keys() - at_odds - aside)
    needs = (
        (refused, "refused; their lines say why"),
        (len(aside), "set aside for others"),
        (len(plan.unconfirmed), "to review before an export; say review"),
        (len(plan.manual), "by hand; they are written to MANUAL.md"),
    )
    for count, words in needs:
        if count:
            yield f"{count:,} {words}."


def _conflict_words(plan: FixPlan, conflict: Conflict) -> str:
    numbers = [
        place + 1 for place, item in enumerate(plan.staged) if item.fingerprint in conflict.fingerprints
    ]
    which = " and ".join(map(str, numbers))
    where = f"{conflict.path} of {conflict.target}" if conflict.path else str(conflict.target)
    return f"{which} want different things at {where}. prefer NUMBER chooses one."


def _standing(item: Staged, plan: FixPlan, proof: Proof) -> str:
    if not item.fix.changes:
        return "by hand"
    if any(other.staged.fingerprint == item.fingerprint for other in plan.set_aside):
        return "set aside"
    if any(item.fingerprint in conflict.fingerprints for conflict in plan.conflicts):
        return "in conflict"
    if item.fingerprint in proof.reasons:
        return f"refused: {proof.reasons[item.fingerprint]}"
    return "to review" if item.fix.risk is Risk.REVIEW and not item.confirmed else "proven"


def _staged_words(item: Staged, plan: FixPlan, proof: Proof) -> str:
    stands = _standing(item, plan, proof)
    return f"{item.fix.title}, for {item.finding.check} on {item.finding.subject}: {item.fix.risk.value}, {stands}"


def _effects(proof: Proof) -> Iterator[str]:
    done = proof.effects
    yield f"{done.words}."
    yield from attacks(done.attacks)
    yield from (f"{count:,} {severity.word} go." for severity, count in done.removed)
    yield from (
        f"{count:,} {severity.word} would be new: their cause is refused." for severity, count in done.added
    )
    yield from (f"Pod Security: {item.words}." for item in done.levels)
    yield from (f"Pod Security: {item.words}." for item in done.namespaces)
    yield from (f"Rights: {item.words}." for item in done.rights)
    yield from (ended(f"Connections: {words}") for words in done.connections)
    yield from (f"Way in closed: {item.words}." for item in done.closed)
    yield from (f"Way in opened: {item.words}." for item in done.opened)
    yield from (f"Pods replaced: {item.words}." for item in done.rollouts)
    yield from (f"May break: {item.fix.title}: {item.fix.may_break}" for item in done.breaks)
    yield from (f"Before it takes effect: {ref}: {note}" for ref, note in proof.simulation.notes.items())


# Choosing


def _numbered(desk: Desk, word: str) -> Staged | None:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
    return desk.plan.staged[number - 1] if 1 <= number <= len(desk.plan.staged) else None


def _prefer(desk: Desk, word: str) -> Move:
    item = _numbered(desk, word)
    if item is None:
        return said("Say the number of a fix after prefer.")
    before = desk.plan
    desk.change(before.prefer(item.fingerprint))
    if desk.plan == before:
        return said("Nothing conflicts with that fix, or it is preferred already.")
    return Move((f"Preferred: {item.fix.title}.",), back=1, go=screen)


def _unstage(desk: Desk, word: str) -> Move:
    item = _numbered(desk, word)
    if item is None and word != "all":
        return said("Say the number of a fix after unstage, or all.")
    marks = {one.fingerprint for one in ([item] if item else desk.plan.staged)}
    return Move(desk.unstage(marks), back=1, go=screen)


# Asking the server


def _ask(desk: Desk) -> Move:
    if not desk.can_try:
        return said("There is no server to ask: this is no live cluster.")
    count = len(desk.proof().simulation.changes)
    if not count:
        return said("Nothing of the plan holds.")
    words = f"Ask the server about {counted(count, 'change')}? It needs the right to make them, and stands in its log."
    return Move((ended(f"{NOTICE[:1].upper()}{NOTICE[1:]}"),), go=confirm(words, lambda: _asked(desk)))


def _asked(desk: Desk) -> Move:
    tried = desk.ask()
    counts = Counter(item.outcome for item in tried)
    head = ", ".join(f"{counts[outcome]:,} {outcome.value}" for outcome in Outcome if counts[outcome])
    lines = (f"{item.outcome.value}, {item.method} {item.target}{_why(item)}" for item in tried)
    return Move(go=text("The server's word", [f"{head}. Nothing was changed.", *lines]))


def _why(item: Tried) -> str:
    return f": {item.words}" if item.words else ""


# Reviewing


def _review(desk: Desk) -> Move:
    unsure = desk.plan.unconfirmed
    if not unsure:
        return said("Nothing of the plan asks for a review.")
    return Move(go=_one(desk, [item.fingerprint for item in unsure], 0))


def _one(desk: Desk, marks: Sequence[str], number: int) -> Screen:
    """One fix to review: its risk, its change, and whether it is wanted."""

    def further(*lines: str) -> Move:
        if number + 1 < len(marks):
            return Move(lines, back=1, go=_one(desk, marks, number + 1))
        return Move((*lines, "The review is done."), back=1)

    def view(_: Desk) -> View:
        item = desk.plan.of(marks[number])
        if item is None:
            return View("Review", ("This fix is not in the plan any more; back leads to the plan.",))
        head = (
            f"{item.fix.title}, for {item.finding.check} on {item.finding.subject}.",
            ended(f"Why: {item.finding.words}"),
            f"It may break something: {item.fix.may_break}",
        )

        def taken() -> Move:
            desk.change(desk.plan.confirm([item.fingerprint]))
            return further("Taken.")

        def out() -> Move:
            return further(*desk.unstage({item.fingerprint}))

        def look() -> Move:
            proof = desk.prove(FixPlan().stage_many([item]))
            return Move(go=text("Change", list(changed(proof.simulation)) or list(proof.reasons.values())))

        entries = (
            ("read the change line by line", look),
            ("take it: it was looked at and is wanted", taken),
            ("leave it out of the plan", out),
            ("decide later", lambda: further("Left as it is.")),
        )
        return View(f"Review {number + 1} of {len(marks)}", head, **menu(*entries))

    return view


# Exporting


def _export(desk: Desk, folder: str) -> Move:
    if folder:
        return _once_reviewed(desk, folder, back=0)

    def take(answer: str) -> Move:
        return _once_reviewed(desk, answer or FOLDER, back=1)

    words = f"Folder, or Enter for {FOLDER} (it must be new or empty)"
    help_ = "Patches, commands, a kustomization and a report are written there; nothing is applied."
    return Move(go=question(words, take, help=help_))


def _once_reviewed(desk: Desk, folder: str, *, back: int) -> Move:
    """Write the plan, after a question where some of it asks for a review that nobody has made."""
    unsure = [item.fingerprint for item in desk.plan.unconfirmed]
    if not unsure:
        return Move(_written(desk, folder, desk.plan), back=back)

    def included() -> Move:
        desk.change(desk.plan.confirm(unsure))
        return Move(_written(desk, folder, desk.plan), back=1)

    def without() -> Move:
        plan = desk.plan.keeping(item for item in desk.plan.staged if item.fingerprint not in unsure)
        if not plan.staged:
            return Move(("Nothing is left to export.",), back=1)
        return Move(_written(desk, folder, plan), back=1)

    entries = (
        ("look at each of them now", lambda: Move(back=1, go=_one(desk, unsure, 0))),
        ("leave them out of the export", without),
        ("include them: they were reviewed elsewhere", included),
        ("do not export now", lambda: Move(("Nothing was written.",), back=1)),
    )
    head = (f"{counted(len(unsure), 'fix needs', 'fixes need')} a review first.",)
    return Move(back=back, go=lambda _: View("Export", head, **menu(*entries)))


def _written(desk: Desk, folder: str, plan: FixPlan) -> tuple[str, ...]:
    proof = desk.proof() if plan == desk.plan else desk.prove(plan)
    try:
        done = export(proof.simulation, plan, desk.snapshot, Path(folder).expanduser())
    except ExportError as error:
        return (ended(f"Not written: {error}"),)
    desk.exports.append(Exported(folder, len(done.files), plan))
    if plan == desk.plan:
        desk.exported = plan
    layouts = ", ".join(name for name in LAYOUTS if name in DEFAULT_LAYOUTS)
    return (
        f"Written to {folder}: {counted(len(done.files), 'file')} ({layouts}, REPORT.md). Nothing was applied.",
        *(f"Refused: {item.staged.fix.title}: {item.reason}" for item in done.refused),
    )
