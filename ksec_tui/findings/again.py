"""Runs checks again where only some of their subjects have changed."""

from __future__ import annotations

import dis
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import msgspec

from ksec_tui.analysis.keeping import keep
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.differences import known_alike, namespaces_differing
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check, Subjects
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import judge_one, judges_all, run_one

Found = Mapping[str, tuple[Finding, ...]]
"""By check: what it found."""


class Changes(msgspec.Struct, frozen=True):
    """The subjects of some checks in two Snapshots: their order now, and those that are not as they were.

    Attributes:
        order: the place of each now.
        former: those of before that are gone or may be judged otherwise now.
        differing: those of now that are new or may be judged otherwise.
        kept: all others.
    """

    order: dict[ObjectRef, int]
    former: tuple[Any, ...]
    differing: tuple[Any, ...]
    kept: frozenset[ObjectRef]

    def joined(self, old: tuple[Finding, ...], new: Sequence[Finding]) -> tuple[Finding, ...]:
        """What was found on subjects that are as they were, and what was found now on those that are not."""
        gone = [finding for finding in old if finding.subject not in self.kept]
        if gone == new:
            return old
        kept = [finding for finding in old if finding.subject in self.kept] if gone else old
        return tuple(sorted((*kept, *new), key=lambda finding: self.order[finding.subject]))


class _Listed(msgspec.Struct, frozen=True):
    """The subjects of some checks in two Snapshots, in order and by name; two of one name cannot be told apart."""

    old: list[tuple[ObjectRef, Any]]
    new: list[tuple[ObjectRef, Any]]
    known: dict[ObjectRef, Any]
    order: dict[ObjectRef, int]

    @property
    def distinct(self) -> bool:
        return len(self.known) == len(self.old) and len(self.order) == len(self.new)

    def but(self, kept: frozenset[ObjectRef]) -> Changes:
        """How they differ, but for those that are kept."""
        former = tuple(subject for ref, subject in self.old if ref not in kept)
        return Changes(
            self.order, former, tuple(subject for ref, subject in self.new if ref not in kept), kept
        )


class Again:
    """What checks find in `after`, given what they found in `before`, a Snapshot of the same source.

    What takes no kind that changed stays as it was. A check that never looks at its Snapshot judges each subject
    by itself, so that it runs on those alone that changed; one that stays near, where nothing changed but what
    runs, on those of the namespaces in which something did; any other runs anew.

    To be made before anybody has looked at `after`.

    Args:
        before: the Snapshot that is known.
        found: what every check found in it.
        after: the other.
        changed: resource names of what is not as it was.
    """

    def __init__(self, before: Snapshot, found: Found, after: Snapshot, changed: frozenset[str]) -> None:
        self._before = before
        self._found = found
        self._after = after
        self._changed = changed
        self._others = changed.difference(kind.resource for kind in WORKLOAD_KINDS)
        self._listings: dict[int, _Listed] = {}
        self._by_subject: dict[int, Changes] = {}
        self._by_place: dict[int, Changes] = {}
        if changed:
            keep(before, after)

    def run(self, checks: Sequence[Check[Any]], step: Callable[[], None]) -> dict[str, tuple[Finding, ...]]:
        """By check what it finds; the very same tuple where nothing can be different.

        Args:
            checks: all of them.
            step: called before each check; what it raises ends the run.
        """
        results: dict[str, tuple[Finding, ...]] = {}
        for item in checks:
            step()
            # What takes no kind judges the source itself, whose facts are no kind that changes.
            if item.kinds and self._changed.isdisjoint(kind.resource for kind in item.kinds):
                results[item.id] = self._found[item.id]
            elif (some := self.some(item)) is not None:
                results[item.id] = self._on_some(item, some)
            else:
                results[item.id] = run_one(self._after, item).findings
        return results

    def some(self, item: Check[Any]) -> Changes | None:
        """The subjects that it is enough to judge; None where all are to be judged."""
        alone = looks_only_at_its_subject(item)
        if not (alone or self._near(item)) or not self._all_judged(item):
            return None
        on = item.on
        if alone:
            if id(on) not in self._by_subject:
                self._by_subject[id(on)] = self._differing(self._listed(on))
            return self._by_subject[id(on)]
        listed = self._listed(on)
        if not listed.distinct:
            return None
        if id(on) not in self._by_place:
            elsewhere = (
                ref for ref, _ in listed.new if (place := on.place_of(ref)) and place not in self._places
            )
            self._by_place[id(on)] = listed.but(frozenset(ref for ref in elsewhere if ref in listed.known))
        return self._by_place[id(on)]

    def _all_judged(self, item: Check[Any]) -> bool:
        return judges_all(self._after, item) and judges_all(self._before, item)

    def _near(self, item: Check[Any]) -> bool:
        """Whether what it finds of a subject can have changed by nothing but what runs in its namespace."""
        return (
            item.near is not False
            and bool(item.kinds)
            and self._others.isdisjoint(kind.resource for kind in item.kinds)
            and self._known_alike
            and item.stays_near(self._before)
            and item.stays_near(self._after)
        )

    @cached_property
    def _known_alike(self) -> bool:
        return known_alike(self._before, self._after, WORKLOAD_KINDS)

    @cached_property
    def _places(self) -> frozenset[str]:
        return namespaces_differing(self._before, self._after, WORKLOAD_KINDS)

    def _on_some(self, item: Check[Any], some: Changes) -> tuple[Finding, ...]:
        judged = (judge_one(self._after, item, subject) for subject in some.differing)
        return some.joined(self._found[item.id], [finding for finding in judged if finding is not None])

    def _listed(self, on: Subjects[Any]) -> _Listed:
        """The subjects of both; worked out once."""
        if id(on) not in self._listings:
            old, new = (
                [(on.ref(one), one) for one in on.select(cluster)] for cluster in (self._before, self._after)
            )
            order = {ref: place for place, (ref, _) in enumerate(new)}
            self._listings[id(on)] = _Listed(old, new, dict(old), order)
        return self._listings[id(on)]

    def _differing(self, listed: _Listed) -> Changes:
        known = listed.known
        distinct = listed.distinct
        return listed.but(
            frozenset(
                ref
                for ref, subject in listed.new
                if distinct and ref in known and _alike(known[ref], subject)
            )
        )


def _alike(known: object, subject: object) -> bool:
    """Whether a subject is as it was; of workloads that are, the very same were kept."""
    return known is subject or (not isinstance(subject, Workload) and known == subject)


@cache
def looks_only_at_its_subject(item: Check[Any]) -> bool:
    """Whether a check's function never touches its second argument, the Snapshot."""
    code = item.evaluate.__code__
    name = code.co_varnames[1]
    return name not in code.co_cellvars and all(
        instruction.argval != name or not instruction.opname.startswith("LOAD")
        for instruction in dis.get_instructions(code)
    )
