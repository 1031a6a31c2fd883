"""What a report is about: one judged Snapshot, seen through a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.sources.base import Problem


@dataclass(frozen=True)
class Report:
    """The values that every format prints.

    Attributes:
        snapshot: what was read.
        results: what all checks said of it, unfiltered.
        checks: the checks that ran, by id.
        findings: the chosen findings, worst first.
        problems: what could not be taken in.
        hidden: how many findings were not chosen.
    """

    snapshot: Snapshot
    results: Results
    checks: tuple[Check[Any], ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    hidden: int = 0

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
) -> Report:
    """The report of the findings for which `chosen` holds."""
    findings = tuple(finding for finding in results.findings if chosen(finding))
    return Report(
        snapshot, results, tuple(checks), findings, tuple(problems), len(results.findings) - len(findings)
    )
