"""Small screens that ask what is to hold for findings: the menu of states; reason, owner and last day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ksec_tui.screens.modals import box
from ksec_tui.triage.decision import ACCEPTED_DAYS, DecisionError, Ruling, State, last_day

WORDS: Mapping[State, str] = {
    State.IN_PROGRESS: "in progress",
    State.FALSE_POSITIVE: "false positive",
    State.ACCEPTED: "risk accepted",
    State.WONT_FIX: "won't fix",
    State.MITIGATED: "mitigated elsewhere",
    State.OPEN: "open",
}
"""What each state is called."""

MEANS: Mapping[State, str] = {
    State.IN_PROGRESS: "somebody is at it; it still counts",
    State.FALSE_POSITIVE: "it is none",
    State.ACCEPTED: "until a day, somebody answers for it",
    State.WONT_FIX: "it stays as it is",
    State.MITIGATED: "something elsewhere takes care of it",
    State.OPEN: "take the decision back",
}
_KEYS = (
    ("a,i", State.IN_PROGRESS),
    ("f", State.FALSE_POSITIVE),
    ("r", State.ACCEPTED),
    ("w", State.WONT_FIX),
    ("x", State.MITIGATED),
    ("X,o", State.OPEN),
)


class Menu(ModalScreen[State | None]):
    """What is to hold: one key each; escape changes nothing."""

    DEFAULT_CSS = box("Menu")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(keys, f"choose('{state.value}')", WORDS[state].capitalize(), id=f"ruling.{state.value}")
            for keys, state in _KEYS
        ),
        Binding("escape,q,enter,ctrl+c", "leave", "Cancel", id="ruling.cancel"),
    ]

    def __init__(self, about: str, now: str) -> None:
        """`about` is what is decided on, `now` what holds of it."""
        super().__init__()
        self._about = about
        self._now = now

    def compose(self) -> ComposeResult:
        """What it is about, and the keys."""
        from ksec_tui.screens.keys import pressed

        with Vertical():
            yield Static(Text(f"Decide: {self._about}", style="bold"))
            yield Static(Text(f"Now: {self._now}\n" if self._now else ""))
            for _, state in _KEYS:
                key = pressed(self.app, f"ruling.{state.value}")
                yield Static(Text(f"  [{key}] {WORDS[state]:20} {MEANS[state]}", no_wrap=True))
            yield Static(Text("\nesc changes nothing"))

    def action_choose(self, name: str) -> None:
        """Close with the state."""
        self.dismiss(State(name))

    def action_leave(self) -> None:
        """Give up."""
        self.dismiss(None)


class Form(ModalScreen[Ruling | None]):
    """Why, by whom and until when; enter takes it once nothing is missing, escape gives None."""

    DEFAULT_CSS = (
        box("Form")
        + """
    Form Input { margin-bottom: 0; }
    Form .wrong { color: $error; text-style: bold; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "Cancel", id="form.cancel"),
        Binding("tab,down", "step(1)", "Next field", id="form.next", priority=True),
        Binding("shift+tab,up", "step(-1)", "Field before", id="form.previous", priority=True),
    ]

    def __init__(
        self, about: str, state: State, today: dt.date, *, reason: str = "", owner: str = ""
    ) -> None:
        """`about` is what is decided on; `reason` and `owner` are proposals."""
        super().__init__()
        self._about = about
        self._state = state
        self._today = today
        self._reason = reason
        self._owner = owner

    def compose(self) -> ComposeResult:
        """What it is about and the fields."""
        accepts = self._state is State.ACCEPTED
        until = (self._today + dt.timedelta(days=ACCEPTED_DAYS)).isoformat() if accepts else ""
        with Vertical():
            yield Static(Text(f"{WORDS[self._state].capitalize()}: {self._about}", style="bold"))
            yield Static(Text("Reason (for whoever reads it later)"))
            yield Input(self._reason, id="reason", compact=True)
            if accepts:
                yield Static(Text("Owner (who answers for it)"))
                yield Input(self._owner, id="owner", compact=True)
            yield Static(
                Text(f"Last day ({'a date, or days such as 90d' if accepts else 'nothing: no end'})")
            )
            yield Input(until, id="until", compact=True)
            yield Static("", id="wrong", classes="wrong", markup=False)
            yield Static(Text("enter decides, tab goes to the next field, esc cancels"))

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one("#reason", Input))

    def action_step(self, by: int) -> None:
        """Go to another field."""
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def _value(self, name: str) -> str:
        found = self.query(f"#{name}").results(Input)
        return next((item.value.strip() for item in found), "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.value = event.value  # what was typed ahead since is no part of it
        missing = next((name for name in ("reason", "owner") if self._lacks(name)), "")
        if missing:
            self._wrong(missing, f"{'a reason' if missing == 'reason' else 'an owner'} is needed")
            return
        try:
            expires = last_day(self._value("until"), self._today)
        except DecisionError as error:
            self._wrong("until", str(error))
            return
        owner = self._value("owner")
        self.dismiss(Ruling(self._state, self._today.isoformat(), self._value("reason"), owner, expires))

    def _lacks(self, name: str) -> bool:
        return bool(self.query(f"#{name}")) and not self._value(name)

    def _wrong(self, name: str, words: str) -> None:
        self.query_one("#wrong", Static).update(Text(words))
        self.set_focus(self.query_one(f"#{name}", Input))

    def action_leave(self) -> None:
        """Give up."""
        self.dismiss(None)
