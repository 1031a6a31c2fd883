"""The triage file in the explorer: read at the start, written as decisions are taken, shared with other sessions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.finding import Finding
from ksec_tui.triage import seen, store
from ksec_tui.triage.decision import Decision, Ruling, State, decided
from tests.screens.explorers import User, exploring
from tests.screens.world import World, cluster, deployment

INFO = SourceInfo(kind="demo", label="test", user="tester", server_version="v1.33.4", today="2026-11-21")


def later(day: str) -> SourceInfo:
    return SourceInfo(kind="demo", label="test", user="tester", server_version="v1.33.4", today=day)


def kept(path: Path, seen_path: Path | None = None) -> dict[str, Any]:
    """The options of an explorer that keeps decisions in a file."""
    return {"triage": lambda _: (path, seen_path)}


async def dismiss(user: User, key: str = "f", reason: str = "a test bed") -> None:
    await user.press("t", key)
    await user.type(reason)
    await user.press("enter")
    await user.rests()


async def written(user: User) -> None:
    """Wait until nothing is left to write."""
    await user.until(lambda: user.explorer.scribe.idle)
    await user.rests()


def decisions(path: Path) -> dict[str, Decision]:
    return {item.check: item for item in store.load(path).triage.decisions.values()}


def privileged(user: User) -> Finding:
    found = user.app.session.state.results.findings
    return next(item for item in found if item.check == "wl-privileged" and item.subject.name == "api")


async def test_a_decision_is_in_the_file_at_once_and_holds_in_the_next_session(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring(**kept(path)) as user:
        row = await user.find(check="wl-privileged", name="api")
        await dismiss(user)
        await written(user)
        assert decisions(path)["wl-privileged"].state is State.FALSE_POSITIVE
        assert path.stat().st_mode & 0o777 == 0o600
        assert "NOT KEPT" not in user.lines[0]
        assert not user.explorer.unsaved
    async with exploring(**kept(path)) as user:
        await user.until(lambda: user.explorer.view.ledger.triage.decisions)
        await user.rests()
        assert row.key not in {item.key for item in user.explorer.table.shown}
        assert "(1 dismissed hidden)" in user.screen


async def test_undo_holds_in_the_next_session_too(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring(**kept(path)) as user:
        await user.find(check="wl-privileged", name="api")
        await dismiss(user)
        await written(user)
        await user.press("z")
        await written(user)
        assert decisions(path)["wl-privileged"].state is State.OPEN


async def test_two_sessions_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring(**kept(path)) as user:
        await user.until(lambda: user.explorer.scribe.idle)
        finding = next(
            item for item in user.app.session.state.results.findings if item.check != "wl-privileged"
        )
        other = decided(finding, Ruling(State.WONT_FIX, "2026-11-21", "theirs"))
        store.save(path, [other])
        await user.find(check="wl-privileged", name="api")
        await dismiss(user)
        await written(user)
        assert set(decisions(path)) == {"wl-privileged", finding.check}
        assert user.explorer.view.ledger.triage.of(finding) == other
        assert finding.fingerprint not in {row.key for row in user.explorer.table.shown}


async def test_what_somebody_else_decided_since_is_not_undone(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring(**kept(path)) as user:
        await user.find(check="wl-privileged", name="api")
        finding = privileged(user)
        await dismiss(user)
        await written(user)
        store.save(path, [decided(finding, Ruling(State.MITIGATED, "2026-11-22", "theirs"))])
        await user.find(check="wl-no-memory-limit")
        await dismiss(user)
        await written(user)
        await user.press("z", "z")
        await written(user)
        assert decisions(path)["wl-privileged"].reason == "theirs"
        assert any("decided by somebody else" in text for text in user.said)


@pytest.mark.parametrize("text", ["decisions: [", "schema: something/9\ndecisions: []\n"])
async def test_a_file_that_cannot_be_used_is_named_left_alone_and_nothing_is_lost_until_it_is_mended(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "triage.yaml"
    path.write_text(text)
    async with exploring(size=(80, 24), **kept(path)) as user:
        await user.until(lambda: any("triage.yaml" in said for said in user.said))
        await user.find(check="wl-privileged", name="api")
        await dismiss(user)
        await written(user)
        assert path.read_text() == text
        assert "1 NOT KEPT" in user.lines[0]
        await user.press("q")
        assert "1 decision is in no file. Leave all the same?" in user.screen
        await user.press("n")
        await user.command("coverage triage")
        await user.press("right_parenthesis")
        assert "triage.yaml" in user.screen
        path.unlink()
        await user.press("2")
        await user.find(check="wl-no-memory-limit")
        await dismiss(user)
        await written(user)
        assert set(decisions(path)) == {"wl-privileged", "wl-no-memory-limit"}
        assert "NOT KEPT" not in user.lines[0]


async def test_entries_that_do_not_count_are_told_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring() as user:
        finding = privileged(user)
    store.save(path, [decided(finding, Ruling(State.FALSE_POSITIVE, "2026-11-20", "fine"))])
    bad = "\n  - check: wl-x\n    object: apps/Deployment/shop/api\n    state: gone\n    at: 2026-11-20\n"
    path.write_text(path.read_text() + bad)
    async with exploring(**kept(path)) as user:
        await user.until(lambda: any("does not count" in said for said in user.said))
        await user.rests()
        assert finding.fingerprint not in {row.key for row in user.explorer.table.shown}
        await user.command("triage")
        assert [row.values["status"].text for row in user.explorer.table.shown] == ["!invalid", "matched"]
        await user.press("8", "right_parenthesis")
        assert any("triage.yaml:" in line and "does not count" in line for line in user.lines)


async def test_what_was_accepted_is_open_again_once_it_expires_and_the_audit_says_so(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring(**kept(path)) as user:
        row = await user.find(check="wl-privileged", name="api")
        await user.press("t", "r")
        await user.type("until the rewrite")
        await user.press("enter")
        await written(user)
        assert decisions(path)["wl-privileged"].owner == "tester"
    async with exploring(World(info=later("2026-12-21")), **kept(path)) as user:
        await user.until(lambda: user.explorer.view.ledger.triage.decisions)
        await user.rests()
        assert row.key not in {item.key for item in user.explorer.table.shown}
    async with exploring(World(info=later("2026-12-22")), size=(80, 24), **kept(path)) as user:
        await user.until(lambda: user.explorer.view.ledger.triage.decisions)
        await user.rests()
        await user.find(check="wl-privileged", name="api")
        assert " E " in user.lines[user.explorer.cursor_line]
        await user.filter("is:expired")
        assert [item.key for item in user.explorer.table.shown] == [row.key]
        await user.command("triage")
        assert user.row.values["status"].text == "!expired"
        await user.press("X")
        await written(user)
        assert decisions(path)["wl-privileged"].state is State.OPEN


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    inside = tmp_path / "file"
    inside.write_text("in the way")
    async with exploring(size=(80, 24), **kept(inside / "triage.yaml")) as user:
        await user.find(check="wl-privileged", name="api")
        await dismiss(user)
        await user.until(lambda: any("not kept" in said for said in user.said))
        assert "1 NOT KEPT" in user.lines[0]


async def test_what_is_new_since_the_last_time_is_marked_and_can_be_filtered(tmp_path: Path) -> None:
    path, seen_path = tmp_path / "triage.yaml", tmp_path / "seen.json"
    async with exploring(**kept(path, seen_path)) as user:
        await user.until(lambda: user.explorer.view.ledger.since is not None)
        await written(user)
        assert seen.load(seen_path).last == "2026-11-21"
        await user.filter("is:new")
        assert user.explorer.table.shown_count == 0, "the first time nothing is new"
    more = [*cluster(), deployment("late", "quiet")]
    async with exploring(World(more), **kept(path, seen_path)) as user:
        await user.until(lambda: user.explorer.view.ledger.since is not None)
        await written(user)
        await user.filter("is:new")
        found = {row.ref.name for row in user.explorer.table.shown}
        assert found == {"late"}
        assert " * " in user.lines[user.explorer.cursor_line]
        assert "new since the last time, 2026-11-21" in user.detail


async def test_a_hostile_entry_draws_nothing_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    async with exploring() as user:
        finding = privileged(user)
    ruling = Ruling(
        State.IN_PROGRESS, dt.date(2026, 11, 20).isoformat(), "[bold]x[/] \x1b[2J \u202e", "[@click=quit]"
    )
    store.save(path, [decided(finding, ruling)])
    async with exploring(**kept(path)) as user:
        await user.until(lambda: user.explorer.view.ledger.triage.decisions)
        await user.rests()
        await user.filter("rule:wl-privileged name:api")
        await user.rests()
        assert "[bold]x[/]" in user.detail
        assert "\x1b" not in user.screen
        await user.command("triage")
        assert "[@click=quit]" in user.screen
