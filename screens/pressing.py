"""What is typed ahead in the explorer: it does what it would have done if one had waited."""

from __future__ import annotations

from textual import on
from textual.events import DescendantFocus, Key

from ksec_tui.screens.arrivals import RowsReady
from ksec_tui.screens.board import Board
from ksec_tui.screens.key_order import act
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.session import Session

AT_ONCE = (
    *("filter", "command", "help", "log", "refresh", "interrupt", "leave"),
    *("bookmark.list", "rbac.who-can", "scope.all", "layout.", "detail."),
)
"""Beginnings of the ids of bindings that need no rows."""

LEAVES = ("pane.", "view.", "history.", "leave", "quit", "interrupt")
"""And of those with which somebody gives up what they typed ahead."""


class Pressing(Board):
    """Keys wait while the rows that they act on are on their way."""

    def __init__(self, session: Session, *, ascii: bool = False) -> None:  # noqa: A002 - the word users know
        super().__init__(session, ascii=ascii)
        self._ahead: list[Key] = []

    @property
    def at_rest(self) -> bool:
        """Whether no key waits."""
        return not self._ahead

    async def press(self, event: Key) -> bool:
        """Do what a key does, or keep it for later; False where nothing is bound to it."""
        types = self.focused is self.prompt.input and self.prompt.is_open
        active = None if types and event.is_printable else self.active_bindings.get(event.key)
        name = active.binding.id or "" if active is not None else ""
        if name.startswith(LEAVES):
            self._ahead.clear()
        elif self._ahead or self._is_early(name):
            self._ahead.append(event)
            return True
        if not types and active is not None:
            self.on_key()
        return await act(self, event, active)

    def _is_early(self, name: str) -> bool:
        if self.focused is self.prompt.input:
            return not self.prompt.is_open  # what was typed there is still to be taken
        waits = self.awaits_rows or self.table.changing
        return waits and self.table.has_focus and not name.startswith(AT_ONCE)

    @on(RowsReady)
    @on(VirtualTable.Settled)
    @on(DescendantFocus)
    def _take_up(self) -> None:
        """What was waited for may be there."""
        if self._ahead:
            self.app.call_later(self._catch_up)  # there, where keys arrive

    async def _catch_up(self) -> None:
        ahead, self._ahead = self._ahead, []
        for event in ahead:
            await self.app.on_event(event)

    def worker_failed(self, group: str) -> None:
        """There will be no rows: nothing waits for them."""
        super().worker_failed(group)
        self._take_up()
