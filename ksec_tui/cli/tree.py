"""The commands and options as a plain tree, read from the parsers: what completion scripts are made from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.cli.command import discover
from ksec_tui.cli.parser import new_parser

_FILES = frozenset({"FILE", "PATH"})


@dataclass(frozen=True)
class Option:
    """An option: its spellings, what it does, what may follow it.

    `takes` is empty for a flag, ``file`` for a path, ``choice`` for one of `values`, else ``word``.
    """

    names: tuple[str, ...]
    help: str
    takes: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """A command: the words that call it, its options, the commands below, the words or files it takes."""

    path: tuple[str, ...]
    help: str
    options: tuple[Option, ...]
    children: tuple[Node, ...]
    words: tuple[str, ...] = ()
    files: bool = False

    def walk(self) -> Iterator[Node]:
        """This command and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


def command_tree() -> Node:
    """The whole command line."""
    commands = discover()
    root = _node((), "", new_parser(commands[""], commands, "ksec-tui"))
    children = (
        _node((name,), command.help, new_parser(command, commands, "ksec-tui"))
        for name, command in commands.items()
        if name
    )
    return Node((), "", root.options, tuple(children))


def _node(path: tuple[str, ...], words: str, parser: argparse.ArgumentParser) -> Node:
    # argparse offers no public way to list what a parser knows; the names below are the same in 3.11 to 3.14.
    options: list[Option] = []
    children: list[Node] = []
    values: list[str] = []
    files = False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            children += (
                _node((*path, choice.dest), choice.help or "", action.choices[choice.dest])
                for choice in action._choices_actions
            )
        elif action.option_strings:
            options.append(_option(action))
        elif action.help != argparse.SUPPRESS:
            values += map(str, action.choices or ())
            files = files or action.metavar in _FILES
    return Node(path, words, tuple(options), tuple(children), tuple(values), files)


def _option(action: argparse.Action) -> Option:
    names, words = tuple(action.option_strings), action.help or ""
    if action.nargs == 0:
        return Option(names, words)
    if action.choices is not None:
        return Option(names, words, "choice", tuple(map(str, action.choices)))
    return Option(names, words, "file" if action.metavar in _FILES else "word")
