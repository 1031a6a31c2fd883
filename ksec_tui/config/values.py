"""What can be set, and what is wrong with what was set."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ksec_tui.cluster.text import one_line
from ksec_tui.state.values import Look


class Choice(msgspec.Struct, frozen=True):
    """Which checks run, by id.

    Attributes:
        enable: optional checks that run as well.
        disable: checks that do not run.
    """

    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """What can be set.

    Attributes:
        theme: name of a theme; empty for the default.
        ascii: draw with ASCII characters only.
        mouse: take the mouse.
        state: keep where one was, bookmarks and saved views for the next time.
        watch: follow a live cluster as it changes.
        keymap: the set of keys that `keys` changes.
        keys: id of a binding to the keys that are to do it.
        checks: which checks run.
        views: saved views of lists, by name.
    """

    theme: str = ""
    ascii: bool = False
    mouse: bool = True
    state: bool = True
    watch: bool = False
    keymap: str = "default"
    keys: dict[str, tuple[str, ...]] = {}
    checks: Choice = Choice()
    views: dict[str, Look] = {}


class ConfigError(Exception):
    """The settings cannot be used; the message is ``file:line: reason``."""


@dataclass(frozen=True)
class Loaded:
    """A Config and where it comes from.

    Attributes:
        config: the values.
        path: the file, whether it is there or not.
        exists: whether it is there.
        lines: the line of each key, from 1: ``theme``, ``keys.BINDING``, ``views.NAME.filter``.
    """

    config: Config
    path: Path
    exists: bool
    lines: Mapping[str, int]

    def error(self, key: str, reason: str) -> ConfigError:
        """What is wrong with the value of `key`, with its place."""
        return misplaced(self.path, self.lines.get(key, 1), reason)


def misplaced(file: Path, line: int, reason: str) -> ConfigError:
    """What is wrong at a place of a file."""
    return ConfigError(f"{one_line(str(file))}:{line}: {reason}")


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'theme'?`` when something known resembles `word`; else what is known, when that is little."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1) or difflib.get_close_matches(
        word, names, n=1, cutoff=0.4
    )
    if close:
        return f"; did you mean {close[0]!r}?"
    return f" (known: {', '.join(names)})" if len(names) < 10 else ""
