"""Keys that stage fixes, take them back, repeat, and export them."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.screens.explorers import User, exploring, presses


async def staged(user: User, count: int) -> None:
    """Wait until that many fixes are in the plan and on screen."""
    await user.until(lambda: len(user.explorer.view.plan.staged) == count)
    await user.rests()


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def line_of_cursor(user: User) -> str:
    return user.lines[user.explorer.cursor_line]


@presses("fix.stage")
async def test_s_stages_the_fix_under_the_cursor_and_shows_a_plus_and_s_again_takes_it_out() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.find(check="wl-privileged", name="api")
        assert line_of_cursor(user).split()[1] == "f"
        await user.press("s")
        await staged(user, 1)
        assert line_of_cursor(user).split()[1] == "+"
        assert "staged 1" in user.lines[0]
        assert user.said[-1].startswith("staged: ")
        await user.press("s")
        await staged(user, 0)
        assert line_of_cursor(user).split()[1] == "f"
        assert "staged" not in user.lines[0]


async def test_what_no_patch_can_do_is_said_to_be_done_by_hand_when_it_is_staged() -> None:
    async with exploring() as user:
        await user.find(check="sec-sa-takeover-workload", name="api")
        await user.press("s")
        await staged(user, 1)
        assert user.said[-1].startswith("staged, to be done by hand: Take the takeover rights")


async def test_s_stages_every_marked_row_and_every_fix_of_an_object() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-privileged|wl-no-memory-limit name:api")
        fixable = sum(bool(row.finding and row.finding.fixable) for row in user.explorer.table.shown)
        assert fixable == 2
        await user.press("space", "space", "s")
        await staged(user, 2)
        await user.press("s")
        await staged(user, 0)
        await user.press("6")
        row = await user.find(name="api")
        await user.press("s")
        await staged(user, sum(item.fixable for item in row.findings))


async def test_s_where_nothing_can_be_fixed_says_why() -> None:
    async with exploring() as user:
        await user.press("8", "s")
        assert user.said == ["nothing to fix here"]


@presses("fix.stage-all")
async def test_capital_s_asks_with_a_count_and_enter_means_no() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        count = user.explorer.table.shown_count
        await user.press("S")
        assert f"Stage the fixes of {count} findings" in user.screen
        await user.press("enter")
        assert user.explorer.view.plan.staged == ()
        await user.press("S", "y")
        await staged(user, count)


@presses("fix.repeat")
async def test_a_full_stop_stages_and_goes_on_to_the_next_row() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        names = [row.ref.name for row in user.explorer.table.shown]
        await user.press("full_stop")
        await staged(user, 1)
        await user.press("full_stop")
        await staged(user, 2)
        assert {item.finding.subject.name for item in user.explorer.view.plan.staged} == set(names[:2])
        assert user.row.ref.name == names[2]


@presses("fix.undo", "fix.redo")
async def test_z_takes_the_last_change_back_and_capital_z_does_it_again() -> None:
    async with exploring() as user:
        await user.press("z", "Z")
        assert user.said == ["nothing to undo", "nothing to redo"]
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await staged(user, 1)
        await user.press("z")
        await staged(user, 0)
        await user.press("Z")
        await staged(user, 1)


@presses("fix.export")
async def test_capital_e_asks_for_a_folder_and_writes_the_plan_there_for_its_owner_only(
    tmp_path: Path,
) -> None:
    async with exploring() as user:
        await user.press("E")
        assert user.said == ["nothing is staged; s stages the fix of a finding"]
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await staged(user, 1)
        await user.press("E")
        assert "1 fix needs a review first" in user.screen
        await user.press("j", "j", "enter")
        await user.until(lambda: "Export 1 staged fix to which folder?" in user.screen)
        folder = tmp_path / "fixes"
        await user.press("ctrl+a", "ctrl+k")
        await user.type(str(folder))
        await user.press("enter")
        await user.until(lambda: not user.explorer.unsaved)
        assert f"files in {folder}" in user.said[-1]
        files = list(contents(folder))
        assert files
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        assert any("privileged: null" in path.read_text() for path in files)


async def test_an_export_never_goes_into_a_folder_that_holds_one(tmp_path: Path) -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await staged(user, 1)
        await user.command(f"export {tmp_path / 'fixes'}")
        await user.press("j", "j", "enter")
        await user.until(lambda: not user.explorer.unsaved)
        before = contents(tmp_path)
        await user.command(f"export {tmp_path / 'fixes'}")
        await user.until(lambda: "not empty" in user.said[-1])
        assert contents(tmp_path) == before


@presses("quit")
async def test_q_asks_before_staged_fixes_are_lost_and_enter_means_no() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await staged(user, 1)
        for leave in ("q", "ctrl+q"):
            await user.press(leave)
            assert "1 staged fix was not exported. Leave all the same?" in user.screen
            await user.press("enter")
            assert user.app.is_running
            assert len(user.app.screen_stack) == 2
        await user.press("q", "y")
        await user.until(lambda: not user.app.is_running)


async def test_q_closes_what_is_open_before_it_quits() -> None:
    async with exploring() as user:
        await user.press("enter", "q")
        assert user.explorer.table.has_focus
        await user.press("q")
        await user.until(lambda: not user.app.is_running)


async def test_the_plan_is_listed_in_its_pane_and_s_takes_out_of_it_there() -> None:
    async with exploring() as user:
        await user.press("9")
        assert "nothing is staged yet: s on a finding stages its fix" in user.screen
        await user.press("2")
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await staged(user, 1)
        await user.press("9")
        assert "api" in line_of_cursor(user)
        await user.press("s")
        await staged(user, 0)
        assert "nothing is staged yet" in user.screen
