"""Everything that keys do often can be done with the mouse."""

from __future__ import annotations

from textual.events import MouseScrollDown

from ksec_tui.screens.lines import Bar, PaneStrip
from tests.screens.explorers import User, exploring
from tests.screens.world import World, cluster


async def click(user: User, selector: str, words: str, *, times: int = 1) -> None:
    """Click on words in a line of the screen."""
    region = user.explorer.query_one(selector).region
    for y in range(region.y, region.bottom):
        x = user.lines[y].find(words, region.x, region.right)
        if x >= 0:
            await user.pilot.click(offset=(x + 1, y), times=times)
            await user.rests()
            return
    raise AssertionError(f"{words!r} is not in {selector}")


async def test_a_click_on_a_number_goes_to_the_pane() -> None:
    async with exploring() as user:
        await click(user, "PaneStrip", "6 Workloads")
        assert user.explorer.pane.id == "workloads"
        assert isinstance(user.explorer.query_one(PaneStrip), PaneStrip)


async def test_a_click_chooses_a_row_and_a_double_click_opens_it() -> None:
    async with exploring() as user:
        await user.press("6")
        await click(user, "#table", "worker-01")
        assert user.row.ref.name == "worker-01"
        assert user.explorer.table.has_focus
        await click(user, "#table", "worker-02", times=2)
        assert user.row.ref.name == "worker-02"
        assert user.explorer.text.has_focus


async def test_a_click_on_a_header_orders_and_another_reverses() -> None:
    async with exploring() as user:
        await user.press("6")
        for reverse in (False, True):
            await click(user, "#table", "MEETS")
            levels = [row.values["level"].text for row in user.explorer.table.shown]
            assert levels == sorted(levels, reverse=reverse)
            assert len(set(levels)) > 1


async def test_a_click_on_a_view_and_on_a_tab_goes_there() -> None:
    async with exploring() as user:
        await user.press("4")
        await click(user, "#list-title", "Roles")
        assert user.explorer.listing.title == "Roles"
        await click(user, "#detail-title", "YAML")
        assert user.explorer.tab.title == "YAML"
        assert "kind: ClusterRole" in user.detail
        assert "[YAML]" in user.explorer.query_one("#detail-title", Bar).words


async def test_a_double_click_on_a_link_follows_it() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("u")
        await click(user, "#text", "shop/robot", times=2)
        assert user.row.ref.kind == "ServiceAccount"


async def test_the_wheel_scrolls_the_list_and_leaves_the_cursor_on_its_row() -> None:
    async with exploring(World(cluster(workers=60)), size=(140, 24)) as user:
        key, table = user.row.key, user.explorer.table
        for _ in range(5):
            table.post_message(MouseScrollDown(table, 5, 5, 0, 1, 0, shift=False, meta=False, ctrl=False))
        await user.until(lambda: table.scroll_y > 0)
        assert user.row.key == key
