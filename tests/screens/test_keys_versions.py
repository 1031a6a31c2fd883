"""At the keyboard in the pane of versions: its lists, and the tabs of rows that are no objects."""

from __future__ import annotations

import pytest

from tests.checks.versions.worlds import node
from tests.screens.explorers import User, exploring
from tests.screens.world import World, cluster

SIZES = pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 45)], ids=str)


def old() -> World:
    """The small cluster with nodes of which one holds the next upgrade up."""
    objects = [
        *cluster(),
        node("v1.30.2", name="old", runtime="containerd://1.7.1"),
        node("v1.33.4", name="new"),
    ]
    return World(objects)


async def listing(user: User, name: str) -> None:
    """Go to a list of the pane."""
    while user.explorer.listing.id != name:
        await user.press("right_parenthesis")


@SIZES
async def test_parentheses_go_through_the_lists_of_versions(size: tuple[int, int]) -> None:
    expected = {
        "components": "API server",
        "timeline": "1.37",
        "flaws": "CVE-2020-8554",
        "going": "containerd",
        "safeguards": "SAFEGUARD",
        "upgrade": "1.34",
    }
    async with exploring(old(), size=size) as user:
        await user.press("7")
        for name, words in expected.items():
            assert user.explorer.listing.id == name
            if name == "flaws":
                await user.press("G")
            if name == "going" and size[0] < 80:
                words = "status.node"
            assert words in user.screen
            await user.press("right_parenthesis")


@pytest.mark.parametrize("name", ["components", "timeline", "flaws", "safeguards", "upgrade"])
async def test_every_tab_and_key_copes_with_rows_that_are_no_objects(name: str) -> None:
    async with exploring(old(), size=(80, 24)) as user:
        await user.press("7")
        await listing(user, name)
        await user.press("d")
        for _ in range(6):
            assert user.detail.strip()
            await user.press("right_square_bracket")
        for key in ("escape", "s", "space", "space", "y", "escape", "o", "escape"):
            await user.press(key)
        await user.press("7")
        assert user.explorer.pane.id == "versions"
