"""Short messages over the screen: never read as markup, never over the row that keys act on."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.screen import Screen
from textual.worker import Worker, WorkerState

from ksec_tui.cluster.mishap import mishap
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.keys import pressed

SAID = 400
"""Characters of a message that are shown."""


class Notices(Screen[None]):
    """A screen whose messages stand in the half where the cursor is not, and which outlives its workers."""

    DEFAULT_CSS: ClassVar[str] = """
    Notices ToastRack { max-height: 45%; margin-bottom: 1; }
    Notices.-cursor-low ToastRack { dock: top; align: right top; margin-bottom: 0; }
    Notices Toast { padding: 0 1; margin-top: 0; max-width: 60%; max-height: 8; }
    Notices.-narrow Toast { max-width: 100%; }
    """

    @property
    def cursor_line(self) -> int:
        """The line of the screen on which keys act; overridden where there is one."""
        return 0

    def place_notices(self) -> None:
        """Keep messages out of the cursor's half of the screen."""
        self.set_class(self.cursor_line * 2 >= self.size.height, "-cursor-low")

    def say(
        self, text: str, *, error: bool = False, warning: bool = False, seconds: float | None = None
    ) -> None:
        """Show a message for a while; `text` may hold anything.

        Args:
            text: what to say.
            error: it failed.
            warning: it did nothing, for a reason.
            seconds: how long; None for the usual time.
        """
        self.place_notices()
        severity: Literal["error", "warning", "information"]
        severity = "error" if error else "warning" if warning else "information"
        self.notify(one_line(text, SAID), severity=severity, timeout=seconds, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that failed is told of; the screen goes on."""
        if event.state is WorkerState.ERROR:
            if event.worker.error is not None:
                self.say(f"internal error: {mishap(event.worker.error)}", error=True, seconds=20)
            self.worker_failed(event.worker.group)

    def key(self, ids: str) -> str:
        """What to press for the bindings of these ids, as they are bound."""
        return pressed(self.app, ids)

    def worker_failed(self, group: str) -> None:
        """Called when a worker of `group` failed; overridden where somebody waits for it."""
