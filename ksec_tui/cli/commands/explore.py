"""Without a command: the explorer."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ksec_tui.cli import options, output, source
from ksec_tui.cli.command import DEFECT, CliError, Command, nearest

if TYPE_CHECKING:
    from ksec_tui.state.values import Look

_INSTEAD = "use ksec-tui --plain for text menus, or ksec-tui scan for a report"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    looks = parser.add_argument_group("the explorer")
    looks.add_argument("--theme", metavar="NAME", help="the theme (:theme in the explorer lists them)")
    looks.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    looks.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    looks.add_argument(
        "--plain",
        action="store_true",
        help="numbered text menus instead: for screen readers, braille, serial consoles and pipes",
    )
    looks.add_argument(
        "--watch",
        action="store_true",
        help="follow a live cluster as it changes (:watch on and :watch off do so in the explorer)",
    )
    looks.add_argument(
        "--triage",
        metavar="FILE",
        help="where decisions are kept (else the context's own file; the demo has none)",
    )
    looks.add_argument(
        "--no-state",
        action="store_true",
        help="start afresh and keep nothing: not where you were, nor bookmarks, nor saved views",
    )
    options.add_filter_argument(looks)
    options.add_choice_arguments(looks)
    options.add_config_argument(looks)


def _run(arguments: argparse.Namespace) -> int:
    source.check(arguments)
    _check_watch(arguments)
    wanted = options.read_filter(arguments.filter)
    if arguments.plain:
        from ksec_tui.cli.linear import run

        return run(arguments, wanted)
    _need_terminal(arguments)
    from ksec_tui.cli.settings import load_settings
    from ksec_tui.cli.triaging import kept_files, load_file
    from ksec_tui.config import Choice

    settings = load_settings(arguments.config)
    config = settings.config
    # Nobody waits for all checks to be imported before the first frame who has not chosen among them.
    chose = config.checks != Choice() or arguments.enable or arguments.disable
    checks = options.chosen(arguments, config.checks) if chose else None
    theme = _theme(arguments.theme) or config.theme
    keeps = config.state and not arguments.no_state
    if arguments.triage:
        load_file(Path(arguments.triage), missing_ok=True)
    stdin = source.take_stdin(arguments)

    # Nothing is garbage before the first frame; the app switches the collector on again after it.
    gc.disable()
    from ksec_tui import themes
    from ksec_tui.app import KsecApp
    from ksec_tui.drawing import drawn

    if source.is_live(arguments):
        from ksec_tui.cli.live import Contexts

        contexts = Contexts(source.connection_options(arguments))
        first, names, opener = contexts.first(), contexts.names, contexts.open
    else:
        first, names, opener = source.open_source(arguments, stdin=stdin), tuple, None
    app = KsecApp(
        first,
        contexts=names,
        opener=opener,
        theme=theme or themes.DEFAULT,
        ascii=arguments.ascii or config.ascii or not _speaks_unicode(),
        filter=arguments.filter,
        keys=settings.keymap,
        checks=checks,
        keeps=keeps,
        views=config.views,
        settings=lambda: _again(arguments),
        triage=lambda info: kept_files(arguments.triage, info, keeps=keeps),
        watch=arguments.watch or config.watch,
    )
    drawn(app.run_async(mouse=config.mouse and not arguments.no_mouse))
    return DEFECT if app.return_code else 0


def _again(arguments: argparse.Namespace) -> tuple[str, Mapping[str, str], Mapping[str, Look]]:
    """Theme, keys and views as the settings say by now; the command line's theme stays."""
    from ksec_tui import themes
    from ksec_tui.cli.settings import load_settings
    from ksec_tui.config import ConfigError

    try:
        settings = load_settings(arguments.config)
    except CliError as error:
        raise ConfigError(str(error)) from error
    return arguments.theme or settings.config.theme or themes.DEFAULT, settings.keymap, settings.config.views


def _check_watch(arguments: argparse.Namespace) -> None:
    """Refuse to follow what does not change, and where lines once written cannot."""
    if arguments.watch and not source.is_live(arguments):
        raise CliError("--watch is for a live cluster: files, snapshots and the demo are read once")
    if arguments.watch and arguments.plain:
        raise CliError(
            "--watch is for the explorer: text menus show the cluster as it was read, so that nothing changes "
            "under whoever listens; refresh in them reads it anew and says what is new"
        )


def _need_terminal(arguments: argparse.Namespace) -> None:
    """Refuse to start where nothing can be drawn; keys may come from the terminal while stdin brings manifests."""
    streams = {"stdout": sys.stdout, "stderr": sys.stderr}
    if "-" not in arguments.file:
        streams["stdin"] = sys.stdin
    missing = [name for name, stream in streams.items() if not output.is_terminal(stream)]
    if missing:
        raise CliError(f"the explorer needs a terminal ({missing[0]} is none): {_INSTEAD}")
    if os.environ.get("TERM") == "dumb":
        raise CliError(f"the explorer needs more than a dumb terminal (TERM=dumb): {_INSTEAD}")


def _theme(name: str | None) -> str:
    if name is None:
        return ""
    from ksec_tui import themes

    known = [theme.name for theme in themes.discover()]
    if name not in known:
        raise CliError(f"there is no theme {name!r}{nearest(name, known)} (known: {', '.join(known)})")
    return name


def _speaks_unicode() -> bool:
    encoding = (getattr(sys.__stderr__, "encoding", None) or "").lower().replace("-", "")
    return encoding.startswith("utf")


COMMAND = Command("", "start the explorer", _add_arguments, _run)
