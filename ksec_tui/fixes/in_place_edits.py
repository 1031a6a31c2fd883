"""Changes the text of one document so that it says something else, and all that it need not touch stays as it is.

The edits are made for the differences alone. Whoever uses the result proves it by reading it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from ksec_tui.fixes.in_place_nodes import Node, NotInPlaceError, Placed, place
from ksec_tui.fixes.in_place_style import Style, column, dash_of, line_start
from ksec_tui.fixes.json_values import equal

_NAMES = ("name", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey")


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def edited(text: str, before: Any, after: Any) -> str:
    """The document `text`, which says `before`, made to say `after`.

    Every comment is kept; those of what is taken away stay on lines of their own.

    Raises:
        NotInPlaceError: that cannot be done without touching more; the message says why.
    """
    placed = place(text)
    if any("{{" in comment for comment in placed.told()):
        raise NotInPlaceError("its text is a template ({{ }})")
    writer = _Writer(placed)
    writer.change(placed.root, before, after)
    result = _assembled(text, writer.edits)
    if place(result).told() != placed.told():
        raise NotInPlaceError("a comment would be lost")
    return result


def _assembled(text: str, edits: Sequence[_Edit]) -> str:
    """The text with all edits; those at one place in the order in which they were made."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise NotInPlaceError("two changes stand too close together")
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join((*pieces, text[at:]))


class _Writer:
    """Collects the edits of one document."""

    def __init__(self, placed: Placed) -> None:
        self.edits: list[_Edit] = []
        self._placed = placed
        self._text = placed.text
        self._style = Style.of(placed)

    def change(self, node: Node, old: Any, new: Any, key: Node | None = None) -> None:
        """Make `node`, the value of `key` or an item of a list, say `new` instead of `old`."""
        if equal(old, new):
            return
        self._own(node)
        both_maps = node.kind == "map" and isinstance(old, dict) and isinstance(new, dict)
        both_lists = node.kind == "list" and isinstance(old, list) and isinstance(new, list)
        if old and new and both_maps:
            self._map(node, old, new, key)
        elif old and new and both_lists:
            self._list(node, old, new, key)
        else:
            self._replace(node, new, key)

    def _own(self, node: Node) -> None:
        """Refuse to touch what an alias shares with other places."""
        if node.kind == "alias" or node.anchor in self._placed.shared:
            raise NotInPlaceError(f"it would change what the anchor &{node.anchor} shares with other places")

    def _mine(self, node: Node) -> None:
        """Refuse to take away what an alias elsewhere leads to."""
        if node.kind != "alias":
            self._own(node)
        for key, value in node.entries:
            self._mine(key)
            self._mine(value)
        for item in node.items:
            self._mine(item)

    # Maps

    def _map(self, node: Node, old: dict[str, Any], new: dict[str, Any], own: Node | None) -> None:
        names = [key.value for key, _ in node.entries]
        values = dict(zip(names, node.entries, strict=True))
        touched = [name for name in old if name not in new or not equal(old[name], new[name])]
        for name in touched:
            if name not in values:
                raise NotInPlaceError(f"{name} comes from a merge key (<<) or is written in a special way")
            if names.count(name) > 1:
                raise NotInPlaceError(f"{name} is written twice in one mapping")
        gone = {names.index(name) for name in touched if name not in new}
        added = {name: value for name, value in new.items() if name not in old}
        if any(name in values for name in added):
            raise NotInPlaceError("a key is written twice in one mapping")
        if len(gone) == len(names):
            self._replace(node, new, own)
            return
        for index in gone:
            self._mine(node.entries[index][1])
        for name in touched:
            if name in new:
                key, value = values[name]
                self.change(value, old[name], new[name], key)
        spans = [(key.start, max(key.end, value.end)) for key, value in node.entries]
        if node.flow:
            self._flow(spans, gone, {len(spans) - 1: [self._pair(*item) for item in added.items()]}, node)
            return
        self._drop_entries(spans, gone)
        at = column(self._text, spans[0][0])
        self._after(
            spans[-1][1], [line for name in added for line in self._style.entry(name, added[name], at)]
        )

    def _drop_entries(self, spans: Sequence[tuple[int, int]], gone: set[int]) -> None:
        for index in sorted(gone):
            start, end = spans[index]
            if not self._text[line_start(self._text, start) : start].strip(" "):
                self._drop(start, end)
            elif index + 1 < len(spans):  # the first entry of an item stands behind its dash
                self.edits.append(_Edit(start, spans[index + 1][0], ""))
            else:
                raise NotInPlaceError("what would go shares its line with something else")

    def _pair(self, name: str, value: Any) -> tuple[str, Any]:
        key = json.dumps(name, ensure_ascii=False) if self._style.json else self._style.inline(name)
        return f"{key}{self._style.colon}", value

    # Lists

    def _list(self, node: Node, old: list[Any], new: list[Any], key: Node | None) -> None:
        if len(node.items) != len(old):
            raise NotInPlaceError("a list is written in a special way")
        gone: set[int] = set()
        more: dict[int, list[Any]] = {}
        for tag, i1, i2, j1, j2 in _opcodes(old, new):
            paired = min(i2 - i1, j2 - j1)
            if tag == "replace" and any(map(_name, (*old[i1:i2], *new[j1:j2]))):
                paired = 0
            for offset in range(paired):
                self.change(node.items[i1 + offset], old[i1 + offset], new[j1 + offset])
            gone.update(range(i1 + paired, i2))
            if new[j1 + paired : j2]:
                more.setdefault(i2 - 1, []).extend(new[j1 + paired : j2])
        if len(gone) == len(old):
            self._replace(node, new, key)
            return
        for index in gone:
            self._mine(node.items[index])
        if node.flow:
            spans = [(item.start, item.end) for item in node.items]
            self._flow(spans, gone, {at: [("", item) for item in items] for at, items in more.items()}, node)
            return
        self._block_list(node, gone, more)

    def _block_list(self, node: Node, gone: set[int], more: dict[int, list[Any]]) -> None:
        dashes = [dash_of(self._text, item) for item in node.items]
        for index in sorted(gone):
            start = dashes[index]
            if self._text[line_start(self._text, start) : start].strip(" "):
                raise NotInPlaceError("what would go shares its line with something else")
            self._drop(start, node.items[index].end)
        for index, items in more.items():
            lines = list(self._style.lines(items, column(self._text, dashes[0])))
            if index < 0:
                self._before(dashes[0], lines)
            else:
                self._after(node.items[index].end, lines)

    # One value instead of another

    def _replace(self, node: Node, new: Any, key: Node | None) -> None:
        self._mine(node)
        style, block = self._style, bool(new) and isinstance(new, dict | list)
        if node.anchor or self._text[node.start : node.start + 1] == "!":
            raise NotInPlaceError("a value with an anchor or a tag would be replaced")
        if node.kind != "scalar" and not node.flow:
            if key is None:
                raise NotInPlaceError("an item of a list would be replaced entirely")
            # Its lines go; what comes instead stands behind the key, or below it.
            self._drop(node.start if node.kind == "map" else dash_of(self._text, node.items[0]), node.end)
            if block:
                self._after(key.end, self._below(new, key))
            else:
                self.edits.append(_Edit(key.end + 1, key.end + 1, f" {style.inline(new)}"))
        elif block and key is not None and not style.json and self._in_block(key):
            start = node.start
            while start > key.end + 1 and self._text[start - 1] in " \t":
                start -= 1
            self.edits.append(_Edit(start, node.end, ""))
            self._after(max(node.end, key.end), self._below(new, key))
        else:
            text = style.inline(new) if isinstance(new, dict | list) else style.scalar(new, node.style)
            if style.json and block and "\n" in self._text:
                text = style.pretty(new, self._margin(node.start))
            self.edits.append(_Edit(node.start, node.end, text if node.start != node.end else f" {text}"))

    def _below(self, new: Any, key: Node) -> list[str]:
        at = column(self._text, key.start)
        deeper = self._style.step if isinstance(new, dict) else self._style.dash
        return list(self._style.lines(new, at + deeper))

    def _in_block(self, key: Node) -> bool:
        """Whether a key begins a line of a block, be it behind dashes."""
        return not self._text[line_start(self._text, key.start) : key.start].strip(" -")

    def _margin(self, at: int) -> str:
        line = self._text[line_start(self._text, at) : at]
        return line[: len(line) - len(line.lstrip())]

    # Texts

    def _flow(
        self,
        spans: Sequence[tuple[int, int]],
        gone: set[int],
        more: dict[int, list[tuple[str, Any]]],
        node: Node,
    ) -> None:
        """Take entries out of braces or brackets and put others in, each after the entry of its number."""
        kept = [index for index in range(len(spans)) if index not in gone]
        for index in sorted(gone):
            following = next((other for other in kept if other > index), None)
            if following is not None:
                self.edits.append(_Edit(spans[index][0], spans[index + 1][0], ""))
            else:
                self.edits.append(_Edit(spans[index - 1][1], spans[index][1], ""))
        gap = self._gap(spans, node)
        margin = gap.rpartition("\n")[2]
        for index, entries in more.items():
            texts = [
                head
                + (
                    self._style.pretty(value, margin)
                    if self._style.json and "\n" in gap
                    else self._style.inline(value)
                )
                for head, value in entries
            ]
            before = [other for other in kept if other <= index]
            if before:
                at = spans[before[-1]][1]
                self.edits.append(_Edit(at, at, "".join(f",{gap}{text}" for text in texts)))
            else:
                at = spans[kept[0]][0]
                self.edits.append(_Edit(at, at, "".join(f"{text},{gap}" for text in texts)))

    def _gap(self, spans: Sequence[tuple[int, int]], node: Node) -> str:
        """What stands between a comma and the entry after it."""
        if len(spans) > 1:
            between = self._text[spans[0][1] : spans[1][0]].partition(",")[2]
        else:
            between = self._text[node.start + 1 : spans[0][0]]
        if not between.isspace() or "\n" not in between:
            compact = self._style.json and self._style.colon == ":"
            return "" if compact else " "
        return between

    def _after(self, at: int, lines: Sequence[str]) -> None:
        """Put lines below the line of a place."""
        if not lines:
            return
        newline = self._style.newline
        end = self._text.find("\n", at)
        rest = self._text[at : len(self._text) if end < 0 else end].removeprefix(":").strip()
        if rest and not rest.startswith("#"):
            raise NotInPlaceError("something follows on the line after which a line would be put")
        if end < 0:
            self.edits.append(_Edit(len(self._text), len(self._text), newline + newline.join(lines)))
        else:
            self.edits.append(_Edit(end + 1, end + 1, "".join(f"{line}{newline}" for line in lines)))

    def _before(self, at: int, lines: Sequence[str]) -> None:
        """Put lines above the line of a place."""
        start = line_start(self._text, at)
        if self._text[start:at].strip(" "):
            raise NotInPlaceError("something stands on the line before which a line would be put")
        self.edits.append(_Edit(start, start, "".join(f"{line}{self._style.newline}" for line in lines)))

    def _drop(self, start: int, end: int) -> None:
        """Take the lines from one place to another away, but for the comments on them."""
        first = line_start(self._text, start)
        stop = self._text.find("\n", end)
        stop = len(self._text) if stop < 0 else stop + 1
        comments = [(one, other) for one, other in self._placed.comments if start <= one < stop]
        rest = self._text[end:stop].strip()
        if rest and not rest.startswith("#"):
            raise NotInPlaceError("what would go shares its line with something else")
        margin = " " * (start - first)
        kept = [f"{margin}{self._text[one:other].rstrip()}{self._style.newline}" for one, other in comments]
        self.edits.append(_Edit(first, stop, "".join(kept)))


def _opcodes(old: list[Any], new: list[Any]) -> Iterator[tuple[str, int, int, int, int]]:
    """How one list becomes the other, by the names of items where they have some."""
    matcher = SequenceMatcher(
        None, [_token(item) for item in old], [_token(item) for item in new], autojunk=False
    )
    yield from matcher.get_opcodes()


def _token(item: Any) -> str:
    return _name(item) or json.dumps(item, sort_keys=True, default=str)


def _name(item: Any) -> str:
    """By what an item of a list is told from the others; empty when it has no name."""
    if not isinstance(item, dict):
        return ""
    meta = item.get("metadata")
    if isinstance(meta, dict) and "name" in meta:
        return json.dumps([item.get("kind"), meta.get("namespace"), meta["name"]], default=str)
    found = next((name for name in _NAMES if name in item), None)
    return "" if found is None else json.dumps([found, item[found]], default=str)
