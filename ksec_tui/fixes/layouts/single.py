"""Whole objects, a multi-document stream for each step: for ``kubectl replace``, and for those who keep objects.

A stream of patches would be of no use: ``kubectl apply`` takes the lack of a field for its removal.
"""

from __future__ import annotations

from typing import Any

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.layouts.parts import (
    Files,
    api_version,
    comment,
    header,
    minimal,
    partly_read,
    resource_version,
)
from ksec_tui.fixes.plan import Merged
from ksec_tui.fixes.rollback import recreation
from ksec_tui.fixes.simulate import Simulation

_STEPS = {
    "00-create": ("New objects, whole.", "kubectl create -f 00-create.yaml"),
    "10-replace": (
        "Objects that are there already, whole as they shall be. Each carries the resourceVersion that was",
        "read, as far as it is known, so that the server refuses it when the object has changed since.",
        "kubectl diff -f 10-replace.yaml shows what would change; apply may keep a field that is to go.",
        "kubectl replace -f 10-replace.yaml",
    ),
    "20-delete": ("Objects that go, by name.", "kubectl delete -f 20-delete.yaml"),
    "90-rollback.create": (
        "The way back for what 20-delete.yaml removes.",
        "kubectl create -f 90-rollback.create.yaml",
    ),
    "90-rollback.replace": (
        "The way back for what 10-replace.yaml changes: the objects as they were read.",
        "kubectl replace -f 90-rollback.replace.yaml",
    ),
}


def single_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """A file for each step that has something to do.

    An object with a withheld value, or of which a part was read, cannot stand whole; it is named instead.
    """
    documents: dict[str, list[str]] = {step: [] for step in _STEPS}
    missing: list[ObjectRef] = []
    for target, changes in _by_target(simulation).items():
        before, after = simulation.before.get(target), simulation.after.get(target)
        above = "".join(header(merged, simulation, snapshot) for merged in changes)
        if after is None:
            named = minimal(target, api_version(target, simulation))
            documents["20-delete"].append(above + yaml_text(named))
        elif before is None:
            documents["00-create"].append(above + yaml_text(after))
        elif (whole := _whole(target, after, simulation, snapshot)) is None:
            missing.append(target)
        else:
            if version := resource_version(target, snapshot):
                whole["metadata"]["resourceVersion"] = version
            documents["10-replace"].append(above + yaml_text(whole))
    for target in reversed(_by_target(simulation)):
        before = simulation.before.get(target)
        if before is not None and (whole := _whole(target, before, simulation, snapshot)) is not None:
            step = "90-rollback.create" if simulation.after.get(target) is None else "90-rollback.replace"
            documents[step].append(comment(f"{target}, as it was read.") + yaml_text(whole))
    named_only = [
        "Left out, since a value of them was withheld or only a part was read; take the layout kubectl:",
        *map(str, missing),
    ]
    files = Files()
    for step, found in documents.items():
        lacking = named_only if step == "10-replace" and missing else []
        if found or lacking:
            files[f"{step}.yaml"] = comment(*_STEPS[step], *lacking) + "".join(
                f"---\n{text}" for text in found
            )
    return files


def _whole(
    target: ObjectRef, document: dict[str, Any], simulation: Simulation, snapshot: Snapshot
) -> dict[str, Any] | None:
    """A state of an object without what the server keeps of it; None when it is not known whole."""
    return None if partly_read(target, simulation, snapshot) else recreation(document)


def _by_target(simulation: Simulation) -> dict[ObjectRef, list[Merged]]:
    found: dict[ObjectRef, list[Merged]] = {}
    for merged in simulation.changes:
        found.setdefault(merged.change.target, []).append(merged)
    return found
