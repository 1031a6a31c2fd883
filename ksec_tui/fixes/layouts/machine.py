"""The plan for programs: one JSON document, schema ``ksec-fix-plan/1``; equal inputs give equal bytes."""

from __future__ import annotations

import json
from typing import Any

from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.fields import field_changes
from ksec_tui.fixes.layouts.parts import Files, WayBack, api_version, resource_version, ways_back
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import Merged, Staged
from ksec_tui.fixes.simulate import Simulation

SCHEMA = "ksec-fix-plan/1"

_MEDIA = {
    PatchType.STRATEGIC: "application/strategic-merge-patch+json",
    PatchType.JSON: "application/json-patch+json",
}
_STEP = {PatchType.CREATE: "create", PatchType.DELETE: "delete"}

Tree = dict[str, Any]


def json_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """``plan.json``: the changes in their order, what they remove, the way back, and what was refused.

    Everything outside ASCII is escaped, so that no text in it can act on a terminal.
    """
    source = snapshot.source
    document = {
        "schema": SCHEMA,
        "source": {
            "kind": source.kind,
            "label": source.label,
            "serverVersion": source.server_version,
            "taken": source.taken or source.today,
        },
        "changes": [_change(merged, simulation, snapshot) for merged in simulation.changes],
        "rollback": [_back(item, simulation) for item in ways_back(simulation, snapshot)],
        "removes": [_finding(item) for item in simulation.removed],
        "rollouts": [_target(ref, simulation) for ref in simulation.rollouts],
        "refused": [{**_fix(item.staged), "reason": item.reason} for item in simulation.refused],
    }
    return {"plan.json": json.dumps(document, indent=2) + "\n"}


def _change(merged: Merged, simulation: Simulation, snapshot: Snapshot) -> Tree:
    change, target = merged.change, merged.change.target
    before, after = simulation.before.get(target), simulation.after.get(target)
    fields = field_changes(target, before, after) if before is not None and after is not None else ()
    return {
        "target": _target(target, simulation),
        "resourceVersion": resource_version(target, snapshot),
        "step": _STEP.get(change.type, "patch"),
        "contentType": _MEDIA.get(change.type),
        "body": change.body,
        "fields": [{"path": item.path, "before": item.before, "after": item.after} for item in fields],
        "fixes": [_fix(item) for item in merged.staged],
        "keeps": list(change.notes),
        "managed": list(managed_lines(snapshot, (change,))),
        "takesEffect": simulation.notes.get(target, ""),
    }


def _back(item: WayBack, simulation: Simulation) -> Tree:
    return {
        "target": _target(item.target, simulation),
        "step": _STEP.get(item.type, "patch"),
        "contentType": _MEDIA.get(item.type),
        "body": item.body,
    }


def _target(target: ObjectRef, simulation: Simulation) -> Tree:
    kind = kind_named(target.group, target.kind)
    return {
        "apiVersion": api_version(target, simulation),
        "kind": target.kind,
        "resource": kind.resource if kind is not None else "",
        "namespace": target.namespace,
        "name": target.name,
    }


def _fix(item: Staged) -> Tree:
    fix = item.fix
    return {
        "title": fix.title,
        "risk": fix.risk.value,
        "mayBreak": fix.may_break,
        "finding": _finding(item.finding),
    }


def _finding(item: Finding) -> Tree:
    return {
        "check": item.check,
        "fingerprint": item.fingerprint,
        "severity": item.severity.word,
        "subject": {
            "group": item.subject.group,
            "kind": item.subject.kind,
            "namespace": item.subject.namespace,
            "name": item.subject.name,
        },
        "words": item.words,
    }
