"""The report as plain text for people: worst first, then what is unknown and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity
from ksec_tui.reports.columns import columns
from ksec_tui.reports.report import Report
from ksec_tui.reports.triage import dismissed_lines, triage_lines

_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}
_REASONS = 20
"""Reasons for not knowing that are listed one by one."""
_CELL = 80


def render(
    report: Report, *, width: int | None = None, colour: bool = False, show_dismissed: bool = False
) -> str:
    """The report as text that ends with a line feed.

    Args:
        report: what to print.
        width: cells of a line where the terminal has so many; None prints everything in full.
        colour: whether severities get ANSI colours; they are words as well.
        show_dismissed: whether dismissed findings are listed too, apart from the others.
    """
    lines = _lines(report, width, colour=colour, show_dismissed=show_dismissed)
    return "".join(f"{line}\n" for line in lines)


def _lines(report: Report, width: int | None, *, colour: bool, show_dismissed: bool) -> Iterator[str]:
    failed = report.failed
    if failed:
        rows = [("SEVERITY", "CHECK", "OBJECT", "WHY"), *(_row(finding) for finding in failed)]
        lines = list(columns(rows, most=width))
        yield lines[0]
        for finding, line in zip(failed, lines[1:], strict=True):
            yield _painted(line, finding.severity) if colour else line
        yield ""
    if show_dismissed and report.dismissed and report.triaged:
        yield from dismissed_lines(report.dismissed, report.triaged, width)
        yield ""
    yield _summary(report)
    yield from triage_lines(report, listed=show_dismissed)
    yield _coverage(report)
    yield from _unknown(report)


def _row(finding: Finding) -> tuple[str, str, str, str]:
    where = str(finding.subject) + (" (system)" if finding.system else "")
    return (finding.severity.word, finding.check, one_line(where, _CELL), one_line(finding.words))


def _painted(line: str, severity: Severity) -> str:
    word = severity.word
    return f"\x1b[{_COLOURS[severity]}m{word}\x1b[0m{line[len(word) :]}"


def _summary(report: Report) -> str:
    counts = Counter(finding.severity for finding in report.failed)
    parts = [f"{counts[severity]:,} {severity.word}" for severity in reversed(Severity) if counts[severity]]
    total = len(report.failed)
    said = f"{_counted(total, 'finding')}: {', '.join(parts)}" if parts else "No findings"
    source = report.snapshot.source
    place = one_line(source.label, _CELL) or source.kind
    version = f" ({one_line(source.server_version, 40)})" if source.server_version else ""
    hidden = f"; {report.hidden:,} not shown" if report.hidden else ""
    return f"{said} from {len(report.checks)} checks on {place}{version}{hidden}"


def _coverage(report: Report) -> str:
    coverage = report.snapshot.coverage
    by_state: dict[str, list[str]] = {}
    for resource, cover in coverage.kinds.items():
        if cover.unreadable:
            by_state.setdefault("with unreadable objects", []).append(resource)
        elif cover.state not in (State.OK, State.ABSENT):
            by_state.setdefault(cover.state.value, []).append(resource)
    gaps = [f"{state}: {_listed(sorted(names))}" for state, names in sorted(by_state.items())]
    return "; ".join((f"Coverage {coverage.percent} % of the kinds", *gaps))


def _unknown(report: Report) -> Iterator[str]:
    if not report.unknown:
        return
    reasons: dict[str, set[str]] = {}
    wanting: dict[str, set[str]] = {}
    for finding in report.unknown:
        kinds = _not_supplied(finding.reason)
        for kind in kinds:
            wanting.setdefault(kind, set()).add(finding.check)
        if not kinds:
            reasons.setdefault(one_line(finding.reason), set()).add(finding.check)
    checks = {finding.check for finding in report.unknown}
    yield f"Unknown in {_counted(len(checks), 'check')}; what could not be judged is no pass:"
    if wanting:
        kinds = sorted(wanting, key=lambda kind: (-len(wanting[kind]), kind))
        yield (
            f"  {_counted(len(set().union(*wanting.values())), 'check')} would look further at what was not "
            f"supplied: {_listed([one_line(kind, _CELL) for kind in kinds])}"
        )
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    for reason, names in ordered[:_REASONS]:
        yield f"  {reason} ({_listed(sorted(names), 3)})"
    if len(ordered) > _REASONS:
        yield f"  and {len(ordered) - _REASONS:,} more reasons; -o json has them all"


_NOT_SUPPLIED = " were not supplied"


def _not_supplied(reason: str) -> list[str]:
    """The kinds that were not supplied, where that is the whole reason; a manifest lacks nearly all of them."""
    parts = [part for part in reason.split("; ") if not part.endswith(" not judged")]
    if not all(part.endswith(_NOT_SUPPLIED) for part in parts):
        return []
    return [part.removesuffix(_NOT_SUPPLIED) for part in parts]


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
