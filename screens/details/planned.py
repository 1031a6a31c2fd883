"""What the plan as a whole makes of one object: for the rows of objects in the plan, in the tab Fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ksec_tui.fixes.diff import object_diff
from ksec_tui.fixes.plan import Staged
from ksec_tui.screens.details.tab import Hand, heading, line, prose
from ksec_tui.screens.proof import STYLES, Known, Standing, standing
from ksec_tui.screens.widgets.diff_view import diff_lines
from ksec_tui.screens.widgets.text import Line


def planned_lines(hand: Hand) -> Iterator[Line]:
    """The fixes of the object in hand, how each stands, and the difference that those that hold make together."""
    ref, plan, proof = hand.row.ref, hand.view.plan, hand.view.shown_proof
    yield heading(str(ref))
    known = Known.of(plan, proof)
    for item in _here(hand):
        found = standing(item, known)
        yield Line(((f"  {found.value:12}", STYLES[found]), (item.fix.title, "")))
        if found is Standing.REFUSED and proof is not None:
            yield from list(prose(proof.reasons[item.fingerprint], hand.width, indent="    ", style="error"))[
                :-1
            ]
    yield line()
    if proof is None:
        yield line("The plan is not proven yet.", "muted")
        return
    outcome = proof.simulation
    if ref not in outcome.after:
        yield line("Nothing of it is carried out.", "muted")
        return
    tried = proof.tried.get(ref)
    if tried is not None:
        yield from list(prose(f"The server: {tried.outcome.value}. {tried.words}", hand.width))[:-1]
    if note := outcome.notes.get(ref):
        yield from list(prose(note, hand.width, style="warning"))[:-1]
    yield line("enter on the difference goes through it piece by piece", "muted")
    for found_line in diff_lines(*object_diff(outcome.before.get(ref), outcome.after[ref])):
        yield replace(found_line, link=f"hunk:{ref.id}")


def _here(hand: Hand) -> list[Staged]:
    marks = [finding.fingerprint for finding in hand.row.findings]
    return [item for mark in marks if (item := hand.view.plan.of(mark)) is not None]
