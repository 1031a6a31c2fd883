"""What a command of the command line is, and how commands are found."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

FINDINGS, USAGE, SOURCE, COVERAGE, DEFECT = 1, 2, 3, 4, 70
"""Exit codes: findings at or above --fail-on, wrong usage, source unreadable, too little could be read, a defect.

The last is the EX_SOFTWARE of sysexits.h: a program that breaks must not look like one that found something.
"""


class CliError(Exception):
    """Ends the program with a message on stderr and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Command:
    """One command; a module in `ksec_tui.cli.commands` declares it as ``COMMAND``.

    Attributes:
        name: the word that calls it; empty for what runs without any.
        help: one line.
        add_arguments: gives its parser its arguments.
        run: does the work; returns the exit code, or raises CliError.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def discover() -> dict[str, Command]:
    """Every command by name, in the order of the names."""
    from ksec_tui.cli import commands

    found = (
        importlib.import_module(f"{commands.__name__}.{info.name}").COMMAND
        for info in pkgutil.iter_modules(commands.__path__)
    )
    return {command.name: command for command in sorted(found, key=lambda item: item.name)}


def nearest(word: str, known: list[str]) -> str:
    """``; did you mean scan?`` when something known resembles `word`, else nothing."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
