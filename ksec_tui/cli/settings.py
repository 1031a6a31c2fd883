"""The settings file on the command line: loaded, checked against the themes and keys there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from ksec_tui.cli.command import CliError, nearest
from ksec_tui.cluster.text import one_line
from ksec_tui.config import Choice, Config, ConfigError, Loaded, bound_keys, load


@dataclass(frozen=True)
class Settings:
    """Settings that can be used: the values, where they stand, and the keys as Textual spells them."""

    config: Config
    loaded: Loaded
    keymap: Mapping[str, str]


def load_settings(path: str | None) -> Settings:
    """Load the settings and check every value.

    Raises:
        CliError: something in them cannot be used; with file and line.
    """
    try:
        loaded = load(path)
        _check_theme(loaded)
        check_choice(loaded)
        return Settings(loaded.config, loaded, _keymap(loaded))
    except ConfigError as error:
        raise CliError(str(error)) from error


def load_choice(path: str | None) -> Choice:
    """The settings' choice of checks alone, for commands that draw nothing.

    Raises:
        CliError: the settings cannot be read, or name a check that there is not; with file and line.
    """
    try:
        loaded = load(path)
        check_choice(loaded)
    except ConfigError as error:
        raise CliError(str(error)) from error
    return loaded.config.checks


def check_choice(loaded: Loaded) -> None:
    """See that the checks which the settings name are there.

    Raises:
        ConfigError: one is not.
    """
    if loaded.config.checks == Choice():
        return
    from ksec_tui.checks import all_checks

    known = [item.id for item in all_checks(optional=True)]
    for key in ("enable", "disable"):
        for name in getattr(loaded.config.checks, key):
            if name not in known:
                said = f"there is no check {one_line(name, 60)!r}{nearest(name, known)}"
                raise loaded.error(f"checks.{key}", said)


def _check_theme(loaded: Loaded) -> None:
    name = loaded.config.theme
    if not name:
        return
    from ksec_tui import themes

    known = [theme.name for theme in themes.discover()]
    if name not in known:
        raise loaded.error(
            "theme", f"there is no theme {name!r}{nearest(name, known)} (known: {', '.join(known)})"
        )


def _keymap(loaded: Loaded) -> Mapping[str, str]:
    if not loaded.config.keys:
        return {}
    from ksec_tui.screens.explorer import Explorer
    from ksec_tui.screens.keys import all_keys

    keys = {name: tuple(_spelled(key) for key in keys) for name, keys in loaded.config.keys.items()}
    config = msgspec.structs.replace(loaded.config, keys=keys)
    return bound_keys(replace(loaded, config=config), all_keys(Explorer))


def _spelled(key: str) -> str:
    """A key as Textual spells it: ``/`` is ``slash``."""
    from textual.binding import Binding

    return next(iter(Binding.make_bindings([Binding(key, "")]))).key
