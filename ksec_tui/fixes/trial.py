"""Staged fixes carried out on a Snapshot: again only for those objects whose fixes have changed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ksec_tui.cluster.ingest import Document, Item
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, item_of
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import guard
from ksec_tui.fixes.plan import FixPlan, Merged, Staged, change_order
from ksec_tui.fixes.progress import Pace
from ksec_tui.fixes.successors import successors

Documents = Mapping[ObjectRef, Document]


class Patched(msgspec.Struct, frozen=True):
    """A Snapshot with a plan carried out.

    Attributes:
        snapshot: the result.
        before: each touched object as it was; None for a new one.
        after: each touched object as it is; None for a deleted one. Pods that follow are not in here.
        rollouts: the controllers whose pods are replaced.
        failures: fingerprint -> why the change does not apply, one sentence; then nothing else is given.
        items: everything that changed, decoded, the pods too; None for what is gone.
        changes: what was applied, as `FixPlan.changes` gives it.
        private: those of `before` and `after` that may hold credentials.
    """

    snapshot: Snapshot
    before: dict[ObjectRef, Document | None]
    after: dict[ObjectRef, Document | None]
    rollouts: tuple[ObjectRef, ...]
    failures: dict[str, str]
    items: dict[ObjectRef, Item | None]
    changes: tuple[Merged, ...] = ()
    private: frozenset[ObjectRef] = frozenset()

    def changed_since(self, other: Patched | None) -> frozenset[str]:
        """Resource names of what is not as in `other`; as in the Snapshot that was read for None."""
        theirs = {} if other is None else other.items
        refs = {
            ref
            for ref in self.items.keys() | theirs.keys()
            if ref not in self.items or ref not in theirs or self.items[ref] is not theirs[ref]
        }
        kinds = {kind_named(ref.group, ref.kind) for ref in refs}
        return frozenset(kind.resource for kind in kinds if kind is not None)


class _Part(msgspec.Struct, frozen=True):
    """What becomes of the objects of some fixes that share none with the others."""

    before: dict[ObjectRef, Document | None] = {}
    after: dict[ObjectRef, Document | None] = {}
    rollouts: tuple[ObjectRef, ...] = ()
    own: dict[ObjectRef, Item | None] = {}
    pods: dict[ObjectRef, Item | None] = {}
    failures: dict[str, str] = {}
    changes: tuple[Merged, ...] = ()
    private: frozenset[ObjectRef] = frozenset()


class Carrier:
    """Carries out plans on one Snapshot; keeps what became of each object for the next plan that asks the same.

    Args:
        snapshot: what was read.
        documents: whole objects for those that the Snapshot does not hold whole.
        pace: told how many groups of fixes are done.
    """

    def __init__(self, snapshot: Snapshot, documents: Documents, pace: Pace) -> None:
        self._snapshot = snapshot
        self._documents = documents
        self._pace = pace
        self._known: dict[tuple[str, ...], _Part] = {}

    def carry_out(self, plan: FixPlan) -> Patched:
        """Apply every change of `plan`; when some fail, they are named and nothing else is given.

        Raises:
            Cancelled: the simulation is to be given up.
        """
        parts: list[_Part] = []
        groups = _apart(plan.staged)
        for group in groups:
            self._pace.step("Carrying out", len(parts), len(groups))
            parts.append(self._part(plan, group))
        failures: dict[str, str] = {}
        for part in parts:
            failures |= part.failures
        if failures:
            return Patched(self._snapshot, {}, {}, (), failures, {})
        before: dict[ObjectRef, Document | None] = {}
        after: dict[ObjectRef, Document | None] = {}
        own: dict[ObjectRef, Item | None] = {}
        pods: dict[ObjectRef, Item | None] = {}
        for part in parts:
            before |= part.before
            after |= part.after
            own |= part.own
            pods |= part.pods
        items = pods | own
        rollouts = tuple(sorted(ref for part in parts for ref in part.rollouts))
        patched = self._snapshot.with_items(items)
        changes = tuple(sorted((merged for part in parts for merged in part.changes), key=change_order))
        private = frozenset().union(*(part.private for part in parts))
        return Patched(patched, _in_order(before), _in_order(after), rollouts, {}, items, changes, private)

    def _part(self, plan: FixPlan, group: list[Staged]) -> _Part:
        key = tuple(item.fingerprint for item in group)
        if key not in self._known:
            self._known[key] = self._carried(plan.keeping(group))
        return self._known[key]

    def _carried(self, plan: FixPlan) -> _Part:
        before: dict[ObjectRef, Document | None] = {}
        after: dict[ObjectRef, Document | None] = {}
        failures: dict[str, str] = {}
        changes = plan.changes()
        for merged in changes:
            target = merged.change.target
            try:
                if target not in before:
                    before[target] = after[target] = _load(self._snapshot, merged, self._documents)
                result = apply(after[target], merged.change)
                guard(after[target], result, merged.change)
            except PatchError as error:
                failures.update({item.fingerprint: f"{error}." for item in merged.staged})
            else:
                after[target] = result
        if failures:
            return _Part(failures=failures)
        rollouts = []
        pods: dict[ObjectRef, Item | None] = {}
        try:
            own = {ref: None if tree is None else item_of(ref, tree) for ref, tree in after.items()}
            for ref, document in after.items():
                following = successors(self._snapshot, ref, before[ref], document)
                if following and ref.kind != "CronJob":
                    rollouts.append(ref)
                pods = following | pods
        except ValueError as error:
            reason = f"The patched object is not readable: {error}."
            return _Part(failures={item.fingerprint: reason for item in plan.staged})
        private = frozenset(
            merged.change.target
            for merged in changes
            if merged.change.target in self._documents or _telling(merged.change)
        )
        return _Part(before, after, tuple(rollouts), own, pods, {}, changes, private)


def _telling(change: Change) -> bool:
    """Whether what it writes may be a credential: in a list of operations nothing says what a text is for."""
    if not isinstance(change.body, dict):
        return change.body is not None
    body = {"kind": change.target.kind, **change.body}
    return redacted(body) != body


def _in_order(documents: dict[ObjectRef, Document | None]) -> dict[ObjectRef, Document | None]:
    return {ref: documents[ref] for ref in sorted(documents)}


def _apart(staged: tuple[Staged, ...]) -> list[list[Staged]]:
    """The fixes in groups of which no two change the same object."""
    head: dict[ObjectRef, ObjectRef] = {}

    def leader(ref: ObjectRef) -> ObjectRef:
        while (above := head.setdefault(ref, ref)) != ref:
            head[ref] = head[above]
            ref = head[ref]
        return ref

    for item in staged:
        first, *rest = [change.target for change in item.fix.changes] or [item.finding.subject]
        for other in rest:
            head[leader(other)] = leader(first)
    groups: dict[ObjectRef, list[Staged]] = {}
    for item in staged:
        if item.fix.changes:
            groups.setdefault(leader(item.fix.changes[0].target), []).append(item)
    return list(groups.values())


def _load(snapshot: Snapshot, merged: Merged, documents: Documents) -> Document | None:
    """The object that a change is for; None when there is none.

    Raises:
        PatchError: only a part of it was read, on which no patch can be proven.
    """
    target = merged.change.target
    if target in documents:
        return documents[target]
    held = snapshot.document(target)
    patches = merged.change.type in (PatchType.STRATEGIC, PatchType.JSON)
    if held is not None and patches and not snapshot.whole(target) and not _of_metadata(merged.change):
        raise PatchError(f"only a part of {target} was read, so that no patch of it can be proven")
    return held


def _of_metadata(change: Change) -> bool:
    """Whether it changes labels and annotations alone, which are held whole of every object, Secrets too."""
    body = change.body
    if change.type is not PatchType.STRATEGIC or not isinstance(body, dict) or set(body) != {"metadata"}:
        return False
    return isinstance(body["metadata"], dict) and set(body["metadata"]) <= {"labels", "annotations"}
