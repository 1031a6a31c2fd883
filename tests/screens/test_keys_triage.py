"""Keys that decide about findings, take that back, repeat it, and show what is dismissed."""

from __future__ import annotations

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.bookkeeping import MANY
from ksec_tui.triage.decision import Decision, State
from tests.screens.explorers import User, exploring, presses
from tests.screens.world import World, cluster


def decisions(user: User) -> list[Decision]:
    return list(user.explorer.view.ledger.triage.decisions.values())


def states(user: User) -> list[State]:
    return sorted((item.state for item in decisions(user)), key=lambda state: state.value)


def staged(user: User) -> int:
    return len(user.explorer.view.plan.staged)


def line_of_cursor(user: User) -> str:
    return user.lines[user.explorer.cursor_line]


def shown(user: User) -> list[str]:
    return [row.finding.fingerprint for row in user.explorer.table.shown if row.finding is not None]


def finding(user: User) -> Finding:
    found = user.row.finding
    assert found is not None
    return found


async def accept(user: User, reason: str = "known and watched", owner: str = "team-a") -> None:
    """From the menu on: accept the risk."""
    await user.press("r")
    await user.type(reason)
    await user.press("tab", "ctrl+u")
    await user.type(owner)
    await user.press("enter")
    await user.rests()


@presses("triage.decide")
async def test_t_f_asks_why_and_hides_the_finding_which_is_counted_as_hidden() -> None:
    async with exploring(size=(80, 24)) as user:
        row = await user.find(check="wl-privileged", name="api")
        total = user.explorer.table.total_count
        await user.press("t")
        assert "[f] false positive" in user.screen
        await user.press("f")
        await user.type("a test bed")
        await user.press("enter")
        await user.rests()
        assert states(user) == [State.FALSE_POSITIVE]
        decision = decisions(user)[0]
        assert (decision.check, decision.object, decision.reason) == (
            "wl-privileged",
            row.ref.id,
            "a test bed",
        )
        assert row.key not in shown(user)
        assert f"{total - 1}/{total} (1 dismissed hidden)" in user.screen
        assert "for this session only" in user.said[-1]
        assert "1 NOT KEPT" in user.lines[0]


async def test_the_other_findings_leave_a_dismissed_one_out_of_badges_severities_and_words() -> None:
    async with exploring() as user:
        await user.filter("name:api kind:deploy")
        count = user.explorer.table.shown_count
        assert count > 1
        pane = next(i for i, pane in enumerate(user.explorer.panes) if pane.id == "findings")
        badge = user.explorer._badges[pane]
        await user.press("T", "f")
        await user.type("all of it is fine")
        await user.press("enter")
        assert f"{count} findings: false positive" in user.screen
        await user.press("enter")
        assert decisions(user) == [], "enter says no"
        await user.press("T", "f")
        await user.type("all of it is fine")
        await user.press("enter", "y")
        await user.rests()
        assert len(decisions(user)) == count
        assert user.explorer.table.shown_count == 0
        assert f"triage: {count} dismissed (i shows them)" in str(user.explorer.table.placeholder)
        fails = sum(item.verdict is Verdict.FAIL for item in user.app.session.state.results.findings)
        assert int(user.explorer._badges[pane]) < int(badge) <= fails
        await user.press("escape", "6")
        row = await user.find(kind="Deployment", name="api")
        assert row.severity is None
        assert f"{count} findings dismissed" in row.words
        assert row.verdict not in (Verdict.FAIL, Verdict.PASS), "what is dismissed is not fine"


@presses("triage.decide-all")
async def test_capital_t_decides_about_all_that_match_after_a_counted_question_of_which_no_is_the_default() -> (
    None
):
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        count = user.explorer.table.shown_count
        assert count > 2
        await user.press("T", "a")
        assert f"{count} findings: in progress?" in user.screen
        await user.press("enter")
        assert decisions(user) == []
        await user.press("T", "a", "y")
        assert states(user) == [State.IN_PROGRESS] * count
        assert user.explorer.table.shown_count == count, "in progress still counts"
        assert " i " in line_of_cursor(user)


async def test_an_accepted_risk_needs_reason_and_owner_and_lasts_thirty_days() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("t", "r", "enter")
        assert "a reason is needed" in user.screen
        await user.type("until the rewrite")
        await user.press("tab", "ctrl+u", "enter")
        assert "an owner is needed" in user.screen
        await user.type("team-a")
        await user.press("tab", "ctrl+u")
        await user.type("2020-01-01")
        await user.press("enter")
        assert "is past" in user.screen
        assert decisions(user) == []
        await user.press("ctrl+u", *"30d", "enter")
        await user.rests()
        (decision,) = decisions(user)
        assert (decision.state, decision.owner, decision.expires) == (State.ACCEPTED, "team-a", "2026-12-21")


async def test_every_state_has_a_key_and_escape_changes_nothing() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("t", "escape")
        await user.press("t", "w", "escape")
        await user.press("t", "enter")
        assert decisions(user) == []
        await user.press("i")
        for key, state in (("w", State.WONT_FIX), ("x", State.MITIGATED), ("f", State.FALSE_POSITIVE)):
            await user.press("t", key)
            await user.type("because")
            await user.press("enter")
            await user.rests()
            assert states(user) == [state]
            assert f" {key} " in line_of_cursor(user)
        for key in "ai":
            await user.press("t", key)
            assert states(user) == [State.IN_PROGRESS]
        await user.press("t", "o")
        assert states(user) == [State.OPEN]


@presses("triage.dismissed", "triage.reopen")
async def test_i_shows_what_is_dismissed_and_capital_x_opens_it_again() -> None:
    async with exploring(size=(80, 24)) as user:
        row = await user.find(check="wl-privileged", name="api")
        await user.press("X")
        assert user.said[-1] == "nothing was decided of this"
        await user.press("t")
        await accept(user)
        assert row.key not in shown(user)
        await user.press("i")
        await user.rests()
        assert "(1 dismissed shown)" in user.screen
        await user.find(check="wl-privileged", name="api")
        assert " r " in line_of_cursor(user)
        await user.press("enter")
        await user.rests()
        assert "accepted until 2026-12-21 by team-a" in user.detail
        assert "known and watched" in user.detail
        await user.press("escape", "X")
        await user.rests()
        assert states(user) == [State.OPEN]
        await user.press("i")
        await user.rests()
        assert row.key in shown(user)


async def test_a_full_stop_repeats_the_last_decision_on_the_next_rows() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        before = shown(user)
        await user.press("t", "f")
        await user.type("a test bed")
        await user.press("enter")
        await user.rests()
        await user.press("full_stop")
        await user.press("full_stop")
        await user.rests()
        assert shown(user) == before[3:]
        assert {item.reason for item in decisions(user)} == {"a test bed"}
        await user.press("s")
        await user.until(lambda: staged(user) == 1)
        await user.rests()
        await user.press("g", "full_stop")
        assert len(decisions(user)) == 3, "what was done last was to stage"


@presses("fix.undo", "fix.redo")
async def test_undo_and_redo_go_through_staging_and_triage_in_one_line() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        first = user.row.key
        await user.press("s")
        await user.until(lambda: staged(user) == 1)
        await user.rests()
        await user.press("t", "f")
        await user.type("no")
        await user.press("enter")
        await user.rests()
        assert first not in shown(user)
        await user.press("z")
        await user.rests()
        assert first in shown(user)
        assert states(user) == [State.OPEN]
        assert staged(user) == 1
        await user.press("z")
        assert staged(user) == 0
        await user.press("z")
        assert user.said[-1] == "nothing to undo"
        await user.press("Z", "Z")
        await user.rests()
        assert staged(user) == 1
        assert states(user) == [State.FALSE_POSITIVE]
        assert first not in shown(user)
        await user.press("Z")
        assert user.said[-1] == "nothing to redo"
        await user.press("z", "z", "Z", "z")
        assert staged(user) == 0
        assert states(user) == [State.OPEN]


async def test_marked_rows_are_decided_together_and_filters_find_them_by_state() -> None:
    async with exploring() as user:
        await user.filter("rule:wl-no-memory-limit")
        before = shown(user)
        await user.press("space", "space", "t", "x")
        await user.type("a quota")
        await user.press("enter")
        assert "2 findings: mitigated elsewhere (a quota)?" in user.screen
        await user.press("y")
        await user.rests()
        assert shown(user) == before[2:]
        assert not user.explorer.table.marks
        for text in ("state:mitigated", "is:dismissed", "!state:open"):
            await user.filter(text)
            assert sorted(shown(user)) == sorted(before[:2]), text
        await user.filter("rule:wl-no-memory-limit state:open")
        assert shown(user) == before[2:]
        await user.press("escape", "6")
        await user.filter("is:dismissed")
        assert {row.ref.kind for row in user.explorer.table.shown} == {"Deployment"}
        assert user.explorer.table.shown_count == 2


async def test_where_nothing_can_be_decided_the_keys_say_why() -> None:
    async with exploring() as user:
        await user.press("8", "t")
        assert user.said[-1] == "there is no finding here to decide about"
        await user.press("T")
        assert user.said[-1] == "there is no finding in this list to decide about"


async def test_i_in_the_plan_goes_through_it_piece_by_piece() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("s")
        await user.until(lambda: staged(user) == 1)
        await user.press("9", "i")
        await user.until(lambda: "[1/" in user.screen)


async def test_a_decision_on_very_many_findings_is_one_step_that_can_be_taken_back() -> None:
    async with exploring(World(cluster(workers=60))) as user:
        count = user.explorer.table.total_count
        assert count > MANY
        await user.press("T", "w")
        await user.type("a test bed")
        await user.press("enter", "y")
        await user.rests()
        assert states(user) == [State.WONT_FIX] * count
        assert user.explorer.table.shown_count == 0
        await user.press("z")
        await user.rests()
        assert states(user) == [State.OPEN] * count
        assert user.explorer.table.shown_count == count
