"""The keymaps: each reaches every action, by keys that terminals send, none of which means two things at once."""

from __future__ import annotations

import pytest

from ksec_tui.app import Settings
from ksec_tui.config import ConfigError
from ksec_tui.config.keys import FIXED, clashing
from ksec_tui.config.terminal import key_named
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.keymaps import KEYMAPS
from ksec_tui.screens.keys import IN_LIST, meetings, rebindable
from ksec_tui.state.values import Look
from tests.screens.explorers import exploring

KNOWN = {key.id: key for key in rebindable(Explorer)}


def keys_under(name: str) -> dict[str, list[str]]:
    """Every binding's keys under a keymap."""
    return {binding: KEYMAPS[name].get(binding, key.keys).split(",") for binding, key in KNOWN.items()}


@pytest.mark.parametrize("name", KEYMAPS)
def test_a_keymap_rebinds_what_there_is_to_keys_that_terminals_send(name: str) -> None:
    assert set() == set(KEYMAPS[name]) - set(KNOWN)
    for binding, keys in keys_under(name).items():
        for key in keys:
            assert key in key_named(key), binding
            assert key not in FIXED, binding


@pytest.mark.parametrize("name", KEYMAPS)
def test_no_key_of_a_keymap_means_two_things_at_once(name: str) -> None:
    keys = keys_under(name)
    clashes = {
        (binding, key, other)
        for binding in KNOWN
        for key in keys[binding]
        for other in clashing(binding, key, KNOWN, keys, meetings())
    }
    assert clashes == set()


@pytest.mark.parametrize("name", KEYMAPS)
async def test_every_action_is_reached_by_its_key_under_every_keymap(name: str) -> None:
    async with exploring(keys=KEYMAPS[name]) as user:
        for scope, widget in (("in the list", user.explorer.table), ("in the detail", user.explorer.text)):
            widget.focus()
            await user.pilot.pause()
            active = user.explorer.active_bindings
            for binding, keys in keys_under(name).items():
                if KNOWN[binding].scope not in (scope, "everywhere") or (
                    binding in IN_LIST and scope != "in the list"
                ):
                    continue
                for key in keys:
                    assert active[key].binding.id == binding, (binding, key)


async def test_a_keymap_is_used_from_the_list_to_the_help() -> None:
    async with exploring(keys=KEYMAPS["lazygit"], size=(140, 45)) as user:
        await user.find(check="wl-privileged", name="api")
        assert " space stage " in user.lines[-1]
        await user.press("space")
        await user.until(lambda: user.explorer.view.plan.staged)
        tab = user.explorer.tab.id
        await user.press("right_square_bracket")
        assert user.explorer.tab.id != tab
        await user.press("m")
        assert len(user.explorer.table.marks) == 1
        await user.press("question_mark", "slash")
        await user.type("fix.stage")
        await user.press("enter")
        assert "space s " in user.screen


async def test_settings_are_read_again_without_a_restart_and_broken_ones_change_nothing() -> None:
    now: list[Settings | ConfigError] = [
        ("day", {"fix.stage": "ctrl+t"}, {"worst": Look(filter="sev:>=high")}),
        ConfigError("config.yaml:3: there is no setting 'them'"),
        ("night", {}, {}),
    ]

    def read() -> Settings:
        found = now.pop(0)
        if isinstance(found, ConfigError):
            raise found
        return found

    async with exploring(settings=read) as user:
        await user.find(check="wl-privileged", name="api")
        await user.command("settings")
        assert user.app.theme == "day"
        await user.until(lambda: " ctrl+t stage " in user.lines[-1])
        await user.press("ctrl+t")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.command("settings")
        assert user.said[-1] == "config.yaml:3: there is no setting 'them'"
        assert user.app.theme == "day"
        await user.command("view worst")
        assert user.explorer.filter_text == "sev:>=high"
        await user.command("settings")
        assert (user.app.theme, user.app.rebound) == ("night", {})
        await user.command("view worst")
        assert user.said[-1].startswith("there is no view worst")


async def test_without_settings_there_are_none_to_read() -> None:
    async with exploring() as user:
        await user.command("settings")
        assert user.said == ["there are no settings to read"]
