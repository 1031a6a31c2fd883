"""Keys that stage fixes, take them back, and repeat."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.checks import all_checks
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import Staged
from ksec_tui.screens.bookkeeping import Bookkeeping
from ksec_tui.screens.modals import Confirm
from ksec_tui.screens.pane import Row, View

MANY = 50
"""Fixes that are staged at once without a question."""


class Staging(Bookkeeping):
    """The plan of fixes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stage", "Stage or unstage the fix", id="fix.stage"),
        Binding("S", "stage_all", "Stage all that match", id="fix.stage-all"),
        Binding("full_stop", "repeat", "Do the last staging or triage here, go on", id="fix.repeat"),
    ]

    class FixesFound(Message):
        """Fixes worked out off the UI thread, to be staged; and how many findings have none."""

        def __init__(self, found: list[tuple[Finding, Fix]], without: int) -> None:
            super().__init__()
            self.found = found
            self.without = without

    # Staging

    def _findings_of(self, row: Row) -> list[Finding]:
        if row.finding is not None:
            return [row.finding] if row.finding.verdict is Verdict.FAIL else []
        return [item for item in row.findings if item.verdict is Verdict.FAIL and item.fixable]

    def action_stage(self) -> None:
        """Stage the fixes of the marked rows or of the row in hand; take them out when all are staged."""
        rows = self.table.marked_rows() or ([self.row] if self.row else [])
        found = (finding for row in rows for finding in self._findings_of(row))
        wanted = list({finding.fingerprint: finding for finding in found}.values())
        new = sum(item.fixable and not self.view.plan.has(item.fingerprint) for item in wanted)
        if new <= MANY:
            self.toggle(wanted)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.toggle(wanted)

        self.app.push_screen(Confirm(f"Stage the fixes of {new:,} findings?", "stage them"), answered)

    def toggle(self, wanted: list[Finding]) -> None:
        """Stage the fixes of these findings; take them out when all are staged."""
        plan = self.view.plan
        staged = [finding for finding in wanted if plan.has(finding.fingerprint)]
        if wanted and len(staged) == len(wanted):
            gone = {finding.fingerprint for finding in staged}
            self._change(plan.unstage_many(gone))
            self.say(f"{len(staged)} fix{'es' if len(staged) != 1 else ''} taken out of the plan")
            return
        if not any(finding.fixable for finding in wanted):
            self.say(self.disabled_reason("stage") or "no fix is known for this", warning=True)
            return
        self._find_fixes([finding for finding in wanted if not plan.has(finding.fingerprint)], self.view)

    def action_stage_all(self) -> None:
        """Stage the fix of every finding in the list, after a counted question."""
        findings = {
            finding.fingerprint: finding
            for row in self.table.shown
            for finding in self._findings_of(row)
            if finding.fixable and not self.view.plan.has(finding.fingerprint)
        }
        if not findings:
            self.say("nothing in this list can be staged", warning=True)
            return
        question = f"Stage the fixes of {len(findings):,} findings in this list?"

        def answered(yes: bool | None) -> None:
            if yes:
                self._find_fixes(list(findings.values()), self.view)

        self.app.push_screen(Confirm(question, "stage them"), answered)

    def action_repeat(self) -> None:
        """Stage the fix of the row in hand and go to the next row."""
        row = self.table.cursor_row
        if row is not None:
            wanted = [item for item in self._findings_of(row) if not self.view.plan.has(item.fingerprint)]
            if any(finding.fixable for finding in wanted):
                self._find_fixes(wanted, self.view)
        self.table.action_cursor_down()

    @work(thread=True, group="fixes", exit_on_error=False)
    def _find_fixes(self, findings: list[Finding], view: View) -> None:
        found: list[tuple[Finding, Fix]] = []
        for finding in findings:
            fix = offer(finding, all_checks(optional=True), view.state.snapshot)
            if fix is not None:
                found.append((finding, fix))
        self.post_message(self.FixesFound(found, len(findings) - len(found)))

    def on_staging_fixes_found(self, message: FixesFound) -> None:
        """Put the fixes into the plan."""
        self.staged_last()
        plan = self.view.plan.stage_many(Staged(finding, fix) for finding, fix in message.found)
        if plan != self.view.plan:
            self._change(plan)
        by_hand = sum(not fix.changes for _, fix in message.found)
        if len(message.found) == 1:
            said = f"staged{', to be done by hand' if by_hand else ''}: {message.found[0][1].title}"
        else:
            said = f"{len(message.found)} staged{f', {by_hand} to be done by hand' if by_hand else ''}"
        if message.without:
            said += f"; {message.without} without a fix that can be exported"
        self.say(said)

    def staged_last(self) -> None:
        """Called when fixes were staged; overridden where something else can be repeated."""

    # Why a key does nothing

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        row = self.row
        if action == "stage":
            if row is None:
                return "there is no row to stage"
            wanted = self._findings_of(row)
            if not any(item.fixable for item in wanted):
                return (
                    "no fix is known for this: the tab Why says what to do"
                    if row.findings
                    else "nothing to fix here"
                )
        elif action == "stage_all" and not self.table.shown_count:
            return "the list is empty"
        elif action == "undo" and not self._undo:
            return "nothing was staged or decided yet"
        elif action == "redo" and not self._redo:
            return "nothing was undone"
        elif action == "back" and not self.visited.can_go_back:
            return "this is where you started"
        elif action == "forward" and not self.visited.can_go_forward:
            return "you have not gone back"
        return ""
