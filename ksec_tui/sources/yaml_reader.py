"""YAML as the Kubernetes tools read it, from files that nobody vouches for.

A file is split at its `---` lines first, so that a broken document spoils only itself. Each document is
built from parser events with an explicit stack: depth, aliases and their expansion are bounded while it is
built. Scalars follow sigs.k8s.io/yaml (YAML 1.1: yes/no/on/off are booleans, 010 and 0o10 are octal), where
dates and 12:30:45 stay text and 1.0 becomes 1; of a key that comes twice the last one counts and is told.
"""

from __future__ import annotations

import codecs
import functools
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from ksec_tui.cluster.text import MAX_DEPTH, one_line

MAX_ALIASES = 1_000
MAX_EXPANSION = 16 << 20
"""Characters and values that the aliases of one document may add."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOUNDARY = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_TAG = "tag:yaml.org,2002:"
_BOOLEANS = {
    word: value
    for value, words in ((True, ("yes", "true", "on")), (False, ("no", "false", "off")))
    for plain in words
    for word in (plain, plain.capitalize(), plain.upper())
}
_WORDS: dict[str, bool | float | None] = {
    **_BOOLEANS,
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NUMBER_STARTS = frozenset("0123456789+-.")
_LONGEST_NUMBER = 40
"""Characters; a longer row of digits is no number that Kubernetes knows."""
_EXACT = 1 << 53


class YamlError(ValueError):
    """A document that cannot be read: the line in its file (from 1) and one sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class YamlDocument(NamedTuple):
    """One document.

    Attributes:
        line: where it begins in the file, from 1.
        tree: its content; mappings have text keys.
        item_lines: where each entry of its top-level `items` (or what was asked for) begins.
        doubled: (line, key) of every key that came again in its mapping.
    """

    line: int
    tree: object
    item_lines: tuple[int, ...]
    doubled: tuple[tuple[int, str], ...]


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a file at its `---` lines; yield the first line (from 1) and the bytes of each part with content.

    Raises:
        ValueError: it is UTF-16 by its byte order mark but is not.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            data = data.decode(encoding).encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    line, start = 1, 0
    for end in (*(match.start() for match in _BOUNDARY.finditer(data)), len(data)):
        part = data[start:end]
        if _has_content(part):
            yield line, part
        line += part.count(b"\n")
        start = end


def _has_content(part: bytes) -> bool:
    for line in part.removeprefix(b"---").split(b"\n"):
        text = line.strip()
        if text and text[:1] not in (b"#", b"%") and text != b"...":
            return True
    return False


def documents(part: bytes, line: int, listed: str = "items") -> Iterator[YamlDocument]:
    """Read the documents (nearly always one) of a part that begins at `line` of its file.

    The lines of the entries of the top-level list called `listed` are noted.

    Raises:
        YamlError: it is no YAML, or beyond a limit; what came before has been yielded.
    """
    try:
        builder = _Builder(line, listed)
        for event in yaml.parse(part, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _Builder(line, listed)
            elif isinstance(event, yaml.DocumentEndEvent):
                if builder.root is not None:
                    yield builder.document()
            else:
                builder.take(event)
    except yaml.reader.ReaderError as error:
        before = part[: error.position].count(b"\n")
        raise YamlError(line + before, f"not readable as text: {one_line(error.reason, 120)}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = line + (mark.line if mark else 0)
        reason = " ".join(filter(None, (error.context, error.problem))) or "a syntax error"
        raise YamlError(
            min(where, line + part.count(b"\n")), f"not valid YAML: {one_line(reason, 160)}"
        ) from error


def check_depth(data: bytes) -> None:
    """See that a text may be given to ``yaml.compose``, whose recursion in C ends the process when it is nested deep.

    Raises:
        YamlError: it is nested deeper than 200 levels.
        yaml.YAMLError: it is no YAML.
    """
    level = 0
    for event in yaml.parse(data, Loader=_LOADER):
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise YamlError(line, f"nested deeper than {MAX_DEPTH} levels")


class _Frame:
    """A mapping or list that is being built; `weight` and `height` are those of its expansion."""

    __slots__ = ("anchor", "height", "key", "line", "list", "map", "merged", "weight")

    def __init__(self, anchor: str | None, line: int, *, is_map: bool) -> None:
        self.anchor = anchor
        self.line = line
        self.map: dict[str, object] | None = {} if is_map else None
        self.list: list[object] = []
        self.merged: list[dict[str, object]] = []
        self.key: str | None = None
        self.weight = 1
        self.height = 1


class _Shared(NamedTuple):
    """An anchored value with the size and depth that each alias to it adds."""

    value: object
    weight: int
    height: int


class _Merge(str):
    """The key ``<<``, which takes over another mapping's entries."""

    __slots__ = ()


_MERGE = _Merge("<<")


class _Builder:
    """Builds one document from its events."""

    def __init__(self, first_line: int, listed: str) -> None:
        self.root: object = None
        self.listed = listed
        self.first_line = first_line
        self.line = first_line
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Shared | None] = {}
        self.aliases = 0
        self.expansion = 0
        self.item_lines: list[int] = []
        self.doubled: list[tuple[int, str]] = []

    def document(self) -> YamlDocument:
        return YamlDocument(self.line, self.root, tuple(self.item_lines), tuple(self.doubled))

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
            weight = len(event.value) + 1
            if event.anchor:
                self.anchors[event.anchor] = _Shared(value, weight, 0)
            self.put(value, weight, 0, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)

    def open(self, event: yaml.CollectionStartEvent) -> None:
        is_map = isinstance(event, yaml.MappingStartEvent)
        tag = event.tag
        if tag not in (None, "!", f"{_TAG}map" if is_map else f"{_TAG}seq"):
            raise self.error(event, f"the tag {one_line(str(tag), 60)} is not read")
        if len(self.stack) >= MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor:
            self.anchors[event.anchor] = None
        if not self.stack:
            self.line = self.at(event)
        self.stack.append(_Frame(event.anchor, self.at(event), is_map=is_map))

    def close(self, event: yaml.Event) -> None:
        frame = self.stack.pop()
        value: object = frame.list if frame.map is None else frame.map
        if frame.map is not None and frame.merged:
            # An entry of its own beats a merged one, the first merged mapping beats the next.
            united: dict[str, object] = {}
            for entries in (*reversed(frame.merged), frame.map):
                united.update(entries)
            value = united
        if frame.anchor:
            self.anchors[frame.anchor] = _Shared(value, frame.weight, frame.height)
        self.put(value, frame.weight, frame.height, event, frame.line)

    def alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self.anchors:
            raise self.error(event, f"the alias *{one_line(name, 60)} has no anchor")
        shared = self.anchors[name]
        if shared is None:
            raise self.error(event, f"the alias *{one_line(name, 60)} contains itself")
        self.aliases += 1
        self.expansion += shared.weight
        if self.aliases > MAX_ALIASES:
            raise self.error(event, f"more than {MAX_ALIASES:,} aliases in one document")
        if self.expansion > MAX_EXPANSION:
            raise self.error(event, f"its aliases expand to more than {MAX_EXPANSION >> 20} MiB")
        if len(self.stack) + shared.height > MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels")
        self.put(shared.value, shared.weight, shared.height, event)

    def put(self, value: Any, weight: int, height: int, event: yaml.Event, line: int | None = None) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        if frame.map is None:
            frame.list.append(value)
            if len(self.stack) == 2 and self.stack[0].key == self.listed:
                self.item_lines.append(line or self.at(event))
        elif frame.key is None:
            frame.key = self.key(value, event)
        else:
            key, frame.key = frame.key, None
            if key is _MERGE:
                frame.merged.extend(self.merges(value, event))
                return
            if key in frame.map:
                self.doubled.append((line or self.at(event), key))
            frame.map[key] = value

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if event.tag is None or event.tag == "!":
            return resolve(text) if event.implicit[0] else text
        name = event.tag.removeprefix(_TAG)
        if name in ("str", "binary", "timestamp"):
            return text
        if name in ("int", "float", "bool", "null"):
            return resolve(text)
        raise self.error(event, f"the tag {one_line(event.tag, 60)} is not read")

    def key(self, value: object, event: yaml.Event) -> str:
        """A mapping key as text, as Go writes it into JSON."""
        if value == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            return _MERGE
        match value:
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case int() | float():
                return str(value)
            case None:
                return "null"
        raise self.error(event, "a mapping key is a mapping or a list")

    def merges(self, value: object, event: yaml.Event) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, dict):
                raise self.error(event, "the merge key << needs a mapping or a list of mappings")
            found.append(entry)
        return found

    def at(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)

    def error(self, event: yaml.Event, reason: str) -> YamlError:
        return YamlError(self.at(event), reason)


def resolve(text: str) -> str | float | None:
    """The value of a plain scalar: text, number, boolean or nothing."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > _LONGEST_NUMBER:
        return text
    number = _number(text)
    return text if number is None else number


@functools.lru_cache(maxsize=4096)
def _number(text: str) -> float | None:
    """An int of 64 bits, a float, or None: no number. Floats without a fraction become ints, as in Go's JSON."""
    plain = text.replace("_", "")
    if match := _INT.match(plain):
        sign, *digits = match.groups()
        base, found = next((base, found) for base, found in zip((16, 8, 2, 10), digits, strict=True) if found)
        number = int(f"{sign}{found}", base)
        return number if -(1 << 63) <= number < 1 << 64 else float(number)
    if not _FLOAT.match(plain):
        return None
    value = float(plain)
    if math.isinf(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _EXACT else value
