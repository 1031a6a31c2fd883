"""A document as YAML, with the risk beside the very line that carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.diff import yaml_text as written
from ksec_tui.screens.widgets.text import Line
from ksec_tui.themes.palette import badge

MAX_DEPTH = 100
"""Levels of mappings and lists that are written out."""

_TOO_DEEP = f"… (nested deeper than {MAX_DEPTH} levels)"
_FOLDED = "/metadata/managedFields"
_STYLES = {
    "tag:yaml.org,2002:str": "string",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "number",
    "tag:yaml.org,2002:null": "number",
}

_Span = tuple[int, int, str]
"""First column, column after the last, style name."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A risk at one place of a document.

    Attributes:
        severity: how bad.
        words: a one-line reason.
        about: the findings that say so, worst first.
        staged: whether all of them that can be fixed are in the plan; shown as ``+``.
    """

    severity: Severity
    words: str
    about: tuple[Finding, ...] = ()
    staged: bool = False


def yaml_text(document: Mapping[str, object]) -> str:
    """`document` as YAML in its own order of keys, without anchors.

    Only `metadata.managedFields` is folded to `… (n)`, and what is nested deeper than 100 levels is left out
    with a note in its place; everything else reads back equal.
    """
    return written(_plain(document, "", 0))


def yaml_lines(
    document: Mapping[str, object],
    marks: Mapping[str, Mark],
    *,
    ascii: bool = False,  # noqa: A002 - the word users know
) -> list[Line]:
    """`document` as lines of YAML, coloured, with a glyph and a note on the line of each mark.

    Args:
        document: JSON-like; anything PyYAML's safe dumper can write.
        marks: by JSON pointer (RFC 6901) into the document. A mark on what is not there stands on the line of
            the nearest thing around it. Several on one line show the worst glyph and all words.
        ascii: write glyphs in ASCII.

    Returns:
        Lines whose `link` is their JSON pointer, that of the worst mark where there is one, and whose `about`
        are the findings of all their marks.
    """
    text = yaml_text(document)
    places: dict[str, int] = {}
    spans: dict[int, list[_Span]] = {}
    rows = text.removesuffix("\n").split("\n")
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if root is not None:
        places[""] = 0
        for pointer, node, is_key in _walk(root, ""):
            if is_key:
                places[pointer] = node.start_mark.line
            else:
                places.setdefault(pointer, node.start_mark.line)
            if isinstance(node, yaml.ScalarNode):
                style = "key" if is_key else "comment" if pointer == _FOLDED else _STYLES.get(node.tag, "")
                for row, span in _spans(node, style, rows):
                    spans.setdefault(row, []).append(span)
    links = {line: pointer for pointer, line in places.items()}
    risks = _risks(marks, places)
    return [
        _line(row, spans.get(index, []), links.get(index, ""), risks.get(index, []), ascii=ascii)
        for index, row in enumerate(rows)
    ]


def _plain(value: object, pointer: str, depth: int) -> object:
    """`value` with managedFields folded, plain containers and nothing too deep."""
    if isinstance(value, Mapping):
        if depth >= MAX_DEPTH:
            return _TOO_DEEP
        return {key: _plain(item, f"{pointer}/{_step(key)}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if pointer == _FOLDED:
            return f"… ({len(value)})"
        return _TOO_DEEP if depth >= MAX_DEPTH else [_plain(item, "/-", depth + 1) for item in value]
    return value


def _step(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _walk(node: yaml.Node, pointer: str) -> Iterator[tuple[str, yaml.Node, bool]]:
    """Each node with its JSON pointer, and whether it is a key; parents first."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{pointer}/{_step(key.value)}"
            yield inner, key, True
            yield inner, value, False
            yield from _walk(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            inner = f"{pointer}/{index}"
            yield inner, item, False
            yield from _walk(item, inner)


def _spans(node: yaml.ScalarNode, style: str, rows: list[str]) -> Iterator[tuple[int, _Span]]:
    """The columns that a scalar takes on each of its rows."""
    start, end = node.start_mark, node.end_mark
    for row in range(start.line, min(end.line + 1, len(rows))):
        first = start.column if row == start.line else 0
        last = end.column if row == end.line else len(rows[row])
        if first < last:
            yield row, (first, last, style)


def _risks(marks: Mapping[str, Mark], places: Mapping[str, int]) -> dict[int, list[tuple[str, Mark]]]:
    """The marks of each line, the worst first."""
    risks: dict[int, list[tuple[str, Mark]]] = {}
    for pointer, mark in marks.items():
        known = pointer
        while known and known not in places:
            known = known.rpartition("/")[0]
        risks.setdefault(places.get(known, 0), []).append((pointer, mark))
    for found in risks.values():
        found.sort(key=lambda risk: -risk[1].severity)
    return risks


def _line(row: str, spans: list[_Span], link: str, risks: list[tuple[str, Mark]], *, ascii: bool) -> Line:  # noqa: A002
    parts: list[tuple[str, str]] = []
    at = 0
    for first, last, style in sorted(spans):
        if at < first:
            parts.append((row[at:first], ""))
        parts.append((row[first:last], style))
        at = last
    if at < len(row) or not parts:
        parts.append((row[at:], ""))
    if not risks:
        return Line(tuple(parts), link=link)
    pointer, worst = risks[0]
    glyphs = badge(worst.severity, Verdict.FAIL, ascii=ascii)
    words = "; ".join(f"{'+ ' if mark.staged else ''}{mark.words}" for _, mark in risks)
    note = f"{'<' if ascii else '◀'} {glyphs} {words}"
    about = tuple(dict.fromkeys(finding for _, mark in risks for finding in mark.about))
    return Line(tuple(parts), glyphs, worst.severity.word, note, pointer, about)
