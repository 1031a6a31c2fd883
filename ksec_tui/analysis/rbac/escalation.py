"""Who may hand out which rights: what the API server asks when a role or a binding is written.

Source: pkg/registry/rbac/{clusterrole,role,clusterrolebinding,rolebinding}/policybased/storage.go,
pkg/registry/rbac/escalation_check.go, pkg/registry/rbac/validation/rule.go (ConfirmNoEscalation). The plain
right to write the object is asked for besides; it is not looked at here. The same is asked of edits that
take rights away: the editor must hold what remains.
"""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.answer import Path, explain
from ksec_tui.analysis.rbac.bindings import GROUP, Bound, resolve
from ksec_tui.analysis.rbac.covers import uncovered
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.identity import Identity
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.analysis.rbac.rules import EVERY_URL, EVERYTHING
from ksec_tui.cluster.access import ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding
from ksec_tui.cluster.kinds import CLUSTER_ROLE
from ksec_tui.cluster.snapshot import Snapshot


class Escalation(msgspec.Struct, frozen=True):
    """Whether somebody may give away what a role or a binding gives.

    Attributes:
        allowed: None when that is not known.
        reason: why, in words: ``holds all of these rights``.
        by: the ways by which the verb ``escalate`` or ``bind`` is granted, if it is.
        missing: the rights that would have to be held first.
        unknown: what was not read and could give them.
    """

    allowed: bool | None
    reason: str
    by: tuple[Path, ...] = ()
    missing: tuple[PolicyRule, ...] = ()
    unknown: tuple[str, ...] = ()


def rules_held(snapshot: Snapshot, identity: Identity, namespace: str = "") -> tuple[PolicyRule, ...]:
    """The rules that `identity` has for requests in `namespace`; empty for the whole cluster."""
    return tuple(
        rule
        for grant in effective_grants(snapshot, identity)
        if grant.reaches(namespace)
        for rule in grant.rules
    )


def role_write(
    snapshot: Snapshot, identity: Identity, role: Role | ClusterRole, *, create: bool = False
) -> Escalation:
    """Whether `identity` may write `role` as it is given.

    Args:
        snapshot: the cluster before.
        identity: who writes.
        role: the new state.
        create: whether it is new: such a request names no object, so that ``escalate`` pinned by
            resourceNames does not help.
    """
    wide = isinstance(role, ClusterRole)
    place = "" if wide else role.namespace
    verb = Request(
        "escalate",
        GROUP,
        "clusterroles" if wide else "roles",
        name="" if create else role.name,
        namespace=place,
    )
    needed = tuple(role.rules or ())
    if isinstance(role, ClusterRole) and (role.aggregation_rule or _aggregated(snapshot, role.name)):
        needed = (EVERYTHING, EVERY_URL, *needed)
    return _judged(snapshot, identity, verb, needed, place)


def binding_write(
    snapshot: Snapshot, identity: Identity, binding: RoleBinding | ClusterRoleBinding
) -> Escalation:
    """Whether `identity` may write `binding` as it is given; ``bind`` is asked of the role, in its place.

    A role that is not there can be bound only with the verb ``bind``.
    """
    place = binding.namespace if isinstance(binding, RoleBinding) else ""
    refers = binding.role_ref
    plural = {"ClusterRole": "clusterroles", "Role": "roles"}.get(refers.kind)
    if plural is None or (plural == "roles" and not place):
        return Escalation(False, f"{refers.kind or 'nothing'} cannot be bound here")
    verb = Request("bind", GROUP, plural, name=refers.name, namespace=place)
    bound = resolve(snapshot, binding)
    if bound.dangling or bound.unknown:
        return _unresolved(snapshot, identity, verb, bound)
    return _judged(snapshot, identity, verb, bound.rules, place)


def _aggregated(snapshot: Snapshot, name: str) -> bool:
    old = snapshot.find(CLUSTER_ROLE, name)
    return old is not None and old.aggregation_rule is not None


def _judged(
    snapshot: Snapshot, identity: Identity, verb: Request, needed: tuple[PolicyRule, ...], place: str
) -> Escalation:
    answer = explain(snapshot, identity, verb)
    if answer.allowed:
        return Escalation(True, f"may {verb.verb} {verb.resource}", answer.by)
    missing = uncovered(rules_held(snapshot, identity, place), needed)
    if not missing:
        return Escalation(True, "holds all of these rights")
    reason = f"neither holds all of these rights nor may {verb.verb} {verb.resource}"
    # What could grant the verb could give the missing rights as well.
    return Escalation(None if answer.unknown else False, reason, (), missing, answer.unknown)


def _unresolved(snapshot: Snapshot, identity: Identity, verb: Request, bound: Bound) -> Escalation:
    answer = explain(snapshot, identity, verb)
    if answer.allowed:
        return Escalation(True, f"may bind {verb.resource}", answer.by)
    unknown = (*answer.unknown, bound.unknown) if bound.unknown else answer.unknown
    reason = f"may not bind {verb.resource}, and the rules of {bound.role} are not "
    reason += "known" if bound.unknown else "there"
    return Escalation(None if unknown else False, reason, (), (), tuple(dict.fromkeys(unknown)))
