"""The settings file on the command line: loaded, checked against the themes and keys there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
        _check_views(loaded)
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


def _check_views(loaded: Loaded) -> None:
    """See that saved views can be shown: their panes, views and filters.

    Raises:
        ConfigError: one cannot.
    """
    views = loaded.config.views
    if not views:
        return
    from ksec_tui.findings.filter import FilterError, parse
    from ksec_tui.screens import panes
    from ksec_tui.screens.pane import discover

    known = {pane.id: [item.id for item in pane.listings] for pane in discover(panes)}
    for name, look in views.items():
        place = f"views.{name}"
        if look.pane not in known:
            said = f"there is no pane {one_line(look.pane, 60)!r}{nearest(look.pane, list(known))}"
            raise loaded.error(f"{place}.pane", f"{said} (known: {', '.join(known)})")
        if look.view and look.view not in known[look.pane]:
            said = f"the pane {look.pane} has no view {one_line(look.view, 60)!r}"
            raise loaded.error(f"{place}.view", f"{said} (known: {', '.join(known[look.pane])})")
        for field, text in (
            ("filter", look.filter),
            ("namespaces", look.namespaces and f"ns:{look.namespaces}"),
        ):
            try:
                parse(text)
            except FilterError as error:
                raise loaded.error(f"{place}.{field}", str(error)) from error


def _keymap(loaded: Loaded) -> Mapping[str, str]:
    config = loaded.config
    if not config.keys and config.keymap == "default":
        return {}
    from ksec_tui.screens.explorer import Explorer
    from ksec_tui.screens.keymaps import KEYMAPS
    from ksec_tui.screens.keys import meetings, rebindable

    if config.keymap not in KEYMAPS:
        names = list(KEYMAPS)
        said = f"there is no keymap {one_line(config.keymap, 60)!r}{nearest(config.keymap, names)}"
        raise loaded.error("keymap", f"{said} (known: {', '.join(names)})")
    return bound_keys(loaded, rebindable(Explorer), keymap=KEYMAPS[config.keymap], meetings=meetings())
