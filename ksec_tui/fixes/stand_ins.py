"""Bindings that a plan makes in place of others: what is told of them was told, or held, before.

A new binding stands in for one that goes when the same fix makes the one and deletes the other, and when it
gives only subjects of the old one, only where the old one held, only what the old one gave. So whatever rights it
gives were there. Nothing is taken on trust: a fix that was edited, or that grants more, makes no stand-in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, binding_named, rules_of
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.ingest import Item
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import PatchType
from ksec_tui.findings.runner import judge_one
from ksec_tui.fixes.lockout import bindings_to
from ksec_tui.fixes.trial import Patched

_BINDINGS = ("ClusterRoleBinding", "RoleBinding")


class StandIns(msgspec.Struct, frozen=True):
    """What stands in for what.

    Attributes:
        bindings: each new binding with the deleted one that it stands in for.
        roles: each new role to which only such bindings lead, with the role that these led to before.
    """

    bindings: dict[ObjectRef, ObjectRef] = {}
    roles: dict[ObjectRef, ObjectRef] = {}

    def before(self, ref: ObjectRef) -> ObjectRef:
        """What an object stands in for; itself when for nothing."""
        return self.bindings.get(ref) or self.roles.get(ref) or ref


NONE = StandIns()


class Proving:
    """Finds the stand-ins of one trial after the other; what was proven of the same rules is not proven again.

    Args:
        snapshot: what was read.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[tuple[PolicyRule, ...], tuple[PolicyRule, ...]], bool] = {}
        self._renamed: tuple[StandIns, Snapshot] = (NONE, snapshot)

    def stand_ins(self, patched: Patched) -> StandIns:
        """The stand-ins among what a trial made."""
        found: dict[ObjectRef, ObjectRef] = {}
        for new, old in _pairs(patched):
            made, gone = binding_named(patched.snapshot, new), binding_named(self._snapshot, old)
            if made is not None and gone is not None and self._gives_no_more(made, gone):
                found.setdefault(new, old)
        return StandIns(found, dict(self._roles(patched, found))) if found else NONE

    def held_before(
        self, patched: Patched, stands: StandIns, check: Check[Any], subject: ObjectRef
    ) -> Finding | None:
        """What `check` would have said of a stand-in if it gave all that it stands in for, under its new name.

        That is the state that was read: only the names of the binding and of its role are others. Some checks do
        not tell of a default role what they tell of any other. None where the role is not new.
        """
        bound = binding_named(patched.snapshot, subject)
        if subject not in stands.roles and (bound is None or bound.role not in stands.roles):
            return None
        if self._renamed[0] != stands:
            self._renamed = stands, self._under_new_names(patched, stands)
        renamed = self._renamed[1]
        found = check.on.find(renamed, subject)
        return None if found is None else judge_one(renamed, check, found)

    def _under_new_names(self, patched: Patched, stands: StandIns) -> Snapshot:
        items: dict[ObjectRef, Item | None] = dict.fromkeys(stands.bindings.values())
        items.update((new, patched.items[new]) for new in stands.bindings)
        for new, old in stands.roles.items():
            made, role = patched.snapshot.get(new), self._snapshot.get(old)
            if isinstance(made, Role | ClusterRole) and isinstance(role, Role | ClusterRole):
                items[new] = Item(msgspec.structs.replace(made, rules=rules_of(self._snapshot, role)))
        return self._snapshot.with_items(items)

    def _gives_no_more(self, made: Bound, gone: Bound) -> bool:
        """Whether a new binding gives only what an old one gave, to its subjects, where it did."""
        if made.unknown or gone.unknown or not set(made.people) <= set(gone.people):
            return False
        if gone.namespace not in (None, made.namespace):
            return False
        key = gone.rules, made.rules
        if key not in self._known:
            self._known[key] = covers(gone.rules, made.rules)
        return self._known[key]

    def _roles(
        self, patched: Patched, found: dict[ObjectRef, ObjectRef]
    ) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        for new in found:
            made = binding_named(patched.snapshot, new)
            if made is None or made.role not in patched.before or patched.before[made.role] is not None:
                continue
            led = {
                None
                if (gone := binding_named(self._snapshot, found.get(one.ref, one.ref))) is None
                else gone.role
                for one in bindings_to(patched.snapshot, made.role)
            }
            old = led.pop()
            if not led and old is not None:
                yield made.role, old


def _pairs(patched: Patched) -> Iterator[tuple[ObjectRef, ObjectRef]]:
    """Each new binding with each binding that one of its fixes deletes."""
    for merged in patched.changes:
        new = merged.change.target
        if merged.change.type is PatchType.CREATE and new.group == GROUP and new.kind in _BINDINGS:
            changes = [change for item in merged.staged for change in item.fix.changes]
            old = (change.target for change in changes if change.type is PatchType.DELETE)
            yield from ((new, ref) for ref in dict.fromkeys(old) if ref.kind in _BINDINGS)
