"""The key that opens the patch of a staged fix in the user's editor, and proves what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import ClassVar

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.findings.runner import Cancelled
from ksec_tui.fixes.edit import LONGEST, edit_text, editable, read_edit, with_problem
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.hunks import Hunk, hunks, with_changes
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.editor import EditorError, edited
from ksec_tui.screens.modals import Pick
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.proof import Proof, prove
from ksec_tui.screens.staging import Staging
from ksec_tui.session import Session


class Editing(Staging):
    """Editing patches by hand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit the staged patch", id="fix.edit"),
    ]

    class EditProven(Message):
        """An edited patch was tried: the plan with it, its proof, and why it is refused."""

        def __init__(self, hunk: Hunk, text: str, before: FixPlan, proof: Proof | None, reason: str) -> None:
            super().__init__()
            self.hunk = hunk
            self.text = text
            self.before = before
            self.proof = proof
            self.reason = reason

    class EditSettled(Message):
        """Nothing more is to be asked about the last edit."""

    _trying: tuple[Hunk, str, View, FixPlan] | None = None

    def __init__(self, session: Session, *, ascii: bool = False) -> None:  # noqa: A002 - the word users know
        super().__init__(session, ascii=ascii)
        self._drafts: dict[str, str] = {}

    def editable_hunks(self, row: Row | None) -> Sequence[Hunk]:
        """The pieces whose patches the row in hand may mean."""
        if row is None or not self.view.plan.staged:
            return ()
        if row.branch is not None and row.branch.depth == 2 and row.branch.hunk is not None:
            return (row.branch.hunk,)
        staged = [item for found in row.findings if (item := self.view.plan.of(found.fingerprint))]
        pieces = [hunk for item in staged for hunk in hunks(item)]
        return [hunk for hunk in pieces if row.branch is None or hunk.target == row.ref]

    def action_edit(self) -> None:
        """Edit the patch of the staged fix in hand; choose where there are several."""
        pieces = self.editable_hunks(self.row)
        if not pieces:
            self.say(self.disabled_reason("edit"), warning=True)
        elif len(pieces) == 1:
            self.edit_hunk(pieces[0])
        else:
            found = {hunk.key: hunk for hunk in pieces}
            choices = [(key, self._named_hunk(hunk)) for key, hunk in found.items()]

            def chosen(key: str | None) -> None:
                if key is not None:
                    self.edit_hunk(found[key])

            self.app.push_screen(Pick("Edit which patch?", choices, ascii=self.view.ascii), chosen)

    def _named_hunk(self, hunk: Hunk) -> str:
        item = self.view.plan.of(hunk.fingerprint)
        return f"{item.fix.title if item else ''}: {hunk.target}: {hunk.words}"

    def edit_hunk(self, hunk: Hunk) -> None:
        """Open the patch that `hunk` is, or is a part of, in the editor."""
        plan = self.view.plan
        item = plan.of(hunk.fingerprint)
        if item is None:
            return
        change = item.fix.changes[hunk.index]
        reason = editable(change)
        if reason:
            self._settle(reason, warning=True)
            return
        key = f"{hunk.fingerprint}|{hunk.index}"
        try:
            data = self._in_editor(self._drafts.get(key) or edit_text(change, item.fix.title))
        except EditorError as error:
            self._settle(str(error), error=True)
            return
        text = data.decode(errors="replace")
        try:
            new = read_edit(data, change)
        except PatchError as error:
            self._not_taken(hunk, text, str(error))
            return
        if new is None:
            self._drafts.pop(key, None)
            self._settle("nothing was changed")
            return
        changes = tuple(new if number == hunk.index else one for number, one in enumerate(item.fix.changes))
        self.say("proving the edited patch …")
        self._trying = (hunk, text, self.view, plan.stage_many([with_changes(item, changes)]))
        self._try()

    def _in_editor(self, text: str) -> bytes:
        failure: EditorError | None = None
        data = b""
        with ExitStack() as stack:
            # Without a terminal there is none to leave to the editor.
            with suppress(SuspendNotSupported):
                stack.enter_context(self.app.suspend())
            # Nothing may be raised in here: Textual would not take the terminal back.
            try:
                data = edited(text, LONGEST)
            except EditorError as error:
                failure = error
        if failure is not None:
            raise failure
        return data

    @work(thread=True, group="edit", exit_on_error=False)
    def _try(self) -> None:
        if self._trying is None:
            return
        (hunk, text, view, plan), self._trying = self._trying, None
        proof = None
        reason = ""
        try:
            proof = prove(view.state, plan, self.session.whole)
            reason = proof.reasons.get(hunk.fingerprint, "")
        except Cancelled:
            reason = "the proof was given up"
        self.post_message(self.EditProven(hunk, text, view.plan, proof, reason))

    def on_editing_edit_proven(self, message: EditProven) -> None:
        """Take the edited patch into the plan, or say why not."""
        hunk, proof = message.hunk, message.proof
        if message.before != self.view.plan:
            self._not_taken(hunk, message.text, "the plan has changed meanwhile")
        elif message.reason or proof is None:
            self._not_taken(hunk, message.text, message.reason)
        else:
            self._drafts.pop(f"{hunk.fingerprint}|{hunk.index}", None)
            self._change(proof.plan)
            self.take_proof(proof)
            self._settle("the edited patch is proven and staged")

    def _not_taken(self, hunk: Hunk, text: str, reason: str) -> None:
        """Keep what was written, and ask what is to become of it."""
        key = f"{hunk.fingerprint}|{hunk.index}"
        self._drafts[key] = with_problem(text, reason)
        choices = [
            ("again", "edit it again, with the reason on top"),
            ("keep", "leave it for later: e opens it again; the plan stays as it is"),
            ("drop", "drop what was written"),
        ]

        def answered(answer: str | None) -> None:
            if answer == "again":
                self.edit_hunk(hunk)
                return
            if answer == "drop":
                self._drafts.pop(key, None)
            self.post_message(self.EditSettled())

        self.app.push_screen(Pick(f"Not taken: {reason}", choices, ascii=self.view.ascii), answered)

    def _settle(self, words: str, *, error: bool = False, warning: bool = False) -> None:
        self.say(words, error=error, warning=warning)
        self.post_message(self.EditSettled())

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "edit" and not self.editable_hunks(self.row):
            return f"there is no staged patch in hand: {self.key('fix.stage')} stages the fix of a finding"
        return super().disabled_reason(action)
