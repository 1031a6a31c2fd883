"""``config``: the settings in use, whether they are right, where they stand; what can be set, a file to begin with."""

from __future__ import annotations

import argparse

from ksec_tui.cli import options, output
from ksec_tui.cli.command import CliError, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words in (
        ("show", "print the settings in use as YAML"),
        ("validate", "check the settings file; exit code 0 or 2"),
        ("path", "print where the settings file is looked for"),
        ("schema", "print what can be set, as a JSON Schema"),
        ("init", "write a settings file to begin with: all that can be set, commented out"),
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
    if arguments.action in ("schema", "init"):
        return _describe(arguments)
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


def _describe(arguments: argparse.Namespace) -> int:
    from ksec_tui import themes
    from ksec_tui.config.describing import schema, template
    from ksec_tui.screens.explorer import Explorer
    from ksec_tui.screens.keymaps import KEYMAPS
    from ksec_tui.screens.keys import rebindable

    names = [theme.name for theme in themes.discover()]
    if arguments.action == "schema":
        import json

        described = schema(names, list(KEYMAPS), rebindable(Explorer))
        output.emit(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return 0
    return _write(arguments.config, template(themes.DEFAULT, names, list(KEYMAPS), rebindable(Explorer)))


def _write(path: str | None, text: str) -> int:
    from ksec_tui.cluster.files import write_private
    from ksec_tui.cluster.text import one_line
    from ksec_tui.config import find

    file = find(path)[0]
    name = one_line(str(file))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, text.encode())
    except FileExistsError as error:
        raise CliError(f"{name}: there is something already; it is left as it is") from error
    except OSError as error:
        raise CliError(f"{name}: {error.strerror or error}") from error
    output.tell(f"written: {name}")
    return 0


COMMAND = Command("config", "show, check, describe or begin the settings", _add_arguments, _run)
