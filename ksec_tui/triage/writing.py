"""Puts decisions into the text of a triage file: entries sorted, comments and untouched entries as they were.

The text is cut into blocks at the dashes of the list. What is no comment inside a changed entry is written
anew; comments stay with their field. The outcome is read again and compared before anybody sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ksec_tui.cluster.text import one_line
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.notation import HEADER, LIST, Read, TriageError, read, written

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INDENT = 2
_COMMENT = re.compile(r"(?:^|\s)(#.*)")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#.*)")
_ODD_BREAKS = frozenset("\r\x85\u2028\u2029")
"""Line breaks of YAML 1.1 by which lines would be counted differently; nobody writes them."""


@dataclass
class _Block:
    """One entry with the comments and blank lines above it; `node` is None for a new one."""

    lead: list[str]
    lines: list[str]
    first_line: int = 0
    node: yaml.Node | None = None
    decision: Decision | None = None


@dataclass
class _Cut:
    """The lines of a file: before the first entry, the entries, after the last; `column` is that of the dashes."""

    head: list[str]
    blocks: list[_Block]
    tail: list[str]
    column: int = _INDENT


def with_decisions(data: bytes, changes: Iterable[Decision], name: str) -> bytes:
    """The file with these decisions in place of those on the same findings.

    Args:
        data: the file as it is; empty for a new one.
        changes: what to put in.
        name: what to call the file in messages.

    Raises:
        TriageError: the file cannot be read, or not be changed without losing something of it.
    """
    before = read(data, name)
    new = {item.fingerprint: item for item in changes}
    if not new:
        return data
    wanted = {**before.triage.decisions, **new}
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise TriageError(f"{one_line(name)}: only UTF-8 can be written to") from error
    for sort in (True, False):
        outcome = _rewritten(text, before, new, sort=sort)
        if outcome is not None and _says(outcome, name, before, wanted):
            return outcome
    raise TriageError(
        f"{one_line(name)}: it is written in a way that cannot be changed without losing something; "
        f"write {LIST} as a list with one '- ' for each entry, without anchors"
    )


def _says(outcome: bytes, name: str, before: Read, wanted: Mapping[str, Decision]) -> bool:
    """Whether the new text says all that it must, and holds every entry that was not understood."""
    try:
        after = read(outcome, name)
    except TriageError:
        return False
    reasons = sorted(_unnumbered(problem.reason) for problem in before.problems)
    return after.triage.decisions == wanted and reasons == sorted(
        _unnumbered(problem.reason) for problem in after.problems
    )


def _unnumbered(reason: str) -> str:
    return re.sub(r"\bline \d+", "line", reason)


def _rewritten(text: str, before: Read, new: Mapping[str, Decision], *, sort: bool) -> bytes | None:
    """The new text, not yet proven; None where the list is not written as a list of blocks."""
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n") if text.strip("\ufeff \n\r") else HEADER
    if _ODD_BREAKS & set(text):
        return None
    lines = text.removesuffix("\n").split("\n")
    cut = _cut(text, lines)
    if cut is None or len(cut.blocks) != len(before.entries):
        return None
    for block, entry in zip(cut.blocks, before.entries, strict=True):
        block.decision = entry.decision
    out = list(cut.head)
    for block in _placed(cut, new, sort=sort):
        out += block.lead + block.lines
    return (newline.join([*out, *cut.tail]) + newline).encode()


def _cut(text: str, lines: list[str]) -> _Cut | None:
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:  # what stands outside of any document is not looked at by `read`
        return None
    if root is None:
        return _Cut([*lines, *HEADER.splitlines()[-2:]], [], [])
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    found = next(((key, value) for key, value in root.value if key.value == LIST), None)
    starts = sorted(key.start_mark.line for key, _ in root.value)
    at = len(lines) if found is None else found[0].start_mark.line
    end = next((line for line in starts if line > at), len(lines))
    end = next((line for line in range(starts[0], end) if lines[line].startswith("...")), end)
    if found is None:
        return _Cut([*lines[:end], f"{LIST}:"], [], lines[end:])
    listed = found[1]
    if isinstance(listed, yaml.ScalarNode) or not listed.value:  # `decisions:`, `decisions: null`, `[]`
        comment = _COMMENT.search(lines[at])
        said = f"{LIST}:" if comment is None else f"{LIST}:  {comment[1]}"
        return _Cut([*lines[:at], said], [], lines[at + 1 :]) if listed.end_mark.line <= at + 1 else None
    if not isinstance(listed, yaml.SequenceNode) or listed.flow_style:
        return None
    return _blocks(lines, listed, at, end)


def _blocks(lines: list[str], listed: yaml.SequenceNode, at: int, end: int) -> _Cut | None:
    column = listed.start_mark.column
    dashes = [line for line in range(at + 1, end) if _is_dash(lines[line], column)]
    if len(dashes) != len(listed.value):
        return None
    first = dashes[0]
    while first > at + 1 and lines[first - 1].strip():
        first -= 1
    head, blocks, begin = lines[:first], [], first
    for dash, following, node in zip(dashes, (*dashes[1:], end), listed.value, strict=True):
        stop = following
        while stop > dash + 1 and _is_between(lines[stop - 1], column):
            stop -= 1
        blocks.append(_Block(lines[begin:dash], lines[dash:stop], dash, node))
        begin = stop
    return _Cut(head, blocks, lines[begin:], column)


def _is_dash(line: str, column: int) -> bool:
    return not line[:column].strip() and re.match(r"-(?:\s|\Z)", line[column:]) is not None


def _is_between(line: str, column: int) -> bool:
    """Whether a line after an entry is no part of it: blank, or a comment that is not indented deeper."""
    text = line.lstrip()
    return not text or (text.startswith("#") and len(line) - len(text) <= column)


def _placed(cut: _Cut, new: Mapping[str, Decision], *, sort: bool) -> list[_Block]:
    """The blocks with the new decisions among them, in the order in which they are to stand."""
    blocks = list(cut.blocks)
    first = blocks[0] if blocks else None
    left = dict(new)
    for block in blocks:
        if block.decision is not None and (decision := left.pop(block.decision.fingerprint, None)):
            _rewrite(block, decision, cut.column)
    for decision in left.values():
        block = _Block([], [], decision=decision)
        _rewrite(block, decision, cut.column)
        blocks.append(block)
    if sort:
        blocks = _sorted(blocks)
    for place, block in enumerate(blocks):
        fresh = block is first or block.node is None
        if place and fresh and (not block.lead or block.lead[0].strip()):
            block.lead.insert(0, "")
        elif not place and block is not first:
            while block.lead and not block.lead[0].strip():
                del block.lead[0]
    return blocks


def _sorted(blocks: list[_Block]) -> list[_Block]:
    """By check and object; an entry that is none stays behind the one before it."""
    keys: list[tuple[str, str]] = []
    for block in blocks:
        last = keys[-1] if keys else ("", "")
        keys.append(last if block.decision is None else (block.decision.check, block.decision.object))
    order = sorted(range(len(blocks)), key=lambda index: keys[index])
    return [blocks[index] for index in order]


def _rewrite(block: _Block, decision: Decision, column: int) -> None:
    """Write a decision into a block; comments within stay with their field."""
    fields = written(decision)
    names = [name for name, _ in fields]
    beside: dict[str, str] = {}
    above: dict[str, list[str]] = {}
    for name, comment, alone in _comments(block):
        if name in names and not alone and name not in beside:
            beside[name] = comment
        else:
            above.setdefault(name if name in names else "", []).append(comment)
    pad = " " * column
    block.lead = [*block.lead, *(f"{pad}{comment}" for comment in above.pop(names[0], []))]
    lines: list[str] = []
    for name, value in fields:
        lines += [f"{pad}  {comment}" for comment in above.pop(name, [])]
        dash = "-" if name == names[0] else " "
        lines.append(f"{pad}{dash} {name}: {value}" + (f"  {beside[name]}" if name in beside else ""))
    block.lines = lines + [f"{pad}  {comment}" for comment in above.pop("", [])]
    block.decision = decision


def _comments(block: _Block) -> Iterator[tuple[str, str, bool]]:
    """The comments in an entry: the field beside or above which they stand, the text, whether alone in its line."""
    if block.node is None:
        return
    last = block.first_line + len(block.lines)
    scalars = [item for item in _scalars(block.node) if block.first_line <= item.start_mark.line < last]
    keys: list[tuple[int, str]] = []
    if isinstance(block.node, yaml.MappingNode):
        keys = sorted((key.start_mark.line, key.value) for key, _ in block.node.value)
    for index, line in enumerate(block.lines, block.first_line):
        text = _uncovered(line, index, scalars)
        match = _COMMENT.search(text)
        if match is None:
            continue
        alone = not line[: line.rindex(match[1])].strip(" -")
        if alone:
            name = next((key for at, key in keys if at > index), "")
        else:
            name = next((key for at, key in reversed(keys) if at <= index), "")
        yield name, match[1].rstrip(), alone


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key)
            yield from _scalars(value)
    else:
        for item in node.value:
            yield from _scalars(item)


def _uncovered(line: str, index: int, scalars: Sequence[yaml.ScalarNode]) -> str:
    """What follows the last scalar in a line; nothing in the middle of one."""
    begin = 0
    for scalar in scalars:
        start, end = scalar.start_mark, scalar.end_mark
        if start.line == index < end.line:
            header = _BLOCK_HEADER.match(line[start.column :]) if scalar.style in ("|", ">") else None
            return "" if header is None else header[1]
        if start.line < index < end.line:
            return ""
        if end.line == index:
            begin = max(begin, end.column)
    return line[begin:]
