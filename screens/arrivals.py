"""What reaches the board from other threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from ksec_tui.screens.pane import Listing, Row
    from ksec_tui.session import State


class StateArrived(Message):
    """A newer State; only the newest counts."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def can_replace(self, message: Message) -> bool:
        """One of several waiting is enough."""
        return isinstance(message, StateArrived)


class RowsReady(Message):
    """Rows for the list, worked out off the UI thread."""

    def __init__(self, listing: Listing, rows: Sequence[Row], badges: tuple[str, ...], notice: str) -> None:
        super().__init__()
        self.listing = listing
        self.rows = rows
        self.badges = badges
        self.notice = notice
