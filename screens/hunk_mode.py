"""Hunk mode: the pieces of the plan one by one, each taken or left out, as `git add -p` asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, cast

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.redact import redacted
from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.diff import object_diff
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.hunks import Hunk, change_of, split
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.wholes import Fetch, missing
from ksec_tui.screens.details.tab import heading, line, prose
from ksec_tui.screens.keys import Key, keys_of, spelled
from ksec_tui.screens.lines import Bar, Part
from ksec_tui.screens.modals import Read
from ksec_tui.screens.plan_rows import RISKS
from ksec_tui.screens.view import View
from ksec_tui.screens.widgets.diff_view import diff_lines
from ksec_tui.screens.widgets.text import Line, TextLines


class Decisions(msgspec.Struct, frozen=True):
    """What somebody decided.

    Attributes:
        taken: the pieces that are wanted.
        refused: those that are not.
        edit: the piece that is to be edited next; None when nothing is.
        rest: what is to be gone through after that.
    """

    taken: tuple[Hunk, ...] = ()
    refused: tuple[Hunk, ...] = ()
    edit: Hunk | None = None
    rest: tuple[Hunk, ...] = ()


@dataclass
class _Walk:
    """Where one is among the pieces, and what was decided of those before."""

    pieces: list[Hunk]
    at: int = 0
    wanted: dict[str, bool] = field(default_factory=dict)
    way: list[int] = field(default_factory=list)

    @property
    def here(self) -> Hunk | None:
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def decide(self, *, take: bool) -> None:
        if self.here is not None:
            self.wanted[self.here.key] = take
            self.way.append(self.at)
            self.at += 1

    def decide_object(self, *, take: bool) -> None:
        """The same for this piece and every later one of its object, which come next."""
        first = self.here
        if first is None:
            return
        rest = self.pieces[self.at :]
        self.pieces[self.at :] = [
            *(piece for piece in rest if piece.target == first.target),
            *(piece for piece in rest if piece.target != first.target),
        ]
        while self.here is not None and self.here.target == first.target:
            self.decide(take=take)

    def back(self) -> bool:
        """Take the last decision back."""
        if not self.way:
            return False
        self.at = self.way.pop()
        self.wanted.pop(self.pieces[self.at].key, None)
        return True

    def divide(self, pieces: Sequence[Hunk]) -> None:
        self.pieces[self.at : self.at + 1] = pieces

    def decisions(self, edit: Hunk | None = None) -> Decisions:
        decided = [(piece, self.wanted[piece.key]) for piece in self.pieces if piece.key in self.wanted]
        return Decisions(
            tuple(piece for piece, take in decided if take),
            tuple(piece for piece, take in decided if not take),
            edit,
            tuple(self.pieces[self.at + 1 :]) if edit is not None else (),
        )


class HunkMode(ModalScreen[Decisions]):
    """Asks of each piece whether it is wanted; gives back what was decided, whenever it is left."""

    DEFAULT_CSS = """
    HunkMode { align: center middle; }
    HunkMode > Vertical {
        width: 96%; max-width: 140; height: 94%;
        background: $panel; border: round $accent; padding: 0 1;
    }
    HunkMode TextLines { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "decide(True)", "Take it; what is to be reviewed is reviewed", id="hunk.take"),
        # Before the text, whose own key it is too.
        Binding("n", "decide(False)", "Leave it out", id="hunk.refuse", priority=True),
        Binding("a", "decide_object(True)", "Take it and all later ones of the object", id="hunk.take-all"),
        Binding(
            "d", "decide_object(False)", "Leave it out and all later ones of the object", id="hunk.refuse-all"
        ),
        Binding("s", "split", "Split it into the fields that it changes", id="hunk.split"),
        Binding("e", "edit", "Edit its patch", id="hunk.edit"),
        Binding("u,z", "back", "Take the last decision back", id="hunk.back"),
        Binding("q,escape,ctrl+c", "stop", "Stop: what is not decided stays as it is", id="hunk.stop"),
        Binding("question_mark,f1", "help", "These keys", id="hunk.help"),
    ]

    class Worked(Message):
        """What a piece changes, worked out off the UI thread."""

        def __init__(self, hunk: Hunk, lines: Sequence[Line]) -> None:
            super().__init__()
            self.hunk = hunk
            self.lines = lines

    def __init__(self, pieces: Sequence[Hunk], view: View, fetch: Fetch) -> None:
        super().__init__()
        self._view = view
        self._fetch = fetch
        self._walk = _Walk(list(pieces))
        self._asked: Hunk | None = None

    def compose(self) -> ComposeResult:
        """Which piece, what it changes, and the keys."""
        ascii = self._view.ascii  # noqa: A001 - the word users know
        with Vertical():
            yield Bar(id="hunk-title", ascii=ascii)
            yield TextLines(id="hunk-text")
            yield Bar(id="hunk-keys", ascii=ascii)

    def on_mount(self) -> None:
        """Keys scroll the text."""
        text = self.query_one(TextLines)
        text.ascii = self._view.ascii
        self.set_focus(text)
        self._show()

    @property
    def hunk(self) -> Hunk | None:
        """The piece that is asked about."""
        return self._walk.here

    def _item(self, hunk: Hunk) -> Staged | None:
        return self._view.plan.of(hunk.fingerprint)

    def _show(self) -> None:
        hunk = self._walk.here
        item = self._item(hunk) if hunk is not None else None
        if hunk is None or item is None:
            self.dismiss(self._walk.decisions())
            return
        place = f"[{self._walk.at + 1}/{len(self._walk.pieces)}] "
        risk = item.fix.risk
        self.query_one("#hunk-title", Bar).show(
            (place, "accent bold"), (risk.value, RISKS[risk]), ("  ", ""), (str(hunk.target), "bold")
        )
        keys: list[Part] = []
        split_words = (("s", "split"),) if self._can_split(item, hunk) else ()
        words = (("y", "take"), ("n", "leave out"), ("a", "all"), ("d", "none"), *split_words)
        for key, said in (*words, ("e", "edit"), ("u", "back"), ("q", "stop"), ("?", "help")):
            keys += [(f" {key} ", "accent bold"), (f"{said} ", "muted")]
        self.query_one("#hunk-keys", Bar).show(*keys)
        text = self.query_one(TextLines)
        width = max(20, self.size.width * 9 // 10 - 6)
        text.set_lines([*_about(hunk, item, self._view, width), line("…", "muted")])
        text.move_to_index(0)
        self._asked = hunk
        self._work_out()

    def _can_split(self, item: Staged, hunk: Hunk) -> bool:
        return len(split(item, hunk)) > 1

    @work(thread=True, group="hunk", exit_on_error=False)
    def _work_out(self) -> None:
        hunk = self._asked
        item = self._item(hunk) if hunk is not None else None
        if hunk is not None and item is not None:
            self.post_message(self.Worked(hunk, _difference(hunk, item, self._view, self._fetch)))

    def on_hunk_mode_worked(self, message: Worked) -> None:
        """Show what it changes, if it is still asked about."""
        item = self._item(message.hunk)
        if message.hunk == self._walk.here and item is not None:
            width = max(20, self.size.width * 9 // 10 - 6)
            text = self.query_one(TextLines)
            text.set_lines([*_about(message.hunk, item, self._view, width), *message.lines])

    # Keys

    def action_decide(self, take: bool) -> None:
        """Decide on the piece and go on to the next."""
        self._walk.decide(take=take)
        self._show()

    def action_decide_object(self, take: bool) -> None:
        """Decide on all that is left of the object."""
        self._walk.decide_object(take=take)
        self._show()

    def action_split(self) -> None:
        """Ask about each field by itself."""
        hunk = self._walk.here
        item = self._item(hunk) if hunk is not None else None
        if hunk is None or item is None:
            return
        pieces = split(item, hunk)
        if len(pieces) > 1:
            self._walk.divide(pieces)
            self._show()
        else:
            self.notify("this cannot be split", severity="warning", markup=False)

    def action_edit(self) -> None:
        """Leave for the editor; the rest is asked about after it."""
        self.dismiss(self._walk.decisions(self._walk.here))

    def action_back(self) -> None:
        """Ask again about what was decided last."""
        if self._walk.back():
            self._show()
        else:
            self.notify("nothing is decided yet", severity="warning", markup=False)

    def action_stop(self) -> None:
        """Keep what was decided."""
        self.dismiss(self._walk.decisions())

    def action_help(self) -> None:
        """Show the keys."""
        rebound: dict[str, str] = dict(getattr(self.app, "rebound", {}))
        shown = [_key_line(key, rebound) for key in keys_of(HunkMode, "")]
        more = prose(
            "A fix of which a piece is left out must still remove its finding: it is proven again.", 70
        )
        self.app.push_screen(Read("Hunk mode", [*shown, line(), *more], ascii=self._view.ascii))


def _key_line(key: Key, rebound: dict[str, str]) -> Line:
    return Line(((f"  {spelled(rebound.get(key.id, key.keys)):16}", "accent"), (key.words, "")))


def wanted(plan: FixPlan, decisions: Decisions) -> FixPlan:
    """The plan with the fixes confirmed of which a piece was taken and none left open."""
    taken = {hunk.fingerprint for hunk in decisions.taken}
    review = [item for item in plan.unconfirmed if item.fingerprint in taken]
    return plan.confirm(item.fingerprint for item in review if _all_decided(item, decisions))


def _all_decided(item: Staged, decisions: Decisions) -> bool:
    decided = {
        hunk.index for hunk in (*decisions.taken, *decisions.refused) if hunk.fingerprint == item.fingerprint
    }
    return decided >= set(range(len(item.fix.changes)))


def _about(hunk: Hunk, item: Staged, view: View, width: int) -> list[Line]:
    proof = view.proven
    reason = "" if proof is None else proof.reasons.get(item.fingerprint, "")
    shown = [heading(item.fix.title), line(f"{item.finding.check}: {item.finding.words}", "muted")]
    if item.fix.risk is Risk.REVIEW:
        words = "reviewed" if item.confirmed else "not reviewed yet: y takes it as reviewed"
        shown.append(line(words, "pass" if item.confirmed else "medium"))
    if reason:
        shown += list(prose(f"Refused: {reason}", width, style="error"))[:-1]
    if item.fix.may_break:
        shown += list(prose(f"May break: {item.fix.may_break}", width))[:-1]
    return [*shown, line(hunk.words, "evidence"), line()]


def _difference(hunk: Hunk, item: Staged, view: View, fetch: Fetch) -> list[Line]:
    """What the piece alone makes of its object."""
    snapshot = view.state.snapshot
    document = missing(item.fix, snapshot, fetch).get(hunk.target) or snapshot.document(hunk.target)
    try:
        after = apply(document, change_of(item, hunk))
    except PatchError as error:
        return [line(f"it does not apply by itself: {error}", "error")]
    return diff_lines(*object_diff(_shown(document), _shown(after)))


def _shown(document: Document | None) -> Document | None:
    return None if document is None else cast("Document", redacted(document))
