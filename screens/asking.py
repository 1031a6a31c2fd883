"""Keys and commands that ask about rights: who can, through whose eyes, compared with whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.naming import NamingError, subject_named
from ksec_tui.analysis.rbac.rules import STANDARD_VERBS
from ksec_tui.analysis.rbac.subjects import subjects
from ksec_tui.cluster.kinds import KINDS, NAMESPACE
from ksec_tui.screens.details.rights import explanation, subject_in
from ksec_tui.screens.history import Place
from ksec_tui.screens.lens import DEFAULT_POLICY, QUESTION, Lens
from ksec_tui.screens.modals import Read
from ksec_tui.screens.prompt import PromptBar
from ksec_tui.screens.restricting import Restricting
from ksec_tui.screens.widgets.text import TextLines

SPECIAL_VERBS = ("impersonate", "bind", "escalate", "approve", "sign", "attest", "use", "*")
SUBRESOURCES = (
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/log",
    "pods/ephemeralcontainers",
    "pods/eviction",
    "serviceaccounts/token",
    "nodes/proxy",
    "services/proxy",
    "certificatesigningrequests/approval",
)
QUESTION_HINT = f"{QUESTION}   get secrets -n shop   create pods/exec -A"


class Asking(Restricting):
    """Asking about rights."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Q", "ask", "Who can …", id="rbac.who-can"),
        Binding("A", "eyes", "See what this subject may do with each row", id="rbac.view-as"),
        Binding("M", "compare", "Compare rights with this subject", id="rbac.compare"),
    ]

    # Who can …

    def action_ask(self) -> None:
        """Ask who can do something."""
        self.prompt.open("who-can", "?", self.view.lens.question, QUESTION_HINT, self._complete_question)

    def ask(self, question: str) -> None:
        """Show the answer to a question."""
        self.set_lens(replace(self.view.lens, question=question.strip()))
        for index, pane in enumerate(self.panes):
            for number, listing in enumerate(pane.listings):
                if listing.id == "who-can":
                    self.go(Place(index, number, ""))

    @on(PromptBar.Submitted)
    def _asked(self, message: PromptBar.Submitted) -> None:
        if message.mode == "who-can":
            self.ask(message.text)

    def _complete_question(self, text: str, cursor: int) -> tuple[int, list[str]]:
        head = text[:cursor]
        start = head.rfind(" ") + 1
        word, before = head[start:], head[:start].split()
        return start, sorted(item for item in self._candidates(before) if item.startswith(word))[:200]

    def _candidates(self, before: list[str]) -> Iterable[str]:
        if not before:
            return (*STANDARD_VERBS, *SPECIAL_VERBS)
        if len(before) == 1:
            return (*(kind.resource for kind in KINDS), *SUBRESOURCES, "users", "groups")
        if before[-1] in ("-n", "--namespace"):
            return (item.name for item in self.view.state.snapshot.of(NAMESPACE))
        return ("-n", "-A")

    # Through somebody's eyes, compared with somebody

    def action_eyes(self) -> None:
        """Show beside each row what the subject in hand may do with it; again to stop."""
        row = self.row
        who = subject_in(self.view.state.snapshot, row.ref) if row else None
        lens = self.view.lens
        if who is None and lens.eyes is None:
            self.say(self.disabled_reason("eyes"), warning=True)
            return
        self.set_lens(replace(lens, eyes=None if lens.eyes in (who, None) and lens.eyes else who))

    def see_as(self, text: str) -> None:
        """The same for a subject by its name; nobody for an empty one."""
        self.set_lens(replace(self.view.lens, eyes=self._subject(text) if text else None))

    def action_compare(self) -> None:
        """Compare the rights of other subjects with those of the one in hand; again to stop."""
        row = self.row
        who = subject_in(self.view.state.snapshot, row.ref) if row else None
        lens = self.view.lens
        if lens.compare is not None or lens.against_default:
            self.set_lens(replace(lens, compare=None, against_default=False))
            self.say("compared with nobody any more")
        elif who is None:
            self.say(self.disabled_reason("compare"), warning=True)
        else:
            self.set_lens(replace(lens, compare=who))
            self.say(f"the tab Rights now shows what sets others apart from {who}")

    def compare_with(self, text: str) -> None:
        """The same for a subject by its name, or for the default policy of the server's version."""
        chosen = Lens(eyes=self.view.lens.eyes, question=self.view.lens.question)
        if text == DEFAULT_POLICY:
            chosen = replace(chosen, against_default=True)
        elif text:
            chosen = replace(chosen, compare=self._subject(text))
        self.set_lens(chosen)

    def _subject(self, text: str) -> Who | None:
        try:
            return subject_named(text)
        except NamingError as error:
            self.say(str(error), error=True)
            return None

    def subject_words(self) -> Iterable[str]:
        """Every subject as commands name it."""
        for holder in subjects(self.view.state.snapshot):
            who = holder.who
            yield f"sa:{who.namespace}/{who.name}" if who.is_account else f"{who.kind.lower()}:{who.name}"

    # By what a right is granted

    @on(TextLines.LineOpened)
    def _right_opened(self, event: TextLines.LineOpened) -> None:
        kind, _, link = event.line.link.partition(":")
        row = self.row
        if kind != "right" or row is None:
            return
        snapshot = self.view.state.snapshot
        who = subject_in(snapshot, row.ref)
        if who is not None:
            shown = link.replace("|", " ").strip()
            self.app.push_screen(Read(f"{who}: {shown}", explanation(snapshot, who, link)))

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        row = self.row
        if action in ("eyes", "compare"):
            who = subject_in(self.view.state.snapshot, row.ref) if row else None
            if who is None and (self.view.lens.eyes if action == "eyes" else self.view.lens.compare) is None:
                return "only subjects and workloads have rights: choose one in pane 4 or 6"
        return super().disabled_reason(action)
