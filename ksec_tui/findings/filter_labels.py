"""Label selectors as kubectl reads them after ``-l``.

Rules: Kubernetes documentation "Labels and Selectors" and apimachinery's labels package: requirements are joined
by commas; ``!=`` and ``notin`` also choose objects that lack the label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_KEY = re.compile(
    r"(?:[A-Za-z0-9](?:[-A-Za-z0-9.]{0,251}[A-Za-z0-9])?/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?", re.ASCII
)
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_COMPARISON = re.compile(r"\s*(==|!=|=|>|<)\s*")
_SET = re.compile(r"\s+(in|notin)\s*\(\s*")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_SPACE = re.compile(r"\s*")


class SelectorError(ValueError):
    """The selector cannot be read; `position` is the column in the text that was given."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label. `operator`: in, notin, exists, absent, > or <."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is chosen."""
        value = labels.get(self.key)
        if self.operator == "notin":
            return value not in self.values
        if self.operator == "absent":
            return value is None
        if value is None:
            return False
        if self.operator == "exists":
            return True
        if self.operator == "in":
            return value in self.values
        if not _NUMBER.fullmatch(value):
            return False
        number, bound = int(value), int(self.values[0])
        return number > bound if self.operator == ">" else number < bound


def labels_of(pairs: Sequence[str]) -> dict[str, str]:
    """Turn ``key=value`` texts into a mapping."""
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def read_selector(text: str, position: int) -> tuple[tuple[Requirement, ...], int]:
    """Read a selector that starts at `position`; the number is the position after it.

    It ends at a space that does not belong to it, so that further words may follow.

    Raises:
        SelectorError: with the column and a sentence.
    """
    found: list[Requirement] = []
    while True:
        requirement, position = _requirement(text, _skip(text, position))
        found.append(requirement)
        rest = _skip(text, position)
        if text.startswith(",", rest):
            position = rest + 1
        elif rest == position and rest < len(text):
            raise SelectorError("labels are separated by commas", rest)
        else:
            return tuple(found), position


def _requirement(text: str, position: int) -> tuple[Requirement, int]:
    if text.startswith("!", position):
        key, position = _key(text, _skip(text, position + 1))
        return Requirement(key, "absent"), position
    key, position = _key(text, position)
    if choice := _SET.match(text, position):
        values, position = _members(text, choice.end())
        return Requirement(key, choice[1], values), position
    comparison = _COMPARISON.match(text, position)
    if comparison is None:
        return Requirement(key, "exists"), position
    operator = comparison[1]
    if operator in "<>":
        number = _NUMBER.match(text, comparison.end())
        if number is None:
            raise SelectorError(f"{operator} compares with a whole number", comparison.end())
        return Requirement(key, operator, (number[0],)), number.end()
    value, position = _value(text, comparison.end())
    return Requirement(key, "notin" if operator == "!=" else "in", (value,)), position


def _members(text: str, position: int) -> tuple[tuple[str, ...], int]:
    values: list[str] = []
    while True:
        value, position = _value(text, position)
        values.append(value)
        position = _skip(text, position)
        if text.startswith(")", position):
            return tuple(values), position + 1
        if not text.startswith(",", position):
            raise SelectorError("the values in parentheses end with )", position)
        position = _skip(text, position + 1)


def _key(text: str, position: int) -> tuple[str, int]:
    match = _KEY.match(text, position)
    if match is None:
        raise SelectorError("a label name is expected here", position)
    return match[0], match.end()


def _value(text: str, position: int) -> tuple[str, int]:
    match = _VALUE.match(text, position)
    # The pattern matches the empty text, so there always is a match.
    return (match[0], match.end()) if match else ("", position)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
