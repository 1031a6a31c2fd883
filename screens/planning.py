"""Keys of the plan: fold its tree, go through it piece by piece, choose between fixes at odds, ask the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.fixes.hunks import Hunk, hunks, refuse
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.screens.editing import Editing
from ksec_tui.screens.history import Place
from ksec_tui.screens.hunk_mode import Decisions, HunkMode, wanted
from ksec_tui.screens.modals import Confirm, Pick
from ksec_tui.screens.pane import Row
from ksec_tui.screens.proof import Proof
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import TextLines
from ksec_tui.sources.trials import Outcome, Tried

DRY_RUN = (
    "Ask the server about {count:,} change{s}?\n\n"
    "These are the only requests that are no reads: each is a dry run (dryRun=All), of which nothing is stored. "
    "They need the right to make the change, run the cluster's admission webhooks, and stand in its audit log."
)


Arrange = Callable[[list[Hunk]], Sequence[Hunk]]
"""From every piece of the plan to those that are to be asked about, in their order."""


class Planning(Editing):
    """The plan under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "fold", "Fold; from what stands below, to what it is below", id="tree.fold"),
        Binding("l,right", "unfold", "Unfold", id="tree.unfold"),
        Binding("I", "hunks", "Go through the plan piece by piece", id="fix.hunks"),
        Binding("V", "dry_run", "Ask the server about the plan (dry run)", id="fix.dry-run"),
    ]

    class ServerSaid(Message):
        """What the server said of each change of a proven plan."""

        def __init__(self, proof: Proof, tried: Sequence[Tried]) -> None:
            super().__init__()
            self.proof = proof
            self.tried = tried

    class PiecesFound(Message):
        """The pieces to ask about."""

        def __init__(self, pieces: Sequence[Hunk]) -> None:
            super().__init__()
            self.pieces = pieces

    _wanted_pieces: tuple[FixPlan, Arrange] | None = None
    _asking: Proof | None = None
    _asked_server: threading.Event | None = None
    _to_go: tuple[Hunk, ...] = ()

    # The tree

    def _turn(self, row: Row) -> None:
        self.view = replace(self.view, turned=self.view.turned ^ {row.key})
        self.rebuild()

    def action_fold(self) -> None:
        """Hide what stands below the row, or go to the row that this one stands below."""
        row = self.table.cursor_row
        branch = row.branch if row is not None else None
        if row is None or branch is None:
            self.say(self.disabled_reason("fold"), warning=True)
        elif branch.is_open:
            self._turn(row)
        elif branch.above:
            self.table.move_to_key(branch.above)

    def action_unfold(self) -> None:
        """Show what stands below the row; where it is shown, go there."""
        row = self.table.cursor_row
        branch = row.branch if row is not None else None
        if row is None or branch is None:
            self.say(self.disabled_reason("unfold"), warning=True)
        elif branch.is_open is False:
            self._turn(row)
        elif branch.is_open:
            self.table.action_cursor_down()

    @on(VirtualTable.RowOpened)
    def _branch_opened(self, event: VirtualTable.RowOpened[Row]) -> None:
        row = self.table.cursor_row
        branch = row.branch if row is not None else None
        if row is None or branch is None:
            return
        event.prevent_default()
        if branch.conflict:
            self._choose_one(branch.conflict)
        elif branch.is_open is not None:
            self._turn(row)
        elif branch.hunk is not None:
            self._go_through(_from(branch.hunk.key))
        else:
            self.open_detail(focus=True)

    def _findings_of(self, row: Row) -> list[Finding]:
        return list(row.findings) if row.branch is not None else super()._findings_of(row)

    def _choose_one(self, marks: Sequence[str]) -> None:
        """Choose which of some fixes that do not go together is carried out."""
        items = [item for mark in marks if (item := self.view.plan.of(mark)) is not None]
        choices = [(item.fingerprint, f"{item.fix.title} ({item.finding.check})") for item in items]

        def chosen(mark: str | None) -> None:
            if mark is None:
                return
            plan = self.view.plan.prefer(mark)
            if plan == self.view.plan:
                plan = plan.unstage(next((other for other in marks if other != mark), mark))
            self._change(plan)

        self.app.push_screen(Pick("Which of them?", choices, ascii=self.view.ascii), chosen)

    # Piece by piece

    @property
    def at_rest(self) -> bool:
        """Whether what is on screen is all that the newest State has to say."""
        return super().at_rest and self._wanted_pieces is None

    def _go_through(self, arrange: Arrange) -> None:
        """Ask about those pieces of the plan that `arrange` gives, once they are found."""
        self._wanted_pieces = self.view.plan, arrange
        self._find_pieces()

    @work(thread=True, group="pieces", exit_on_error=False)
    def _find_pieces(self) -> None:
        if self._wanted_pieces is not None:
            plan, arrange = self._wanted_pieces
            every = sorted(
                (hunk for item in plan.staged for hunk in hunks(item)), key=lambda hunk: hunk.target
            )
            self.post_message(self.PiecesFound(arrange(every)))

    def on_planning_pieces_found(self, message: PiecesFound) -> None:
        """Ask about them."""
        self._wanted_pieces = None
        if message.pieces:
            self.walk(message.pieces)

    def action_hunks(self) -> None:
        """Go through the plan piece by piece, from the row in hand on."""
        branch = self.row.branch if self.row is not None else None
        if reason := self.disabled_reason("hunks"):
            self.say(reason, warning=True)
        elif branch is not None and branch.hunk is not None:
            self._go_through(_from(branch.hunk.key))
        else:
            self._go_through(_from(""))

    def review(self, items: Sequence[Staged]) -> None:
        """Go through the pieces of some fixes."""
        marks = {item.fingerprint for item in items}
        self._go_through(lambda every: [hunk for hunk in every if hunk.fingerprint in marks])

    def walk(self, pieces: Sequence[Hunk]) -> None:
        """Ask about each of these pieces."""
        if self.pane.id != "fixes":
            self.go(Place(next(i for i, pane in enumerate(self.panes) if pane.id == "fixes"), 0))
        self.app.push_screen(HunkMode(pieces, self.view, self.session.whole), self._decided)

    def _decided(self, decisions: Decisions | None) -> None:
        if decisions is None:
            return
        before = self.view.plan
        plan = refuse(wanted(before, decisions), decisions.refused)
        if plan != before:
            self._change(plan)
        if decisions.taken or decisions.refused:
            told = f"{len(decisions.taken)} taken, {len(decisions.refused)} left out"
            ready = bool(self.view.plan.staged) and not self.view.plan.unconfirmed
            on = f", {self.key('fix.export')} exports" if ready else ""
            self.say(f"{told}; {self.key('fix.undo')} takes it back{on}")
        self._to_go = decisions.rest
        if decisions.edit is not None:
            self.edit_hunk(decisions.edit)

    def on_editing_edit_settled(self) -> None:
        """Go on with what was left to go through."""
        rest, self._to_go = self._to_go, ()
        left = [hunk for hunk in rest if self.view.plan.has(hunk.fingerprint)]
        if left:
            self.walk(left)

    @on(TextLines.LineOpened)
    def _piece_opened(self, event: TextLines.LineOpened) -> None:
        kind, _, target = event.line.link.partition(":")
        if kind == "hunk":
            self._go_through(_from(target))

    # The server's word

    def action_dry_run(self) -> None:
        """Ask the server what it would say to each change of the proven plan, after a question."""
        proof = self.view.proven
        if proof is None or self.disabled_reason("dry_run"):
            self.say(self.disabled_reason("dry_run"), warning=True)
            return
        count = len(proof.simulation.plan.changes())

        def answered(yes: bool | None) -> None:
            if yes:
                self.say("asking the server: dry runs only …")
                self._asking = proof
                self._asked_server = threading.Event()
                self._ask_server()

        question = DRY_RUN.format(count=count, s="s" if count != 1 else "")
        self.app.push_screen(Confirm(question, "ask the server"), answered)

    @work(thread=True, group="dry-run", exit_on_error=False)
    def _ask_server(self) -> None:
        proof = self._asking
        if proof is not None:
            tried = self.session.dry_run(proof.simulation, cancel=self._asked_server)
            self.post_message(self.ServerSaid(proof, tried))

    def on_planning_server_said(self, message: ServerSaid) -> None:
        """Show the answers beside the objects."""
        self._asking = self._asked_server = None
        answers: dict[ObjectRef, Tried] = {}
        for tried in message.tried:
            known = answers.get(tried.target)
            if known is None or _weight(tried) > _weight(known):
                answers[tried.target] = tried
        self.take_proof(replace(message.proof, tried=answers))
        counted = {outcome: sum(item.outcome is outcome for item in message.tried) for outcome in Outcome}
        said = ", ".join(f"{count} {outcome.value}" for outcome, count in counted.items() if count)
        self.say(f"the server: {said}", error=bool(counted[Outcome.REFUSED]), seconds=12)

    def worker_failed(self, group: str) -> None:
        """The server could not be asked: it may be asked again."""
        super().worker_failed(group)
        if group == "pieces":
            self._wanted_pieces = None
        elif group == "dry-run":
            self._asking = self._asked_server = None

    def on_unmount(self) -> None:
        """Nobody waits for the server any more."""
        if self._asked_server is not None:
            self._asked_server.set()

    # Why a key does nothing

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        row = self.table.cursor_row
        if action in ("fold", "unfold") and (row is None or row.branch is None):
            return "nothing is folded here: the plan in pane 9 is a tree"
        if action == "hunks" and not any(item.fix.changes for item in self.view.plan.staged):
            return f"no patch is staged; {self.key('fix.stage')} stages the fix of a finding"
        if action == "dry_run":
            if not self.session.can_try:
                return "there is no server to ask: this is no live cluster"
            if self.view.proven is None:
                return "the plan is not proven yet: see pane 9"
            if self._asking is not None:
                return "the server is being asked"
            if not self.view.proven.simulation.plan.staged:
                return "nothing of the plan holds"
        return super().disabled_reason(action)


def _from(first: str) -> Arrange:
    """All pieces from one on, those before it last; from the first of an object where `first` is its id."""

    def arrange(every: list[Hunk]) -> Sequence[Hunk]:
        places = (place for place, hunk in enumerate(every) if first in (hunk.key, hunk.target.id))
        start = next(places, 0)
        return [*every[start:], *every[:start]]

    return arrange


def _weight(tried: Tried) -> int:
    return (Outcome.ACCEPTED, Outcome.NOT_TRIED, Outcome.REFUSED).index(tried.outcome)
