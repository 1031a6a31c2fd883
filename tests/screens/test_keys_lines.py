"""Keys on the lines of the detail that findings stand on: from one to the next, staging its fix, going to it."""

from __future__ import annotations

import pytest

from ksec_tui.screens.widgets.text import Line
from tests.screens.explorers import User, exploring, presses
from tests.screens.world import World, cluster, deployment


async def yaml_of(user: User, name: str = "api") -> None:
    """Open the YAML of a workload from pane 6 and put the keys there."""
    await user.press("6")
    await user.find(name=name)
    await user.press("y")
    user.explorer.text.focus()
    await user.rests()


def here(user: User) -> Line:
    """The line under the cursor."""
    line = user.explorer.text.cursor_line
    assert line is not None
    return line


def checks(user: User) -> list[str]:
    """The checks whose fixes are staged."""
    return sorted(item.finding.check for item in user.explorer.view.plan.staged)


async def on_line(user: User, text: str) -> None:
    """Put the cursor on the line of the detail with that text."""
    lines = user.explorer.text.lines
    user.explorer.text.move_to_index(next(i for i, line in enumerate(lines) if text in line.text))
    await user.rests()


@presses("text.next-risky", "text.previous-risky")
async def test_greater_and_less_go_from_one_risky_line_to_the_next_and_round() -> None:
    async with exploring() as user:
        await yaml_of(user)
        text = user.explorer.text
        marked = [index for index, line in enumerate(text.lines) if line.gutter]
        assert len(marked) > 1
        text.move_to_index(0)
        visited = []
        for _ in marked:
            await user.press("greater_than_sign")
            visited.append(text.cursor_index)
        assert sorted(visited) == marked
        await user.press("greater_than_sign")
        assert text.cursor_index == visited[0]
        await user.press("less_than_sign")
        assert text.cursor_index == visited[-1]


async def test_without_risky_lines_greater_and_less_stay_where_they_are() -> None:
    async with exploring() as user:
        await user.press("6")
        await user.find(name="api")
        await user.press("u")
        assert not any(line.gutter for line in user.explorer.text.lines)
        await user.press("greater_than_sign")
        assert user.explorer.text.cursor_index == 0


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=str)
async def test_s_on_a_risky_line_stages_the_fix_of_that_finding_alone(size: tuple[int, int]) -> None:
    async with exploring(size=size) as user:
        await yaml_of(user)
        await on_line(user, "privileged: true")
        assert [finding.check for finding in here(user).about] == ["wl-privileged"]
        assert "s stage wl-privileged" in user.lines[-1]
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.rests()
        assert checks(user) == ["wl-privileged"]
        assert "s unstage wl-privileged" in user.lines[-1]
        assert "+ container main runs privileged" in here(user).note
        await user.press("s")
        assert checks(user) == []


async def test_s_on_a_line_of_several_findings_asks_which() -> None:
    async with exploring() as user:
        await yaml_of(user, "worker-00")
        await on_line(user, "- name: main")
        fixable = [finding for finding in here(user).about if finding.fixable]
        assert len(fixable) > 2
        assert f"s stage one of {len(fixable)}" in user.lines[-1]
        await user.press("s")
        assert f"all {len(fixable)}" in user.screen
        await user.press("j", "enter")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.rests()
        assert checks(user) == [fixable[1].check]
        await user.press("s", "G", "enter")
        await user.until(lambda: len(user.explorer.view.plan.staged) == len(fixable))
        await user.rests()
        await user.press("s", "escape")
        assert len(user.explorer.view.plan.staged) == len(fixable)


async def test_enter_on_a_risky_line_goes_to_its_finding_and_back_returns() -> None:
    async with exploring() as user:
        await yaml_of(user)
        await on_line(user, "privileged: true")
        await user.press("enter")
        assert user.explorer.pane.id == "findings"
        assert user.row.finding is not None
        assert (user.row.finding.check, user.row.ref.name) == ("wl-privileged", "api")
        assert user.explorer.tab.id == "why"
        await user.press("left_square_bracket")
        assert user.explorer.pane.id == "workloads"
        assert user.row.ref.name == "api"


async def test_s_on_a_finding_in_the_tab_why_stages_that_one_and_elsewhere_all_of_the_object() -> None:
    async with exploring() as user:
        await user.press("6")
        row = await user.find(name="api")
        await user.press("d")
        user.explorer.text.focus()
        await on_line(user, "wl-no-memory-limit")
        assert "s stage wl-no-memory-limit" in user.lines[-1]
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.rests()
        assert checks(user) == ["wl-no-memory-limit"]
        await user.press("g", "s")
        wanted = sum(item.fixable for item in row.findings)
        await user.until(lambda: len(user.explorer.view.plan.staged) == wanted)


async def test_s_on_a_finding_without_a_fix_stages_nothing_and_says_so() -> None:
    odd = deployment("odd")
    odd["metadata"]["annotations"] = {"note": "clears \x1b[2J the screen"}
    async with exploring(World([*cluster(), odd])) as user:
        await user.press("6")
        await user.find(name="odd")
        await user.press("d")
        user.explorer.text.focus()
        await on_line(user, "obj-hostile-text")
        assert "s stage" not in user.lines[-1]
        assert "enter obj-hostile-text" in user.lines[-1]
        await user.press("s")
        assert checks(user) == []
        assert user.said[-1] == "no fix is known for obj-hostile-text: enter says more"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("containers/0/securityContext/privileged", "privileged: true"),
        ("containers/0/resources", "- name: main"),
    ],
    ids=["set", "not set"],
)
async def test_enter_on_a_field_shows_its_line_in_the_yaml(field: str, shown: str) -> None:
    async with exploring(size=(80, 24)) as user:
        await user.press("6")
        await user.find(name="api")
        await user.press("d")
        user.explorer.text.focus()
        await on_line(user, f"/spec/template/spec/{field}")
        assert "enter its line" in user.lines[-1]
        await user.press("enter")
        assert user.explorer.tab.id == "yaml"
        assert user.explorer.text.has_focus
        assert shown in here(user).text
        await user.press("escape")
        assert user.explorer.pane.id == "workloads"
