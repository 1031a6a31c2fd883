"""Runs checks again where only some of their subjects have changed."""

from __future__ import annotations

import dis
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check, Subjects
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import judge_one, judges_all, run_one

Found = Mapping[str, tuple[Finding, ...]]
"""By check: what it found."""


class _Changes(msgspec.Struct, frozen=True):
    """The subjects of some checks in two Snapshots: their order now, and those that are not as they were.

    Attributes:
        order: the place of each now.
        former: those of before that are gone or not as they are now.
        differing: those of now that are new or not as they were.
        kept: all others.
    """

    order: dict[ObjectRef, int]
    former: tuple[Any, ...]
    differing: tuple[Any, ...]
    kept: frozenset[ObjectRef]


class Again:
    """What checks find in `after`, given what they found in `before`, a Snapshot of the same source.

    What takes no kind that changed stays as it was. A check that never looks at its Snapshot judges each subject
    by itself, so that it runs on those alone that changed; any other runs anew.

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
        self._subjects: dict[int, _Changes] = {}

    def run(self, checks: Sequence[Check[Any]], step: Callable[[], None]) -> dict[str, tuple[Finding, ...]]:
        """By check what it finds; the very same tuple where nothing can be different.

        `step` is called before each check and may raise.
        """
        results: dict[str, tuple[Finding, ...]] = {}
        for item in checks:
            step()
            # What takes no kind judges the source itself, whose facts are no kind that changes.
            if item.kinds and self._changed.isdisjoint(kind.resource for kind in item.kinds):
                results[item.id] = self._found[item.id]
            elif self.by_subjects(item):
                results[item.id] = self._on_some(item)
            else:
                results[item.id] = run_one(self._after, item).findings
        return results

    def by_subjects(self, item: Check[Any]) -> bool:
        """Whether it is enough to judge those subjects that differ."""
        return (
            looks_only_at_its_subject(item)
            and judges_all(self._after, item)
            and judges_all(self._before, item)
        )

    def _on_some(self, item: Check[Any]) -> tuple[Finding, ...]:
        changes = self.changes(item.on)
        judged = (judge_one(self._after, item, subject) for subject in changes.differing)
        return self.joined(item, [finding for finding in judged if finding is not None])

    def joined(self, item: Check[Any], new: Sequence[Finding]) -> tuple[Finding, ...]:
        """What was found on subjects that are as they were, and what was found now on those that are not."""
        changes = self.changes(item.on)
        old = self._found[item.id]
        kept = [finding for finding in old if finding.subject in changes.kept]
        if not new and len(kept) == len(old):
            return old
        return tuple(sorted((*kept, *new), key=lambda finding: changes.order[finding.subject]))

    def changes(self, on: Subjects[Any]) -> _Changes:
        """How the subjects differ; worked out once."""
        if id(on) not in self._subjects:
            old, new = (
                [(on.ref(one), one) for one in on.select(cluster)] for cluster in (self._before, self._after)
            )
            known, order = dict(old), {ref: place for place, (ref, _) in enumerate(new)}
            # Two subjects of one name cannot be told apart.
            distinct = len(known) == len(old) and len(order) == len(new)
            kept = frozenset(
                ref
                for ref, subject in new
                if distinct and ref in known and (known[ref] is subject or known[ref] == subject)
            )
            former = tuple(subject for ref, subject in old if ref not in kept)
            differing = tuple(subject for ref, subject in new if ref not in kept)
            self._subjects[id(on)] = _Changes(order, former, differing, kept)
        return self._subjects[id(on)]


@cache
def looks_only_at_its_subject(item: Check[Any]) -> bool:
    """Whether a check's function never touches its second argument, the Snapshot."""
    code = item.evaluate.__code__
    name = code.co_varnames[1]
    return name not in code.co_cellvars and all(
        instruction.argval != name or not instruction.opname.startswith("LOAD")
        for instruction in dis.get_instructions(code)
    )
