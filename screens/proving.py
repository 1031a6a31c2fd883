"""Proves the staged fixes while one looks at them: off the UI thread, with its progress, to be given up with esc."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from textual import on, work
from textual.message import Message

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.runner import Cancelled
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.progress import Progress
from ksec_tui.screens.arrivals import RowsReady
from ksec_tui.screens.pane import View
from ksec_tui.screens.proof import Proof, prove
from ksec_tui.screens.seeking import Seeking

SHOWN_IN = ("fixes", "priorities")
"""Panes that show what the proof found out."""

TELL_EVERY = 0.1
"""Seconds between two words about how far the proof is."""


@dataclass(eq=False)
class Attempt:
    """A proof that is being made."""

    view: View
    cancel: threading.Event = field(default_factory=threading.Event)


class Proving(Seeking):
    """The proof of the plan."""

    class Proven(Message):
        """The attempt ended: with a proof, or None when it was given up."""

        def __init__(self, attempt: Attempt, proof: Proof | None) -> None:
            super().__init__()
            self.attempt = attempt
            self.proof = proof

    class ProofProgress(Message):
        """How far a proof is."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, Proving.ProofProgress)

    _attempt: Attempt | None = None
    _left_unproven: FixPlan | None = None

    @property
    def at_rest(self) -> bool:
        """Whether what is on screen is all that the newest State has to say."""
        return super().at_rest and self._attempt is None

    @on(RowsReady)
    def _rows_ready(self) -> None:
        self.prove()

    def show_listing(self, key: str = "", ref: ObjectRef | None = None) -> None:
        """Show the present list from scratch; a proof that was given up is tried again."""
        self._left_unproven = None
        super().show_listing(key, ref)

    def prove(self) -> None:
        """Start to prove the plan where that is looked at and not done."""
        view = self.view
        state = view.state
        wanted = self.pane.id in SHOWN_IN and view.plan.staged and not (state.reading or state.judging)
        if not wanted or view.proven is not None or view.plan is self._left_unproven:
            return
        if self._attempt is None:
            self._attempt = Attempt(view)
            self._prove()
        elif self._attempt.view.plan is not view.plan or not (
            self._attempt.view.state is state or state.link is not None
        ):
            # What is followed may change faster than it can be proven: then the next attempt is for what is newer.
            self._attempt.cancel.set()

    @work(thread=True, group="proof", exit_on_error=False)
    def _prove(self) -> None:
        # No argument: Textual keeps those of every worker that ever ran, and with them every Snapshot.
        attempt = self._attempt
        if attempt is None:
            return
        told = 0.0

        def tell(progress: Progress) -> None:
            nonlocal told
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                self.post_message(self.ProofProgress(progress))

        view = attempt.view
        try:
            proof = prove(view.state, view.plan, self.session.whole, cancel=attempt.cancel, progress=tell)
        except Cancelled:
            proof = None
        self.post_message(self.Proven(attempt, proof))

    @on(Proven)
    def _take_proof(self, message: Proven) -> None:
        self._attempt = None
        if message.proof is not None:
            self.take_proof(message.proof)
        else:
            self.prove()

    def take_proof(self, proof: Proof) -> None:
        """Show what was found out, unless the plan has changed meanwhile."""
        self.view = replace(self.view, proof=proof)
        self.rebuild()
        self.show_detail(again=True)

    @on(ProofProgress)
    def _tell_progress(self, message: ProofProgress) -> None:
        if self._attempt is not None and self.pane.id == "fixes":
            found = message.progress
            count = f" {found.done:,}/{found.of:,}" if found.of else ""
            self._show_notice(f"{found.phase}{count} …  {self.key('leave')} gives it up")

    def worker_failed(self, group: str) -> None:
        """A proof that failed is not tried again before something changes."""
        super().worker_failed(group)
        if group == "proof":
            self._attempt = None
            self._left_unproven = self.view.plan

    def action_pane(self, number: int) -> None:
        """Go to a pane; a proof that was given up is tried again."""
        self._left_unproven = None
        super().action_pane(number)
        self.prove()

    def action_leave(self) -> None:
        """Give up the proof that is being made, else undo the innermost thing."""
        if self._attempt is not None and self.pane.id == "fixes" and not self.is_open:
            self._left_unproven = self.view.plan
            self._attempt.cancel.set()
            self.say(f"the proof is given up: {self.key('pane.9')} tries again")
        else:
            super().action_leave()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        if self._attempt is not None:
            self._attempt.cancel.set()
