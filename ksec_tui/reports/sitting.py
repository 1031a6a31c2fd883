"""One sitting in Markdown, for a pull request or a ticket: what was seen, staged, exported, decided and by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.markdown import escaped, section
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.triage.decision import Decision, State
from ksec_tui.triage.seen import Since
from ksec_tui.triage.triage import Triage

MANY = 200
"""Lines of one list; more are counted."""


@dataclass(frozen=True)
class Exported:
    """One export: the folder, how many files, and the plan."""

    folder: str
    files: int
    plan: FixPlan


@dataclass(frozen=True)
class Sitting:
    """What one sitting came to.

    Attributes:
        snapshot: what was read.
        results: all that was found.
        triage: the decisions at the end.
        before: the decisions at the start.
        plan: what is staged.
        exports: what was exported, first to last.
        looked_at: the findings that somebody looked at, in that order.
        since: what differs from the last time; None while that is not known.
        refused: fingerprint -> why that staged fix is refused; empty while nothing is proven.
        kept_in: the triage file; empty where decisions last for the sitting only.
        unkept: how many decisions are in no file.
    """

    snapshot: Snapshot
    results: Results
    triage: Triage
    before: Triage
    plan: FixPlan
    exports: Sequence[Exported] = ()
    looked_at: Sequence[Finding] = ()
    since: Since | None = None
    refused: Mapping[str, str] | None = None
    kept_in: str = ""
    unkept: int = 0


def summary(sitting: Sitting) -> str:
    """The whole text; ends with a line feed."""
    lines = ["# Triage session", ""]
    lines += _seen(sitting)
    changed = sitting.triage.changes(sitting.before)
    now = [item for item in changed if item.state is not State.OPEN]
    found = {finding.fingerprint: finding for finding in sitting.results.findings}
    lines += _decided(now, found, sitting)
    back = [item for item in changed if item.state is State.OPEN]
    lines += section("Opened again", _few(_named(item, found) for item in back))
    lines += _staged(sitting)
    lines += section(
        "Exported",
        (
            f"{len(item.plan.staged)} fixes as {item.files} files in {item.folder}"
            + ("" if item.plan == sitting.plan else " (the plan has changed since)")
            for item in sitting.exports
        ),
    )
    lines += section("Looked at", _few(f"{item.check} on {item.subject}" for item in sitting.looked_at))
    lines += section("Not known", _few(_gaps(sitting.snapshot)))
    return "\n".join(lines).rstrip("\n") + "\n"


def _seen(sitting: Sitting) -> Iterator[str]:
    source = sitting.snapshot.source
    named = (source.label, source.server_version, source.taken or source.today)
    about = ", ".join(part for part in named if part)
    yield f"- Source: {escaped(about or source.kind)}"
    if source.user:
        yield f"- Read as: {escaped(source.user)}; nothing was written to the cluster"
    else:
        yield "- Nothing was written to the cluster"
    counted = Counter(item.severity for item in sitting.results.findings if item.verdict is Verdict.FAIL)
    unknown = sum(item.verdict is Verdict.UNKNOWN for item in sitting.results.findings)
    parts = [f"{counted[severity]:,} {severity.word}" for severity in reversed(Severity) if counted[severity]]
    parts += [f"{unknown:,} unknown"] if unknown else []
    yield f"- Findings: {len(sitting.results.findings):,} ({', '.join(parts) or 'none'})"
    today = source.date
    marks = {
        item.fingerprint: sitting.triage.standing(item, today)
        for item in sitting.results.findings
        if sitting.triage.of(item) is not None
    }
    yield f"- Dismissed: {sum(item.dismissed for item in marks.values()):,}"
    reopened = Counter(item.reopened for item in marks.values() if item.reopened)
    if reopened:
        yield f"- Open again: {', '.join(f'{count:,} {why}' for why, count in sorted(reopened.items()))}"
    since = sitting.since
    if since is not None and since.last:
        yield (
            f"- Since {escaped(since.last)}: {len(since.new):,} new, {len(since.regressed):,} back again, "
            f"{len(since.fixed):,} fixed"
        )
    yield f"- Coverage: {sitting.snapshot.coverage.percent}%"
    yield ""


def _decided(decisions: Sequence[Decision], found: Mapping[str, Finding], sitting: Sitting) -> Iterator[str]:
    if not decisions:
        return
    yield f"## Decided: {len(decisions):,}"
    yield ""
    if sitting.unkept:
        yield f"**{sitting.unkept:,} of the decisions are in no file: they are lost when the session ends.**"
        yield ""
    elif sitting.kept_in:
        yield f"Kept in {escaped(sitting.kept_in)}."
        yield ""
    alike: dict[tuple[str, str, str, str], list[Decision]] = {}
    for item in decisions:
        alike.setdefault((item.state.value, item.expires, item.owner, item.reason), []).append(item)
    for (state, expires, owner, reason), items in alike.items():
        words = state + (f" until {expires}" if expires else "") + (f" by {owner}" if owner else "")
        yield f"- {escaped(words)}: {escaped(reason or 'no reason given')}"
        for words in _few(_named(item, found) for item in items):
            yield f"  - {escaped(words)}"
    yield ""


def _named(decision: Decision, found: Mapping[str, Finding]) -> str:
    finding = found.get(decision.fingerprint)
    severity = f" ({finding.severity.word})" if finding is not None else ""
    about = f": {decision.about}" if decision.about else ""
    return f"{decision.check}{severity} on {decision.ref}{about}"


def _staged(sitting: Sitting) -> list[str]:
    exported = bool(sitting.exports) and sitting.exports[-1].plan == sitting.plan
    state = "exported" if exported else "not exported"
    title = f"Staged: {len(sitting.plan.staged):,}, {state}"
    return section(title, _few(_staged_lines(sitting)))


def _staged_lines(sitting: Sitting) -> Iterator[str]:
    for item in sitting.plan.staged:
        reason = (sitting.refused or {}).get(item.fingerprint, "")
        said = f"; refused: {reason}" if reason else ""
        finding = item.finding
        yield f"{item.fix.title} ({item.fix.risk.value}) for {finding.check} on {finding.subject}{said}"


def _gaps(snapshot: Snapshot) -> Iterator[str]:
    return (gap for kind in KINDS if (gap := snapshot.coverage.gap(kind)) is not None)


def _few(lines: Iterable[str]) -> Iterator[str]:
    rest = 0
    for number, text in enumerate(lines):
        if number < MANY:
            yield text
        else:
            rest += 1
    if rest:
        yield f"and {rest:,} more"
