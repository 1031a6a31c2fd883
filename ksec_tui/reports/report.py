"""What a report is about: one judged Snapshot, seen through a filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.sources.base import Problem
from ksec_tui.triage.rows import Triaged
from ksec_tui.triage.seen import Since


@dataclass(frozen=True)
class Report:
    """The values that every format prints.

    Attributes:
        snapshot: what was read.
        results: what all checks said of it, unfiltered.
        checks: the checks that ran, by id.
        findings: the chosen findings that count, worst first.
        problems: what could not be taken in.
        hidden: how many findings were not chosen.
        dismissed: the chosen findings that do not count, by what was decided of them.
        triaged: what was decided of each finding, by fingerprint; None when nobody asked.
        since: how things differ from the last time; None when nobody asked.
    """

    snapshot: Snapshot
    results: Results
    checks: tuple[Check[Any], ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    hidden: int = 0
    dismissed: tuple[Finding, ...] = ()
    triaged: Mapping[str, Triaged] | None = field(default=None)
    since: Since | None = None

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The chosen findings that are FAIL."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.FAIL)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """The chosen findings that are UNKNOWN."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.UNKNOWN)

    def at_least(self, severity: Severity) -> int:
        """How many of the chosen findings are FAIL and at least that severe."""
        return sum(finding.severity >= severity for finding in self.failed)


def make_report(
    snapshot: Snapshot,
    results: Results,
    checks: Sequence[Check[Any]],
    problems: Sequence[Problem],
    chosen: Callable[[Finding], bool],
    triaged: Mapping[str, Triaged] | None = None,
    since: Since | None = None,
) -> Report:
    """The report of the findings for which `chosen` holds."""
    findings = tuple(finding for finding in results.findings if chosen(finding))
    hidden = len(results.findings) - len(findings)
    dismissed: tuple[Finding, ...] = ()
    if triaged:
        dismissed = tuple(item for item in findings if triaged[item.fingerprint].standing.dismissed)
        findings = tuple(item for item in findings if not triaged[item.fingerprint].standing.dismissed)
    return Report(
        snapshot, results, tuple(checks), findings, tuple(problems), hidden, dismissed, triaged, since
    )
