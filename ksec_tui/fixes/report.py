"""REPORT.md of an export: what changes, why, and what does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.network.doubts import doubt
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.flow_effects import said
from ksec_tui.fixes.owner import manager_of
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.rights import rights_changes
from ksec_tui.fixes.simulate import Simulation

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is, with no HTML."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", plain)


def report(simulation: Simulation, plan: FixPlan, snapshot: Snapshot) -> str:
    """The whole text."""
    source = snapshot.source
    lines = ["# Staged fixes", ""]
    about = [source.label, source.server_version, source.taken or source.today]
    lines += [escaped(", ".join(part for part in about if part)), ""] if any(about) else []
    lines += ["Nothing of this has been applied. Every change was tried on what had been read.", ""]
    lines += ["## Changes", ""]
    for item in simulation.plan.staged:
        lines += _change(item, snapshot)
    if not simulation.plan.staged:
        lines += ["None.", ""]
    if simulation.rollouts:
        lines += ["## Pods that are replaced", ""]
        lines += [f"- {escaped(str(ref))}" for ref in simulation.rollouts]
        lines.append("")
    rights = rights_changes(snapshot, simulation.snapshot, simulation.after)
    if rights:
        lines += ["## Rights", ""]
        lines += [f"- {escaped(item.words)}" for item in rights]
        lines.append("")
    flows = list(said(snapshot, simulation.snapshot, simulation.after))
    if flows:
        lines += ["## Connections", ""]
        lines += [f"- {escaped(item)}" for item in flows]
        unsure = doubt(simulation.snapshot)
        if unsure:
            lines += ["", escaped(f"What policies say may not be what happens: {unsure}.")]
        lines.append("")
    if simulation.notes:
        lines += ["## Before they take effect", ""]
        lines += [f"- {escaped(f'{ref}: {note}')}" for ref, note in simulation.notes.items()]
        lines.append("")
    also = [item for item in simulation.removed if not simulation.plan.has(item.fingerprint)]
    if also:
        lines += ["## Findings that go as well", ""]
        lines += [f"- {escaped(f'{item.check} ({item.fingerprint}) of {item.subject}')}" for item in also]
        lines.append("")
    lines += _refused(simulation)
    lines += _manual(plan)
    return "\n".join(lines).rstrip("\n") + "\n"


def _change(item: Staged, snapshot: Snapshot) -> Iterator[str]:
    finding, fix = item.finding, item.fix
    yield f"### {escaped(fix.title)}"
    yield ""
    yield f"- Object: {escaped(str(finding.subject))}"
    yield f"- Finding: {escaped(f'{finding.check} ({item.fingerprint}), {finding.severity.word}')}"
    yield f"- Why: {escaped(f'{finding.title}: {finding.words}')}"
    yield f"- Risk: {fix.risk.value}"
    if fix.may_break:
        yield f"- May break: {escaped(fix.may_break)}"
    targets = sorted({change.target for change in fix.changes})
    for target in targets:
        if target != finding.subject:
            yield f"- Changes: {escaped(str(target))}"
        found = snapshot.get(target)
        manager = manager_of(found) if found is not None else None
        if manager is not None:
            yield f"- Managed: {escaped(manager.advice)}"
    for note in dict.fromkeys(note for change in fix.changes for note in change.notes):
        yield f"- Keeps: {escaped(note)}"
    yield ""


def _refused(simulation: Simulation) -> Iterator[str]:
    if not simulation.refused:
        return
    yield "## Refused"
    yield ""
    for item in simulation.refused:
        finding = item.staged.finding
        what = f"{item.staged.fix.title} ({finding.check} {finding.fingerprint} of {finding.subject})"
        yield f"- {escaped(f'{what}: {item.reason}')}"
    yield ""


def _manual(plan: FixPlan) -> Iterator[str]:
    if not plan.manual:
        return
    yield "## By hand"
    yield ""
    for item in plan.manual:
        finding = item.finding
        yield f"- {escaped(f'{item.fix.title} ({finding.check} {finding.fingerprint} of {finding.subject})')}"
        for step in item.fix.steps:
            yield f"  - {escaped(step)}"
        if item.fix.may_break:
            yield f"  - May break: {escaped(item.fix.may_break)}"
    yield ""
