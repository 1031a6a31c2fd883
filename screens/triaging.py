"""Keys that decide about findings, show what was decided, repeat it, and put findings in groups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from ksec_tui.findings.finding import Finding
from ksec_tui.screens.grouping import GROUPS
from ksec_tui.screens.history import Place
from ksec_tui.screens.modals import Confirm
from ksec_tui.screens.pane import Row
from ksec_tui.screens.recording import Recording
from ksec_tui.screens.ruling import WORDS, Form, Menu
from ksec_tui.triage.decision import Ruling, State

NO_GROUPS = "none"


class Triaging(Recording):
    """Triage."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "triage", "Triage: decide about the finding", id="triage.decide"),
        Binding("T", "triage_all", "Triage all that match", id="triage.decide-all"),
        Binding("X", "reopen", "Reopen: take the decision back", id="triage.reopen"),
        Binding("i", "dismissed", "Show dismissed findings; the plan: piece by piece", id="triage.dismissed"),
        Binding("a", "arrange", "Group findings by check, object, ns, owner", id="findings.group"),
    ]

    _last_ruling: Ruling | None = None
    _owner: str = ""
    _told_where: bool = False

    # On what

    def _decidable(self, row: Row) -> Sequence[Finding]:
        """The findings that a decision on a row is about."""
        if row.finding is not None:
            return (row.finding,)
        if row.findings or not row.dismissed:
            return row.findings
        return self.view.state.results.on(row.ref)

    def _in_hand(self) -> list[Finding]:
        """What is marked, else what the line or the row in hand is about."""
        line = self.line_findings
        if line:
            return _each(line)
        rows = self.table.marked_rows() or ([self.row] if self.row else [])
        return _each(finding for row in rows for finding in self._decidable(row))

    def _in_list(self) -> list[Finding]:
        """What the rows that are shown are about."""
        return _each(finding for row in self.table.shown for finding in self._decidable(row))

    def _ruled(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those about which something is decided."""
        view = self.view
        standings = ((item, view.ledger.standing(view.state, item)) for item in findings)
        return [
            item
            for item, standing in standings
            if standing.decision is not None and standing.decision.state is not State.OPEN
        ]

    # Deciding

    def action_triage(self) -> None:
        """Decide about the finding in hand, or all that are marked."""
        findings = self._in_hand()
        if findings:
            self._ask(findings)
        else:
            self.say(self.disabled_reason("triage"), warning=True)

    def action_triage_all(self) -> None:
        """Decide about every finding of the list, after a counted question."""
        findings = self._in_list()
        if findings:
            self._ask(findings)
        else:
            self.say(self.disabled_reason("triage_all"), warning=True)

    def action_reopen(self) -> None:
        """Take back what was decided of the finding in hand, or of all that are marked."""
        findings = self._ruled(self._in_hand())
        if findings:
            self._confirmed(findings, Ruling(State.OPEN, self.now()))
        else:
            self.say("nothing was decided of this", warning=True)

    def _ask(self, findings: list[Finding]) -> None:
        about = f"{findings[0].title}: {findings[0].subject}" if len(findings) == 1 else counted(findings)
        now = self.view.ledger.standing(self.view.state, findings[0]).words if len(findings) == 1 else ""

        def chosen(state: State | None) -> None:
            if state is State.OPEN:
                self._take_back(findings)
            elif state is State.IN_PROGRESS:
                self._confirmed(findings, Ruling(state, self.now()))
            elif state is not None:
                self._fill(findings, about, state)

        self.app.clear_notifications()  # they would stand over the question
        self.app.push_screen(Menu(about, now), chosen)

    def _take_back(self, findings: list[Finding]) -> None:
        ruled = self._ruled(findings)
        if ruled:
            self._confirmed(ruled, Ruling(State.OPEN, self.now()))
        else:
            self.say("nothing was decided of this", warning=True)

    def _fill(self, findings: list[Finding], about: str, state: State) -> None:
        source = self.view.state.snapshot.source
        owner = self._owner or source.user or os.environ.get("USER", "")

        def filled(ruling: Ruling | None) -> None:
            if ruling is not None:
                self._owner = ruling.owner or self._owner
                self._confirmed(findings, ruling)

        last = self._last_ruling
        reason = last.reason if last is not None and last.state is state else ""
        self.app.clear_notifications()  # they would stand over the question
        self.app.push_screen(Form(about, state, source.date, reason=reason, owner=owner), filled)

    def _confirmed(self, findings: list[Finding], ruling: Ruling) -> None:
        """Decide; about several after a question that says how many and what."""
        if len(findings) == 1:
            self._take_ruling(findings, ruling)
            return
        question = f"{counted(findings).capitalize()}: {said(ruling)}?"

        def answered(yes: bool | None) -> None:
            if yes:
                self._take_ruling(findings, ruling)

        self.app.clear_notifications()  # they would stand over the question
        self.app.push_screen(Confirm(question, "decide so"), answered)

    def _take_ruling(self, findings: list[Finding], ruling: Ruling) -> None:
        if self.decide(findings, ruling):
            self._last_ruling = ruling
            self.table.clear_marks()
            words = WORDS[ruling.state] + (f" until {ruling.expires}" if ruling.expires else "")
            self.say(f"{words}: {counted(findings)}{self._once()}", seconds=3)

    def _once(self) -> str:
        """A word on where decisions are kept, with the first one."""
        first, self._told_where = not self._told_where, True
        nowhere = self.scribe.path is None
        return "; for this session only (--triage FILE keeps decisions)" if first and nowhere else ""

    def staged_last(self) -> None:
        """What was done last was to stage: that is repeated from now on."""
        self._last_ruling = None

    def action_repeat(self) -> None:
        """Do the last triage or staging to the row in hand, and go to the next row."""
        ruling = self._last_ruling
        if ruling is None:
            super().action_repeat()
            return
        row = self.table.cursor_row
        findings = _each(self._decidable(row)) if row is not None else []
        if not findings:
            self.say("there is no finding here to decide about", warning=True)
            return
        self.table.action_cursor_down()
        self._confirmed(findings, ruling)

    # What is shown

    def action_dismissed(self) -> None:
        """Show dismissed findings in the list, or hide them; in the plan, go through it piece by piece."""
        if self.pane.id == "fixes":
            self.action_hunks()
            return
        ledger = self.view.ledger
        self.set_ledger(replace(ledger, shows=not ledger.shows))
        count = ledger.dismissed_count
        shown = "hidden again" if ledger.shows else "shown in the list of findings"
        self.say(f"{count:,} dismissed finding{'s' if count != 1 else ''} {shown}")

    def action_arrange(self) -> None:
        """Group findings by the next thing; after the last, by none."""
        ways = ("", *GROUPS)
        self.group(ways[(ways.index(self.view.ledger.group) + 1) % len(ways)])

    def group(self, by: str) -> None:
        """Show the findings in groups by a word of `GROUPS`, in a flat list for an empty one or ``none``."""
        wanted = "" if by == NO_GROUPS else by
        if wanted and wanted not in GROUPS:
            self.say(f"{by}: findings are grouped by {', '.join(GROUPS)} or {NO_GROUPS}", error=True)
            return
        self.view = replace(self.view, ledger=replace(self.view.ledger, group=wanted))
        index = next(i for i, pane in enumerate(self.panes) if pane.id == "findings")
        if (self.pane_index, self.listing_of[index]) == (index, 0):
            self.show_listing(self.table.cursor_key or "")
        else:
            self.go(Place(index, 0, self.filter_of[index]))
        self.say(f"findings by {wanted}: l opens a group, h closes it" if wanted else "findings one by one")

    def show_audit(self) -> None:
        """Show how every decision stands."""
        for index, pane in enumerate(self.panes):
            for number, listing in enumerate(pane.listings):
                if (pane.id, listing.id) == ("findings", "triage"):
                    self.go(Place(index, number))

    def go_to_findings(self, text: str, key: str = "") -> None:
        """Show the findings under a filter, with the cursor on `key`, which no closed group hides."""
        if key:
            self.ungroup()
        super().go_to_findings(text, key)

    def go_to(self, finding: Finding) -> None:
        """Show a finding in the list of all, with why it is one."""
        self.ungroup()
        super().go_to(finding)

    def ungroup(self) -> None:
        """See that no group hides a finding that is looked for."""
        if self.view.ledger.group:
            self.view = replace(self.view, ledger=replace(self.view.ledger, group=""))

    # Why a key does nothing

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        reasons: dict[str, Callable[[], str]] = {
            "triage": lambda: "" if self._in_hand() else "there is no finding here to decide about",
            "triage_all": lambda: (
                "" if self._in_list() else "there is no finding in this list to decide about"
            ),
            "reopen": lambda: "" if self._ruled(self._in_hand()) else "nothing was decided of this",
            "dismissed": self._nothing_dismissed,
        }
        found = reasons[action]() if action in reasons else ""
        return found or super().disabled_reason(action)

    def _nothing_dismissed(self) -> str:
        if self.pane.id == "fixes":
            return self.disabled_reason("hunks")
        return "" if self.view.ledger.dismissed_count else "nothing is dismissed"


def _each(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once."""
    return list({finding.fingerprint: finding for finding in findings}.values())


def counted(findings: Sequence[Finding]) -> str:
    """``37 findings``."""
    return f"{len(findings):,} finding{'s' if len(findings) != 1 else ''}"


def said(ruling: Ruling) -> str:
    """A ruling in words."""
    parts = [WORDS[ruling.state]]
    parts += [f"until {ruling.expires}"] if ruling.expires else []
    parts += [f"by {ruling.owner}"] if ruling.owner else []
    return " ".join(parts) + (f" ({ruling.reason})" if ruling.reason else "")
