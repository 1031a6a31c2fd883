"""Keys that open the prompt: filter, search, command."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ksec_tui.findings.filter import FilterError, parse
from ksec_tui.findings.filter_complete import complete, completion_start
from ksec_tui.screens.moves import Moves
from ksec_tui.screens.prompt import PromptBar

FILTER_HINT = (
    "words  a|b  !not  sev:>=high  ns:a-*,!kube-*  is:fixable  rule:rbac*  /regex/  -l app=x  tab completes"
)


KNOWN = 5000
"""Rows whose values completion offers."""


class Seeking(Moves):
    """Filtering the list, searching the text, giving commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # First of all, so that what is typed ahead goes to the prompt and does nothing in the list.
        Binding("slash", "find", "Filter the list, search the text", id="filter", priority=True),
        Binding("colon", "command", "Command", id="command", priority=True),
        Binding("exclamation_mark", "risky", "Risky only", id="filter.risky"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In an input, what opens the prompt is a character like any other."""
        if action in ("find", "command") and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    def action_find(self) -> None:
        """Filter the list; in the detail, search the text."""
        if self.text.has_focus:
            self.prompt.open(
                "search", "/", self.text.pattern, "n next hit, N previous hit, esc ends the search"
            )
        else:
            self.prompt.open("filter", "/", self.filter_text, FILTER_HINT, self._complete_filter)

    def action_command(self) -> None:
        """Give a command."""
        self.prompt.open("command", ":", "", "tab completes; help lists the commands", self.complete_command)

    def action_risky(self) -> None:
        """Show only what is risky: a FAIL of medium severity or worse."""
        self.risky_only = not self.risky_only
        self.apply_filter()

    def _complete_filter(self, text: str, cursor: int) -> tuple[int, list[str]]:
        # Of all rows: what is half typed may match none yet.
        rows = self.table.rows[:KNOWN]

        def values(name: str) -> list[str]:
            return sorted({value for row in rows for value in row.facet(name)})

        return completion_start(text, cursor), complete(text, cursor, values)

    def complete_command(self, text: str, cursor: int) -> tuple[int, list[str]]:
        """What may stand at the cursor of a command; overridden where commands are known."""
        return len(text[:cursor]), []

    def run_command(self, text: str) -> None:
        """Carry out a command; overridden where commands are known."""

    @on(PromptBar.Changed)
    def _changed(self, message: PromptBar.Changed) -> None:
        if message.mode == "filter":
            self._filter(message.text)
        elif message.mode == "search":
            count = self.text.search(message.text)
            self.prompt.hint(f"{count:,} hit{'s' if count != 1 else ''}")

    @on(PromptBar.Submitted)
    def _submitted(self, message: PromptBar.Submitted) -> None:
        if message.mode == "command":
            self.set_focus(self.table)
            self.run_command(message.text)
        elif message.mode == "filter":
            self._filter(message.text)
            self.set_focus(self.table)
        elif message.mode == "search":
            self.set_focus(self.text)
        self.show_bars()

    @on(PromptBar.Left)
    def _left(self, message: PromptBar.Left) -> None:
        if message.mode == "filter":
            self._filter(message.text)
        elif message.mode == "search":
            self.text.search("")
        self.set_focus(self.text if message.mode == "search" else self.table)
        self.show_bars()

    def set_filter(self, text: str) -> None:
        """Filter the list; an invalid filter is refused with its reason."""
        try:
            parse(text)
        except FilterError as error:
            self.say(f"{error} (at column {error.position + 1})", error=True)
            return
        self.filter_of[self.pane_index] = text
        self.apply_filter()

    def _filter(self, text: str) -> None:
        """Apply a filter that is being typed; an invalid one keeps the last good result."""
        try:
            wanted, old = parse(text), parse(self.filter_text)
        except FilterError as error:
            if self.prompt.is_open:
                self.prompt.error(str(error), error.position)
            return
        self.filter_of[self.pane_index] = text
        self.apply_filter(narrows=wanted.narrows(old))
        if self.prompt.is_open:
            chips = "  ".join(f"[{chip}]" for chip in wanted.chips())
            self.prompt.hint(chips or FILTER_HINT)
