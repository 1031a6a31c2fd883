"""Which key does what: the defaults, changed by a keymap, changed by the user; no key for two things at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from ksec_tui.cluster.text import one_line
from ksec_tui.config.terminal import KeyNameError, key_named
from ksec_tui.config.values import Loaded, nearest

FIXED = {"ctrl+p": "it opens the palette", "ctrl+q": "it leaves the program"}
"""Keys that do the same everywhere, also above the explorer."""


class Binding(Protocol):
    """What is known of a key binding."""

    @property
    def id(self) -> str:
        """Its stable name."""

    @property
    def scope(self) -> str:
        """Where it works."""

    @property
    def keys(self) -> str:
        """Its default keys, comma-separated."""


def bound_keys(
    loaded: Loaded,
    known: Iterable[Binding],
    *,
    keymap: Mapping[str, str] | None = None,
    meetings: Collection[frozenset[str]] = (),
) -> dict[str, str]:
    """The rebound keys: id of a binding to its keys as Textual names them, comma-separated.

    Args:
        loaded: the settings.
        known: every binding there is.
        keymap: the keys of the bindings that the chosen keymap rebinds.
        meetings: scopes whose keys work at once; keys of one scope always do.

    Raises:
        ConfigError: there is no such binding or key, no terminal sends the key, or it would do two things.
    """
    bindings = {binding.id: binding for binding in known}
    base = {name: binding.keys.split(",") for name, binding in bindings.items()}
    base.update({name: keys.split(",") for name, keys in (keymap or {}).items()})
    chosen: dict[str, list[str]] = {}
    for name, keys in loaded.config.keys.items():
        if name not in bindings:
            said = f"there is no binding {one_line(name, 60)!r}{nearest(name, bindings)}"
            raise loaded.error(f"keys.{name}", said)
        chosen[name] = list(dict.fromkeys(_named(loaded, name, keys)))
    wanted = {**base, **chosen}
    # In the order of the file, so that of two that the user wrote the later one is named.
    order = list(chosen)
    for place, name in enumerate(order):
        for key in chosen[name]:
            if key in FIXED and not (key == "ctrl+q" and name == "quit"):
                raise loaded.error(f"keys.{name}", f"the key {one_line(key, 30)!r} is taken: {FIXED[key]}")
            for other in clashing(name, key, bindings, wanted, meetings):
                if other not in order[place + 1 :]:
                    said = f"{other} has it already ({bindings[other].scope})"
                    raise loaded.error(f"keys.{name}", f"the key {one_line(key, 30)!r} is taken: {said}")
    return {**(keymap or {}), **{name: ",".join(keys) for name, keys in chosen.items()}}


def clashing(
    name: str,
    key: str,
    bindings: Mapping[str, Binding],
    keys: Mapping[str, Sequence[str]],
    meetings: Collection[frozenset[str]],
) -> Iterator[str]:
    """The other bindings with that key where the binding `name` works.

    Two that share the key by default are meant to: one of them goes before the other.
    """
    mine = bindings[name]
    for other, binding in bindings.items():
        if other == name or key not in keys[other]:
            continue
        together = mine.scope == binding.scope or any(
            {mine.scope, binding.scope} <= item for item in meetings
        )
        if together and not (key in mine.keys.split(",") and key in binding.keys.split(",")):
            yield other


def _named(loaded: Loaded, name: str, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        try:
            yield from key_named(key)
        except KeyNameError as error:
            raise loaded.error(f"keys.{name}", str(error)) from error
