"""While the cluster is followed, what changes comes to the screen, and everything else stays where it is."""

from __future__ import annotations

import pytest

from ksec_tui import session
from tests.screens.explorers import User, exploring
from tests.screens.watched import WatchedWorld
from tests.screens.world import World, cluster, deployment


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "UPDATE_EVERY", 0.01)
    monkeypatch.setattr(session, "SHARE", 0.1)


def privileged(name: str) -> dict[str, object]:
    return deployment(name, securityContext={"privileged": True})


def rows(user: User) -> set[tuple[str, str]]:
    shown = user.explorer.table.shown
    return {(row.finding.check if row.finding else "", row.ref.name) for row in shown}


async def test_a_finding_comes_and_goes_with_its_object_while_nothing_else_moves() -> None:
    world = WatchedWorld(cluster(workers=30))
    async with exploring(world, size=(140, 24), watch=True) as user:
        await user.press("6")
        await user.command("ns shop")
        await user.filter("!kube-proxy")
        await user.find(name="worker-01")
        await user.press("space")
        await user.find(name="worker-25")
        index = user.explorer.table.cursor_index
        world.put(*(privileged(f"aaa-{number}") for number in range(5)))
        await user.until(lambda: any(row.ref.name == "aaa-4" for row in user.explorer.table.shown))
        await user.rests()
        assert user.row.ref.name == "worker-25"
        assert user.explorer.table.cursor_index > index
        assert "worker-25" in user.lines[user.explorer.cursor_line]
        assert [row.ref.name for row in user.explorer.table.marked_rows()] == ["worker-01"]
        assert (user.explorer.filter_text, user.explorer.scope) == ("!kube-proxy", "shop")
        world.delete(*(privileged(f"aaa-{number}") for number in range(5)))
        await user.until(lambda: not any(row.ref.name == "aaa-4" for row in user.explorer.table.shown))
        await user.rests()
        assert user.row.ref.name == "worker-25"


async def test_staged_fixes_stay_and_a_finding_that_is_fixed_meanwhile_goes() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, watch=True) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        world.put(privileged("fresh"))
        await user.until(lambda: ("wl-privileged", "fresh") in rows(user))
        assert len(user.explorer.view.plan.staged) == 1
        world.put(deployment("api"))
        await user.until(lambda: ("wl-privileged", "api") not in rows(user))
        assert len(user.explorer.view.plan.staged) == 1


async def test_the_detail_stays_scrolled_where_one_reads() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, size=(80, 24), watch=True) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("y", "enter", "ctrl+d", "ctrl+d")
        before = (user.explorer.text.cursor_index, round(user.explorer.text.scroll_y))
        world.put(privileged("fresh"))
        await user.until(lambda: ("wl-privileged", "fresh") in rows(user))
        await user.rests()
        assert (user.explorer.text.cursor_index, round(user.explorer.text.scroll_y)) == before
        assert user.explorer.text.has_focus


async def test_the_status_line_says_whether_the_watch_lives() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, watch=True) as user:
        await user.until(lambda: "● live" in user.lines[0])
        world.lose()
        await user.until(lambda: "watch lost: retrying in 5 s" in user.lines[0])
        world.lose(3)
        await user.until(lambda: "3 of 40 watches lost" in user.lines[0])
        world.find_again()
        await user.until(lambda: "● live" in user.lines[0])
        await user.command("watch")
        assert any("40 lists are watched" in text for text in user.said)


@pytest.mark.parametrize("size", [(80, 24), (140, 24)])
async def test_what_is_listed_again_instead_of_watched_is_told_with_the_coverage(
    size: tuple[int, int],
) -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, size=size, watch=True) as user:
        await user.press("8", "j", "j")
        assert user.row.ref.name == "pods"
        assert "listed again" not in " ".join(user.lines)
        world.poll("pods", 30.0)
        await user.until(lambda: "again every 30 seconds instead" in " ".join(user.detail.split()))
        if size[0] > 80:
            shown = next(text for text in user.lines if text.startswith("  pods "))
            assert "read every" in shown
        await user.command("watch")
        assert any("pods (every 30 s)" in text for text in user.said)
        world.find_again()
        await user.until(lambda: "again every" not in " ".join(user.detail.split()))


async def test_of_what_nothing_is_heard_is_told_with_the_coverage() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, size=(140, 24), watch=True) as user:
        await user.press("8", "j", "j")
        world.silence("pods")
        await user.until(lambda: "as last heard" in " ".join(user.detail.split()))
        assert "not heard of" in next(text for text in user.lines if text.startswith("  pods "))
        assert not any("not heard of" in text for text in user.lines if text.startswith("  nodes "))
        await user.command("watch")
        assert any("1 of them not heard of (pods): the connection broke" in text for text in user.said)


async def test_the_command_watch_begins_and_ends_it() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world) as user:
        assert "live" not in user.lines[0]
        await user.command("watch on")
        await user.until(lambda: "● live" in user.lines[0])
        world.put(privileged("fresh"))
        await user.until(lambda: ("wl-privileged", "fresh") in rows(user))
        await user.command("watch off")
        await user.until(lambda: "● live" not in user.lines[0])
        await user.until(lambda: not world.following.is_set())
        assert ("wl-privileged", "fresh") in rows(user)


async def test_where_nothing_can_be_followed_the_command_says_so() -> None:
    async with exploring(World()) as user:
        await user.command("watch on")
        assert "there is no live cluster to follow here" in user.said


async def test_leaving_ends_the_watch() -> None:
    world = WatchedWorld(cluster())
    async with exploring(world, watch=True) as user:
        await user.until(lambda: world.following.is_set())
        await user.press("q")
        await user.until(lambda: not user.app.is_running)
    assert not world.following.is_set()
