"""The one way to a fix: what the check knows, made honest by who manages the objects it would change.

A patch of what an operator, an addon manager or a kubelet puts back at once is never offered as a patch, but as
what to do where it lasts. What Helm, Argo CD, Flux or a person with kubectl manages keeps its patch, for a reviewer
to merge into the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import MUTATING_WEBHOOK, NAMESPACE
from ksec_tui.cluster.platform import MutatingWebhookConfiguration
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.injectors import steps_for
from ksec_tui.fixes.manager import Manager
from ksec_tui.fixes.merge_keys import BUILT_IN_GROUPS
from ksec_tui.fixes.operator_places import places_in
from ksec_tui.fixes.owner import manager_of
from ksec_tui.fixes.touched import path_words, touched

_MOST = 6
"""Fields that the steps of a fix by hand name."""


def offer(finding: Finding, checks: Iterable[Check[Any]], snapshot: Snapshot) -> Fix | None:
    """The fix to stage for one finding, or None when none is known (any more).

    Args:
        finding: what is to go; nothing is offered for what is UNKNOWN.
        checks: among them that which found it.
        snapshot: what was read.
    """
    if finding.verdict is not Verdict.FAIL:
        return None
    fix = fix_for(finding, checks, snapshot)
    if fix is None:
        return _at_the_injector(finding, snapshot)
    if not fix.changes:
        return _told_where(fix, finding.subject, snapshot)
    return _besides(lasting(fix, snapshot), finding, snapshot)


def lasting(fix: Fix, snapshot: Snapshot) -> Fix:
    """`fix` itself, or the same by hand when something would undo one of its changes at once.

    All of its changes become steps then: half of a fix may cut off what the other half was to keep. What is being
    deleted is left alone.
    """
    going = [said for change in fix.changes if (said := _going(change.target, snapshot))]
    if going:
        alone = len(going) == len(fix.changes)
        left = (
            f"{going[0]}: {'leave it alone' if alone else 'wait until it is gone and look again'}.",
            "If it stays for long, see which finalizers hold it: what was to take them off may be gone.",
        )
        return msgspec.structs.replace(fix, changes=(), risk=Risk.MANUAL, steps=left)
    held: dict[ObjectRef, Manager] = {}
    for change in fix.changes:
        manager = manager_of(snapshot, change.target, change)
        if manager is not None and manager.undone:
            held[change.target] = manager
    if not held:
        return fix
    steps = dict.fromkeys(line for manager in held.values() for line in manager.lines)
    notes = dict.fromkeys(f"Keep {note}." for change in fix.changes for note in change.notes)
    return msgspec.structs.replace(
        fix,
        changes=(),
        risk=Risk.MANUAL,
        steps=(*steps, *_wanted(fix, snapshot), *notes, *fix.steps),
    )


def _going(ref: ObjectRef, snapshot: Snapshot) -> str:
    """What of an object, or of the namespace that it is in, is being deleted, in words; empty when nothing is."""
    space = snapshot.find(NAMESPACE, ref.namespace) if ref.namespace else None
    if space is not None and space.metadata.deletion_timestamp:
        return f"Namespace {space.name} is being deleted, and what is in it with it"
    item = snapshot.get(ref)
    return f"{ref} is being deleted" if item is not None and item.metadata.deletion_timestamp else ""


def _wanted(fix: Fix, snapshot: Snapshot) -> Iterator[str]:
    """What is to come out, field by field."""
    said = [
        f"{change.target}: {path_words(path)} {becomes}" if path else f"{change.target} {becomes}"
        for change in fix.changes
        for path, becomes in touched(change, snapshot.document(change.target))
    ]
    for words in said[:_MOST]:
        yield f"What should come out: {words}."
    if len(said) > _MOST:
        yield f"And {len(said) - _MOST} more changes of that kind: {fix.title}."


def _told_where(fix: Fix, subject: ObjectRef, snapshot: Snapshot) -> Fix:
    """A fix by hand, with the place where its object is made."""
    workload = workload_named(snapshot, subject)
    manager = manager_of(snapshot, subject)
    if workload is not None and not workload.owner_read:
        steps = tuple(f"Likely place: {place}." for place in _places_of_unread(workload))
    else:
        steps = () if manager is None else manager.lines
    new = tuple(step for step in steps if step not in fix.steps)
    return msgspec.structs.replace(fix, steps=(*fix.steps, *new)) if new else fix


def _places_of_unread(workload: Workload) -> tuple[str, ...]:
    """Where an owner that was not read likely says what its pods look like."""
    below: KubeObject = workload.object
    owner = below.controller
    if owner is None or owner.group in BUILT_IN_GROUPS:
        return ()
    return places_in(owner, below.namespace, ())


def _injected(finding: Finding, snapshot: Snapshot) -> dict[Evidence, str]:
    """The evidence of a finding that lies in containers which only live pods have, with their names."""
    workload = workload_named(snapshot, finding.subject)
    if workload is None or isinstance(workload.object, Pod):
        return {}
    added = {(item.ref, item.pointer): item.container.name for item in workload.placed if item.injected}
    return {
        piece: name
        for piece in finding.evidence
        for (ref, pointer), name in added.items()
        if piece.ref == ref and f"{piece.path}/".startswith(f"{pointer}/")
    }


def _at_the_injector(finding: Finding, snapshot: Snapshot) -> Fix | None:
    """What to do about containers that only live pods have, when the finding is about nothing else."""
    added = _injected(finding, snapshot)
    if finding.system or not added or len(added) < len(finding.evidence):
        return None
    return Fix(
        f"Fix {', '.join(dict.fromkeys(added.values()))} where it is added to the pods",
        risk=Risk.MANUAL,
        steps=steps_for(added.values(), _asked_about_pods(snapshot)),
    )


def _besides(fix: Fix, finding: Finding, snapshot: Snapshot) -> Fix:
    """`fix` with what is left to do where it mends a template, and live pods get more than that has."""
    added = _injected(finding, snapshot)
    if not fix.changes or not added or len(added) == len(finding.evidence):
        return fix
    return msgspec.structs.replace(
        fix,
        steps=(*fix.steps, *steps_for(added.values(), _asked_about_pods(snapshot))),
        leaves=tuple(dict.fromkeys(piece.words for piece in added)),
    )


def _asked_about_pods(snapshot: Snapshot) -> list[str]:
    return [item.name for item in snapshot.of(MUTATING_WEBHOOK) if _sees_pods(item)]


def _sees_pods(item: MutatingWebhookConfiguration) -> bool:
    return any(
        {"*", "CREATE"}.intersection(rule.operations)
        and {"*", ""}.intersection(rule.api_groups)
        and {"*", "*/*", "pods"}.intersection(rule.resources)
        for hook in item.webhooks
        for rule in hook.rules
    )
