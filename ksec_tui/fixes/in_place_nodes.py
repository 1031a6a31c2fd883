"""Where everything stands in the text of one YAML or JSON document: nodes with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"(?:(?<=\s)|\A)#[^\r\n]*")


class NotInPlaceError(ValueError):
    """A text cannot be changed so that all else stays as it is; the message says why, without a full stop."""


@dataclass(slots=True, eq=False)
class Node:
    """One value where it is written.

    Attributes:
        kind: ``scalar``, ``map``, ``list`` or ``alias``.
        start: where it begins, its anchor and tag included.
        end: where its last character ends; equal to `start` for an empty value.
        flow: whether it is written with braces or brackets.
        style: how a scalar is quoted: ``'``, ``"``, ``|``, ``>`` or nothing.
        anchor: its anchor; for an alias, the anchor it stands for.
        entries: (key, value) of a map.
        items: those of a list.
    """

    kind: str
    start: int
    end: int
    flow: bool = False
    style: str = ""
    anchor: str = ""
    value: str = ""
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """One document with its nodes.

    Attributes:
        text: the document.
        root: its value.
        shared: the anchors to which some alias leads.
        comments: (start, end) of each comment, in order.
    """

    text: str
    root: Node
    shared: frozenset[str]
    comments: tuple[tuple[int, int], ...]

    def told(self) -> list[str]:
        """The comments, sorted: what must still be there after an edit."""
        return sorted(self.text[start:end].rstrip() for start, end in self.comments)


def place(text: str) -> Placed:
    """Find every value of the one document in `text`.

    Raises:
        NotInPlaceError: it is not readable, or holds more than one document.
    """
    roots: list[Node] = []
    stack: list[Node] = []
    keys: list[Node | None] = []
    leaves: list[Node] = []
    aliases: set[str] = set()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionEndEvent):
                node = stack.pop()
                keys.pop()
                node.end = _marks(event)[1] if node.flow else _last(node)
                continue
            made = _node(event, text)
            if made is None:
                continue
            if made.kind == "alias":
                aliases.add(made.anchor)
            if not stack:
                roots.append(made)
            elif stack[-1].kind == "list":
                stack[-1].items.append(made)
            elif keys[-1] is None:
                keys[-1] = made
            else:
                stack[-1].entries.append((keys[-1], made))
                keys[-1] = None
            if made.kind in ("map", "list"):
                stack.append(made)
                keys.append(None)
            else:
                leaves.append(made)
    except yaml.YAMLError as error:
        raise NotInPlaceError("it cannot be read again as YAML") from error
    if len(roots) != 1:
        raise NotInPlaceError("its part of the file holds more than one document")
    return Placed(text, roots[0], frozenset(aliases), tuple(_comments(text, leaves)))


def _node(event: yaml.Event, text: str) -> Node | None:
    start, end = _marks(event)
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(text[start:end].rstrip())
        return Node("scalar", start, end, style=style, anchor=event.anchor or "", value=event.value)
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end, anchor=event.anchor or "")
    if isinstance(event, yaml.CollectionStartEvent):
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        return Node(kind, start, end, flow=bool(event.flow_style), anchor=event.anchor or "")
    return None


def _marks(event: yaml.Event) -> tuple[int, int]:
    """Where an event begins and ends; every event of the parser has both marks."""
    start, end = (mark.index if mark is not None else 0 for mark in (event.start_mark, event.end_mark))
    return start, end


def _last(node: Node) -> int:
    """Where the last value of a block ends."""
    if node.entries:
        key, value = node.entries[-1]
        return max(key.end, value.end)
    return node.items[-1].end if node.items else node.start


def _comments(text: str, leaves: list[Node]) -> Iterator[tuple[int, int]]:
    """Comments stand between values; a ``#`` inside one is none."""
    at = 0
    for start, end in (*((leaf.start, leaf.end) for leaf in leaves), (len(text), len(text))):
        for match in _COMMENT.finditer(text, at, start):
            # The look-behind does not see over the end of the value before: what touches it is no comment.
            if match.start() > at or at == 0 or text[at - 1].isspace():
                yield match.start(), match.end()
        at = max(at, end)
