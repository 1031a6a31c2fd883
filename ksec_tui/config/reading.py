"""Reads the settings file: YAML, a handful of keys, every mistake named with file and line."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import platformdirs
import yaml

from ksec_tui.cluster.text import one_line
from ksec_tui.config.values import Choice, Config, ConfigError, Loaded, misplaced, nearest
from ksec_tui.sources.yaml_reader import YamlError, check_depth
from ksec_tui.state.values import Look

ENVIRONMENT = "KSEC_CONFIG"
MAX_FILE = 1 << 20
"""Bytes; a settings file is written by hand."""


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


def _read(file: Path, data: bytes) -> Loaded:
    try:
        check_depth(data)
        root = yaml.compose(data, Loader=yaml.CSafeLoader)
    except YamlError as error:
        raise misplaced(file, error.line, f"no valid YAML: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise misplaced(file, line, f"no valid YAML: {one_line(error.problem or 'error', 120)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise misplaced(file, 1, f"no valid YAML: {one_line(str(error), 120)}") from error
    values: dict[str, object] = {}
    lines: dict[str, int] = {}
    for key, line, node in () if root is None else _members(file, root, "the settings"):
        if key not in Config.__struct_fields__:
            hint = nearest(key, Config.__struct_fields__)
            raise misplaced(file, line, f"there is no setting {one_line(key, 60)!r}{hint}")
        lines[key] = line
        if key in _NESTED:
            values[key] = _NESTED[key](file, node, lines)
            continue
        values[key] = _scalar(node)
        kind = Config.__annotations__[key]
        if type(values[key]).__name__ != kind:
            wanted = "true or false" if kind == "bool" else "a text"
            raise misplaced(file, line, f"{key}: {wanted} is expected")
    return Loaded(msgspec.convert(values, Config), file, exists=True, lines=lines)


def _keys(file: Path, node: yaml.Node, lines: dict[str, int]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, line, value in _members(file, node, "keys"):
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise misplaced(file, line, f"keys.{one_line(name, 60)}: a key or a list of keys is expected")
        # The scalar as written: a key called 1 or on is neither a number nor a truth value.
        keys = tuple(key.strip() for item in items for key in item.value.split(",") if key.strip())
        if not keys:
            raise misplaced(file, line, f"keys.{one_line(name, 60)}: at least one key is expected")
        lines[f"keys.{name}"] = line
        found[name] = keys
    return found


def _choice(file: Path, node: yaml.Node, lines: dict[str, int]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, line, value in _members(file, node, "checks"):
        if name not in Choice.__struct_fields__:
            raise misplaced(
                file, line, f"checks: there is no {one_line(name, 60)!r} (known: enable, disable)"
            )
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise misplaced(file, line, f"checks.{name}: a list of ids of checks is expected")
        lines[f"checks.{name}"] = line
        found[name] = tuple(item.value for item in items if item.value)
    return found


def _views(file: Path, node: yaml.Node, lines: dict[str, int]) -> dict[str, Look]:
    found: dict[str, Look] = {}
    for name, line, value in _members(file, node, "views"):
        place = f"views.{name}"
        shown = f"views.{one_line(name, 60)}"
        lines[place] = line
        if isinstance(value, yaml.ScalarNode):
            lines[f"{place}.filter"] = line
            found[name] = Look(filter=value.value)
            continue
        members: dict[str, object] = {}
        for key, at, item in _members(file, value, shown):
            if key not in Look.__struct_fields__:
                raise misplaced(
                    file,
                    at,
                    f"{shown}: there is no {one_line(key, 60)!r}{nearest(key, Look.__struct_fields__)}",
                )
            lines[f"{place}.{key}"] = at
            wants_bool = Look.__annotations__[key] == "bool"
            members[key] = _scalar(item) if wants_bool else getattr(item, "value", None)
            if not isinstance(members[key], bool if wants_bool else str):
                raise misplaced(
                    file, at, f"{shown}.{key}: {'true or false' if wants_bool else 'a text'} is expected"
                )
        found[name] = msgspec.convert(members, Look)
    return found


_NESTED: Mapping[str, Callable[[Path, yaml.Node, dict[str, int]], object]] = {
    "keys": _keys,
    "checks": _choice,
    "views": _views,
}
"""The settings that are mappings themselves."""


def _members(file: Path, node: yaml.Node, what: str) -> list[tuple[str, int, yaml.Node]]:
    """The members of a mapping with their lines."""
    if not isinstance(node, yaml.MappingNode):
        raise misplaced(file, node.start_mark.line + 1, f"{what}: a mapping is expected")
    found: dict[str, tuple[str, int, yaml.Node]] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in found:
            raise misplaced(file, line, f"{one_line(name, 60)!r} is set twice")
        found[name] = (name, line, value)
    return list(found.values())


def _scalar(node: yaml.Node) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    return node.value if node.tag == "tag:yaml.org,2002:str" else None
