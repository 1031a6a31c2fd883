"""Reads the words of the command line: which command, with which arguments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, NoReturn

from ksec_tui import __version__
from ksec_tui.cli import output
from ksec_tui.cli.command import USAGE, CliError, Command, discover, nearest

DESCRIPTION = """\
Explore the security of a Kubernetes cluster in the terminal, triage what is risky, export the YAML patches
that fix it. Reads only; changes nothing in a cluster. Without a command the explorer starts."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, safe to show, and where to look it up."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        output.tell(f"error: {message}")
        output.tell(f"see {self.prog} --help")
        sys.exit(USAGE)


def program() -> str:
    """What the user typed to get here."""
    return "kubectl ksec" if PurePath(sys.argv[0]).name == "kubectl-ksec" else "ksec-tui"


def new_parser(command: Command, commands: Mapping[str, Command], prog: str) -> Parser:
    """The parser of one command; that of the nameless one lists all the others."""
    shape: dict[str, Any] = {
        "prog": f"{prog} {command.name}".strip(),
        "description": command.help if command.name else DESCRIPTION,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }
    if not command.name:
        rows = [f"  {item.name:15}{item.help}" for item in commands.values() if item.name]
        shape["usage"] = f"{prog} [options]\n       {prog} COMMAND [options]"
        shape["epilog"] = "\n".join(["commands:", *rows, "", f"{prog} COMMAND --help says more about each."])
    parser = Parser(**shape)
    command.add_arguments(parser)
    if not command.name:
        parser.add_argument("--version", action="version", version=f"ksec-tui {__version__}")
        parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    return parser


def parse(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Find the command and read its arguments.

    Raises:
        CliError: there is no such command.
        SystemExit: from argparse, after help, version or an error.
    """
    commands = discover()
    prog = program()
    if argv and argv[0] in commands and argv[0]:
        command = commands[argv[0]]
        return command, new_parser(command, commands, prog).parse_args(argv[1:])
    explore = commands[""]
    arguments = new_parser(explore, commands, prog).parse_args(argv)
    for word in arguments.words:
        if word in commands:
            raise CliError(f"the command comes first: {prog} {word} [options]")
        raise CliError(f"there is no command {word!r}{nearest(word, list(commands))}")
    return explore, arguments
