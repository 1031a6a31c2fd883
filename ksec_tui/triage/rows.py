"""A finding together with what was decided of it, as filters see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from ksec_tui.findings.finding import Finding
from ksec_tui.triage.seen import Since
from ksec_tui.triage.triage import EXPIRED, Standing, Triage


@dataclass(frozen=True, slots=True)
class Triaged:
    """One finding in a list.

    Attributes:
        finding: the finding.
        standing: what was decided of it.
        mark: ``new``, ``regressed`` or nothing, as against the last time.
    """

    finding: Finding
    standing: Standing
    mark: str = ""

    @property
    def text(self) -> str:
        """That of the finding."""
        return self.finding.text

    @property
    def haystack(self) -> str:
        """That of the finding."""
        return self.finding.haystack

    def facet(self, name: str) -> Sequence[str]:
        """The values of a filter field; ``state`` and ``is`` tell of triage too."""
        match name:
            case "state":
                return self._states()
            case "is":
                return (*self.finding.facet(name), *self._marks())
        return self.finding.facet(name)

    def _states(self) -> tuple[str, ...]:
        standing = self.standing
        flags = {
            "dismissed": standing.dismissed,
            "reopened": bool(standing.reopened),
            "regressed": self.mark == "regressed",
        }
        return (standing.state.value, *(name for name, holds in flags.items() if holds))

    def _marks(self) -> tuple[str, ...]:
        standing = self.standing
        flags = {
            "dismissed": standing.dismissed,
            "reopened": bool(standing.reopened),
            "expired": standing.reopened == EXPIRED,
            self.mark: bool(self.mark),
        }
        return tuple(name for name, holds in flags.items() if holds)


def triaged(
    findings: Sequence[Finding], triage: Triage, today: dt.date, since: Since | None = None
) -> tuple[Triaged, ...]:
    """Every finding with what holds for it on a day, in the same order."""
    known = since is not None and bool(since.last)
    return tuple(
        Triaged(
            finding,
            triage.standing(finding, today),
            since.mark(finding.fingerprint) if known and since is not None else "",
        )
        for finding in findings
    )
