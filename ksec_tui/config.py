"""The settings file: YAML, a handful of keys, every mistake named with file and line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import platformdirs
import yaml

from ksec_tui.cluster.text import one_line

ENVIRONMENT = "KSEC_CONFIG"
MAX_FILE = 1 << 20
"""Bytes; a settings file is written by hand."""


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
        keys: id of a binding to the keys that are to do it.
        checks: which checks run.
    """

    theme: str = ""
    ascii: bool = False
    mouse: bool = True
    keys: dict[str, tuple[str, ...]] = {}
    checks: Choice = Choice()


class ConfigError(Exception):
    """The settings cannot be used; the message is ``file:line: reason``."""


class Binding(Protocol):
    """What is known of a key binding."""

    @property
    def id(self) -> str:
        """Its stable name."""

    @property
    def scope(self) -> str:
        """Where it works; keys clash within one scope only."""

    @property
    def keys(self) -> str:
        """Its default keys, comma-separated."""


@dataclass(frozen=True)
class Loaded:
    """A Config and where it comes from.

    Attributes:
        config: the values.
        path: the file, whether it is there or not.
        exists: whether it is there.
        lines: the line of each key, from 1: ``theme``, ``keys.BINDING``, ``checks.enable``.
    """

    config: Config
    path: Path
    exists: bool
    lines: Mapping[str, int]

    def error(self, key: str, reason: str) -> ConfigError:
        """What is wrong with the value of `key`, with its place."""
        return _error(self.path, self.lines.get(key, 1), reason)


def find(path: str | None = None) -> tuple[Path, bool]:
    """The settings file, and whether it has to be there: `path`, else $KSEC_CONFIG, else the platform's place."""
    chosen = path or os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen).expanduser(), True
    return platformdirs.user_config_path("ksec-tui") / "config.yaml", False


def load(path: str | None = None) -> Loaded:
    """Read the settings; the defaults when there is no file and none was asked for.

    Args:
        path: the file; None means $KSEC_CONFIG, then the platform's place.

    Raises:
        ConfigError: the file cannot be read, or says something that cannot be set.
    """
    file, required = find(path)
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        if required:
            raise ConfigError(f"{one_line(str(file))}: there is no such file") from None
        return Loaded(Config(), file, exists=False, lines={})
    except OSError as error:
        raise ConfigError(f"{one_line(str(file))}: {error.strerror}") from error
    if len(data) > MAX_FILE:
        raise ConfigError(f"{one_line(str(file))}: larger than {MAX_FILE >> 20} MiB")
    return _read(file, data)


def bound_keys(loaded: Loaded, known: Iterable[Binding]) -> dict[str, str]:
    """The rebound keys as a keymap: id of a binding to its keys, comma-separated.

    Args:
        loaded: the settings; their keys are to be spelled as in `known`.
        known: every binding there is.

    Raises:
        ConfigError: there is no such binding, or a key would do two things in one place.
    """
    bindings = {binding.id: binding for binding in known}
    chosen = loaded.config.keys
    for name in chosen:
        if name not in bindings:
            hint = _nearest(name, bindings)
            raise loaded.error(f"keys.{name}", f"there is no binding {one_line(name, 60)!r}{hint}")
    taken: dict[tuple[str, str], str] = {}
    # The ones that were asked for come last, so that the line named is one that the user wrote.
    for name in (*(name for name in bindings if name not in chosen), *chosen):
        binding = bindings[name]
        for key in chosen.get(name, binding.keys.split(",")):
            other = taken.setdefault((binding.scope, key), name)
            if other != name and name in chosen:
                reason = f"the key {one_line(key, 30)!r} is taken: {other} has it already ({binding.scope})"
                raise loaded.error(f"keys.{name}", reason)
    return {name: ",".join(keys) for name, keys in chosen.items()}


def _read(file: Path, data: bytes) -> Loaded:
    try:
        root = yaml.compose(data, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _error(file, line, f"no valid YAML: {one_line(error.problem or 'error', 120)}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _error(file, 1, f"no valid YAML: {one_line(str(error), 120)}") from error
    values: dict[str, object] = {}
    lines: dict[str, int] = {}
    for key, line, node in () if root is None else _members(file, root, "the settings"):
        if key not in Config.__struct_fields__:
            hint = _nearest(key, Config.__struct_fields__)
            raise _error(file, line, f"there is no setting {one_line(key, 60)!r}{hint}")
        lines[key] = line
        if key in _NESTED:
            values[key] = _NESTED[key](file, node, lines)
            continue
        values[key] = _scalar(node)
        kind = Config.__annotations__[key]
        if type(values[key]).__name__ != kind:
            wanted = "true or false" if kind == "bool" else "a text"
            raise _error(file, line, f"{key}: {wanted} is expected")
    return Loaded(msgspec.convert(values, Config), file, exists=True, lines=lines)


def _keys(file: Path, node: yaml.Node, lines: dict[str, int]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, line, value in _members(file, node, "keys"):
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise _error(file, line, f"keys.{one_line(name, 60)}: a key or a list of keys is expected")
        # The scalar as written: a key called 1 or on is neither a number nor a truth value.
        keys = tuple(key.strip() for item in items for key in item.value.split(",") if key.strip())
        if not keys:
            raise _error(file, line, f"keys.{one_line(name, 60)}: at least one key is expected")
        lines[f"keys.{name}"] = line
        found[name] = keys
    return found


def _choice(file: Path, node: yaml.Node, lines: dict[str, int]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, line, value in _members(file, node, "checks"):
        if name not in Choice.__struct_fields__:
            raise _error(file, line, f"checks: there is no {one_line(name, 60)!r} (known: enable, disable)")
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise _error(file, line, f"checks.{name}: a list of ids of checks is expected")
        lines[f"checks.{name}"] = line
        found[name] = tuple(item.value for item in items if item.value)
    return found


_NESTED: Mapping[str, Callable[[Path, yaml.Node, dict[str, int]], object]] = {
    "keys": _keys,
    "checks": _choice,
}
"""The settings that are mappings themselves."""


def _members(file: Path, node: yaml.Node, what: str) -> list[tuple[str, int, yaml.Node]]:
    """The members of a mapping with their lines."""
    if not isinstance(node, yaml.MappingNode):
        raise _error(file, node.start_mark.line + 1, f"{what}: a mapping is expected")
    found: dict[str, tuple[str, int, yaml.Node]] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in found:
            raise _error(file, line, f"{one_line(name, 60)!r} is set twice")
        found[name] = (name, line, value)
    return list(found.values())


def _scalar(node: yaml.Node) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    return node.value if node.tag == "tag:yaml.org,2002:str" else None


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1) or difflib.get_close_matches(
        word, names, n=1, cutoff=0.4
    )
    return (
        f"; did you mean {close[0]!r}?"
        if close
        else f" (known: {', '.join(names)})"
        if len(names) < 10
        else ""
    )


def _error(file: Path, line: int, reason: str) -> ConfigError:
    return ConfigError(f"{one_line(str(file))}:{line}: {reason}")
