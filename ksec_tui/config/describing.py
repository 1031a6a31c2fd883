"""The settings described: as a JSON Schema for editors, as a commented file to begin with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ksec_tui.config.keys import FIXED, Binding
from ksec_tui.state.values import Look

DRAFT = "https://json-schema.org/draft/2020-12/schema"

LOOK = {
    "pane": "the pane: findings, rbac, network, …",
    "view": "one of the pane's views; the first without it",
    "filter": "as typed after /",
    "namespaces": "as typed after :ns",
    "risky": "only what is risky",
    "sort": "the column that orders the rows",
    "reverse": "the greatest first",
    "question": "what who-can is asked, such as get secrets -n shop",
    "reach": "the two ends that reach is asked about",
    "blast": "the workload of which all that it reaches is shown, as group/kind/namespace/name",
}
"""What a saved view consists of."""

WORDS = {
    "theme": "The theme; :theme in the explorer lists them, too.",
    "ascii": "Draw with ASCII characters only.",
    "mouse": "Take the mouse; false leaves it to the terminal.",
    "state": "Keep where you were, bookmarks and saved views for the next time; --no-state for one sitting.",
    "watch": "Follow a live cluster as it changes, as --watch does; :watch off leaves it as it was read.",
    "keymap": "The keys to begin with.",
    "keys": "Keys of your own: the id of a binding to a key or a list of keys, as ?, ctrl+w, esc, f2, shift+up.",
    "checks": "Which checks run: optional ones as well, others not; ksec-tui checks lists their ids.",
    "views": "Saved views, for :view NAME: a filter of the findings, or what a list shows.",
}
"""What each setting is for, in the order in which they stand."""


def schema(themes: Sequence[str], keymaps: Sequence[str], bindings: Iterable[Binding]) -> dict[str, Any]:
    """The settings as a JSON Schema.

    Args:
        themes: names of the themes.
        keymaps: names of the keymaps.
        bindings: what can be bound, with its default keys.
    """
    key = {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ]
    }
    ids = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    look = {
        name: {"type": "boolean" if Look.__annotations__[name] == "bool" else "string", "description": words}
        for name, words in LOOK.items()
    }
    shapes: dict[str, dict[str, Any]] = {
        "theme": {"enum": list(themes)},
        "ascii": {"type": "boolean", "default": False},
        "mouse": {"type": "boolean", "default": True},
        "state": {"type": "boolean", "default": True},
        "watch": {"type": "boolean", "default": False},
        "keymap": {"enum": list(keymaps), "default": keymaps[0]},
        "keys": _mapping({item.id: {**key, "default": item.keys.split(",")} for item in bindings}),
        "checks": _mapping({"enable": ids, "disable": ids}),
        "views": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, _mapping(look)]}},
    }
    described = {name: {"description": words, **shapes[name]} for name, words in WORDS.items()}
    return {"$schema": DRAFT, "title": "Settings of ksec-tui", **_mapping(described)}


def _mapping(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "additionalProperties": False}


def template(theme: str, themes: Sequence[str], keymaps: Sequence[str], bindings: Iterable[Binding]) -> str:
    """A settings file in which everything is said and nothing is set.

    Args:
        theme: the theme without a setting.
        themes: names of the themes.
        keymaps: names of the keymaps, the default first.
        bindings: what can be bound, with its default keys.
    """
    values = {
        "theme": theme,
        "ascii": "false",
        "mouse": "true",
        "state": "true",
        "watch": "false",
        "keymap": keymaps[0],
    }
    names = {"theme": themes, "keymap": keymaps}
    lines = [
        "# Settings of ksec-tui. Whatever is commented out is as it is without this file;",
        "# ksec-tui config validate tells whether the file is right.",
    ]
    for name, words in WORDS.items():
        known = f" One of: {', '.join(names[name])}." if name in names else ""
        lines += ["", f"# {words}{known}"]
        if name in values:
            lines.append(f"#{name}: {values[name]}")
        elif name == "keys":
            fixed = "; ".join(f"{key}: {what}" for key, what in FIXED.items())
            lines += [f"# These are the default ones. Not to be bound: {fixed}.", "#keys:"]
            lines += [f"#  {item.id}: [{', '.join(item.keys.split(','))}]" for item in bindings]
        elif name == "checks":
            lines += ["#checks:", "#  enable: []", "#  disable: []"]
        else:
            lines += [
                "#views:",
                "#  worst: sev:>=high",
                "#  people: {pane: rbac, view: subjects, filter: kind:user, sort: name}",
            ]
    return "\n".join(lines) + "\n"
