"""Values written as the rest of a document writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.in_place_nodes import Node, Placed

_NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}?]|: |:\Z|\A[-:]|#")


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is written.

    Attributes:
        newline: the end of its lines.
        step: columns by which a map stands deeper than the one around it.
        dash: columns by which the dashes of a list stand deeper than its key.
        json: whether it is JSON.
        colon: what stands between key and value in JSON.
        indent: what each level of JSON is indented by.
    """

    newline: str = "\n"
    step: int = 2
    dash: int = 0
    json: bool = False
    colon: str = ": "
    indent: str = ""

    @classmethod
    def of(cls, placed: Placed) -> Style:
        """The style of a document, by what comes first in it; kubectl's where it does not tell."""
        text = placed.text
        newline = "\r\n" if "\r\n" in text else "\n"
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            steps, dashes = [], []
            for key, value in _block_entries(placed.root):
                at = column(text, key.start)
                if value.kind == "map":
                    steps.append(column(text, value.start) - at)
                else:
                    dashes.append(column(text, dash_of(text, value.items[0])) - at)
            step = next((step for step in steps if 0 < step <= 8), 2)
            return cls(newline, step, next((dash for dash in dashes if 0 <= dash <= 8), 0))
        first = next((key for key, _ in placed.root.entries), None)
        colon = ":" if first is not None and re.match(r":\S", text[first.end :]) else ": "
        indent = re.search(r"[{\[]\r?\n([ \t]+)", text)
        return cls(newline, json=True, colon=colon, indent=indent[1] if indent else "")

    def inline(self, value: Any, quoted: str = "") -> str:
        """On one line: a scalar, or a flow collection.

        `quoted` says how the scalar that was there before is quoted.
        """
        if self.json:
            return json.dumps(
                value, ensure_ascii=False, separators=(", " if self.colon == ": " else ",", self.colon)
            )
        if isinstance(value, dict):
            inner = ", ".join(f"{self.inline(key)}: {self.inline(item)}" for key, item in value.items())
            return f"{{{inner}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.inline, value))}]"
        text = self.scalar(value, quoted)
        plain = text[:1] not in ("'", '"')
        return json.dumps(value, ensure_ascii=False) if plain and _NOT_PLAIN_IN_FLOW.search(text) else text

    def scalar(self, value: Any, quoted: str = "") -> str:
        """A scalar in a block."""
        if self.json:
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and value.isprintable():
            if quoted == "'":
                return "'" + value.replace("'", "''") + "'"
            if quoted == '"':
                return json.dumps(value, ensure_ascii=False)
        first, *more = yaml_text({"k": value}).removesuffix("\n").split("\n")
        return json.dumps(value) if more else first.removeprefix("k: ")

    def lines(self, value: Any, at: int) -> Iterator[str]:
        """A collection that is not empty as lines of a block at column `at`, without their ends."""
        space = " " * at
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self.entry(key, item, at)
            return
        for item in value:
            if item and isinstance(item, dict | list):
                first, *rest = self.lines(item, at + 2)
                yield f"{space}- {first[at + 2 :]}"
                yield from rest
            else:
                yield f"{space}- {self.scalar(item) if not isinstance(item, dict | list) else self.inline(item)}"

    def entry(self, key: str, value: Any, at: int) -> Iterator[str]:
        """One entry of a map as lines of a block."""
        name = f"{' ' * at}{self.scalar(key)}:"
        if value and isinstance(value, dict | list):
            yield name
            yield from self.lines(value, at + (self.step if isinstance(value, dict) else self.dash))
        else:
            yield f"{name} {self.inline(value) if isinstance(value, dict | list) else self.scalar(value)}"

    def pretty(self, value: Any, margin: str) -> str:
        """JSON over several lines, whose later lines begin with `margin`."""
        text = json.dumps(value, ensure_ascii=False, indent=self.indent or None)
        return text.replace("\n", self.newline + margin)


def column(text: str, at: int) -> int:
    """How far from the beginning of its line a place is."""
    return at - line_start(text, at)


def line_start(text: str, at: int) -> int:
    """Where the line of a place begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def dash_of(text: str, item: Node) -> int:
    """Where the dash of an item of a block list stands."""
    at = text.rfind("-", 0, item.start)
    while at >= 0:
        alone = text[at + 1 : at + 2].isspace() or at + 1 == item.start
        if alone and "#" not in text[line_start(text, at) : at]:
            return at
        at = text.rfind("-", 0, at)
    return item.start


def _block_entries(node: Node) -> Iterator[tuple[Node, Node]]:
    for key, value in node.entries:
        if not node.flow and not value.flow and value.kind in ("map", "list"):
            yield key, value
        yield from _block_entries(value)
    for item in node.items:
        yield from _block_entries(item)
