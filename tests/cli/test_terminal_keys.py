"""Keys by the names that people write: what a terminal sends is taken, the rest is refused with a reason."""

from __future__ import annotations

import string

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from ksec_tui.config.terminal import CHARACTERS, KeyNameError, key_named


def sent(sequence: str) -> list[str]:
    """What Textual calls the keys that a terminal sends as this."""
    parser = XTermParser()
    return [event.key for event in (*parser.feed(sequence), *parser.feed("")) if isinstance(event, Key)]


@pytest.mark.parametrize(
    "character", sorted(set(string.printable) - set(string.whitespace) | {" ", "ä", "ß", "§"})
)
def test_every_character_is_the_key_that_types_it(character: str) -> None:
    assert list(key_named(character)) == sent(character)


def test_every_name_of_a_character_is_its_key_too() -> None:
    assert [key_named(name) for name in CHARACTERS.values()] == [(name,) for name in CHARACTERS.values()]


@pytest.mark.parametrize("letter", sorted(set(string.ascii_lowercase) - set("imh")))
def test_ctrl_and_a_letter(letter: str) -> None:
    assert list(key_named(f"ctrl+{letter}")) == sent(chr(ord(letter) - 96))
    assert key_named(f"Ctrl+{letter.upper()}") == key_named(f"ctrl+{letter}")


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        ("esc", "\x1b[27u"),
        ("Return", "\r"),
        ("tab", "\t"),
        ("shift+tab", "\x1b[Z"),
        ("PgDn", "\x1b[6~"),
        ("del", "\x1b[3~"),
        ("f1", "\x1bOP"),
        ("f12", "\x1b[24~"),
        ("shift+up", "\x1b[1;2A"),
        ("ctrl+left", "\x1b[1;5D"),
        ("ctrl+shift+right", "\x1b[1;6C"),
        ("alt+left", "\x1b[1;3D"),
        ("alt+x", "\x1bx"),
        ("alt+X", "\x1bX"),
        ("shift+j", "J"),
        ("ctrl+\\", "\x1c"),
        ("ctrl+]", "\x1d"),
        ("ctrl+^", "\x1e"),
        ("ctrl+_", "\x1f"),
    ],
)
def test_keys_with_names_and_modifiers(text: str, sequence: str) -> None:
    assert list(key_named(text)) == sent(sequence)


def test_ctrl_space_is_sent_in_two_ways() -> None:
    assert key_named("ctrl+space") == key_named("ctrl+@") == ("ctrl+space", "ctrl+@")
    assert sent("\x00") == ["ctrl+@"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ctrl+i", "as tab: write that"),
        ("ctrl+m", "as enter"),
        ("ctrl+h", "as backspace"),
        ("ctrl+[", "as escape"),
        ("ctrl+1", "do not send"),
        ("ctrl+enter", "do not send"),
        ("ctrl+alt+x", "do not send"),
        ("ctrl+shift+x", "do not send"),
        ("shift+1", "as another character"),
        ("shift+enter", "as another character"),
        ("alt+1", "do not send"),
        ("super+x", "super is lost"),
        ("meta+x", "meta is lost"),
        ("cmd+x", "cmd is lost"),
        ("entre", "did you mean 'enter'"),
        ("f13", "there is no key 'f13'"),
        ("", "there is no key"),
        ("\x1b", "there is no key"),
        ("\u202e", "there is no key"),
        ("x" * 500, "there is no key"),
    ],
)
def test_what_no_terminal_sends_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(KeyNameError) as caught:
        key_named(text)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
