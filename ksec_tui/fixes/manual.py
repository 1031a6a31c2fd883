"""MANUAL.md of an export: what only a human can do, and what lasts only when it is changed at its source."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.markdown import escaped
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.report import by_target, fields_told
from ksec_tui.fixes.simulate import Simulation


def manual(simulation: Simulation, plan: FixPlan, snapshot: Snapshot) -> str:
    """The whole text; empty when nothing is left to a human."""
    hand, source = list(_by_hand(plan)), list(_at_the_source(simulation, snapshot))
    besides = list(_besides(simulation))
    if not hand and not source and not besides:
        return ""
    lines = ["# Left to a human", ""]
    if hand:
        lines += ["## By hand", "", "No patch can carry these out.", "", *hand]
    if besides:
        lines += [
            "## Besides the patches",
            "",
            "The patches do their part; this is left to do.",
            "",
            *besides,
        ]
    if source:
        said = "These objects are made from something else: a patch of them is undone when that is applied again."
        lines += ["## At the source", "", said, "", *source]
    return "\n".join(lines).rstrip("\n") + "\n"


def _by_hand(plan: FixPlan) -> Iterator[str]:
    for item in plan.manual:
        finding = item.finding
        yield f"### {escaped(item.fix.title)}"
        yield ""
        yield f"- Object: {escaped(str(finding.subject))}"
        yield f"- Finding: {escaped(f'{finding.check} ({item.fingerprint}), {finding.severity.word}')}"
        yield f"- Why: {escaped(f'{finding.title}: {finding.words}')}"
        for step in item.fix.steps:
            yield f"- [ ] {escaped(step)}"
        if item.fix.may_break:
            yield f"- May break: {escaped(item.fix.may_break)}"
        yield ""


def _besides(simulation: Simulation) -> Iterator[str]:
    gone = {item.fingerprint for item in simulation.removed}
    for item in simulation.plan.staged:
        steps = item.fix.besides(gone=item.fingerprint in gone)
        if steps:
            yield f"### {escaped(str(item.finding.subject))}"
            yield ""
            yield f"- {escaped(f'{item.fix.title} ({item.finding.check} {item.fingerprint})')}"
            yield from (f"- Stays: {escaped(words)}" for words in item.fix.leaves)
            yield from (f"- [ ] {escaped(step)}" for step in steps)
            yield ""


def _at_the_source(simulation: Simulation, snapshot: Snapshot) -> Iterator[str]:
    for target, changes in by_target(simulation).items():
        managed = managed_lines(snapshot, (merged.change for merged in changes))
        if not managed:
            continue
        yield f"### {escaped(str(target))}"
        yield ""
        yield from (f"- {escaped(line)}" for line in managed)
        staged = {item.fingerprint: item for merged in changes for item in merged.staged}
        for item in staged.values():
            yield f"- [ ] {escaped(f'{item.fix.title} ({item.finding.check} {item.fingerprint})')}"
        yield ""
        yield from fields_told(target, simulation)
