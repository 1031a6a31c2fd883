"""The report as JSON, schema ``ksec-findings/1``: equal inputs give equal bytes, so no time of the run."""

from __future__ import annotations

import msgspec

from ksec_tui import __version__
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean_tree, suspicious_json
from ksec_tui.findings.finding import Evidence, Finding, rank
from ksec_tui.reports.report import Report
from ksec_tui.reports.triage import Ruled, ruled
from ksec_tui.triage.seen import Since

SCHEMA = "ksec-findings/1"


class _Tool(msgspec.Struct, gc=False):
    name: str
    version: str


class _Source(msgspec.Struct, gc=False):
    kind: str
    label: str
    user: str
    namespaces: tuple[str, ...]
    today: str


class _Failure(msgspec.Struct, gc=False):
    state: str
    reason: str


class _Cover(msgspec.Struct, gc=False):
    state: str
    count: int
    unreadable: int
    reason: str
    namespaces: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    failed: dict[str, _Failure] | msgspec.UnsetType = msgspec.UNSET


class _Coverage(msgspec.Struct, gc=False):
    percent: int
    kinds: dict[str, _Cover]


class _Check(msgspec.Struct, gc=False):
    id: str
    title: str
    severity: str
    verdict: str
    failed: int
    passed: int
    unknown: int
    not_applicable: int


class _Ref(msgspec.Struct, gc=False):
    group: str
    kind: str
    namespace: str
    name: str


class _Evidence(msgspec.Struct, gc=False):
    path: str
    words: str
    ref: _Ref | msgspec.UnsetType = msgspec.UNSET


class _Finding(msgspec.Struct, gc=False):
    check: str
    title: str
    verdict: str
    severity: str
    subject: _Ref
    fingerprint: str
    evidence: list[_Evidence]
    reason: str
    reaches: tuple[str, ...]
    system: bool
    fixable: bool
    threats: tuple[str, ...]
    state: str | msgspec.UnsetType = msgspec.UNSET
    decision: Ruled | msgspec.UnsetType = msgspec.UNSET
    since: str | msgspec.UnsetType = msgspec.UNSET


class _Since(msgspec.Struct, gc=False):
    last: str
    new: int
    regressed: int
    changed: int
    fixed: int


class _Problem(msgspec.Struct, gc=False):
    where: str
    reason: str


class _Document(msgspec.Struct, rename={"schema_": "schema"}):
    schema_: str
    tool: _Tool
    source: _Source
    server_version: str
    coverage: _Coverage
    checks: list[_Check]
    findings: list[_Finding]
    problems: list[_Problem]
    since: _Since | msgspec.UnsetType = msgspec.UNSET


def render(report: Report) -> str:
    """The report as indented JSON that ends with a line feed; holds no raw control character.

    With triage every chosen finding is there, dismissed ones too, each with its state.
    """
    raw = msgspec.json.encode(_document(report))
    if suspicious_json(raw):
        tree, _ = clean_tree(msgspec.json.decode(raw))
        raw = msgspec.json.encode(tree)
    return msgspec.json.format(raw, indent=2).decode() + "\n"


def _document(report: Report) -> _Document:
    source, coverage = report.snapshot.source, report.snapshot.coverage
    return _Document(
        SCHEMA,
        _Tool("ksec-tui", __version__),
        _Source(source.kind, source.label, source.user, source.namespaces, source.today),
        source.server_version,
        _Coverage(coverage.percent, {name: _cover(cover) for name, cover in sorted(coverage.kinds.items())}),
        [_check(report, check_id) for check_id in sorted(report.results.by_check)],
        [_finding(report, finding) for finding in sorted((*report.findings, *report.dismissed), key=rank)],
        [_Problem(problem.where, problem.reason) for problem in report.problems],
        _since(report.since),
    )


def _since(since: Since | None) -> _Since | msgspec.UnsetType:
    if since is None:
        return msgspec.UNSET
    counted = (since.new, since.regressed, since.changed, since.fixed)
    return _Since(since.last, *(len(part) for part in counted))


def _cover(cover: KindCoverage) -> _Cover:
    failed = {name: _Failure(*failure) for name, failure in sorted(cover.failed.items())}
    return _Cover(
        cover.state.value,
        cover.count,
        cover.unreadable,
        cover.reason,
        msgspec.UNSET if cover.namespaces is None else tuple(sorted(cover.namespaces)),
        failed or msgspec.UNSET,
    )


def _check(report: Report, check_id: str) -> _Check:
    declared = next(check for check in report.checks if check.id == check_id)
    tally = report.results.by_check[check_id].tally
    return _Check(
        check_id,
        declared.title,
        declared.severity.word,
        tally.verdict.value,
        tally.failed,
        tally.passed,
        tally.unknown,
        tally.not_applicable,
    )


def _finding(report: Report, finding: Finding) -> _Finding:
    row = None if report.triaged is None else report.triaged[finding.fingerprint]
    return _Finding(
        finding.check,
        finding.title,
        finding.verdict.value,
        finding.severity.word,
        _ref(finding.subject),
        finding.fingerprint,
        [_evidence(piece) for piece in finding.evidence],
        finding.reason,
        finding.reaches,
        finding.system,
        finding.fixable,
        finding.threats,
        msgspec.UNSET if row is None else row.standing.state.value,
        msgspec.UNSET if row is None else ruled(row.standing),
        msgspec.UNSET if row is None or not row.mark else row.mark,
    )


def _evidence(piece: Evidence) -> _Evidence:
    return _Evidence(piece.path, piece.words, msgspec.UNSET if piece.ref is None else _ref(piece.ref))


def _ref(ref: ObjectRef) -> _Ref:
    return _Ref(ref.group, ref.kind, ref.namespace, ref.name)
