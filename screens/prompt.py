"""The line where one types: a filter, a command, a search. History with the arrows, completion with tab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from ksec_tui.cluster.text import one_line
from ksec_tui.screens.lines import Bar

Completer = Callable[[str, int], tuple[int, list[str]]]
"""From text and cursor to the column where the completion starts and what may stand there."""


class PromptInput(Input, inherit_bindings=True):
    """The input itself; the arrows and tab belong to its bar."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "Earlier", show=False, id="prompt.earlier"),
        Binding("down", "recall(1)", "Later", show=False, id="prompt.later"),
        Binding("tab", "complete", "Complete", show=False, id="prompt.complete"),
        Binding("escape", "leave", "Leave", show=False, id="prompt.leave"),
    ]

    @property
    def bar(self) -> PromptBar:
        """The bar around it."""
        return self.query_ancestor(PromptBar)

    async def action_submit(self) -> None:
        """Tell what was typed."""
        self.bar.submit()

    def action_recall(self, step: int) -> None:
        """Bring back what was typed earlier."""
        self.bar.recall(step)

    def action_complete(self) -> None:
        """Complete the word at the cursor; again for the next candidate."""
        self.bar.complete_next()

    def action_leave(self) -> None:
        """Close the bar and give back what was there before."""
        self.bar.leave()


class PromptBar(Vertical):
    """Two lines at the bottom: what is typed, and a hint or an error with a caret."""

    DEFAULT_CSS = """
    PromptBar { height: 2; dock: bottom; display: none; background: $panel; }
    PromptBar.-open { display: block; }
    PromptBar Horizontal { height: 1; }
    PromptBar #prompt-mark { width: 2; height: 1; color: $accent; text-style: bold; }
    PromptBar PromptInput, PromptBar PromptInput:focus {
        border: none; height: 1; padding: 0; width: 1fr; background: $panel; color: $foreground;
    }
    """

    class Changed(Message):
        """The text changed while typing."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Submitted(Changed):
        """Enter was pressed."""

    class Left(Changed):
        """Escape was pressed; `text` is what stood there when the bar was opened."""

    def __init__(self, *, id: str, ascii: bool = False) -> None:  # noqa: A002 - Textual's and the users' words
        super().__init__(id=id)
        self._ascii = ascii
        self.mode = ""
        self._before = ""
        self._completer: Completer | None = None
        self._history: dict[str, list[str]] = {}
        self._recalled = 0
        self._candidates: list[str] = []
        self._candidate = -1
        self._completed = ""
        self._start = 0

    def compose(self) -> ComposeResult:
        """The input with its mark, the hint below."""
        with Horizontal():
            yield Static("", id="prompt-mark", markup=False)
            yield PromptInput(id="prompt-input", compact=True, select_on_focus=False)
        yield Bar(id="prompt-hint", ascii=self._ascii)

    @property
    def input(self) -> PromptInput:
        """The input."""
        return self.query_one(PromptInput)

    def open(
        self,
        mode: str,
        mark: str,
        text: str,
        hint: str,
        completer: Completer | None = None,
        *,
        goes_on: bool = False,
    ) -> None:
        """Show the bar for `mode` with `text` in it and take the focus.

        What is typed first replaces the text, but where it `goes_on` from there.
        """
        self.mode, self._before, self._completer = mode, text, completer
        self._recalled = 0
        self._candidates = []
        self.query_one("#prompt-mark", Static).update(Text(mark))
        self.hint(hint)
        self.add_class("-open")
        with self.prevent(Input.Changed):
            self.input.value = text
        self.input.selection = Selection.cursor(len(text)) if goes_on else Selection(0, len(text))
        # At once: `focus` would wait, and keys that are there already would go elsewhere.
        self.screen.set_focus(self.input)

    def bring_back(self, typed: Mapping[str, Sequence[str]]) -> None:
        """What was typed in each mode at other times, oldest first."""
        self._history = {mode: list(lines) for mode, lines in typed.items()}

    def close(self) -> None:
        """Hide the bar."""
        self.remove_class("-open")
        self.mode = ""

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return self.has_class("-open")

    def hint(self, text: str) -> None:
        """Say something helpful below the input."""
        self.query_one("#prompt-hint", Bar).show((f"  {text}", "muted"))

    def error(self, text: str, position: int) -> None:
        """Say what is wrong, with a caret below the column `position`."""
        caret = f"{' ' * (2 + position)}^ "
        self.query_one("#prompt-hint", Bar).show((caret, "error bold"), (text, "error"))

    def leave(self) -> None:
        """Close and give back what was there before."""
        mode, before = self.mode, self._before
        self.close()
        self.post_message(self.Left(mode, before))

    def recall(self, step: int) -> None:
        """Go through what was typed before in this mode."""
        past = self._history.get(self.mode, [])
        if not past:
            return
        self._recalled = max(-len(past), min(0, self._recalled + step))
        self.input.value = past[self._recalled] if self._recalled else ""
        self.input.cursor_position = len(self.input.value)

    def complete_next(self) -> None:
        """Put the next candidate where the word at the cursor stands."""
        if self._completer is None:
            return
        box = self.input
        if not self._candidates or box.value != self._completed:
            self._start, self._candidates = self._completer(box.value, box.cursor_position)
            self._candidate = -1
        if not self._candidates:
            self.hint("nothing to complete here")
            return
        self._candidate = (self._candidate + 1) % len(self._candidates)
        # On one line, as the list shows it: a name may hold anything.
        chosen = one_line(self._candidates[self._candidate])
        box.value = f"{box.value[: self._start]}{chosen}"
        box.cursor_position = len(box.value)
        self._completed = box.value
        others = "  ".join(self._candidates[:12])
        self.hint(others if len(self._candidates) > 1 else chosen)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what is typed."""
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(self.mode, event.value))

    def submit(self) -> None:
        """Take what was typed, at once: what is typed next is for something else."""
        mode, text = self.mode, self.input.value
        past = self._history.setdefault(mode, [])
        if text.strip() and (not past or past[-1] != text):
            past.append(text)
        self.close()
        self.post_message(self.Submitted(mode, text))
