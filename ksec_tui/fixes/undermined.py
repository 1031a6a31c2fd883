"""Fixes that are right alone and wrong together: one takes what another object makes up for, which a second changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, binding_named, bindings, rules_of
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Cut, PatchType
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.rules import as_rule, without
from ksec_tui.fixes.split import documents_of


def undermined(plan: FixPlan, before: Snapshot, after: Snapshot) -> Iterator[tuple[Staged, str]]:
    """Fixes whose `rests_on` no longer holds, and why in one sentence without a capital.

    Fixes that rest on something themselves take nothing away while that stands, and so undermine no other.

    Args:
        plan: what is carried out.
        before: what was read.
        after: the same with `plan` carried out.
    """
    changing: dict[ObjectRef, Staged] = {}
    for item in plan.staged:
        if not item.fix.rests_on:
            changing.update((change.target, item) for change in item.fix.changes)
    for item in plan.staged:
        ref = next((ref for ref in item.fix.rests_on if ref in changing), None)
        if ref is not None and not _made_up_for(item, plan, before, after):
            said = f"it rests on {ref} as it was read, which another staged fix changes ({changing[ref].fix.title})"
            yield item, f"{said}: stage it again when that is done and read."


def _made_up_for(item: Staged, plan: FixPlan, before: Snapshot, after: Snapshot) -> bool:
    """Whether all that a fix takes is a binding whose rights its subjects have all the same, but for what is to go."""
    every = item.fix.changes
    gone = [binding_named(before, change.target) for change in every if change.type is PatchType.DELETE]
    if len(gone) != len(every):
        return False
    return all(bound is not None and _covered(bound, plan, after) for bound in gone)


def _covered(gone: Bound, plan: FixPlan, after: Snapshot) -> bool:
    role = after.get(gone.role)
    if gone.ref.group != GROUP or not isinstance(role, Role | ClusterRole):
        return gone.ref.group == GROUP  # a role that goes as well gives nothing
    cuts = [
        cut
        for other in plan.staged
        if other.finding.subject == gone.ref
        for change in other.fix.changes
        for cut in change.cuts
    ]
    wanted = _cut(rules_of(after, role), cuts)
    return all(
        covers(
            (
                rule
                for other in bindings(after)
                if other.namespace in (None, gone.namespace) and person in other.people
                for rule in other.rules
            ),
            wanted,
        )
        for person in gone.people
    )


def _cut(rules: Sequence[PolicyRule], cuts: Sequence[Cut]) -> list[PolicyRule]:
    documents = documents_of(rules)
    return [as_rule(left) for index, rule in enumerate(documents) for left in without(rule, index, cuts)]
