"""Colours are never needed, ASCII is enough, and no size of the terminal is too small to go on."""

from __future__ import annotations

import pytest

from ksec_tui import themes
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.sources.demo import DemoSource
from tests.screens.explorers import User, exploring
from tests.screens.world import World


async def tour(user: User, *, pairs: bool = False) -> list[str]:
    """Every pane, view and tab, a modal and the prompt: the screens as text.

    With `pairs` every tab in every view of a pane, not just in the first that has it.
    """
    seen = [user.screen]
    for pane in user.explorer.panes:
        await user.press(str(pane.number))
        known: set[str] = set()
        for _ in pane.listings:
            seen.append(user.screen)
            tabs = {tab.id for tab in user.explorer.tabs}
            for _ in user.explorer.tabs if pairs or not tabs <= known else ():
                await user.press("right_curly_bracket")
                seen.append(user.screen)
            known |= tabs
            await user.press("right_parenthesis")
    for keys in (["question_mark"], ["escape", "C"], ["escape", "slash"], ["escape", "R"]):
        await user.press(*keys)
        seen.append(user.screen)
    return seen


async def test_without_colour_a_severity_is_read_from_its_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with exploring() as user:
        marks = [line.split()[0] for line in user.lines[4:-1]]
        assert marks[:2] == ["■C", "■C"]
        assert {mark[-1] for mark in marks} >= {"C", "H", "M", "L"}
        strips = user.app.screen._compositor.render_strips()
        for segment in (segment for strip in strips for segment in strip):
            if segment.style is not None and segment.style.color is not None and segment.style.color.triplet:
                red, green, blue = segment.style.color.triplet
                assert red == green == blue


async def test_ascii_mode_draws_nothing_beyond_ascii_anywhere() -> None:
    async with exploring(ascii=True, size=(140, 45)) as user:
        for screen in await tour(user, pairs=True):
            odd = [line for line in screen.splitlines() if not line.isascii()]
            assert not odd, odd


@pytest.mark.parametrize("theme", [theme.name for theme in themes.discover()])
async def test_every_theme_shows_every_pane(theme: str) -> None:
    async with exploring(theme=theme, size=(100, 30)) as user:
        assert len(set(await tour(user))) > len(user.explorer.panes)


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (1, 1), (300, 3), (3, 100)], ids=str)
async def test_no_size_is_too_small_to_go_on(size: tuple[int, int]) -> None:
    async with exploring(size=size) as user:
        await tour(user)
        await user.pilot.resize_terminal(80, 24)
        await user.press("escape", "2")
        assert "Findings" in user.screen


async def test_at_80_by_24_the_hints_the_panes_and_the_status_fit() -> None:
    async with exploring(DemoSource(today="2026-11-21"), size=(80, 24)) as user:
        for pane in user.explorer.panes:
            await user.press(str(pane.number))
            assert user.lines[-1].rstrip().endswith("? help")
            assert all(f" {pane.number} " in f" {user.lines[1]}" for pane in user.explorer.panes)
            for words in ("demo", "READ-ONLY", "coverage 100%"):
                assert words in user.lines[0]


async def test_a_long_label_never_pushes_read_only_and_coverage_out() -> None:
    info = SourceInfo(
        kind="files", label="/a/very/long/path" * 20, user="somebody" * 30, server_version="v1.33.4"
    )
    for width in (40, 60, 80, 140):
        async with exploring(World(info=info), size=(width, 24)) as user:
            assert "READ-ONLY" in user.lines[0] or "▏RO " in user.lines[0]
            assert "100%" in user.lines[0]


async def test_prose_is_wrapped_anew_when_the_terminal_changes() -> None:
    async with exploring(size=(140, 45)) as user:
        await user.find(check="rbac-cluster-admin")
        narrow = user.explorer.text.line_count
        await user.press("P")
        await user.pilot.resize_terminal(200, 60)
        await user.rests()
        await user.until(lambda: user.explorer.text.line_count < narrow)
        assert max(len(line.text) for line in user.explorer.text.lines) <= user.explorer.text.size.width


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 45)], ids=str)
async def test_a_message_never_covers_the_row_that_keys_act_on(size: tuple[int, int]) -> None:
    async with exploring(size=size) as user:
        explorer = user.explorer
        for index in (0, 3, 9, explorer.table.shown_count - 1, 0):
            explorer.table.move_to_index(index)
            await user.rests()
            explorer.say("words " * 60)
            await user.rests()
            rack = explorer.query_one("ToastRack").region
            assert not rack.y <= explorer.cursor_line < rack.bottom
            assert "words" in user.screen
            assert explorer.row is not None
            assert explorer.row.ref.name[:6] in user.lines[explorer.cursor_line]
