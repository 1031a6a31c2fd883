"""The keys there are: by id, with their words; what the help shows and the config may rebind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding
from textual.screen import Screen

from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import TextLines


@dataclass(frozen=True, slots=True)
class Key:
    """One binding: its stable id, where it works, its keys as Textual spells them, what it does."""

    id: str
    scope: str
    keys: str
    action: str
    words: str


SPELLED = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "exclamation_mark": "!",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "minus": "-",
    "at": "@",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "backslash": "\\",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}


IN_LIST = frozenset({"go.network", "network.reach", "tree.fold", "tree.unfold"})
"""Bindings of the whole screen whose keys mean something else in the detail."""


def spelled(keys: str) -> str:
    """Keys as a person writes them: ``question_mark,f1`` is ``? f1``."""
    return " ".join(
        "+".join(SPELLED.get(part, part) for part in key.split("+"))
        for key in keys.split(",")
        if key != "ctrl+@"
    )


def keys_of(owner: type[object], scope: str) -> Iterator[Key]:
    """The bindings that `owner` and its bases declare, nearest first."""
    seen: set[str] = set()
    for base in owner.__mro__:
        for binding in vars(base).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id and binding.id not in seen:
                seen.add(binding.id)
                yield Key(binding.id, scope, binding.key, binding.action, binding.description)


def all_keys(explorer: type[Screen[None]]) -> tuple[Key, ...]:
    """Every key of the explorer, its list and its text."""
    own = tuple(keys_of(explorer, "everywhere"))
    return (
        *(key for key in own if key.id not in IN_LIST),
        *(replace(key, scope="in the list") for key in own if key.id in IN_LIST),
        *keys_of(VirtualTable, "in the list"),
        *keys_of(TextLines, "in the detail"),
    )


def known_bindings() -> Mapping[str, str]:
    """Binding id to default keys, for the config file."""
    from ksec_tui.screens.explorer import Explorer  # the explorer uses this module for its help

    return {key.id: key.keys for key in all_keys(Explorer)}
