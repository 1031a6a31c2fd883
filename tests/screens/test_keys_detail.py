"""Keys of the detail in the explorer: moving through the text, following links, searching."""

from __future__ import annotations

import pytest

from ksec_tui.screens.lines import Bar
from ksec_tui.sources.demo import DemoSource
from tests.screens.explorers import User, exploring, presses

SIZE = (80, 24)


async def reading(user: User) -> None:
    """Open the YAML of the privileged Deployment and put the keys there."""
    await user.find(check="wl-privileged", name="api")
    await user.press("y", "enter")
    assert user.explorer.text.has_focus


@presses(
    "text.down",
    "text.up",
    "text.top",
    "text.bottom",
    "text.half-page-down",
    "text.half-page-up",
    "text.page-down",
    "text.page-up",
)
@pytest.mark.parametrize(
    ("keys", "moved"),
    [
        (["j", "j", "down"], 3),
        (["j", "j", "k"], 1),
        (["j", "up"], 0),
        (["G"], -1),
        (["end"], -1),
        (["G", "g"], 0),
        (["end", "home"], 0),
        (["ctrl+d", "ctrl+u"], 0),
        (["pagedown", "pageup"], 0),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
async def test_the_cursor_moves_through_the_text(keys: list[str], moved: int) -> None:
    async with exploring(size=SIZE) as user:
        await reading(user)
        text, key = user.explorer.text, user.row.key
        await user.press(*keys)
        assert text.cursor_index == moved % text.line_count
        assert text.scroll_y <= text.cursor_index < text.scroll_y + text.page
        assert user.row.key == key, "the list's cursor stays"


@pytest.mark.parametrize(("key", "share"), [("ctrl+d", 2), ("pagedown", 1)])
async def test_pages_are_as_high_as_the_view(key: str, share: int) -> None:
    async with exploring(size=SIZE) as user:
        await reading(user)
        await user.press(key)
        assert user.explorer.text.cursor_index == user.explorer.text.page // share


@presses("text.scroll-left", "text.scroll-right")
async def test_h_and_l_show_the_rest_of_a_long_line() -> None:
    async with exploring(size=(140, 45)) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("enter")
        whole = "/spec/template/spec/containers/0/securityContext/privileged"
        assert whole in user.detail
        assert "securityContext/privileged" not in user.screen
        await user.press("L", "L")
        assert "securityContext/privileged" in user.screen
        await user.press("H", "H")
        assert "    /spec/template" in user.screen


@presses("text.open")
async def test_enter_on_another_finding_of_the_object_goes_to_it() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("enter")
        lines = user.explorer.text.lines
        index = next(i for i, line in enumerate(lines) if line.link and "wl-no-memory-limit" in line.text)
        user.explorer.text.move_to_index(index)
        await user.press("enter")
        assert user.row.finding is not None
        assert (user.row.finding.check, user.row.ref.name) == ("wl-no-memory-limit", "api")
        await user.press("left_square_bracket")
        assert user.row.finding is not None
        assert user.row.finding.check == "wl-privileged"


@presses("text.next-hit", "text.previous-hit")
async def test_a_search_marks_every_hit_and_n_goes_round() -> None:
    async with exploring() as user:
        await reading(user)
        text = user.explorer.text
        await user.press("slash")
        await user.type("api")
        count = sum(line.text.lower().count("api") for line in text.lines)
        assert f"{count} hits" in user.screen
        await user.press("enter")
        first = text.cursor_index
        assert "api" in text.lines[first].text.lower()
        await user.press("n")
        second = text.cursor_index
        assert second > first
        await user.press("N")
        assert text.cursor_index == first
        await user.press("N")
        assert text.cursor_index > second, "from the first hit back to the last"


async def test_esc_while_searching_ends_the_search() -> None:
    async with exploring() as user:
        await reading(user)
        await user.press("slash")
        await user.type("api")
        await user.press("escape")
        assert user.explorer.text.pattern == ""
        assert user.explorer.text.has_focus


async def test_the_hints_are_those_of_what_has_the_focus() -> None:
    async with exploring() as user:
        assert "enter open" in user.lines[-1]
        await user.press("enter")
        assert "/ search" in user.lines[-1]
        await user.press("escape")
        assert "/ filter" in user.lines[-1]


async def test_what_is_no_object_says_so_instead_of_yaml() -> None:
    async with exploring(DemoSource(), size=SIZE) as user:
        await user.find(kind="Cluster")
        await user.press("y")
        assert "the cluster as a whole, which is no object" in user.detail


async def test_above_a_narrow_detail_the_name_is_said_rather_than_the_kind() -> None:
    async with exploring(size=(120, 30)) as user:
        row = await user.find(kind="ClusterRoleBinding")
        title = user.explorer.query_one("#detail-title", Bar)
        assert title.words.endswith(f"  crb {row.ref.name}")
        await user.press("f")
        await user.until(lambda: title.words.endswith(f"  ClusterRoleBinding {row.ref.name}"))
