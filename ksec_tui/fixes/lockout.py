"""Keeps a fix from locking people out: the last administrator, and whoever is about to apply it.

The API server checks a change of a role or binding also when it shrinks, so who cannot grant the right any
more cannot put it back either (pkg/registry/rbac, escalation check).
"""

from __future__ import annotations

from collections.abc import Iterable

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, bindings
from ksec_tui.analysis.rbac.defaults import is_anonymous, is_everyone, is_system_binding
from ksec_tui.analysis.rbac.escalation import binding_write, role_write
from ksec_tui.analysis.rbac.grants import can
from ksec_tui.analysis.rbac.identity import MASTERS, Identity, Who, identity_of, user_named
from ksec_tui.analysis.rbac.rules import is_everything
from ksec_tui.cluster.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk
from ksec_tui.fixes.apply import apply

_PLURAL = {
    "Role": "roles",
    "ClusterRole": "clusterroles",
    "RoleBinding": "rolebindings",
    "ClusterRoleBinding": "clusterrolebindings",
}


def bindings_to(snapshot: Snapshot, role: ObjectRef) -> tuple[Bound, ...]:
    """Every binding that grants `role`."""
    return _by_role(snapshot).get(role, ())


def guarded(snapshot: Snapshot, fix: Fix) -> Fix:
    """`fix`, or the same as steps for a human where carrying it out would lock somebody out."""
    reason = _lockout(snapshot, fix.changes)
    if not reason:
        return fix
    steps = (
        f"Do not do it at once: {reason}.",
        "First grant somebody else, or yourself by another binding, the right to undo it, and try that login.",
        f"Then: {fix.title[:1].lower()}{fix.title[1:]}.",
    )
    return Fix(fix.title, (), Risk.MANUAL, fix.may_break, steps)


def _lockout(snapshot: Snapshot, changes: Iterable[Change]) -> str:
    """Whom the changes lock out, in words; empty when nobody."""
    every = tuple(changes)
    names = {change.target for change in every}
    touched = {item.ref: item for item in bindings(snapshot) if item.ref in names}
    for name in names:
        touched.update((item.ref, item) for item in bindings_to(snapshot, name))
    me = identity_of(user_named(snapshot.source.user)) if snapshot.source.user else None
    mine = me is not None and any(
        person.login in me.logins for item in touched.values() for person in item.people
    )
    admin = any(map(_is_admin, touched.values()))
    if not mine and not admin:
        return ""
    after = _carried_out(snapshot, every)
    if admin and not any(map(_is_admin, bindings(after))):
        return "it takes the last binding by which people administer the cluster"
    if me is not None and mine:
        for change in every:
            if _can_undo(snapshot, snapshot, me, change) and not _can_undo(snapshot, after, me, change):
                return f"{snapshot.source.user} could not undo it"
    return ""


def _is_admin(bound: Bound) -> bool:
    """Whether people may do everything in the cluster by it, and it does not come with Kubernetes."""
    return (
        bound.namespace is None
        and any(map(is_everything, bound.rules))
        and any(map(_logs_in, bound.people))
        and not is_system_binding(bound)
    )


def _logs_in(person: Who) -> bool:
    broad = is_anonymous(person) or is_everyone(person) or person.name == MASTERS
    return not person.is_account and not broad


def _carried_out(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    documents = {}
    for change in changes:
        documents[change.target] = apply(snapshot.document(change.target), change)
    return snapshot.with_documents(documents)


def _can_undo(before: Snapshot, now: Snapshot, me: Identity, change: Change) -> bool:
    """Whether `me`, with the rights of `now`, may give the changed object back what it was `before`."""
    target = change.target
    plural = _PLURAL.get(target.kind)
    if plural is None or change.type is PatchType.CREATE:
        return True
    gone = change.type is PatchType.DELETE
    verbs = ("create",) if gone else ("update", "patch")
    name = "" if gone else target.name
    place = target.namespace
    if not any(can(now, me, verb, GROUP, plural, name=name, namespace=place) for verb in verbs):
        return False
    old = before.get(target)
    if isinstance(old, Role | ClusterRole):
        return role_write(now, me, old).allowed is True
    return isinstance(old, RoleBinding | ClusterRoleBinding) and binding_write(now, me, old).allowed is True


def _by_role(snapshot: Snapshot) -> dict[ObjectRef, tuple[Bound, ...]]:
    found: dict[ObjectRef, tuple[Bound, ...]] = snapshot.derived(_index, _index)
    return found


def _index(snapshot: Snapshot) -> dict[ObjectRef, tuple[Bound, ...]]:
    index: dict[ObjectRef, list[Bound]] = {}
    for item in bindings(snapshot):
        index.setdefault(item.role, []).append(item)
    return {role: tuple(items) for role, items in index.items()}
