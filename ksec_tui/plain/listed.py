"""A finding in a list of one session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ksec_tui.triage.rows import Triaged


@dataclass(frozen=True)
class Listed(Triaged):
    """A finding in a list of this session, which also knows whether its fix is staged."""

    staged: bool = False

    def facet(self, name: str) -> Sequence[str]:
        """The values of a filter field; ``is`` tells of staging too."""
        values = Triaged.facet(self, name)
        return (*values, "staged") if name == "is" and self.staged else values
