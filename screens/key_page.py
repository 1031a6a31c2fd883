"""The page of all keys, for each keymap, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.config.keys import FIXED
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.keymaps import DEFAULT, KEYMAPS
from ksec_tui.screens.keys import Key, rebindable, spelled
from ksec_tui.screens.panes import TITLES

SCOPES = {
    "Ask": "where a text is asked for",
    "Bookmarks": "in the list of bookmarks",
    "Confirm": "in a question",
    "HunkMode": "piece by piece through the plan",
    "Pick": "in a choice",
    "Read": "in what is there to read",
}
"""What the modals are called; others by their names."""


def page() -> str:
    """Every key that can be bound: under each keymap, what it does, the id by which the settings name it."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Keys"
    yield ""
    yield "Made by `ksec-tui docs keys`. In the settings file, `keymap` chooses a column, where an empty cell is as the"
    yield "default, and `keys` binds what is named in the last column to other keys; `ksec-tui config init` writes a"
    yield "file to begin with. In the explorer, `?` lists the keys as they are bound, with the reason where one does"
    yield "nothing. No key changes anything in the cluster."
    yield ""
    yield "Always: " + "; ".join(f"`{key}`: {what}" for key, what in FIXED.items()) + "."
    scope = ""
    for key in rebindable(Explorer):
        if key.scope != scope:
            scope = key.scope
            yield ""
            yield f"## Keys {SCOPES.get(scope, scope)}"
            yield ""
            yield f"| {' | '.join(KEYMAPS)} | what it does | id |"
            yield f"|{'---|' * (len(KEYMAPS) + 2)}"
        columns = [_keys(key, name) for name in KEYMAPS]
        yield f"| {' | '.join(columns)} | {_words(key)} | `{key.id}` |"


def _keys(key: Key, name: str) -> str:
    bound = KEYMAPS[name].get(key.id)
    if bound is None and name != DEFAULT:
        return ""
    return " ".join(f"`{item}`" for item in spelled(bound or key.keys).replace("|", "\\|").split())


def _words(key: Key) -> str:
    name, _, argument = key.action.partition("(")
    number = argument.removesuffix(")")
    if name == "pane" and number.isdecimal() and int(number) <= len(TITLES):
        return f"Go to {TITLES[int(number) - 1]}"
    return key.words.replace("|", "\\|")
