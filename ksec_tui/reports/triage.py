"""Triage as text for people and as JSON: what was decided of each finding, and how each entry of a file stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.reports.columns import columns
from ksec_tui.reports.report import Report
from ksec_tui.triage.audit import Audited, Status
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.rows import Triaged
from ksec_tui.triage.triage import Standing

LIST_SCHEMA = "ksec-triage-list/1"
AUDIT_SCHEMA = "ksec-triage-audit/1"
_CELL = 80


class Ruled(msgspec.Struct, omit_defaults=True):
    """A decision in JSON; `reopened` says why it no longer holds."""

    state: str
    at: str
    reason: str = ""
    owner: str = ""
    expires: str = ""
    reopened: str = ""


def ruled(standing: Standing) -> Ruled | msgspec.UnsetType:
    """The decision on a finding; unset when there is none."""
    decision = standing.decision
    return msgspec.UNSET if decision is None else _ruled(decision, standing.reopened)


def _ruled(decision: Decision, reopened: str = "") -> Ruled:
    return Ruled(
        decision.state.value, decision.at, decision.reason, decision.owner, decision.expires, reopened
    )


class _Ref(msgspec.Struct):
    group: str
    kind: str
    namespace: str
    name: str


class _Listed(msgspec.Struct):
    finding: str
    check: str
    title: str
    verdict: str
    severity: str
    subject: _Ref
    state: str
    decision: Ruled | msgspec.UnsetType = msgspec.UNSET


class _Entry(msgspec.Struct):
    status: str
    line: int
    words: str
    finding: str | msgspec.UnsetType = msgspec.UNSET
    check: str | msgspec.UnsetType = msgspec.UNSET
    subject: _Ref | msgspec.UnsetType = msgspec.UNSET
    decision: Ruled | msgspec.UnsetType = msgspec.UNSET


def list_text(rows: Sequence[Triaged], *, width: int | None = None) -> str:
    """A line for each finding, with the id by which it can be decided; ends with a line feed.

    Args:
        rows: the findings.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    head = ("ID", "STATE", "SEVERITY", "CHECK", "OBJECT", "WHY")
    cells = [head, *(_cells(row) for row in rows)] if rows else []
    said = f"{len(rows):,} finding{'' if len(rows) == 1 else 's'}"
    counts = Counter(row.standing.state.value for row in rows)
    states = _counts(counts)
    lines = [*columns(cells, most=width), *([""] if rows else []), f"{said}: {states}" if rows else said]
    return "".join(f"{line}\n" for line in lines)


def _cells(row: Triaged) -> tuple[str, ...]:
    finding = row.finding
    failed = finding.verdict is Verdict.FAIL
    reason = row.standing.decision.reason if row.standing.decision is not None else ""
    return (
        finding.fingerprint,
        one_line(row.standing.words, _CELL) + (f", {row.mark}" if row.mark else ""),
        finding.severity.word if failed else finding.verdict.value,
        finding.check,
        one_line(str(finding.subject), _CELL),
        one_line(reason if row.standing.dismissed else finding.words),
    )


def dismissed_lines(
    findings: Sequence[Finding], rows: Mapping[str, Triaged], width: int | None
) -> Iterator[str]:
    """The dismissed findings: how and why."""
    cells = [("DISMISSED", "CHECK", "OBJECT", "REASON")]
    for finding in findings:
        standing = rows[finding.fingerprint].standing
        reason = standing.decision.reason if standing.decision is not None else ""
        where = one_line(str(finding.subject), _CELL)
        cells.append((one_line(standing.words, _CELL), finding.check, where, one_line(reason)))
    yield from columns(cells, most=width)


def triage_lines(report: Report, *, listed: bool) -> Iterator[str]:
    """How many findings are dismissed, open again, new; nothing where nobody asked."""
    if report.dismissed and report.triaged:
        states = Counter(report.triaged[item.fingerprint].standing.state.value for item in report.dismissed)
        hint = "" if listed else "; --show-dismissed lists them"
        yield f"Dismissed, not counted: {_counts(states)}{hint}"
    if report.triaged:
        standings = (report.triaged[item.fingerprint].standing for item in report.findings)
        again = Counter(standing.reopened for standing in standings if standing.reopened)
        if again:
            yield f"Open again though dismissed once: {_counts(again)}"
    since = report.since
    if since is not None and since.last:
        counts = {"new": since.new, "back again": since.regressed, "on other evidence": since.changed}
        said = ", ".join(f"{len(part):,} {words}" for words, part in counts.items())
        yield f"Since {since.last}: {said}, {len(since.fixed):,} fixed"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {words}" for words, count in sorted(counts.items()))


def list_json(rows: Sequence[Triaged]) -> str:
    """The same as JSON, schema ``ksec-triage-list/1``; ends with a line feed."""
    items = [
        _Listed(
            row.finding.fingerprint,
            row.finding.check,
            row.finding.title,
            row.finding.verdict.value,
            row.finding.severity.word,
            _ref(row.finding.subject),
            row.standing.state.value,
            ruled(row.standing),
        )
        for row in rows
    ]
    return _json({"schema": LIST_SCHEMA, "findings": items})


def audit_text(rows: Sequence[Audited], file: str, *, width: int | None = None) -> str:
    """How many entries are in each state, then each of them; ends with a line feed.

    Args:
        rows: the entries.
        file: what to call the file.
        width: as for `list_text`.
    """
    head = ("STATUS", "PLACE", "CHECK", "OBJECT", "WHY")
    cells = [head, *(_audited(row) for row in rows)] if rows else []
    lines = [
        f"{one_line(file)}: {audit_headline(rows)}",
        *([""] if rows else []),
        *columns(cells, most=width),
    ]
    return "".join(f"{line}\n" for line in lines)


def audit_headline(rows: Sequence[Audited]) -> str:
    """``12 entries: 10 matched, 2 expired``."""
    counts = Counter(row.status for row in rows)
    said = ", ".join(f"{counts[status]:,} {status.value}" for status in reversed(Status) if counts[status])
    noun = "entry" if len(rows) == 1 else "entries"
    return f"{len(rows):,} {noun}" + (f": {said}" if said else "")


def _audited(row: Audited) -> tuple[str, ...]:
    check, where = ("", "") if row.decision is None else (row.decision.check, str(row.decision.ref))
    return (
        row.status.value,
        f"line {row.line}",
        one_line(check, _CELL),
        one_line(where, _CELL),
        one_line(row.words),
    )


def audit_json(rows: Sequence[Audited]) -> str:
    """The same as JSON, schema ``ksec-triage-audit/1``; ends with a line feed."""
    items = [
        _Entry(row.status.value, row.line, row.words)
        if row.decision is None
        else _Entry(
            row.status.value,
            row.line,
            row.words,
            row.decision.fingerprint,
            row.decision.check,
            _ref(row.decision.ref),
            _ruled(row.decision),
        )
        for row in rows
    ]
    return _json({"schema": AUDIT_SCHEMA, "entries": items})


def _json(tree: dict[str, object]) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _ref(ref: ObjectRef) -> _Ref:
    return _Ref(ref.group, ref.kind, ref.namespace, ref.name)
