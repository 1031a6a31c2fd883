"""What became of a plan of fixes, for people and for programs (schema ``ksec-fixes/1``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from ksec_tui import __version__
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean_tree, one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Refused, Simulation
from ksec_tui.reports.columns import columns
from ksec_tui.sources.trials import Outcome, Tried

SCHEMA = "ksec-fixes/1"


class FixSummary(msgspec.Struct, frozen=True):
    """A plan and what was done with it.

    Attributes:
        source: what was looked at.
        plan: everything that was staged.
        simulation: the proof of it.
        left_out: findings whose fix is riskier than was asked for.
        refused: what was not written and why, the refusals of the proof among it.
        folder: where the files of the export are; empty when there is none.
        files: those files, as paths in `folder`.
        edited: manifest files that were changed in place.
        server: what the server says; None when it was not asked.
    """

    source: str
    plan: FixPlan
    simulation: Simulation
    left_out: tuple[Finding, ...] = ()
    refused: tuple[Refused, ...] = ()
    folder: str = ""
    files: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    server: tuple[Tried, ...] | None = None


def fixes_text(summary: FixSummary) -> str:
    """A line for each thing that people ask."""
    return "".join(f"{line}\n" for line in columns(list(_rows(summary))))


def _rows(summary: FixSummary) -> Iterator[tuple[str, str]]:
    plan, simulation = summary.plan, summary.simulation
    proven = simulation.plan.staged
    patches = [item for item in plan.staged if item.fix.changes]
    yield "fixes", str(len(patches))
    risks = Counter(item.fix.risk for item in proven)
    said = ", ".join(f"{risks[risk]} {risk.value}" for risk in Risk if risks[risk])
    yield "  proven", f"{len(proven)}{f' ({said})' if said else ''}"
    if summary.refused:
        yield "  refused", str(len(summary.refused))
    if plan.manual:
        yield "by hand", str(len(plan.manual))
    if summary.left_out:
        yield "left out", f"{len(summary.left_out)} (riskier than asked for: --max-risk)"
    kinds = Counter(_step(simulation, ref) for ref in simulation.after)
    objects = ", ".join(f"{kinds[word]} {word}" for word in ("created", "patched", "deleted") if kinds[word])
    yield "objects", objects or "none"
    yield "findings gone", str(len(simulation.removed))
    if simulation.moved:
        yield "under a new name", f"{len(simulation.moved)}, of bindings that stand in for others"
    if simulation.rollouts:
        yield "pods replaced of", ", ".join(_some([str(ref) for ref in simulation.rollouts]))
    if summary.folder:
        yield "written to", f"{one_line(summary.folder)} ({len(summary.files)} files)"
    if summary.edited:
        yield "changed in place", ", ".join(_some(summary.edited))
    if summary.server is not None:
        counts = Counter(item.outcome for item in summary.server)
        yield "server says", ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)


def _some(names: Iterable[str], most: int = 5) -> list[str]:
    shown = [one_line(name, 120) for name in names]
    return [*shown[:most], *([f"{len(shown) - most} more"] if len(shown) > most else [])]


def _step(simulation: Simulation, ref: ObjectRef) -> str:
    if simulation.before.get(ref) is None:
        return "created"
    return "deleted" if simulation.after[ref] is None else "patched"


def fixes_json(summary: FixSummary) -> str:
    """The same for programs; equal inputs give equal bytes."""
    simulation = summary.simulation
    document = {
        "schema": SCHEMA,
        "tool": {"name": "ksec-tui", "version": __version__},
        "source": summary.source,
        "fixes": [_staged(item) for item in simulation.plan.staged],
        "refused": [_staged(item.staged) | {"reason": item.reason} for item in summary.refused],
        "manual": [_staged(item) | {"steps": list(item.fix.steps)} for item in summary.plan.manual],
        "leftOut": [_finding(item) for item in summary.left_out],
        "changes": [_ref(ref) | {"change": _step(simulation, ref)} for ref in simulation.after],
        "removed": [_finding(item) for item in simulation.removed],
        "moved": [_finding(item) for item in simulation.moved],
        "rollouts": [_ref(ref) for ref in simulation.rollouts],
        "folder": summary.folder,
        "files": list(summary.files),
        "inPlace": list(summary.edited),
    }
    if summary.server is not None:
        document["server"] = [
            _ref(item.target) | {"method": item.method, "outcome": item.outcome.value, "reason": item.words}
            for item in summary.server
        ]
    cleaned, _ = clean_tree(document)
    return msgspec.json.format(msgspec.json.encode(cleaned), indent=2).decode() + "\n"


def _staged(item: Staged) -> dict[str, object]:
    return _finding(item.finding) | {"title": item.fix.title, "risk": item.fix.risk.value}


def _finding(finding: Finding) -> dict[str, object]:
    subject = _ref(finding.subject)
    return {"check": finding.check, "fingerprint": finding.fingerprint, "subject": subject}


def _ref(ref: ObjectRef) -> dict[str, object]:
    return {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
