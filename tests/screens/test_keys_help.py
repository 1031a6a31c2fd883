"""Keys for help, copying, saving, refreshing, the log and leaving."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.keys import all_keys
from tests.screens.explorers import exploring, presses
from tests.screens.world import World, cluster, deployment


@pytest.fixture(autouse=True)
def without_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clipboard but the terminal's."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "test")


@presses("help")
@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_tells_what_the_pane_answers_and_every_key_and_command(key: str) -> None:
    async with exploring(size=(100, 200)) as user:
        await user.press(key)
        assert "Help: Findings" in user.screen
        for binding in all_keys(Explorer):
            if binding.id != "pane.1":
                assert f" {binding.id} " in user.screen, binding.id
        assert "not now: nothing is staged" in user.screen
        assert "Go to Workloads" in user.screen
        assert ":theme" in user.screen
        await user.press("escape")
        assert user.app.screen is user.explorer


async def test_help_can_be_searched() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.press("question_mark", "slash")
        await user.type("redo")
        await user.press("enter")
        assert "Redo staging" in user.screen


@presses("refresh")
@pytest.mark.parametrize("key", ["R", "ctrl+r"])
async def test_refresh_reads_again_and_shows_what_has_changed(key: str) -> None:
    world = World(cluster(workers=1), cluster(workers=2))
    async with exploring(world) as user:
        await user.press("6")
        assert "worker-01" not in user.screen
        await user.press(key)
        await user.loaded()
        assert world.readings == 2
        assert "worker-01" in user.screen


@presses("log")
async def test_at_shows_the_requests_or_that_there_were_none() -> None:
    world = World()
    async with exploring(world) as user:
        await user.press("at")
        assert "no API server was asked anything" in user.screen
        await user.press("escape")
        world.log = ["GET /api/v1/pods 200"]  # type: ignore[attr-defined]
        await user.press("at")
        assert "GET /api/v1/pods 200" in user.screen


@presses("interrupt")
async def test_ctrl_c_quits_only_when_pressed_twice() -> None:
    async with exploring() as user:
        await user.press("ctrl+c")
        assert user.said == ["press ctrl+c again to quit"]
        assert user.app.is_running
        await user.press("ctrl+c")
        await user.until(lambda: not user.app.is_running)


async def test_ctrl_c_closes_a_modal() -> None:
    async with exploring() as user:
        await user.press("question_mark", "ctrl+c")
        assert user.app.screen is user.explorer


@presses("copy.name")
async def test_c_copies_the_name_and_says_which_way() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("c")
        assert user.app.clipboard == "api"
        assert user.said == ["copied through the terminal (OSC 52): api"]


@presses("copy.menu")
async def test_capital_c_offers_path_reason_and_the_kubectl_command() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("C")
        for words in ("namespace/name", "kubectl", "finding id", "Markdown", "JSON"):
            assert words in user.screen
        await user.press("j", "j", "enter")
        assert user.app.clipboard == "kubectl get deployments.apps -n shop api -o yaml"


async def test_what_is_too_long_for_the_terminal_is_refused_with_a_reason() -> None:
    async with exploring() as user:
        user.explorer.copy("x" * 60_000)
        await user.pilot.pause()
        assert user.app.clipboard == ""
        assert user.said == ["too long for the terminal's clipboard (OSC 52)"]


async def test_a_desktops_tool_copies_and_one_that_fails_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    tool = tmp_path / "wl-copy"
    tool.write_text(f"#!/bin/sh\nexec cat > {taken}\n")
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("WAYLAND_DISPLAY", "test")
    monkeypatch.delenv("SSH_CONNECTION")
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("c")
        await user.until(lambda: user.said)
        assert user.said == ["copied by wl-copy: api"]
        assert taken.read_text() == "api"
        tool.write_text("#!/bin/sh\nexit 1\n")
        await user.press("c")
        await user.until(lambda: len(user.said) == 2)
        assert user.said[-1] == "copied through the terminal (OSC 52): api"
        assert user.app.clipboard == "api"


@presses("table.save")
async def test_ctrl_s_saves_what_the_list_shows_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        rows = [row.ref.path for row in user.explorer.table.shown]
        await user.press("ctrl+s")
        assert f"Save {len(rows)} rows as CSV" in user.screen
        await user.press("enter")
        await user.until(lambda: user.said)
        path = tmp_path / "ksec-findings-all.csv"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        written = list(csv.DictReader(path.read_text().splitlines()))
        assert [line["object"] for line in written] == rows
        assert {line["check"] for line in written} == {"wl-no-memory-limit"}
        assert all("memory limit" in line["why"] for line in written)
        before = path.read_bytes()
        await user.press("ctrl+s", "enter")
        await user.until(lambda: "exists already" in user.said[-1])
        assert path.read_bytes() == before


async def test_a_saved_table_holds_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "\ttab", "plain"]
    async with exploring(World([deployment(name) for name in names])) as user:
        await user.press("6", "ctrl+s", "enter")
        await user.until(lambda: user.said)
        written = (tmp_path / "ksec-workloads-all.csv").read_text().splitlines()
        cells = {line["name"] for line in csv.DictReader(written)}
        assert cells == {"'=cmd|' /C calc'!A0", "'+1", "'-1", "'@sum", "'→tab", "plain"}


async def test_a_key_can_be_rebound_and_the_help_shows_it() -> None:
    async with exploring(keys={"fix.stage": "t"}, size=(100, 120)) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        assert user.explorer.view.plan.staged == ()
        await user.press("t")
        await user.until(lambda: len(user.explorer.view.plan.staged) == 1)
        await user.press("question_mark")
        line = next(line for line in user.lines if "fix.stage " in f"{line} " and "Stage or unstage" in line)
        assert line.strip("│ ").startswith("t ")


@pytest.mark.parametrize("width", [50, 60, 79])
async def test_on_a_narrow_screen_the_hints_still_name_the_help(width: int) -> None:
    async with exploring(size=(width, 20), pane="priorities") as user:
        assert user.lines[-1].endswith(" ? help")
        assert "…" not in user.lines[-1]


async def test_the_hints_name_keys_as_they_are_bound() -> None:
    rebound = {"fix.stage": "t,T", "detail.next-tab": "right_square_bracket", "text.next-risky": "f2"}
    async with exploring(keys={**rebound, "help": "f1"}) as user:
        await user.find(check="wl-privileged", name="api")
        assert " t stage " in user.lines[-1]
        assert user.lines[-1].endswith("f1 help")
        await user.press("y", "enter")
        assert " { ] tab " in user.lines[-1] or " f2 < risky line " in user.lines[-1]


async def test_messages_name_keys_as_they_are_bound() -> None:
    async with exploring(keys={"fix.stage": "ctrl+t,s"}) as user:
        await user.press("E")
        assert user.said == ["nothing is staged; ctrl+t stages the fix of a finding"]


async def test_the_detail_names_keys_as_they_are_bound() -> None:
    async with exploring(keys={"fix.stage": "ctrl+t", "fix.restricted": "f3"}) as user:
        await user.find(check="wl-privileged", name="api")
        assert "ctrl+t stages its fix" in user.detail
        await user.press("D")
        assert "ctrl+t stages it" in user.detail
        await user.press("ctrl+t")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.rests()
        assert "staged; ctrl+t takes it out again" in user.detail
