"""The keys that a terminal sends, by the names that Textual gives them.

A terminal sends characters and escape sequences, no keys: what has none of its own cannot be told apart, as
ctrl+i from tab (ECMA-48, xterm's ctlseqs). Keys that only the newer protocols of some terminals can send are
left out: a binding that does nothing in the next terminal is worse than none.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping

from ksec_tui.cluster.text import one_line

CHARACTERS: Mapping[str, str] = {
    " ": "space",
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "?": "question_mark",
    "@": "at",
    "[": "left_square_bracket",
    "\\": "backslash",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
"""ASCII characters that are neither letter nor digit, with their names."""

_OTHERS = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
    "del": "delete",
    "ins": "insert",
}
_MOVES = frozenset({"left", "right", "up", "down", "home", "end", "pageup", "pagedown", "insert", "delete"})
_PLAIN = _MOVES | {"escape", "enter", "tab", "backspace", "space", *(f"f{number}" for number in range(1, 13))}
_SAME_AS = {"i": "tab", "m": "enter", "h": "backspace", "left_square_bracket": "escape"}
_WITH_CTRL = frozenset({"backslash", "right_square_bracket", "circumflex_accent", "underscore"})
_MODIFIERS = ("alt", "ctrl", "shift")


class KeyNameError(ValueError):
    """There is no such key, or no terminal sends it; the message says which."""


def key_named(text: str) -> tuple[str, ...]:
    """The names of a key as people write it: ``/``, ``ctrl+w``, ``Esc``, ``shift+j``, ``slash``.

    Raises:
        KeyNameError: there is none that every terminal sends.
    """
    *modifiers, base = [text] if len(text) == 1 else _parts(text)
    shown = one_line(text, 40)
    key = _base(base)
    if unknown := [item for item in modifiers if item not in _MODIFIERS]:
        raise KeyNameError(
            f"no terminal can be relied on to send {shown!r}: {one_line(unknown[0], 20)} is lost"
        )
    if not key:
        names = (*_PLAIN, *CHARACTERS.values())
        close = difflib.get_close_matches(base.lower(), names, 1)
        raise KeyNameError(f"there is no key {shown!r}{f'; did you mean {close[0]!r}?' if close else ''}")
    match sorted(set(modifiers)):
        case []:
            return (key,)
        case ["shift"]:
            return _with_shift(key, shown)
        case ["ctrl"]:
            return _with_ctrl(key, shown)
        case ["alt"] if key in _MOVES - {"insert", "delete"} or (
            len(key) == 1 and key.isascii() and key.isalpha()
        ):
            return (f"alt+{key}" if not key.isupper() else f"alt+shift+{key.lower()}",)
        case ["ctrl", "shift"] if key in _MOVES:
            return (f"ctrl+shift+{key}",)
    raise KeyNameError(f"terminals do not send {shown!r}, or send it as another key")


def _parts(text: str) -> list[str]:
    """``ctrl++`` is ctrl and plus."""
    head, plus, last = text.rpartition("+")
    if plus and not last:
        head, last = head.removesuffix("+"), "+"
    modifiers = [item.strip().lower() for item in head.split("+")] if head else []
    return [*("ctrl" if item in ("control", "^") else item for item in modifiers), last.strip()]


def _base(name: str) -> str:
    """The name of a key without modifiers; empty for none."""
    if len(name) == 1:
        if name.isalnum():
            return name
        known = CHARACTERS.get(name, "")
        if known or not name.isprintable():
            return known
        return unicodedata.name(name, "").lower().replace(" ", "_").replace("-", "_")
    low = _OTHERS.get(name.lower(), name.lower())
    return low if low in _PLAIN or low in CHARACTERS.values() else ""


def _with_shift(key: str, shown: str) -> tuple[str, ...]:
    if len(key) == 1 and key.isalpha():
        return (key.upper(),)
    if key in _MOVES or key == "tab":
        return (f"shift+{key}",)
    raise KeyNameError(f"terminals send {shown!r} as another character: write that")


def _with_ctrl(key: str, shown: str) -> tuple[str, ...]:
    low = key.lower()
    if low in _SAME_AS:
        raise KeyNameError(f"terminals send {shown!r} as {_SAME_AS[low]}: write that")
    if key in ("space", "at"):
        return ("ctrl+space", "ctrl+@")
    if key in _MOVES or key in _WITH_CTRL or (len(low) == 1 and low.isascii() and low.isalpha()):
        return (f"ctrl+{low}",)
    raise KeyNameError(f"terminals do not send {shown!r}, or send it as another key")
