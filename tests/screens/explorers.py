"""A user at the explorer: presses keys, waits until the screen has caught up, reads what is on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.pilot import Pilot

from ksec_tui.app import KsecApp
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.history import Place
from ksec_tui.screens.pane import Row
from ksec_tui.sources.base import Source
from tests.screens.world import World

TURNS = 1500
"""Turns of the event loop that anything on the screen may take; far more than it does."""

TESTED: set[str] = set()
"""Ids of the bindings that some test presses."""

F = TypeVar("F", bound=Callable[..., Any])


def presses(*ids: str) -> Callable[[F], F]:
    """Mark a test as the one of these bindings; see `test_every_binding_is_pressed_by_a_test`."""

    def mark(test: F) -> F:
        TESTED.update(ids)
        return test

    return mark


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the program go on until `condition` holds."""
    for _ in range(TURNS):
        if condition():
            return
        await pilot.pause()
    raise AssertionError(f"did not come about: {condition.__code__.co_names}")


@dataclass
class User:
    """Somebody at the keyboard."""

    app: KsecApp
    pilot: Pilot[Any]

    @property
    def explorer(self) -> Explorer:
        """The explorer, whatever stands above it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Explorer))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds."""
        await until(self.pilot, condition)

    async def rests(self) -> None:
        """Wait until the screen shows everything that is known."""
        await self.until(lambda: self.explorer.is_mounted and self.explorer.at_rest)
        await self.pilot.pause()

    async def loaded(self) -> None:
        """Wait until everything was read and judged, and shown."""
        await self.until(lambda: not (self.app.session.state.reading or self.app.session.state.judging))
        await self.rests()

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other, each when the screen shows what the one before it did."""
        for key in keys:
            await self.pilot.press(key)
            await self.until(
                lambda: not self.app.is_running or not self.app.screen_stack or self.explorer.at_rest
            )

    async def type(self, text: str) -> None:
        """Type text."""
        named = {" ": "space", "\x1b": "escape"}
        await self.press(*(named.get(char, char) for char in text))

    async def command(self, line: str) -> None:
        """Give a command."""
        await self.press("colon")
        await self.type(line)
        await self.press("enter")

    async def filter(self, text: str) -> None:
        """Filter the list."""
        await self.press("slash")
        await self.type(text)
        await self.press("enter")

    async def find(self, **wanted: str) -> Row:
        """Put the cursor on the first row whose check, kind, name or namespace are those wanted."""
        for index, row in enumerate(self.explorer.table.shown):
            found = {"kind": row.ref.kind, "name": row.ref.name, "namespace": row.ref.namespace}
            found["check"] = row.finding.check if row.finding is not None else ""
            if wanted.items() <= found.items():
                self.explorer.table.move_to_index(index)
                await self.rests()
                return row
        raise AssertionError(f"no row with {wanted}")

    @property
    def lines(self) -> list[str]:
        """The lines of the screen."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def screen(self) -> str:
        """The whole screen as text."""
        return "\n".join(self.lines)

    @property
    def detail(self) -> str:
        """The text of the detail, also what is scrolled out of view."""
        return "\n".join(line.text for line in self.explorer.text.lines)

    @property
    def said(self) -> list[str]:
        """The messages on screen, newest last."""
        return [note.message for note in self.app._notifications]

    @property
    def row(self) -> Row:
        """The row in hand."""
        row = self.explorer.row
        assert row is not None
        return row


@asynccontextmanager
async def exploring(
    source: Source | None = None,
    *,
    size: tuple[int, int] = (140, 45),
    wait: bool = True,
    pane: str = "findings",
    **options: Any,
) -> AsyncIterator[User]:
    """A user in front of the findings of a source, or of another pane; a small cluster unless another is given."""
    app = KsecApp(source or World(), **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        user = User(app, pilot)
        await user.until(lambda: any(isinstance(screen, Explorer) for screen in app.screen_stack))
        if pane and not options.get("filter"):
            places = {item.id: index for index, item in enumerate(user.explorer.panes)}
            await user.until(lambda: user.explorer.is_mounted)
            user.explorer.go(Place(places[pane]), remember=False)
        if wait:
            await user.loaded()
        yield user
        broken = [text for text in user.said if text.startswith("internal error")]
        assert not broken, broken
