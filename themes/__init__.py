"""Themes: one module each, found by name; the style sheet that uses nothing but their variables."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from pathlib import Path

from textual.theme import Theme

DEFAULT = "night"
"""The name of the theme that is used when none is chosen."""

STYLESHEET = Path(__file__).with_name("base.tcss")
"""The style sheet for the whole program; needs a theme from `discover()`."""


@functools.cache
def discover() -> tuple[Theme, ...]:
    """Every theme of this package, the default first, the others by name.

    A theme is a module beside this one that defines `THEME`.
    """
    themes = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        theme = getattr(module, "THEME", None)
        if isinstance(theme, Theme):
            themes.append(theme)
    return tuple(sorted(themes, key=lambda theme: (theme.name != DEFAULT, theme.name)))
