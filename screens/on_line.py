"""Keys on a line of the detail that findings stand on: stage their fix, go to them; the hints say which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.exporting import Exporting
from ksec_tui.screens.history import Place
from ksec_tui.screens.lines import Bar
from ksec_tui.screens.modals import Pick
from ksec_tui.screens.widgets.text import TextLines
from ksec_tui.themes.palette import badge

ALL = "all"
"""What stands for every choice in a list of findings."""


class OnLine(Exporting):
    """The line under the cursor of the detail, where the keys are there."""

    @property
    def line_findings(self) -> tuple[Finding, ...]:
        """The findings that stand on the line in hand; none while keys act on the list."""
        line = self.text.cursor_line if self.text.has_focus else None
        return () if line is None else line.about

    @property
    def line_fixes(self) -> tuple[Finding, ...]:
        """Those of them that can be fixed."""
        return tuple(item for item in self.line_findings if item.verdict is Verdict.FAIL and item.fixable)

    def action_stage(self) -> None:
        """Stage the fix of the line in hand; else that of the marked rows or of the row in hand."""
        fixes = self.line_fixes
        if fixes:
            self._choose("Stage or unstage the fix of", fixes, self.toggle, together=True)
        elif self.line_findings:
            self.say(
                f"no fix is known for {self.line_findings[0].check}: {self.key('text.open')} says more",
                warning=True,
            )
        else:
            super().action_stage()

    @on(TextLines.LineOpened)
    def _opened(self, event: TextLines.LineOpened) -> None:
        kind, _, pointer = event.line.link.partition(":")
        if kind == "field":
            self.show_field(pointer)
        elif event.line.about and kind not in ("finding", "object"):
            self._choose("Go to", event.line.about, lambda found: self.go_to(found[0]))

    def show_field(self, pointer: str) -> None:
        """Show a field of the object in hand in its YAML; the nearest thing around it where it is not set."""
        self.wanted_field = pointer
        self.show_tab(next(i for i, tab in enumerate(self.tabs) if tab.id == "yaml"))
        self.open_detail(focus=True)

    def go_to(self, finding: Finding) -> None:
        """Show a finding in the list of all, with why it is one."""
        index = next(i for i, pane in enumerate(self.panes) if pane.id == "findings")
        self.tab_index = next(i for i, tab in enumerate(self.tabs) if tab.id == "why")
        self.go(Place(index, 0, "", finding.fingerprint))

    def _choose(
        self,
        question: str,
        findings: Sequence[Finding],
        then: Callable[[list[Finding]], None],
        *,
        together: bool = False,
    ) -> None:
        """Go on with one of several findings, or with all of them `together`; with the only one at once."""
        if len(findings) == 1:
            then(list(findings))
            return
        choices = [(item.fingerprint, self._named(item)) for item in findings]
        if together:
            choices.append((ALL, f"all {len(findings)}"))

        def chosen(answer: str | None) -> None:
            if answer is not None:
                then([item for item in findings if answer in (ALL, item.fingerprint)])

        self.app.push_screen(Pick(question, choices, ascii=self.view.ascii), chosen)

    def _named(self, finding: Finding) -> str:
        mark = badge(finding.severity, finding.verdict, ascii=self.view.ascii)
        staged = "  (staged)" if self.view.plan.has(finding.fingerprint) else ""
        return f"{mark} {finding.title}: {finding.words}{staged}"

    @on(TextLines.CursorMoved)
    def _line_reached(self) -> None:
        if self.is_mounted:
            self.query_one("#hints", Bar).show(*self.hints())

    def line_hints(self) -> list[tuple[str, str]]:
        """What keys do on the line in hand; on the others, how to get to one that is risky. By bindings' ids."""
        found = self.line_findings
        hints: list[tuple[str, str]] = []
        line = self.text.cursor_line
        field = line is not None and line.link.startswith("field:")
        fixes = self.line_fixes
        if fixes:
            staged = all(self.view.plan.has(item.fingerprint) for item in fixes)
            hints.append(("fix.stage", f"{'unstage' if staged else 'stage'} {_of(fixes)}"))
        if field:
            hints.append(("text.open", "its line"))
        elif found:
            hints.append(("text.open", "finding" if fixes else _of(found)))
        if self.text.has_risky:
            hints.append(("text.next-risky text.previous-risky", "risky line"))
        return hints


def _of(findings: Sequence[Finding]) -> str:
    return findings[0].check if len(findings) == 1 else f"one of {len(findings)}"
