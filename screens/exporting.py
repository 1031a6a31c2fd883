"""The key that writes the plan as files: not before a human has seen what asks for a review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import export
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.modals import Ask, Pick
from ksec_tui.screens.pane import View
from ksec_tui.screens.planning import Planning
from ksec_tui.screens.proof import prove


class Exporting(Planning):
    """Writing the plan."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("E", "export", "Export the plan", id="fix.export"),
    ]

    class Exported(Message):
        """The export ended: what to say; the plan that it was of, None when it failed, the folder, how many files."""

        def __init__(
            self, words: str, plan: FixPlan | None = None, *, folder: str = "", files: int = 0
        ) -> None:
            super().__init__()
            self.words = words
            self.plan = plan
            self.folder = folder
            self.files = files

    exported: FixPlan = FixPlan()

    @property
    def unexported(self) -> int:
        """How many staged fixes no export of this sitting holds as they are now."""
        plan, done = self.view.plan, self.exported
        if plan.preferred != done.preferred:
            return len(plan.staged)
        known = {item.fingerprint: item for item in done.staged}
        return sum(known.get(item.fingerprint) != item for item in plan.staged)

    @property
    def unsaved(self) -> bool:
        """Whether staged fixes were not exported."""
        return self.unexported > 0

    def action_export(self) -> None:
        """Ask for a folder and write the plan there."""
        if not self.view.plan.staged:
            self.say(self.disabled_reason("export"), warning=True)
            return

        def ask(plan: FixPlan) -> None:
            def answered(folder: str | None) -> None:
                if folder:
                    self._write(folder, plan)

            count = len(plan.staged)
            fixes = f"{count} staged fix{'es' if count != 1 else ''}"
            question = f"Export {fixes} to which folder? (must be new or empty)"
            self.app.push_screen(Ask(question, "ksec-fixes"), answered)

        self._once_reviewed(ask)

    def export_to(self, folder: str) -> None:
        """Write the plan to a folder, off the UI thread."""
        if not self.view.plan.staged:
            self.say(self.disabled_reason("export"), warning=True)
            return
        self._once_reviewed(lambda plan: self._write(folder, plan))

    def _once_reviewed(self, go_on: Callable[[FixPlan], None]) -> None:
        """Go on with what of the plan is wanted, when some of it asks for a review that nobody has made."""
        unsure = self.view.plan.unconfirmed
        if not unsure:
            go_on(self.view.plan)
            return
        count = len(unsure)
        them = "them" if count != 1 else "it"
        choices = [
            ("look", f"look at {them} now, piece by piece"),
            ("out", f"leave {them} out of the export"),
            ("in", f"include {them}: reviewed elsewhere"),
            ("no", "cancel"),
        ]

        def answered(answer: str | None) -> None:
            plan = self.view.plan
            marks = [item.fingerprint for item in unsure]
            if answer == "look":
                self.review(unsure)
            elif answer == "in":
                self._change(plan.confirm(marks))
                go_on(self.view.plan)
            elif answer == "out":
                left = plan.keeping(item for item in plan.staged if item.fingerprint not in marks)
                if left.staged:
                    go_on(left)
                else:
                    self.say("nothing is left to export", warning=True)

        many = count != 1
        question = f"{count:,} fix{'es' if many else ''} need{'' if many else 's'} a review first"
        self.app.push_screen(Pick(question, choices, ascii=self.view.ascii), answered)

    def _write(self, folder: str, plan: FixPlan) -> None:
        self.say("proving and exporting …")
        self._export(Path(folder).expanduser(), self.view, plan)

    @work(thread=True, group="export", exit_on_error=False)
    def _export(self, folder: Path, view: View, plan: FixPlan) -> None:
        proof = view.proven if plan is view.plan else None
        try:
            outcome = (proof or prove(view.state, plan, self.session.whole)).simulation
            written = export(outcome, plan, view.state.snapshot, folder)
        except (ExportError, OSError) as error:
            self.post_message(self.Exported(str(error)))
            return
        said = f"{len(written.files)} files in {folder}"
        if outcome.refused:
            first = outcome.refused[0]
            said += f"; {len(outcome.refused)} refused: {first.reason}"
        count = len(written.files)
        self.post_message(self.Exported(said, plan, folder=str(folder), files=count))

    def on_exporting_exported(self, message: Exported) -> None:
        """Say how the export went."""
        if message.plan is not None:
            self.exported = message.plan
        self.say(message.words, error=message.plan is None, seconds=12)

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "export" and not self.view.plan.staged:
            return f"nothing is staged; {self.key('fix.stage')} stages the fix of a finding"
        return super().disabled_reason(action)
