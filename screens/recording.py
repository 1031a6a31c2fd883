"""What the sitting came to: recorded as it goes, shown or written in Markdown, offered on leaving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.cluster.files import write_private
from ksec_tui.findings.finding import Finding
from ksec_tui.reports.sitting import Exported, Sitting, summary
from ksec_tui.screens.detail import Detailed
from ksec_tui.screens.details.tab import line
from ksec_tui.screens.exporting import Exporting
from ksec_tui.screens.modals import Ask, Question, Read, box
from ksec_tui.screens.on_line import OnLine
from ksec_tui.triage.triage import NOTHING

FILE = "ksec-summary.md"
"""What a summary is called when nobody says otherwise."""


class Leave(Question[str]):
    """A question before something is lost; No is the default. Gives ``yes``, ``summary`` or nothing."""

    DEFAULT_CSS = box("Leave")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes", id="quit.yes"),
        Binding("w", "answer('summary')", "Write a summary first", id="quit.summary"),
        Binding("n,escape,enter,q,ctrl+c", "answer('')", "No", id="quit.no"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__(question, f"[y] {yes}    [w] write a summary first    [n, enter, esc] no")


class Recording(OnLine):
    """The record of the sitting."""

    class Summarized(Message):
        """A summary was written, or could not be: what to say, and whether to go on with what waits for it."""

        def __init__(self, words: str, *, well: bool) -> None:
            super().__init__()
            self.words = words
            self.well = well

    _seen: dict[str, Finding]
    _exports: tuple[Exported, ...] = ()
    _wanted_summary: tuple[Sitting, Path] | None = None
    _after_summary: Callable[[], None] | None = None

    # What is recorded

    @on(Detailed.DetailReady)
    def _looked_at_finding(self, message: Detailed.DetailReady) -> None:
        """Whoever moved to a finding and rested there has looked at it."""
        finding = message.hand.row.finding
        if finding is not None and self._touched:
            self.looked_at.setdefault(finding.fingerprint, finding)

    @property
    def looked_at(self) -> dict[str, Finding]:
        """The findings that were looked at, in that order, by fingerprint."""
        if not hasattr(self, "_seen"):
            self._seen = {}
        return self._seen

    @on(Exporting.Exported)
    def _export_ended(self, message: Exporting.Exported) -> None:
        if message.plan is not None:
            self._exports = (*self._exports, Exported(message.folder, message.files, message.plan))

    def sitting(self) -> Sitting:
        """What the sitting came to so far."""
        view = self.view
        ledger, proof = view.ledger, view.proven
        return Sitting(
            view.state.snapshot,
            view.state.results,
            ledger.triage,
            self.first_triage or NOTHING,
            view.plan,
            self._exports,
            tuple(self.looked_at.values()),
            ledger.since,
            None if proof is None else proof.reasons,
            str(ledger.path or ""),
            ledger.unkept,
        )

    # As Markdown

    def summarize(self, file: str) -> None:
        """Write what the sitting came to into a new file; show it where none is named."""
        if file:
            self._summarize(Path(file).expanduser())
            return
        lines = [line(text) for text in summary(self.sitting()).splitlines()]
        title = "Session (:summary FILE writes it)"
        self.app.push_screen(Read(title, lines, ascii=self.view.ascii))

    def _summarize(self, path: Path) -> None:
        self._wanted_summary = self.sitting(), path
        self._write_summary()

    @work(thread=True, group="summary", exit_on_error=False)
    def _write_summary(self) -> None:
        # No argument: Textual keeps those of every worker that ever ran, and with them every Snapshot.
        if self._wanted_summary is None:
            return
        (sitting, path), self._wanted_summary = self._wanted_summary, None
        try:
            write_private(path, summary(sitting).encode("utf-8", "backslashreplace"))
        except FileExistsError:
            self.post_message(self.Summarized(f"{path} exists already and is left as it is", well=False))
        except OSError as error:
            said = f"{path} cannot be written: {error.strerror or error}"
            self.post_message(self.Summarized(said, well=False))
        else:
            self.post_message(self.Summarized(f"the session is told in {path}", well=True))

    def on_recording_summarized(self, message: Summarized) -> None:
        """Say how it went; leave, when that waited for it and it went well."""
        go_on, self._after_summary = self._after_summary, None
        self.say(message.words, error=not message.well, seconds=12)
        if message.well and go_on is not None:
            go_on()

    # Before something is lost

    @property
    def unsaved(self) -> bool:
        """Whether staged fixes were not exported, or decisions are in no file."""
        return super().unsaved or bool(self.view.ledger.unkept)

    def unless_unsaved(self, what: str, do: Callable[[], None]) -> None:
        """Do what loses plan and decisions; after a question when something of them was not saved."""
        if not self.unsaved:
            do()
            return

        def named(file: str | None) -> None:
            if file:
                self._after_summary = do
                self._summarize(Path(file).expanduser())

        def answered(answer: str | None) -> None:
            if answer == "yes":
                do()
            elif answer == "summary":
                self.app.push_screen(Ask("Write the summary to which new file?", FILE), named)

        self.app.clear_notifications()  # they would stand over the question
        question = f"{' '.join(self._lost())} {what.capitalize()} all the same?"
        self.app.push_screen(Leave(question, what), answered)

    def _lost(self) -> list[str]:
        lost: list[str] = []
        count = self.unexported
        if count:
            lost.append(f"{count} staged fix{'es were' if count != 1 else ' was'} not exported.")
        unkept = self.view.ledger.unkept
        if unkept:
            lost.append(f"{unkept} decision{'s are' if unkept != 1 else ' is'} in no file.")
        return lost
