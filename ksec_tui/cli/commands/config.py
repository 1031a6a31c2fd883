"""``config``: the settings in use, whether they are right, where they stand."""

from __future__ import annotations

import argparse

from ksec_tui.cli import options, output
from ksec_tui.cli.command import Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words in (
        ("show", "print the settings in use as YAML"),
        ("validate", "check the settings file; exit code 0 or 2"),
        ("path", "print where the settings file is looked for"),
    ):
        options.add_config_argument(
            actions.add_parser(name, help=words, description=words, allow_abbrev=False)
        )


def _run(arguments: argparse.Namespace) -> int:
    if arguments.action == "path":
        from ksec_tui.cluster.text import one_line
        from ksec_tui.config import find

        output.emit(f"{one_line(str(find(arguments.config)[0]))}\n")
        return 0
    from ksec_tui.cli.settings import load_settings

    settings = load_settings(arguments.config)
    loaded = settings.loaded
    if arguments.action == "validate":
        output.tell(
            f"{loaded.path}: fine" if loaded.exists else f"{loaded.path}: not there, so the defaults hold"
        )
        return 0
    import msgspec
    import yaml

    from ksec_tui import themes

    values = msgspec.to_builtins(loaded.config)
    values["theme"] = values["theme"] or themes.DEFAULT
    values["keys"] = {name: list(keys) for name, keys in loaded.config.keys.items()}
    origin = str(loaded.path) if loaded.exists else "the defaults"
    output.tell(f"from {origin}")
    output.emit(yaml.safe_dump(values, sort_keys=False, allow_unicode=False))
    return 0


COMMAND = Command("config", "show or check the settings", _add_arguments, _run)
