"""The keys there are: by id, with their words; what the help shows and the config may rebind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from textual.binding import Binding
from textual.screen import ModalScreen, Screen

from ksec_tui.config.terminal import CHARACTERS
from ksec_tui.screens.prompt import PromptInput
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
    **{name: character for character, name in CHARACTERS.items() if name != "space"},
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
"""Keys of which the name is not what a person writes."""


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


IN_MODAL = {"Pick": "in the list", "Read": "in the detail", "HunkMode": "in the detail"}
"""Modals that hold a list or a text: the keys of that work in them too."""


def rebindable(explorer: type[Screen[None]]) -> tuple[Key, ...]:
    """Every key that may be rebound: those of the explorer, of its prompt, and of the modals, by their names."""
    found = [*all_keys(explorer), *keys_of(PromptInput, "in the prompt")]
    known = {key.id for key in found}
    for modal in _modals():
        new = [key for key in keys_of(modal, modal.__name__) if key.id not in known]
        known.update(key.id for key in new)
        found += new
    return tuple(found)


def meetings() -> tuple[frozenset[str], ...]:
    """Which scopes' keys work at once; the explorer and its modals are to be imported."""
    own = []
    for modal in _modals():
        names = [base.__name__ for base in modal.__mro__ if issubclass(base, ModalScreen)]
        own.append(frozenset([*names, *(IN_MODAL[name] for name in names if name in IN_MODAL)]))
    main = (("everywhere", "in the list"), ("everywhere", "in the detail"), ("in the prompt",))
    return (*map(frozenset, main), *own)


def _modals() -> list[type[Screen[Any]]]:
    """Our modals, each after what it derives from."""
    return sorted(set(_below(ModalScreen)), key=lambda modal: (len(modal.__mro__), modal.__name__))


def _below(base: type[Screen[Any]]) -> Iterator[type[Screen[Any]]]:
    for modal in base.__subclasses__():
        if modal.__module__.startswith("ksec_tui."):
            yield modal
        yield from _below(modal)


@cache
def known_bindings() -> Mapping[str, str]:
    """Binding id to default keys."""
    from ksec_tui.screens.explorer import Explorer  # the explorer uses this module for its help

    return {key.id: key.keys for key in rebindable(Explorer)}


def pressed(app: object, ids: str) -> str:
    """What to press: the first key of each of these bindings, as the user has bound it.

    Args:
        app: the app, which knows what was rebound.
        ids: one binding's id, or several with spaces between them; what is none stays as it is.
    """
    rebound: Mapping[str, str] = getattr(app, "rebound", {})
    found = ((rebound.get(name) or known_bindings().get(name, name)) for name in ids.split())
    return " ".join(spelled(keys.split(",")[0]) for keys in found)
