"""REPORT.md of an export, for the pull request: what changes, why, what it does, and what does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.network.doubts import doubt
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.effects import Effects, effects
from ksec_tui.fixes.layouts.parts import changed_fields
from ksec_tui.fixes.markdown import escaped, section
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import FixPlan, Merged
from ksec_tui.fixes.simulate import Simulation

ATTACKS = 20
"""Ways of attackers that are told one by one, of those that go and of those that come."""


def report(simulation: Simulation, plan: FixPlan, snapshot: Snapshot) -> str:
    """The whole text."""
    source = snapshot.source
    about = ", ".join(
        part for part in (source.label, source.server_version, source.taken or source.today) if part
    )
    done = effects(snapshot, simulation)
    lines = ["# Staged fixes", ""]
    lines += [f"- Source: {escaped(about)}"] if about else []
    lines += [f"- {escaped(done.words)}", ""]
    lines += ["Nothing of this has been applied. Every change was tried on what had been read.", ""]
    lines += ["## Objects", ""]
    for target, changes in by_target(simulation).items():
        lines += _object(target, changes, simulation, snapshot)
    if not simulation.plan.staged:
        lines += ["None.", ""]
    lines += _effects(done, simulation)
    lines += section("Before they take effect", (f"{ref}: {note}" for ref, note in simulation.notes.items()))
    also = (item for item in simulation.removed if not simulation.plan.has(item.fingerprint))
    lines += section(
        "Findings that go as well", (f"{item.check} ({item.fingerprint}) of {item.subject}" for item in also)
    )
    moved = (f"{item.check} of {item.subject}: {item.words}" for item in simulation.moved)
    lines += section("Findings that stay under a new name", moved)
    lines += section("Refused", _refused(simulation))
    lines += section("Left to a human: see MANUAL.md", _left(simulation, plan, snapshot))
    return "\n".join(lines).rstrip("\n") + "\n"


def by_target(simulation: Simulation) -> dict[ObjectRef, list[Merged]]:
    """The changes of the exported plan, by object."""
    found: dict[ObjectRef, list[Merged]] = {}
    for merged in simulation.changes:
        found.setdefault(merged.change.target, []).append(merged)
    return found


def fields_told(target: ObjectRef, simulation: Simulation) -> list[str]:
    """The fields of an object before and after, as a list; none for one that comes or goes."""
    lines = [f"- {escaped(words)}" for words in changed_fields(target, simulation)]
    return ["Fields:", "", *lines, ""] if lines else []


def _object(
    target: ObjectRef, changes: Sequence[Merged], simulation: Simulation, snapshot: Snapshot
) -> Iterator[str]:
    types = {merged.change.type for merged in changes}
    verb = "New: " if PatchType.CREATE in types else "Deleted: " if PatchType.DELETE in types else ""
    yield f"### {verb}{escaped(str(target))}"
    yield ""
    staged = {item.fingerprint: item for merged in changes for item in merged.staged}
    for item in staged.values():
        finding, fix = item.finding, item.fix
        yield f"- {escaped(fix.title)}"
        named = f"{finding.check} ({item.fingerprint}), {finding.severity.word}, of {finding.subject}"
        yield f"  - Finding: {escaped(named)}"
        yield f"  - Why: {escaped(f'{finding.title}: {finding.words}')}"
        yield f"  - Risk: {fix.risk.value}"
        if fix.may_break:
            yield f"  - May break: {escaped(fix.may_break)}"
    for line in managed_lines(snapshot, (merged.change for merged in changes)):
        yield f"- Managed: {escaped(line)}"
    for note in dict.fromkeys(note for merged in changes for note in merged.change.notes):
        yield f"- Keeps: {escaped(note)}"
    yield ""
    yield from fields_told(target, simulation)


def _effects(done: Effects, simulation: Simulation) -> list[str]:
    lines = [
        *section("Pod Security levels", _levels(done)),
        *section("Rights", (item.words for item in done.rights)),
        *section("Connections", done.connections),
    ]
    unsure = doubt(simulation.snapshot) if done.connections else ""
    if unsure:
        lines += [escaped(f"What policies say may not be what happens: {unsure}."), ""]
    ways = (*(("closed", item) for item in done.closed), *(("opened", item) for item in done.opened))
    return [
        *lines,
        *section("Ways in", (f"{verb}: {item.words}" for verb, item in ways)),
        *section("Attack paths", _attacks(done)),
        *section("Pods that are replaced", (item.words for item in done.rollouts)),
    ]


def _attacks(done: Effects) -> Iterator[str]:
    """What becomes of attackers' ways; which ways those are, of the gravest."""
    found = done.attacks
    if not (found.cut or found.opened or found.harder or found.easier):
        return
    yield f"{found.words}; {found.share:.0%} of the risk, by the likelihoods that are assumed, goes"
    for verb, ways in (("opened", found.opened), ("cut", found.cut)):
        yield from (f"{verb}: {item.lens.words}: {item.words}" for item in ways[:ATTACKS])
        if len(ways) > ATTACKS:
            yield f"{verb}: {len(ways) - ATTACKS:,} more"


def _levels(done: Effects) -> Iterator[str]:
    yield from (item.words for item in done.levels)
    yield from (item.words for item in done.namespaces)


def _refused(simulation: Simulation) -> Iterator[str]:
    for item in simulation.refused:
        finding = item.staged.finding
        what = f"{item.staged.fix.title} ({finding.check} {finding.fingerprint} of {finding.subject})"
        yield f"{what}: {item.reason}"


def _left(simulation: Simulation, plan: FixPlan, snapshot: Snapshot) -> Iterator[str]:
    for item in plan.manual:
        finding = item.finding
        yield f"{item.fix.title} ({finding.check} {finding.fingerprint} of {finding.subject})"
    for target, changes in by_target(simulation).items():
        lines = managed_lines(snapshot, (merged.change for merged in changes))
        if lines:
            yield f"{target}: {lines[0]}"
