"""What a filter is made of: terms that tell whether a row matches, and which of two terms is the narrower."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ksec_tui.findings.filter_fields import Among, Contains, Starts, Test
from ksec_tui.findings.filter_labels import Requirement, labels_of
from ksec_tui.findings.filter_regex import Bounded


class Facets(Protocol):
    """What a row shows to a filter.

    A row may also have `text`, its text in the original case, of which `haystack` is the lower-case form; words
    with an upper-case letter look at it. Columns may be separated by line feeds: ``^`` and ``$`` match at both.
    """

    def facet(self, name: str) -> Sequence[str]:
        """The row's values for a field; empty when it has none.

        Words: severities, kinds, verdicts, states and marks. ``age``: seconds. ``label``: ``key=value``.
        """
        ...

    @property
    def haystack(self) -> str:
        """The lower-case text of the row, made beforehand."""
        ...


class Term(Protocol):
    """One condition."""

    @property
    def words(self) -> str:
        """The condition as a person would say it, for the status line."""
        ...

    def matches(self, row: Facets) -> bool:
        """Whether the row fulfils it."""
        ...


Style = Literal["part", "word", "start", "end", "whole"]
_STYLE_WORDS: dict[Style, str] = {
    "part": "",
    "word": "word ",
    "start": "starts ",
    "end": "ends ",
    "whole": "is exactly ",
}


def _as_written(row: Facets) -> str | None:
    text = getattr(row, "text", None)
    return text if isinstance(text, str) else None


def _case(text: str, row: Facets) -> tuple[str, str]:
    """Smart case: the text to find and the text to look at, both lower-case or both as written."""
    lowered = text.lower()
    written = None if text == lowered else _as_written(row)
    return (lowered, row.haystack) if written is None else (text, written)


@dataclass(frozen=True, slots=True)
class Text:
    """A text to find; `text` is lower-case unless case counts."""

    text: str
    style: Style = "part"

    @property
    def sensitive(self) -> bool:
        """Smart case: an upper-case letter makes case count."""
        return self.text != self.text.lower()

    @property
    def words(self) -> str:
        """See `Term`."""
        shown = f'"{self.text}"' if any(char.isspace() for char in self.text) else self.text
        return f"{_STYLE_WORDS[self.style]}{shown}"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        text, hay = _case(self.text, row)
        if self.style == "part":
            return text in hay
        if self.style == "word":
            return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", hay) is not None
        before = "" if self.style == "end" else "\n"
        after = "" if self.style == "start" else "\n"
        return f"{before}{text}{after}" in f"\n{hay}\n"


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression, looked for at the beginning of the row's text."""

    pattern: Bounded

    @property
    def words(self) -> str:
        """See `Term`."""
        return f"/{self.pattern.written.pattern}/"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        pattern = self.pattern
        text = None if pattern.written is pattern.lowered else _as_written(row)
        if text is None:
            return pattern.lowered.search(row.haystack[: pattern.limit]) is not None
        return pattern.written.search(text[: pattern.limit]) is not None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Characters that occur in this order, with anything between them."""

    text: str

    @property
    def sensitive(self) -> bool:
        """Smart case, as in `Text`."""
        return self.text != self.text.lower()

    @property
    def words(self) -> str:
        """See `Term`."""
        return f"fuzzy {self.text}"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        return _in_order(*_case(self.text, row))


@dataclass(frozen=True, slots=True)
class Field:
    """Values of one facet: any of `wanted` (when there are some) and none of `unwanted`."""

    name: str
    facet: str
    wanted: tuple[Test, ...]
    unwanted: tuple[Test, ...]
    written: str

    @property
    def words(self) -> str:
        """See `Term`."""
        return f"{self.name}:{self.written}"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        values = row.facet(self.facet)
        if self.wanted and not any(test.accepts(value) for test in self.wanted for value in values):
            return False
        return not any(test.accepts(value) for test in self.unwanted for value in values)


@dataclass(frozen=True, slots=True)
class Labels:
    """A label selector: all requirements hold."""

    requirements: tuple[Requirement, ...]
    written: str

    @property
    def words(self) -> str:
        """See `Term`."""
        return f"labels {self.written}"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        labels = labels_of(row.facet("label"))
        return all(requirement.holds(labels) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a term."""

    term: Term

    @property
    def words(self) -> str:
        """See `Term`."""
        shown = self.term.words
        return f"not ({shown})" if isinstance(self.term, AnyOf) else f"not {shown}"

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        return not self.term.matches(row)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several terms."""

    terms: tuple[Term, ...]

    @property
    def words(self) -> str:
        """See `Term`."""
        return " or ".join(term.words for term in self.terms)

    def matches(self, row: Facets) -> bool:
        """See `Term`."""
        return any(term.matches(row) for term in self.terms)


def implies(strong: Term, weak: Term) -> bool:
    """Whether every row that fulfils `strong` surely fulfils `weak`; False when that is not known."""
    if strong == weak:
        return True
    if isinstance(strong, AnyOf):
        return all(implies(term, weak) for term in strong.terms)
    if isinstance(weak, AnyOf):
        return any(implies(strong, term) for term in weak.terms)
    if isinstance(strong, Not) and isinstance(weak, Not):
        return implies(weak.term, strong.term)
    if isinstance(strong, Text) and isinstance(weak, Text):
        return _text_implies(strong, weak)
    if isinstance(strong, Text | Fuzzy) and isinstance(weak, Fuzzy):
        return _cased_alike(strong, weak) and _in_order(weak.text, _as_seen_by(strong, weak))
    if isinstance(strong, Labels) and isinstance(weak, Labels):
        return set(weak.requirements) <= set(strong.requirements)
    if isinstance(strong, Field) and isinstance(weak, Field):
        return _field_implies(strong, weak)
    return False


def _text_implies(strong: Text, weak: Text) -> bool:
    if not _cased_alike(strong, weak):
        return False
    text = _as_seen_by(strong, weak)
    if weak.style == "part":
        return weak.text in text
    if weak.style == "start":
        return strong.style in ("start", "whole") and text.startswith(weak.text)
    if weak.style == "end":
        return strong.style in ("end", "whole") and text.endswith(weak.text)
    return weak.style == strong.style and weak.text == text


def _cased_alike(strong: Text | Fuzzy, weak: Text | Fuzzy) -> bool:
    # Lower-casing is safe to predict for ASCII only: elsewhere it may depend on the neighbouring letters.
    return strong.sensitive == weak.sensitive or (not weak.sensitive and strong.text.isascii())


def _as_seen_by(strong: Text | Fuzzy, weak: Text | Fuzzy) -> str:
    return strong.text if weak.sensitive else strong.text.lower()


def _field_implies(strong: Field, weak: Field) -> bool:
    if strong.facet != weak.facet:
        return False
    if weak.wanted and not (
        strong.wanted
        and all(any(_test_implies(one, other) for other in weak.wanted) for one in strong.wanted)
    ):
        return False
    return all(any(_test_implies(one, other) for other in strong.unwanted) for one in weak.unwanted)


def _test_implies(strong: Test, weak: Test) -> bool:
    """As `implies`, for values."""
    if isinstance(strong, Among) and isinstance(weak, Among):
        return strong.words <= weak.words
    if isinstance(weak, Starts):
        if isinstance(strong, Among):
            return all(word.startswith(weak.text) for word in strong.words)
        return isinstance(strong, Starts) and strong.text.startswith(weak.text)
    if isinstance(strong, Contains) and isinstance(weak, Contains):
        return weak.text in strong.text
    return strong == weak


def _in_order(text: str, hay: str) -> bool:
    position = 0
    for char in text:
        position = hay.find(char, position) + 1
        if not position:
            return False
    return True
