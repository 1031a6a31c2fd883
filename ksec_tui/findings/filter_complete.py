"""Completion of a filter that is being typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ksec_tui.findings.filter_fields import FIELDS, FieldSpec

MAX_OFFERED = 50
"""How many completions are offered at most."""

_LABELS = FieldSpec("label", "label selector", ("-l app=web",), FIELDS["label"].read)


@dataclass(slots=True)
class _Cursor:
    """What is being typed: where it begins, the field whose value it may be, whether it may be a field's name."""

    start: int = 0
    spec: FieldSpec | None = None
    may_be_name: bool = True


def completion_start(source: str, position: int, *, fields: Mapping[str, FieldSpec] = FIELDS) -> int:
    """The column from which to `position` a completion takes the place of what was typed."""
    return _cursor(source[:position], fields).start


def complete(
    source: str,
    position: int,
    values: Callable[[str], Iterable[str]],
    *,
    fields: Mapping[str, FieldSpec] = FIELDS,
) -> list[str]:
    """Offer what may stand at the cursor: values of the field there, or names of fields with their colon.

    Args:
        source: what was typed; it need not be a valid filter.
        position: the column of the cursor.
        values: the values that the rows have for a facet; labels as ``key=value``.
        fields: as for `parse`.

    Returns:
        Texts that may replace ``source[completion_start(source, position):position]``, at most 50.
    """
    head = source[:position]
    cursor = _cursor(head, fields)
    typed = head[cursor.start :].removeprefix('"').lower()
    offered: list[str] = []
    if cursor.spec is not None:
        known = dict.fromkeys((*cursor.spec.words, *sorted(values(cursor.spec.facet))))
        offered += [_quoted(value) for value in known if value and value.lower().startswith(typed)]
    if cursor.may_be_name:
        offered += [f"{name}:" for name in fields if name.startswith(typed)]
    return [text for text in offered if text != head[cursor.start :]][:MAX_OFFERED]


def _cursor(head: str, fields: Mapping[str, FieldSpec]) -> _Cursor:
    cursor = _Cursor()
    in_quotes = False
    for index, char in enumerate(head):
        if char == '"':
            in_quotes = not in_quotes
        if in_quotes or char == '"':
            continue
        word = head[cursor.start : index]
        if char.isspace():
            selects = word.lstrip("/!") == "-l" or (not word and cursor.spec is _LABELS)
            cursor = _Cursor(index + 1, _LABELS if selects else None, may_be_name=not selects)
        elif char == "|":
            cursor = _Cursor(index + 1, cursor.spec)
        elif char == "," and cursor.spec is not None:
            cursor = _Cursor(index + 1, cursor.spec, may_be_name=False)
        elif char == ":" and cursor.may_be_name and (spec := fields.get(word.lstrip("!").lower())):
            cursor = _Cursor(index + 1, spec, may_be_name=False)
    marks = "!" if cursor.may_be_name else "!<>="
    cursor.start = len(head) - len(head[cursor.start :].lstrip(marks))
    return cursor


def _quoted(value: str) -> str:
    """Write a value so that the grammar takes it as it is."""
    if not (value.startswith("!") or any(char.isspace() or char in '|,"' for char in value)):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
