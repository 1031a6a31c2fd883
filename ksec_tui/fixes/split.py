"""Splits a binding off a role that many share: its subjects get a role of their own, cut from the shared one.

A change of a default or aggregated role does not last, and would take rights from everybody who is bound to it.
So what it grants is copied without the cuts, the same subjects are bound to the copy, and the old binding goes;
roleRef cannot be changed in place (ValidateRoleBindingUpdate).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Sequence

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, binding_named
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change, Cut, Fix, PatchType, Risk
from ksec_tui.fixes.build import Body, create, delete
from ksec_tui.fixes.lockout import guarded
from ksec_tui.fixes.rights_in_use import running_with
from ksec_tui.fixes.rules import effective, without

LONGEST = 253
"""Characters of a name that every tool takes (RFC 1123 subdomains); RBAC itself sets no limit."""

_NAMES = 9
"""Names that are tried before a human must choose one."""

_API = f"{GROUP}/v1"


def split(
    bound: Bound,
    snapshot: Snapshot,
    rules: Sequence[Body],
    cuts: Sequence[Cut],
    title: str,
    may_break: str = "",
) -> Fix | None:
    """Bind the subjects to a role of their own, which is the bound one without `cuts`; then the old binding goes.

    None when the cuts change nothing, or no name is free. A narrowed binding that is there already, from a
    plan that was carried out in part, is not made again.

    Args:
        bound: the binding.
        snapshot: the cluster.
        rules: what the bound role grants, as documents without a wildcard that the cuts would have to be
            subtracted from.
        cuts: what goes.
        title: that in words: ``Take shells out of ClusterRole edit``.
        may_break: what no longer works.
    """
    inside = bound.namespace is not None
    kept: list[Body] = snapshot.derived(
        (effective, bound.role, inside), lambda _: effective(rules, inside=inside)
    )
    left = [box for index, rule in enumerate(kept) for box in without(rule, index, cuts)]
    document = snapshot.document(bound.ref)
    if left == kept or document is None:
        return None
    ends = may_break or "Whoever used it through this binding is refused from then on."
    used = running_with(snapshot, bound.people)
    if not left:
        ends = f"{ends} {used}".rstrip()
        return guarded(snapshot, Fix(f"Delete {bound.ref}", (delete(bound.ref),), Risk.REVIEW, ends))
    said = (
        f"{ends} What is added to {bound.role.kind} {bound.role.name} later does not reach its subjects. Only who "
        f"holds the rights that are left, or may escalate and bind roles, can apply it. {used}"
    ).rstrip()
    for name in _names(bound.ref.name):
        role = ObjectRef(bound.ref.namespace, "Role" if inside else "ClusterRole", name, GROUP)
        binding = ObjectRef(bound.ref.namespace, bound.ref.kind, name, GROUP)
        there = binding_named(snapshot, binding)
        if there is not None and _replaces(there, bound, cuts):
            done = f"Delete {bound.ref}, which {binding} replaces"
            return guarded(snapshot, Fix(done, (delete(bound.ref),), Risk.REVIEW, said))
        if there is None and snapshot.get(role) is None:
            made = (_role(role, bound, left, cuts), _binding(binding, role, document), delete(bound.ref))
            return guarded(snapshot, Fix(f"{title}, for {bound.ref.name} alone", made, Risk.REVIEW, said))
    return None


def documents_of(rules: Sequence[PolicyRule]) -> list[Body]:
    """Rules as they stand in a manifest."""
    return [
        {
            name: list(words)
            for name, words in (
                ("apiGroups", rule.api_groups),
                ("resources", rule.resources),
                ("verbs", rule.verbs),
                ("resourceNames", rule.resource_names),
                ("nonResourceURLs", rule.non_resource_urls),
            )
            if words
        }
        for rule in rules
    ]


def _names(old: str) -> Iterator[str]:
    """``team-narrowed``, ``team-narrowed-2``, …; a long name is cut and told apart by its hash."""
    for number in range(1, _NAMES + 1):
        end = "-narrowed" if number == 1 else f"-narrowed-{number}"
        if len(old) + len(end) > LONGEST:
            mark = hashlib.sha256(old.encode()).hexdigest()[:8]
            end = f"-{mark}{end}"
        yield f"{old[: LONGEST - len(end)]}{end}"


def _replaces(there: Bound, bound: Bound, cuts: Sequence[Cut]) -> bool:
    """Whether another binding gives the same subjects some of what `bound` gives, without the cuts."""
    if there.unknown or not there.rules or set(there.people) != set(bound.people):
        return False
    rules = documents_of(there.rules)
    return covers(bound.rules, there.rules) and all(without(rule, 0, cuts) == [rule] for rule in rules)


def _role(ref: ObjectRef, bound: Bound, rules: list[Body], cuts: Sequence[Cut]) -> Change:
    body = {"apiVersion": _API, "kind": ref.kind, "metadata": _meta(ref), "rules": rules}
    note = (
        f"what {bound.role.kind} {bound.role.name} granted when it was read, but for what the fixes take out"
    )
    return Change(ref, PatchType.CREATE, body, tuple(dict.fromkeys(cuts)), (note,))


def _binding(ref: ObjectRef, role: ObjectRef, old: Body) -> Change:
    body = {
        "apiVersion": _API,
        "kind": ref.kind,
        "metadata": _meta(ref),
        "roleRef": {"apiGroup": GROUP, "kind": role.kind, "name": role.name},
        "subjects": copy.deepcopy(old["subjects"]),
    }
    return create(ref, body)


def _meta(ref: ObjectRef) -> Body:
    return {"name": ref.name, **({"namespace": ref.namespace} if ref.namespace else {})}
