"""Keys in the order in which they are pressed, each only when what it is for is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.binding import ActiveBinding
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input

from ksec_tui.screens.opening import Opening


@runtime_checkable
class Presses(Protocol):
    """A screen that has a say in when its keys act."""

    async def press(self, event: Key) -> bool:
        """Do what a key does, or keep it for later; False where nothing is bound to it."""


async def act(screen: Screen[Any], event: Key, active: ActiveBinding | None) -> bool:
    """Do what a key does on a screen, now: type, or what is bound to it there; False where nothing is.

    Textual sends a key from widget to widget and looks for a binding where it ends up. Of several keys that are
    there already, one that opens a prompt would be heard before one that changes the pane, and those behind
    ``enter`` would still become part of what is typed.
    """
    box = screen.focused
    if isinstance(box, Input) and event.is_printable and event.character is not None:
        box.replace(event.character, *box.selection)
        return True
    if active is None or not active.enabled:
        return False
    await screen.app.run_action(active.binding.action, active.node)
    return True


class KeyOrder:
    """Which keys wait for a screen that is still coming or going.

    Args:
        app: whose keys they are.
        other: what happens to a key that none of our screens has a use for.
    """

    def __init__(self, app: App[Any], other: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._other = other
        self._ahead: list[Key] = []
        self._ready: Screen[Any] | None = None

    async def take(self, event: Key) -> None:
        """A key was pressed."""
        screen = self._app.screen
        if event.key in ("ctrl+q", "ctrl+c") and isinstance(screen, Opening):
            await self._other(event)
        elif self._ahead:
            self._ahead.append(event)
        elif screen is not self._ready:
            self._ahead.append(event)
            self._wait(screen)
        elif not await self._pressed(screen, event):
            await self._other(event)

    async def _pressed(self, screen: Screen[Any], event: Key) -> bool:
        if isinstance(screen, Presses):
            return await screen.press(event)
        if not type(screen).__module__.startswith("ksec_tui."):
            return False
        return await act(screen, event, screen.active_bindings.get(event.key))

    def _wait(self, screen: Screen[Any]) -> None:
        """Until the screen has done what it has to do already: it comes, or hears how a question was answered."""
        if isinstance(screen, Opening):
            self._app.set_timer(0.02, partial(self._catch_up, screen))
        else:
            screen.call_later(self._app.call_later, self._catch_up, screen)

    async def _catch_up(self, screen: Screen[Any]) -> None:
        now = self._app.screen
        if now is not screen or isinstance(now, Opening):
            self._wait(now)
            return
        self._ready = now
        ahead, self._ahead = self._ahead, []
        for event in ahead:
            await self.take(event)
