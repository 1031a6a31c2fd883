"""The further lists of pane 7: the support of every minor drawn, flaws, what goes, safeguards, the way up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from ksec_tui.analysis.version_rows import Minor, minors
from ksec_tui.analysis.versions.apis import ApiUse, Sign, api_uses
from ksec_tui.analysis.versions.distribution import cluster_distribution
from ksec_tui.analysis.versions.fields import FieldUse, field_uses
from ksec_tui.analysis.versions.safeguards import Safeguard, Status, safeguards
from ksec_tui.analysis.versions.support import Phase, provider_support
from ksec_tui.analysis.versions.upgrade import beyond, hops
from ksec_tui.analysis.versions.vulnerable import Remedy, Vulnerability, not_assessed, vulnerabilities
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.data.versions import releases
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.pane import Row, View, object_row
from ksec_tui.screens.widgets.columns import Cell

BAR = 32
"""Cells of a drawn line of time."""

_BEFORE, _AFTER = 550, 420
"""Days that it shows before and after today."""

_DRAWN = {"full": "█", "late": "▒", "paid": "░", "over": "·", "today": "│", "mark": "▼"}
_PLAIN = {"full": "#", "late": "=", "paid": "+", "over": ".", "today": "|", "mark": "v"}
_PHASES = {
    Phase.SUPPORTED: "pass",
    Phase.MAINTENANCE: "medium",
    Phase.EXTENDED: "medium",
    Phase.ENDED: "high",
    Phase.UNKNOWN: "unknown",
}


def _row(
    ref: ObjectRef,
    values: dict[str, Any],
    text: str,
    *,
    findings: Sequence[Finding] = (),
    notes: tuple[str, ...] = (),
    staged: bool = False,
) -> Row:
    return Row(ref.id, ref, findings, values, staged=staged, text=text, haystack=text.lower(), notes=notes)


def timeline_rows(view: View) -> Sequence[Row]:
    """Today's place in time, then every minor, newest first, with the provider's line below those in use."""
    day = view.state.snapshot.source.date
    rows = [_axis(view, day)]
    for item in minors(view.state.snapshot):
        rows.append(_minor(view, item, day))
        if item.server or item.nodes:
            rows.extend(_provider(view, item, day))
    return rows


def _axis(view: View, day: dt.date) -> Row:
    marks = _PLAIN if view.ascii else _DRAWN
    cells = [" "] * BAR
    for year in range(day.year - 2, day.year + 3):
        at = _cell(dt.date(year, 1, 1), day)
        if 0 <= at <= BAR - 4:
            cells[at : at + 4] = str(year)
    today = _cell(day, day)
    cells[today] = marks["mark"]
    values = {"minor": "today", "bar": "".join(cells), "end": day, "support": "today"}
    legend = (
        f"{marks['full']} full support, {marks['late']} critical fixes only, {marks['paid']} extended support of a "
        f"provider, {marks['over']} none, {marks['today']} today."
    )
    return _row(ObjectRef("", "KubernetesRelease", "today"), values, f"today {day}", notes=(legend,))


def _cell(date: dt.date, day: dt.date) -> int:
    """The place of a date in the bar; beyond it on either side where it lies outside."""
    return ((date - day).days + _BEFORE) * BAR // (_BEFORE + _AFTER)


def _bar(view: View, day: dt.date, spans: Sequence[tuple[str, dt.date, dt.date]]) -> str:
    """A line of time: each span drawn in its mark, from its first day to its last; today's place marked."""
    marks = _PLAIN if view.ascii else _DRAWN
    cells = [" "] * BAR
    for name, first, last in spans:
        for at in range(max(0, _cell(first, day)), min(BAR - 1, _cell(last, day)) + 1):
            cells[at] = marks[name]
    today = _cell(day, day)
    cells[today] = marks["today"]
    return "".join(cells)


def _minor(view: View, item: Minor, day: dt.date) -> Row:
    release = next((found for found in releases().kubernetes if found.minor == item.line), None)
    spans = []
    if release is not None:
        horizon = day + dt.timedelta(days=_AFTER)
        spans = [("over", release.end, horizon), ("full", release.released, release.maintenance)]
        spans.append(("late", release.maintenance, release.end))
    fact, phase = item.fact, item.support.phase
    used = item.server or item.nodes
    values = {
        "minor": Cell(item.line, "accent bold") if used else item.line,
        "bar": Cell(_bar(view, day, spans), _PHASES[phase]),
        "released": item.released or "?",
        "maintenance": item.maintenance or "?",
        "end": item.support.until or "?",
        "days": Cell("" if fact.days is None else f"{fact.days:+}", _PHASES[phase]),
        "latest": item.latest or "?",
        "runs": _runs(item),
        "support": Cell(one_line(fact.words, 200), _PHASES[phase]),
    }
    ref = ObjectRef("", "KubernetesRelease", item.line)
    notes = [f"Kubernetes {item.line}: {fact.words}."]
    if item.latest:
        notes.append(f"Newest patch known: {item.latest}.")
    if item.patches:
        notes.append(f"Kubelets run {', '.join(item.patches[:20])}.")
    return _row(ref, values, f"{item.line} {item.latest} {fact.words} {values['runs']}", notes=tuple(notes))


def _runs(item: Minor) -> str:
    nodes = f"{item.nodes} node{'' if item.nodes == 1 else 's'}" if item.nodes else ""
    if len(item.patches) > 1:
        nodes += f" ({len(item.patches)} patches)"
    return " + ".join(filter(None, ("server" if item.server else "", nodes)))


def _provider(view: View, item: Minor, day: dt.date) -> list[Row]:
    """The line of the provider, where the cluster is one's and its dates are known."""
    snapshot = view.state.snapshot
    distribution = cluster_distribution(snapshot)
    support = provider_support(item.line, day, distribution)
    release = next((r for r in releases().providers.get(distribution.id, ()) if r.minor == item.line), None)
    if support is None or release is None:
        return []
    spans = [
        ("over", release.end, day + dt.timedelta(days=_AFTER)),
        ("full", item.released or day, release.end),
    ]
    if release.extended is not None:
        spans.append(("paid", release.end, release.extended))
    values = {
        "minor": f"{item.line} {distribution.name}",
        "bar": Cell(_bar(view, day, spans), _PHASES[support.phase]),
        "end": support.until or "?",
        "days": Cell("" if support.days is None else f"{support.days:+}", _PHASES[support.phase]),
        "support": Cell(support.words, _PHASES[support.phase]),
    }
    ref = ObjectRef("", "KubernetesRelease", f"{item.line}-{distribution.id}")
    return [_row(ref, values, f"{item.line} {distribution.name} {support.words}")]


_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_REMEDIES = {Remedy.PATCH: "patch", Remedy.MINOR: "new minor", Remedy.NEVER: "never fixed"}
_RATINGS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "unrated": Severity.LOW,
}


def flaw_rows(view: View) -> Sequence[Row]:
    """One row for each flaw that something has, worst first; those that no version fixes last."""
    telling: dict[str, list[Finding]] = {}
    for finding in view.results.findings:
        if finding.check.startswith("ver-") and finding.verdict is Verdict.FAIL:
            ids = {found for piece in finding.evidence for found in _CVE.findall(piece.words)}
            for id in ids:  # noqa: A001
                telling.setdefault(id, []).append(finding)
    snapshot = view.state.snapshot
    return [
        *(
            _gap(f"flaws-{number}", "cve", "flaw", reason)
            for number, reason in enumerate(not_assessed(snapshot))
        ),
        *(_flaw(view, item, telling.get(item.flaw.id, [])) for item in vulnerabilities(snapshot)),
    ]


def _gap(key: str, head: str, column: str, reason: str) -> Row:
    """A row that says what nobody can tell here."""
    words = one_line(reason, 300)
    values = {head: Cell("not known", "unknown"), column: Cell(words, "unknown")}
    return Row(
        key, CLUSTER, values=values, unknown=words, text=words, haystack=words.lower(), notes=(f"{words}.",)
    )


def _flaw(view: View, item: Vulnerability, findings: Sequence[Finding]) -> Row:
    flaw = item.flaw
    remedy = _REMEDIES[item.remedy]
    places = sorted({place.ref for place in item.places})
    where = "every version" if not places else str(places[0]) if len(places) == 1 else f"{len(places)} places"
    fix = flaw.instead or "; ".join(dict.fromkeys(place.hit.remedy for place in item.places))
    values = {
        "cve": flaw.id,
        "rating": Cell(f"{flaw.severity} {flaw.score or ''}".strip(), _style(flaw.severity)),
        "component": flaw.component,
        "remedy": Cell(
            remedy + ("?" if item.conditional else ""), "medium" if item.remedy is Remedy.NEVER else ""
        ),
        "where": "cluster" if places == [CLUSTER] else where,
        "fixed": one_line(fix, 200),
        "flaw": one_line(flaw.flaw, 200),
    }
    notes = [f"{flaw.id} in {flaw.component}: {flaw.flaw}."]
    if flaw.condition:
        notes.append(f"Only where {flaw.condition}.")
    notes.append(f"Configure around it: {flaw.instead}" if flaw.instead else f"Remedy: {fix}.")
    notes += [f"{place.ref}: {place.hit.version.number}" for place in item.places[:20]]
    notes.append(f"Advisory: {flaw.url}")
    text = " ".join(str(getattr(value, "text", value)) for value in values.values())
    staged = not view.staged.isdisjoint(finding.fingerprint for finding in findings)
    return _row(
        ObjectRef("", "Vulnerability", flaw.id),
        values,
        text,
        findings=tuple(findings),
        notes=tuple(notes),
        staged=staged,
    )


def _style(rating: str) -> str:
    return _RATINGS[rating].name.lower()


def going_rows(view: View) -> Sequence[Row]:
    """One row for each writer of an API version that goes, then for each field that goes."""
    snapshot = view.state.snapshot
    return [
        *(_api(view, item, number) for number, item in enumerate(api_uses(snapshot))),
        *(_field(view, item, number) for number, item in enumerate(field_uses(snapshot))),
    ]


def _api(view: View, item: ApiUse, number: int) -> Row:
    values = {
        "what": item.row.api_version,
        "removed": item.row.removed or "?",
        "instead": item.row.instead or "nothing",
        "who": one_line(item.manager, 60) or ("kubectl" if item.sign is Sign.APPLIED else "?"),
        "sign": item.sign.value,
        "time": one_line(item.time[:10], 10),
    }
    return _use(view, item.ref, values, f"api-{number}", item.words, "objects of APIs with several versions")


def _field(view: View, item: FieldUse, number: int) -> Row:
    values = {
        "what": one_line(item.change.where or item.change.kind, 80),
        "removed": item.change.removed or "?",
        "instead": item.change.instead,
        "who": "",
        "sign": one_line(item.words, 80),
        "time": "",
    }
    words = f"{item.words}: {item.change.change}; instead use {item.change.instead}"
    return _use(view, item.ref, values, f"field-{number}", words, "objects that use fields which go")


_TELLING = ("ver-deprecated-", "net-external-ips", "wl-gitrepo-volume", "wl-ingress-nginx-eol")
"""The checks that tell of what goes."""


def _use(view: View, ref: ObjectRef, values: dict[str, Any], key: str, words: str, subjects: str) -> Row:
    found = [item for item in view.results.on(ref) if item.check.startswith(_TELLING)]
    return object_row(
        view, ref, values, subjects=subjects, key=f"{ref.id}|{key}", findings=found, notes=(f"{words}.",)
    )


_STATES = {
    Status.OFF: "high",
    Status.PARTLY: "medium",
    Status.ON: "pass",
    Status.HIDDEN: "unknown",
    Status.NOT_YET: "muted",
}


def safeguard_rows(view: View) -> Sequence[Row]:
    """One row for each safeguard, what is off first."""
    return [_safeguard(item) for item in safeguards(view.state.snapshot)]


def _safeguard(item: Safeguard) -> Row:
    feature = item.feature
    since = feature.ga or feature.beta or feature.alpha
    values = {
        "status": Cell(item.status.value, _STATES[item.status]),
        "title": feature.title,
        "since": since or "—",
        "words": one_line(item.words, 200),
        "fix": feature.fix,
    }
    notes = (
        f"{feature.title} ({feature.component}): {item.status.value}; {item.words}.",
        f"A new cluster: {feature.default}.",
        f"An upgraded one: {feature.upgraded}.",
        f"To switch it on: {feature.fix}",
        f"Source: {feature.source}",
    )
    text = f"{feature.id} {feature.title} {item.status.value} {item.words} {feature.fix}"
    return _row(ObjectRef("", "Safeguard", feature.id), values, text, notes=notes)


def upgrade_rows(view: View) -> Sequence[Row]:
    """For each minor to come a row, below it what blocks it, in the order in which to clear it."""
    snapshot = view.state.snapshot
    newer = beyond(snapshot)
    rows = [_gap("upgrade", "hop", "words", newer)] if newer else []
    for hop in hops(snapshot):
        count = len(hop.blockers)
        told = (
            f"{count} thing{'' if count == 1 else 's'} to clear first" if count else "nothing seen blocks it"
        )
        values = {
            "hop": Cell(hop.line, "accent bold"),
            "step": "",
            "object": f"control plane to {hop.latest}",
            "words": Cell(f"{told}; {hop.support.words}", "medium" if count else "pass"),
        }
        notes = (
            f"{hop.line}: {told}; {hop.support.words}.",
            *(f"Not known: {reason}." for reason in hop.unknown),
        )
        rows.append(
            _row(ObjectRef("", "KubernetesRelease", hop.line), values, f"{hop.line} {told}", notes=notes)
        )
        for number, item in enumerate(hop.blockers, 1):
            shown = {"hop": "", "step": number, "object": str(item.ref), "words": one_line(item.words, 300)}
            key = f"{item.ref.id}|{hop.line}|{item.step}"
            rows.append(object_row(view, item.ref, shown, key=key, notes=(f"{item.ref}: {item.words}.",)))
    return rows
