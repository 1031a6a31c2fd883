"""``version``: which program this is."""

from __future__ import annotations

import argparse
import platform

from ksec_tui import __version__
from ksec_tui.cli import output
from ksec_tui.cli.command import Command

_LIBRARIES = ("kubernetes", "msgspec", "platformdirs", "pyyaml", "rich", "textual")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how to print it")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.output == "text":
        output.emit(f"ksec-tui {__version__}\n")
        return 0
    import json
    from importlib import metadata

    facts = {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.system().lower(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }
    output.emit(json.dumps(facts, indent=2) + "\n")
    return 0


COMMAND = Command("version", "print the version", _add_arguments, _run)
