"""The key that opens a staged patch in the user's editor: what comes back is proven or refused with its reason."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ksec_tui.screens.editor import EditorError, editor_command
from tests.screens.explorers import User, exploring, presses
from tests.screens.test_keys_fixes_plan import CHECK, stage

Editor = Callable[[str], Path]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Sets an editor that notes what it was given and runs a line of shell on the file `$1`; gives its notes."""

    def made(line: str) -> Path:
        script, notes = tmp_path / "editor", tmp_path / "notes"
        modes = f'stat -c "%a" "$1" "$(dirname "$1")" >> "{notes}.modes"'
        note = f'cat "$1" >> "{notes}"; {modes}; echo "$1" > "{notes}.path"'
        script.write_text(f"#!/bin/sh\n{note}\n{line}\n")
        script.chmod(stat.S_IRWXU)
        monkeypatch.setenv("KSEC_EDITOR", str(script))
        return notes

    return made


def body(user: User) -> str:
    (item,) = user.explorer.view.plan.staged
    return str(item.fix.changes[0].body)


@presses("fix.edit")
async def test_e_opens_the_patch_privately_and_what_is_proven_replaces_it(editor: Editor) -> None:
    notes = editor('sed -i "s/privileged: null/privileged: false/" "$1"')
    async with exploring() as user:
        await user.press("e")
        assert user.said == ["there is no staged patch in hand: s stages the fix of a finding"]
        await stage(user, CHECK)
        before = user.explorer.view.plan
        await user.press("e")
        await user.until(lambda: user.explorer.view.plan != before)
        await user.rests()
        assert "'privileged': False" in body(user)
        assert user.said[-1] == "the edited patch is proven and staged"
        assert "(edited)" in user.screen
        assert notes.read_text().startswith("# Run container main without privileges (Deployment shop/api)")
        assert notes.with_suffix(".modes").read_text().split() == ["600", "700"]
        assert not Path(notes.with_suffix(".path").read_text().strip()).parent.exists()
        await user.press("z")
        assert user.explorer.view.plan == before
        await user.press("Z")
        assert "'privileged': False" in body(user)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('echo "a: [" > "$1"', "not valid YAML"),
        ('sed -i "s/privileged: null/privileged: true/" "$1"', "does not remove its finding"),
        ('sed -i "s/privileged: null/privileged: seven/" "$1"', "not readable"),
        ('printf "metadata:\\n  name: other\\n" > "$1"', "makes another object of it"),
    ],
    ids=["syntax", "without effect", "wrong type", "another object"],
)
async def test_what_does_not_hold_is_kept_with_its_reason_for_another_try(
    editor: Editor, line: str, reason: str
) -> None:
    notes = editor(line)
    async with exploring() as user:
        await stage(user, CHECK)
        before = user.explorer.view.plan
        await user.press("e")
        await user.until(lambda: "Not taken: " in user.screen)
        await user.press("j", "enter")
        assert user.explorer.view.plan == before
        editor("true")
        notes.unlink()
        await user.press("e")
        await user.until(lambda: "Not taken: " in user.screen)
        head = " ".join(text[2:] for text in notes.read_text().splitlines() if text.startswith("# "))
        assert head.startswith("NOT TAKEN: ")
        assert reason in head
        await user.press("j", "j", "enter", "e")
        await user.until(lambda: user.said[-1] == "nothing was changed")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/no/such/editor", "No such file"),
        ("false", "false ended with 1"),
        ('"', "KSEC_EDITOR is no command line"),
    ],
)
async def test_an_editor_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, command: str, words: str
) -> None:
    monkeypatch.setenv("KSEC_EDITOR", command)
    async with exploring() as user:
        await stage(user, CHECK)
        before = user.explorer.view.plan
        await user.press("e")
        assert words in user.said[-1]
        assert user.explorer.view.plan == before


async def test_hunk_mode_edits_a_piece_and_goes_on_with_the_rest(editor: Editor) -> None:
    editor("true")
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("I", "e")
        await user.until(lambda: "[1/1]" in user.screen)
        assert user.said[-1] == "nothing was changed"


def test_the_editor_is_the_most_specific_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    every = {"EDITOR": "ed", "VISUAL": "code --wait", "KSEC_EDITOR": "nano"}
    assert editor_command(every) == ["nano"]
    assert editor_command({**every, "KSEC_EDITOR": " "}) == ["code", "--wait"]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EditorError, match="no editor is set"):
        editor_command({})
