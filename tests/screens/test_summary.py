"""The session in Markdown: shown, written, and offered before something is lost."""

from __future__ import annotations

from pathlib import Path

from tests.screens.explorers import User, exploring


async def decide(user: User, reason: str = "a test bed") -> None:
    """Dismiss a finding and stage the fix of another."""
    await user.find(check="wl-privileged", name="api")
    await user.press("t", "f")
    await user.type(reason)
    await user.press("enter")
    await user.rests()
    await user.find(check="wl-no-memory-limit")
    await user.press("s")
    await user.until(lambda: len(user.explorer.view.plan.staged) == 1)
    await user.rests()


async def test_summary_shows_what_was_decided_staged_exported_and_looked_at(tmp_path: Path) -> None:
    async with exploring() as user:
        await decide(user)
        await user.command("summary")
        assert "# Triage session" in user.screen
        assert "false-positive: a test bed" in user.screen
        assert "Staged: 1, not exported" in user.screen
        assert "Looked at" in user.screen
        await user.press("escape")
        await user.command(f"export {tmp_path / 'out'}")
        await user.until(lambda: user.explorer.exported == user.explorer.view.plan)
        path = tmp_path / "session.md"
        await user.command(f"summary {path}")
        await user.until(lambda: any("the session is told in" in said for said in user.said))
        text = path.read_text()
        assert "## Staged: 1, exported" in text
        assert str(tmp_path / "out").replace("_", r"\_") in text
        assert path.stat().st_mode & 0o777 == 0o600
        await user.command(f"summary {path}")
        await user.until(lambda: "exists already" in user.said[-1])
        assert path.read_text() == text


async def test_before_something_is_lost_a_summary_is_offered_and_then_the_program_is_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "session.md"
    async with exploring(size=(80, 24)) as user:
        await decide(user)
        await user.press("q")
        assert "1 staged fix was not exported. 1 decision is in no file. Leave all the same?" in " ".join(
            user.screen.replace("│", " ").split()
        )
        await user.press("enter")
        assert user.app.is_running
        await user.press("q", "w", "ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        await user.until(lambda: user.app._exit)
        assert "a test bed" in path.read_text()


async def test_a_summary_that_cannot_be_written_does_not_leave_the_program(tmp_path: Path) -> None:
    async with exploring() as user:
        await decide(user)
        await user.press("q", "w", "ctrl+u")
        await user.type(str(tmp_path / "nowhere" / "x.md"))
        await user.press("enter")
        await user.until(lambda: any("cannot be written" in said for said in user.said))
        assert not user.app._exit


async def test_who_has_done_nothing_leaves_without_a_question() -> None:
    async with exploring() as user:
        await user.press("q")
        await user.until(lambda: user.app._exit)
