"""The plan: fixes that were chosen, made into one change for each object and type of change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import combinations

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk
from ksec_tui.fixes.clash import Clash
from ksec_tui.fixes.merging import check_types, combine

# New objects first and removals last, so that no permission or route is missing in between. JSON patches go
# before strategic ones: their positions mean the object as it was read.
_ORDER = (PatchType.CREATE, PatchType.JSON, PatchType.STRATEGIC, PatchType.DELETE)
_PHASE = {PatchType.CREATE: 0, PatchType.JSON: 1, PatchType.STRATEGIC: 1, PatchType.DELETE: 2}


class Staged(msgspec.Struct, frozen=True):
    """A finding and the fix that was chosen for it.

    Attributes:
        confirmed: whether a human looked at the fix and wants it; what REVIEW asks for.
        edited: whether a human changed the fix: wrote it anew or took a part out.
    """

    finding: Finding
    fix: Fix
    confirmed: bool = False
    edited: bool = False

    @property
    def fingerprint(self) -> str:
        """The finding's."""
        return self.finding.fingerprint


class Merged(msgspec.Struct, frozen=True):
    """One change to one object, and the fixes that it carries out or helps to."""

    change: Change
    staged: tuple[Staged, ...]


class Conflict(msgspec.Struct, frozen=True):
    """Two fixes that want different things at one place; neither is carried out.

    Attributes:
        target: the object.
        path: where, as a JSON pointer; items of merged lists as ``name=app``. Empty for the whole object.
        values: what each wants.
        fingerprints: of their findings.
    """

    target: ObjectRef
    path: str
    values: tuple[str, ...]
    fingerprints: tuple[str, ...]

    @property
    def reason(self) -> str:
        """One sentence."""
        where = f"{self.path} of {self.target}" if self.path else str(self.target)
        return f"another staged fix wants something else at {where}: {' against '.join(self.values)}"


class SetAside(msgspec.Struct, frozen=True):
    """A staged fix that is not carried out, since another one, with which it conflicts, was preferred.

    Attributes:
        staged: the fix that yields.
        preferred: the fix that was chosen.
        conflict: where they want different things.
    """

    staged: Staged
    preferred: Staged
    conflict: Conflict

    @property
    def reason(self) -> str:
        """One sentence."""
        where = f"{self.conflict.path} of " if self.conflict.path else ""
        return f"set aside for another fix of {where}{self.conflict.target}: {self.preferred.fix.title}"


class FixPlan(msgspec.Struct, frozen=True, dict=True):
    """Staged fixes. Immutable; the order of staging does not count.

    Attributes:
        staged: by object and check.
        preferred: fingerprints of the fixes that were chosen over those with which they conflict.
    """

    staged: tuple[Staged, ...] = ()
    preferred: frozenset[str] = frozenset()

    def stage(self, finding: Finding, fix: Fix) -> FixPlan:
        """The plan with `fix` for `finding`, instead of an earlier one for the same finding."""
        return self.stage_many([Staged(finding, fix)])

    def stage_many(self, items: Iterable[Staged]) -> FixPlan:
        """The plan with all of `items`; of several for one finding the last counts."""
        known = self._by_fingerprint | {item.fingerprint: item for item in items}
        return self.keeping(sorted(known.values(), key=_order))

    def unstage(self, fingerprint: str) -> FixPlan:
        """The plan without what was staged for that finding, and without choices that it alone had asked for."""
        return self.unstage_many({fingerprint})

    def unstage_many(self, fingerprints: Collection[str]) -> FixPlan:
        """The same for several findings."""
        rest = self.keeping(item for item in self.staged if item.fingerprint not in fingerprints)
        if not rest.preferred:
            return rest
        needed = frozenset(mark for mark in rest.preferred if rest.rivals(mark))
        return msgspec.structs.replace(rest, preferred=needed)

    def keeping(self, items: Iterable[Staged]) -> FixPlan:
        """The plan with those fixes alone, given in its order."""
        staged = tuple(items)
        preferred = self.preferred and self.preferred & {item.fingerprint for item in staged}
        return msgspec.structs.replace(self, staged=staged, preferred=preferred)

    def prefer(self, fingerprint: str) -> FixPlan:
        """The plan in which that fix is carried out and those that conflict with it are set aside.

        Of two fixes that conflict the one chosen last is preferred. The same plan when nothing conflicts.
        """
        rivals = self.rivals(fingerprint)
        if not rivals:
            return self
        return msgspec.structs.replace(self, preferred=self.preferred - rivals | {fingerprint})

    def rivals(self, fingerprint: str) -> frozenset[str]:
        """The fingerprints of the staged fixes that do not go together with that one, set aside or not."""
        pairs = (set(clash.fingerprints) for clash in self._clashes if fingerprint in clash.fingerprints)
        return frozenset().union(*pairs) - {fingerprint}

    def confirm(self, fingerprints: Iterable[str]) -> FixPlan:
        """The plan with these fixes looked at by a human."""
        found = (item for mark in fingerprints if (item := self.of(mark)) is not None)
        return self.stage_many(msgspec.structs.replace(item, confirmed=True) for item in found)

    def of(self, fingerprint: str) -> Staged | None:
        """What is staged for that finding."""
        return self._by_fingerprint.get(fingerprint)

    def has(self, fingerprint: str) -> bool:
        """Whether a fix is staged for that finding."""
        return fingerprint in self._by_fingerprint

    @cached_property
    def _by_fingerprint(self) -> dict[str, Staged]:
        return {item.fingerprint: item for item in self.staged}

    @property
    def manual(self) -> tuple[Staged, ...]:
        """What only a human can do."""
        return tuple(item for item in self.staged if not item.fix.changes)

    @property
    def unconfirmed(self) -> tuple[Staged, ...]:
        """What asks for a review that no human has made yet."""
        return tuple(
            item
            for item in self.staged
            if item.fix.changes and item.fix.risk is Risk.REVIEW and not item.confirmed
        )

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Pairs of fixes that do not go together, and fixes at odds with themselves; not those set aside."""
        aside = {item.staged.fingerprint for item in self.set_aside}
        return tuple(clash for clash in self._clashes if aside.isdisjoint(clash.fingerprints))

    @cached_property
    def set_aside(self) -> tuple[SetAside, ...]:
        """The fixes that yield to a preferred one, each once."""
        found: dict[str, SetAside] = {}
        for clash in self._clashes if self.preferred else ():
            chosen = [mark for mark in clash.fingerprints if mark in self.preferred]
            yielding = [mark for mark in clash.fingerprints if mark not in self.preferred]
            if len(chosen) == len(yielding) == 1:
                (mark,) = yielding
                staged, preferred = self._by_fingerprint[mark], self._by_fingerprint[chosen[0]]
                found.setdefault(mark, SetAside(staged, preferred, clash))
        return tuple(found[item.fingerprint] for item in self.staged if item.fingerprint in found)

    @cached_property
    def _clashes(self) -> tuple[Conflict, ...]:
        return tuple(_conflicts(self.staged))

    def changes(self) -> tuple[Merged, ...]:
        """One change for each object and type, in the order of application: create, patch, delete.

        Fixes in conflict, and those set aside for others, are left out, entirely. What a fix makes in place of
        an object that it deletes is not made when another fix wants that object gone and nothing in its place.
        """
        barred = {fingerprint for conflict in self.conflicts for fingerprint in conflict.fingerprints}
        barred |= {item.staged.fingerprint for item in self.set_aside}
        kept = [item for item in self.staged if item.fingerprint not in barred]
        gone = {
            change.target
            for item in kept
            if all(change.type is PatchType.DELETE for change in item.fix.changes)
            for change in item.fix.changes
        }
        groups: dict[tuple[ObjectRef, PatchType], list[tuple[Change, Staged]]] = {}
        for item in kept:
            old = {change.target for change in item.fix.changes if change.type is PatchType.DELETE}
            unwanted = bool(old) and old <= gone
            for change in item.fix.changes:
                if unwanted and change.type is PatchType.CREATE:
                    continue
                groups.setdefault((change.target, change.type), []).append((change, item))
        merged = [
            Merged(combine([change for change, _ in group]), _distinct(group)) for group in groups.values()
        ]
        return tuple(sorted(merged, key=change_order))


def _distinct(group: list[tuple[Change, Staged]]) -> tuple[Staged, ...]:
    return tuple({item.fingerprint: item for _, item in group}.values())


def _order(item: Staged) -> tuple[ObjectRef, str]:
    return item.finding.subject, item.finding.check


def change_order(merged: Merged) -> tuple[int, tuple[str, str], int, ObjectRef, int]:
    """By which changes are sorted for application."""
    change = merged.change
    target = change.target
    return (
        _PHASE[change.type],
        (target.namespace, target.kind),
        _breadth(change),
        target,
        _ORDER.index(change.type),
    )


def _breadth(change: Change) -> int:
    """How late a new policy comes among those of its namespace: after those for fewer pods, which allow more."""
    if change.type is not PatchType.CREATE or change.target.kind != "NetworkPolicy":
        return 0
    spec = change.body.get("spec", {})
    return 0 if spec.get("podSelector") else 1 if spec.get("ingress") or spec.get("egress") else 2


def _conflicts(staged: tuple[Staged, ...]) -> Iterator[Conflict]:
    by_target: dict[ObjectRef, dict[str, list[Change]]] = {}
    for item in staged:
        for change in item.fix.changes:
            by_target.setdefault(change.target, {}).setdefault(item.fingerprint, []).append(change)
    for target, changes in sorted(by_target.items()):
        if _clash([change for own in changes.values() for change in own]) is None:
            continue  # what goes together as a whole does so in pairs, of which there are many more
        for fingerprint, own in changes.items():
            if clash := _clash(own):
                yield Conflict(target, clash.path, clash.values, (fingerprint,))
        for (one, left), (other, right) in combinations(changes.items(), 2):
            if clash := _clash([*left, *right]):
                yield Conflict(target, clash.path, clash.values, (one, other))


def _clash(changes: list[Change]) -> Clash | None:
    """Why `changes`, all to one object, do not go together."""
    try:
        for one, other in combinations(changes, 2):
            check_types(one, other)
        for kind in _ORDER:
            same = [change for change in changes if change.type is kind]
            if len(same) > 1:
                combine(same)
    except Clash as clash:
        return clash
    return None
