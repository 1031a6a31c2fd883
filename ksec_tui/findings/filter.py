"""The filter grammar: one line of text that chooses rows, in every list, the config and the command line.

Words are joined by AND, ``a|b`` is OR, ``!`` negates the whole word (after ``|`` only its own part)::

    sev:>=high ns:prod-*,!kube-* kind:deploy is:new|fixable !cilium
    'word ^start end$ /regex/ -l app=x,tier!=db -f fuzzy "two words"

After ``|`` a value without a field of its own belongs to the field before. Quotes make everything in them plain,
except the ``*`` and ``?`` of a glob. Kept from k9s: ``/!regex``, ``/-l selector``, ``/-f text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ksec_tui.cluster.text import one_line
from ksec_tui.findings.filter_complete import complete, completion_start
from ksec_tui.findings.filter_fields import FIELDS, FieldSpec, Test, nearest
from ksec_tui.findings.filter_labels import SelectorError, read_selector
from ksec_tui.findings.filter_regex import CostlyPattern, compile_bounded
from ksec_tui.findings.filter_terms import (
    AnyOf,
    Facets,
    Field,
    Fuzzy,
    Labels,
    Not,
    Regex,
    Style,
    Term,
    Text,
    implies,
)

__all__ = [
    "FIELDS",
    "Facets",
    "FieldSpec",
    "Filter",
    "FilterError",
    "complete",
    "completion_start",
    "parse",
]

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z-]*\Z")


class FilterError(ValueError):
    """The filter cannot be read: `message` is one sentence, `position` the 0-based column of the caret."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Filter:
    """A filter that was read; equal filters choose equal rows.

    Attributes:
        source: the text it was read from.
        terms: the conditions, all of which a row has to fulfil.
    """

    source: str = field(compare=False)
    terms: tuple[Term, ...]
    _word: str | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Notice the commonest filter, one lower-case word, which is asked for every row on every key."""
        only = self.terms[0] if len(self.terms) == 1 else None
        if isinstance(only, Text) and only.style == "part" and not only.sensitive:
            object.__setattr__(self, "_word", only.text)

    def matches(self, row: Facets) -> bool:
        """Whether the row is chosen. A filter without terms chooses every row."""
        if self._word is not None:
            return self._word in row.haystack
        return all(term.matches(row) for term in self.terms)

    def narrows(self, older: Filter) -> bool:
        """Whether every row that this filter chooses was surely chosen by the older one too."""
        return all(any(implies(mine, theirs) for mine in self.terms) for theirs in older.terms)

    def chips(self) -> tuple[str, ...]:
        """The conditions in words, safe to show."""
        return tuple(one_line(term.words) for term in self.terms)


def parse(source: str, *, fields: Mapping[str, FieldSpec] = FIELDS) -> Filter:
    """Read a filter.

    Args:
        source: the text; empty or blank chooses everything.
        fields: the fields to know, by name in lower case.

    Raises:
        FilterError: the text is no filter.
    """
    return Filter(source, tuple(_Reader(source, fields).terms()))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the source with its quotes resolved; for every character its column and whether it was quoted."""

    text: str
    columns: tuple[int, ...]
    quoted: tuple[bool, ...]
    start: int

    def bare(self, index: int, chars: str) -> bool:
        """Whether the character there is one of these, outside quotes."""
        return (
            -len(self.text) <= index < len(self.text) and self.text[index] in chars and not self.quoted[index]
        )

    def cut(self, start: int, end: int | None = None) -> _Piece:
        stop = len(self.text) if end is None else end
        column = (
            self.columns[start] if start < len(self.text) else (self.columns or (self.start - 1,))[-1] + 1
        )
        return _Piece(self.text[start:stop], self.columns[start:stop], self.quoted[start:stop], column)

    def split(self, char: str) -> Iterator[_Piece]:
        begin = 0
        for index in range(len(self.text)):
            if self.bare(index, char):
                yield self.cut(begin, index)
                begin = index + 1
        yield self.cut(begin)


class _Reader:
    """Goes through the source once, from left to right."""

    def __init__(self, source: str, fields: Mapping[str, FieldSpec]) -> None:
        self.source = source
        self.fields = fields
        self.at = 0

    def terms(self) -> Iterator[Term]:
        self._skip_space()
        if re.match(r"/!*-[lf](?:\s|\Z)", self.source[self.at :]):
            self.at += 1
        while self.at < len(self.source):
            yield self._term()
            self._skip_space()

    def _skip_space(self) -> None:
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1

    def _ends(self) -> bool:
        return self.at >= len(self.source) or self.source[self.at].isspace()

    def _negated(self) -> bool:
        start = self.at
        while self.source.startswith("!", self.at):
            self.at += 1
        if self.at > start and self._ends():
            raise FilterError("something to leave out is expected after !", self.at)
        return (self.at - start) % 2 == 1

    def _term(self) -> Term:
        negated = self._negated()
        option = re.match(r"-[lf](?:\s+|\Z)", self.source[self.at :])
        if option is None:
            term = self._choice()
        else:
            self.at += option.end()
            term = self._labels() if option[0].startswith("-l") else self._fuzzy()
        return Not(term) if negated else term

    def _labels(self) -> Labels:
        start = self.at
        try:
            requirements, self.at = read_selector(self.source, start)
        except SelectorError as error:
            raise FilterError(str(error), error.position) from error
        return Labels(requirements, self.source[start : self.at])

    def _fuzzy(self) -> Fuzzy:
        piece = self._piece(until="")
        if not piece.text:
            raise FilterError("some letters are expected after -f", self.at)
        return Fuzzy(piece.text)

    def _choice(self) -> Term:
        """Read ``a|b|c``."""
        parts: list[Term] = []
        named = ""
        while True:
            negated = bool(parts) and self._negated()
            if self.source.startswith("/", self.at):
                part = self._regex()
            else:
                piece = self._piece(until="|")
                if not piece.text:
                    raise FilterError("a word is expected on both sides of |", self.at)
                name, value = self._field_of(piece)
                named = name or named
                part = self._field(named, value) if named else _text(piece)
            parts.append(Not(part) if negated else part)
            if not self.source.startswith("|", self.at):
                return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))
            self.at += 1

    def _piece(self, until: str) -> _Piece:
        """Read up to a space or one of the characters `until`, outside quotes."""
        start = self.at
        chars: list[tuple[str, int, bool]] = []
        opened: int | None = None
        while self.at < len(self.source):
            char = self.source[self.at]
            if opened is None and (char.isspace() or char in until):
                break
            if char == '"':
                opened = self.at if opened is None else None
            else:
                if (
                    opened is not None
                    and char == "\\"
                    and self.source[self.at + 1 : self.at + 2] in ('"', "\\")
                ):
                    self.at += 1
                chars.append((self.source[self.at], self.at, opened is not None))
            self.at += 1
        if opened is not None:
            raise FilterError("the quotes are not closed", opened)
        if self.at > start and not chars:
            raise FilterError("there is nothing between the quotes", start)
        text = "".join(char for char, _, _ in chars)
        return _Piece(text, tuple(at for _, at, _ in chars), tuple(quoted for _, _, quoted in chars), start)

    def _regex(self) -> Term:
        """Read ``/regex/``; without a closing slash before a space it ends at the first space."""
        start = self.at + 1
        closed = re.match(r"((?:\\.|[^\\])*?)/(?=\s|\||\Z)", self.source[start:], re.DOTALL)
        open_end = re.match(r"(\S*)", self.source[start:])
        pattern = closed[1] if closed else (open_end[1] if open_end else "")
        self.at = start + (closed.end() if closed else len(pattern))
        inverse = pattern.startswith("!")
        if inverse:
            start, pattern = start + 1, pattern[1:]
        if not pattern:
            raise FilterError("a regular expression is expected after /", start)
        try:
            term = Regex(compile_bounded(pattern))
        except CostlyPattern as error:
            raise FilterError(str(error), start + error.position) from error
        except (re.error, OverflowError) as error:
            column = error.pos if isinstance(error, re.error) and error.pos is not None else 0
            reason = error.msg if isinstance(error, re.error) else str(error)
            raise FilterError(
                f"no valid regular expression: {one_line(reason, 80)}", start + column
            ) from error
        return Not(term) if inverse else term

    def _field_of(self, piece: _Piece) -> tuple[str, _Piece]:
        """Split ``field:value``; the name is empty when the piece has no field."""
        colon = next((index for index in range(len(piece.text)) if piece.bare(index, ":")), 0)
        written = piece.text[:colon]
        if not _FIELD_NAME.match(written) or any(piece.quoted[:colon]):
            return "", piece
        name = written.lower()
        value = piece.cut(colon + 1)
        if name in self.fields:
            return name, value
        # Kubernetes' own names (system:masters) and web addresses are searched for as they stand.
        if name == "system" or value.text.startswith("//"):
            return "", piece
        raise FilterError(
            f"there is no field {one_line(written, 40)} ({nearest(name, self.fields)}); "
            f'a text is searched for in quotes: "{one_line(piece.text, 40)}"',
            piece.start,
        )

    def _field(self, name: str, piece: _Piece) -> Field:
        spec = self.fields[name]
        wanted: list[Test] = []
        unwanted: list[Test] = []
        for value in piece.split(","):
            marks = 0
            while value.bare(marks, "!"):
                marks += 1
            plain = value.cut(marks)
            if not plain.text:
                raise FilterError(f"a value is expected for {name}:, as in {spec.examples[0]}", plain.start)
            try:
                test = spec.read(plain.text)
            except ValueError as error:
                raise FilterError(f"{name}: {error}", plain.start) from error
            (unwanted if marks % 2 else wanted).append(test)
        return Field(name, spec.facet, tuple(wanted), tuple(unwanted), piece.text)


def _text(piece: _Piece) -> Text:
    """Read a word with its marks ``'word``, ``^start`` and ``end$``."""
    style: Style = "part"
    begin, end = 0, len(piece.text)
    if piece.bare(0, "'"):
        style, begin = "word", 1
        end -= end > 2 and piece.bare(-1, "'")
    else:
        if piece.bare(0, "^"):
            style, begin = "start", 1
        if end > begin and piece.bare(-1, "$"):
            style, end = ("whole" if style == "start" else "end"), end - 1
    text = piece.text[begin:end]
    if not text:
        raise FilterError(f"a word is expected with {one_line(piece.text, 40)}", piece.start)
    return Text(text) if style == "part" else Text(text, style)
