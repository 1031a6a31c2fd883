"""What is painted first: it needs nothing of the engines, which are imported once it is on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.text import Text
from textual.screen import Screen

from ksec_tui.cluster.text import one_line
from ksec_tui.screens.panes import TITLES

ROOM = 3
"""Cells that the strip needs for a pane besides its title."""


def when_painted(screen: Screen[Any], callback: Callable[[], object]) -> None:
    """Call `callback` once `screen`, being mounted, has been painted.

    While the app starts, Textual holds frames back and thinks everything refreshed: what is put off until
    the app takes messages comes after that.
    """
    screen.app.call_later(screen.call_after_refresh, callback)


class Opening(Screen[None]):
    """Status line, panes and a loading state, until the explorer takes their place.

    Args:
        label: what is being opened.
        painted: called once this is on the screen.
        ascii: draw with ASCII characters only.
    """

    def __init__(self, label: str, painted: Callable[[], object], *, ascii: bool = False) -> None:  # noqa: A002
        super().__init__()
        self._label = one_line(label, 200)
        self._painted = painted
        self._bar, self._dots = (" | ", "...") if ascii else (" ▏", "…")

    def on_mount(self) -> None:
        """Go on after the first frame."""
        when_painted(self, self._painted)

    def render(self) -> Text:
        """The frame."""
        width, height = self.size
        parts = (" ksec", self._label, "READ-ONLY", f"reading {self._dots}")
        lines = [self._bar.join(part for part in parts if part), self._strip(width)]
        lines += [""] * max(0, height // 2 - 2)
        lines.append(f"loading {self._dots}".center(width).rstrip())
        return Text("\n".join(line[:width] for line in lines), no_wrap=True)

    def _strip(self, width: int) -> str:
        titles = TITLES if sum(map(len, TITLES)) + ROOM * len(TITLES) <= width else [t[:4] for t in TITLES]
        return self._bar[-1].join(f" {number} {title} " for number, title in enumerate(titles, 1))
