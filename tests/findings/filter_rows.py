"""A row for the filter's tests: columns of text and facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plain:
    """A row that knows its lower-case text only."""

    haystack: str
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def facet(self, name: str) -> Sequence[str]:
        return self.facets.get(name, ())


@dataclass(frozen=True)
class Row:
    """A row that also knows its text as written; columns are separated by line feeds."""

    text: str
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def haystack(self) -> str:
        return self.text.lower()

    def facet(self, name: str) -> Sequence[str]:
        return self.facets.get(name, ())
