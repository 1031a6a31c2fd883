"""What all layouts of an export share: comments, identities, and the way back of each object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.fields import field_changes
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import Merged
from ksec_tui.fixes.rollback import recreation, reverse_patch
from ksec_tui.fixes.simulate import Simulation

Files = dict[str, str]
"""Path inside the folder of a layout -> text."""

SUFFIX = {PatchType.STRATEGIC: ".patch.yaml", PatchType.JSON: ".json6902.yaml"}


_ADMISSION = "admissionregistration.k8s.io"


class WayBack(msgspec.Struct, frozen=True):
    """How an object becomes again what it was.

    Attributes:
        target: the object.
        type: DELETE for one that is new, CREATE for one that was deleted, JSON for one that was patched.
        body: the object as it was, or the operations.
    """

    target: ObjectRef
    type: PatchType
    body: Any = None


def comment(*lines: str) -> str:
    """YAML or shell comment lines; a line of data never ends one."""
    return "".join(f"# {one_line(line)}\n" for line in lines if line)


def header(merged: Merged, simulation: Simulation, snapshot: Snapshot) -> str:
    """What stands above each file: why, how risky, what was read, what becomes of each field."""
    target = merged.change.target
    lines = [str(target)]
    for item in merged.staged:
        fix, finding = item.fix, item.finding
        lines.append(f"Fixes {finding.check} ({item.fingerprint}) of {finding.subject}: {fix.title}")
        lines.append(f"Risk: {fix.risk.value}." + (f" May break: {fix.may_break}" if fix.may_break else ""))
    lines += managed_lines(snapshot, (merged.change,))
    lines.append(simulation.notes.get(target, ""))
    lines += [f"Keeps {note}" for note in merged.change.notes]
    lines.append(_read(target, snapshot))
    lines += changed_fields(target, simulation)
    return comment(*lines)


def changed_fields(target: ObjectRef, simulation: Simulation) -> list[str]:
    """``hostPID: true -> unset`` for each field of an object that stays."""
    before, after = simulation.before.get(target), simulation.after.get(target)
    if before is None or after is None:
        return []
    return [item.words for item in field_changes(target, before, after)]


def resource_version(target: ObjectRef, snapshot: Snapshot) -> str:
    """The version of the object that was read; empty when it is not known."""
    found = snapshot.get(target)
    return found.metadata.resource_version if found is not None else ""


def _read(target: ObjectRef, snapshot: Snapshot) -> str:
    version = resource_version(target, snapshot)
    parts = [f"server {snapshot.source.server_version}" if snapshot.source.server_version else ""]
    parts.append(f"resourceVersion {version}" if version else "")
    said = ", ".join(part for part in parts if part)
    return f"Made for {said}." if said else ""


def minimal(target: ObjectRef, api_version: str) -> Document:
    """Just enough of an object to name it."""
    meta = {"name": target.name} | ({"namespace": target.namespace} if target.namespace else {})
    return {"apiVersion": api_version, "kind": target.kind, "metadata": meta}


def api_version(target: ObjectRef, simulation: Simulation) -> str:
    """The apiVersion in which the object was read or is created."""
    document = simulation.before.get(target) or simulation.after.get(target) or {}
    version = document.get("apiVersion")
    if isinstance(version, str) and version:
        return version
    kind = kind_named(target.group, target.kind)
    number = kind.versions[0] if kind is not None else "v1"
    return f"{target.group}/{number}" if target.group else number


def partly_read(target: ObjectRef, simulation: Simulation, snapshot: Snapshot) -> bool:
    """Whether only a part of the object is known, so that it must not be written as the whole."""
    before = simulation.before.get(target)
    return before is not None and not snapshot.whole(target) and equal(before, snapshot.document(target))


def ways_back(simulation: Simulation, snapshot: Snapshot) -> Iterator[WayBack]:
    """The way back of every object, in the order in which it is to be gone.

    That is the other way round, but for admission policies and webhooks: what they came to refuse may be what
    others were before. An object is left out when its way back would need what was withheld or not read.
    """
    targets = reversed(list(dict.fromkeys(merged.change.target for merged in simulation.changes)))
    for target in sorted(targets, key=lambda target: target.group != _ADMISSION):
        before, after = simulation.before.get(target), simulation.after.get(target)
        if before is None:
            yield WayBack(target, PatchType.DELETE)
        elif after is None:
            whole = None if partly_read(target, simulation, snapshot) else recreation(before)
            if whole is not None:
                yield WayBack(target, PatchType.CREATE, whole)
        else:
            operations = reverse_patch(before, after)
            if operations:
                yield WayBack(target, PatchType.JSON, operations)
