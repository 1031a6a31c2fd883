"""What is typed ahead does what it would have done if one had waited."""

from __future__ import annotations

import pytest
from textual.events import Key

from ksec_tui.app import KsecApp
from ksec_tui.screens.modals import Ask
from ksec_tui.screens.widgets import row_view
from tests.screens.explorers import User, exploring
from tests.screens.world import World

NAMES = {
    ":": "colon",
    "/": "slash",
    "?": "question_mark",
    ")": "right_parenthesis",
    " ": "space",
    "\r": "enter",
    "\x1b": "escape",
}


async def at_once(user: User, text: str) -> None:
    """Keys as a terminal sends what is pasted, or typed while the program is busy: with no pause between them."""
    for char in text:
        user.app.post_message(Key(NAMES.get(char, char), char if char.isprintable() else None))
    await user.rests()


@pytest.mark.parametrize("start", [":", "/"])
async def test_what_is_typed_ahead_goes_to_the_prompt_and_stages_nothing(start: str) -> None:
    async with exploring() as user:
        await at_once(user, f"{start}sev")
        assert user.explorer.prompt.input.value == "sev"
        assert not user.explorer.view.plan.staged
        # In the prompt they are characters.
        await at_once(user, ":/")
        assert user.explorer.prompt.input.value == "sev:/"


async def test_a_filter_typed_right_after_the_pane_is_that_panes() -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, "2/sev:>=high")
        assert user.explorer.pane.id == "findings"
        assert user.explorer.filter_text == "sev:>=high"
        assert user.explorer.prompt.is_open
        assert not user.explorer.view.plan.staged


@pytest.mark.parametrize(("keys", "row"), [("2j", 1), ("2jjk", 1), ("2G", -1), ("7)j", 1)])
async def test_keys_that_move_wait_for_the_rows_of_the_pane(keys: str, row: int) -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, keys)
        table = user.explorer.table
        assert table.shown_count > 1
        assert table.cursor_index == row % table.shown_count


async def test_what_is_staged_ahead_is_the_row_that_one_moved_to() -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, "2js")
        (staged,) = user.explorer.view.plan.staged
        assert user.explorer.table.cursor_index == 1
        assert user.row.finding is not None
        assert staged.finding.fingerprint == user.row.finding.fingerprint


async def test_what_was_meant_for_a_list_that_one_left_before_it_came_is_dropped() -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, "2s4")
        assert user.explorer.pane.id == "rbac"
        assert not user.explorer.view.plan.staged


@pytest.mark.parametrize("keys", ["/api\rj", "/shop\x1b/api\rj"])
async def test_keys_after_enter_are_no_part_of_the_filter(keys: str) -> None:
    async with exploring() as user:
        await at_once(user, keys)
        assert user.explorer.filter_text == "api"
        assert user.explorer.table.cursor_index == 1


async def test_keys_behind_a_filter_act_on_what_it_lets_through_of_however_many_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # From the first row on they are filtered beside the thread that draws, as many rows are.
    monkeypatch.setattr(row_view, "AT_ONCE", 0)
    async with exploring() as user:
        table = user.explorer.table
        every = table.total_count
        await at_once(user, "/kind:deployment\rG ")
        assert 0 < table.shown_count < every
        (mark,) = table.marks
        assert mark == table.cursor_key
        assert {row.ref.kind for row in table.shown} == {"Deployment"}
        assert table.cursor_index == table.shown_count - 1


async def test_keys_after_enter_are_no_part_of_the_command() -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, "4:ns shop\rj")
        assert (user.explorer.pane.id, user.explorer.scope) == ("rbac", "shop")
        assert user.explorer.table.cursor_index == 1
        await at_once(user, ":findings api\rjj")
        assert (user.explorer.pane.id, user.explorer.filter_text) == ("findings", "api")
        assert user.explorer.table.cursor_index == 2


async def test_the_filter_from_before_is_replaced_by_what_is_typed_ahead() -> None:
    async with exploring() as user:
        await user.filter("ns:shop")
        await at_once(user, "/api\r")
        assert user.explorer.filter_text == "api"


async def test_a_whole_decision_can_be_typed_ahead() -> None:
    async with exploring(pane="priorities") as user:
        await at_once(user, "2jtfa test only\rj")
        await user.until(lambda: user.explorer.at_rest and user.app.screen is user.explorer)
        (decision,) = user.explorer.view.ledger.triage.decisions.values()
        assert decision.reason == "a test only"
        assert user.explorer.pane.id == "findings"
        assert not user.explorer.view.plan.staged


async def test_a_search_in_the_help_can_be_typed_ahead() -> None:
    async with exploring() as user:
        await at_once(user, "?/mark")
        assert isinstance(user.app.screen, Ask)
        assert not user.explorer.prompt.is_open


async def test_keys_from_before_the_explorer_is_there_act_once_it_is() -> None:
    app = KsecApp(World())
    async with app.run_test(size=(140, 45)) as pilot:
        for key in ("2", "j"):
            app.post_message(Key(key, key))
        user = User(app, pilot)
        await user.until(lambda: app.explorer is not None and app.explorer.is_mounted)
        await user.loaded()
        assert user.explorer.pane.id == "findings"
