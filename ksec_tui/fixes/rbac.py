"""Fixes of RBAC objects: subjects out of a binding, rights out of a role, a lesser role instead of a greater.

Rules and subjects are atomic lists without merge keys, so they are changed by position, each position
guarded by a `test` of what stands there; roleRef cannot be changed, so a new binding is made first.
Default and aggregated roles are never touched: the API server and the controller write them again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.rbac.bindings import GROUP, Bound, bindings
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.inert import inert_parts
from ksec_tui.analysis.rbac.resources import BUILT_IN_GROUPS, groups_of
from ksec_tui.analysis.rbac.rules import ALL, STANDARD_VERBS
from ksec_tui.analysis.rbac.subjects import account_exists
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.fixes.build import Body, create, delete, json_patch, op

Resource = tuple[str, str]
"""(API group, ``pods/exec``)."""


def drop_binding(bound: Bound, title: str, risk: Risk, may_break: str = "") -> Fix | None:
    """Delete a binding; None for one of Kubernetes' own."""
    return None if is_system_binding(bound) else Fix(title, (delete(bound.ref),), risk, may_break)


def drop_subjects(
    bound: Bound, snapshot: Snapshot, positions: Iterable[int], title: str, risk: Risk, may_break: str = ""
) -> Fix | None:
    """Take subjects out of a binding, or delete it when nobody would be left; None for Kubernetes' own."""
    gone = sorted(set(positions), reverse=True)
    if not gone or is_system_binding(bound):
        return None
    left = [who for index, who in enumerate(bound.subjects) if index not in gone and who is not None]
    document = snapshot.document(bound.ref)
    if not left or document is None:
        return Fix(title, (delete(bound.ref),), risk, may_break)
    subjects: list[Any] = document["subjects"]
    guard = op("test", "/roleRef/name", bound.role.name)
    tests = [op("test", f"/subjects/{index}", subjects[index]) for index in gone]
    removals = [op("remove", f"/subjects/{index}") for index in gone]
    return Fix(title, (json_patch(bound.ref, guard, *tests, *removals),), risk, may_break)


def changeable(role: Role | ClusterRole | None) -> bool:
    """Whether a change of the role's rules would last: it is neither a default nor an aggregated role."""
    if role is None or is_system(role):
        return False
    return not (isinstance(role, ClusterRole) and role.aggregation_rule is not None)


def replace_rules(
    bound: Bound, snapshot: Snapshot, new: Sequence[Sequence[Body]], title: str, may_break: str
) -> Fix | None:
    """Give each rule of the bound role its successors: `new[i]` replaces rule i; none removes it.

    When no rule would be left, the binding goes instead. None when nothing changes.
    """
    old = rule_documents(bound, snapshot)
    unchanged = all(list(successors) == [rule] for rule, successors in zip(old, new, strict=True))
    if unchanged or is_system_binding(bound):
        return None
    others = sum(1 for other in bindings(snapshot) if other.role == bound.role) - 1
    if not any(new):
        return Fix(title, (delete(bound.ref),), Risk.REVIEW, may_break)
    if others:
        count = f"{others} other binding{'' if others == 1 else 's'}"
        may_break = f"{may_break} {count} of {bound.role} lose{'s' if others == 1 else ''} it too."
    return Fix(title, (rules_patch(bound.role, old, new),), Risk.REVIEW, may_break)


def rules_patch(role: ObjectRef, old: Sequence[Body], new: Sequence[Sequence[Body]]) -> Change:
    """A JSON Patch from old rules to new ones; further successors of a rule go to the end of the list."""
    touched = [index for index, rule in enumerate(old) if list(new[index]) != [rule]]
    tests = [op("test", f"/rules/{index}", old[index]) for index in touched]
    changes = []
    for index in reversed(touched):
        if new[index]:
            changes.append(op("replace", f"/rules/{index}", new[index][0]))
        else:
            changes.append(op("remove", f"/rules/{index}"))
    added = [op("add", "/rules/-", rule) for index in touched for rule in new[index][1:]]
    return json_patch(role, *tests, *changes, *added)


def rule_documents(bound: Bound, snapshot: Snapshot) -> list[Body]:
    """The rules of the bound role as they are stored."""
    document = snapshot.document(bound.role) or {}
    return list(document.get("rules") or ())


def cut(
    bound: Bound, snapshot: Snapshot, verbs: Iterable[str], resources: Iterable[Resource], title: str
) -> Fix | None:
    """Take `verbs` on `resources` out of the bound role, and nothing else.

    Where that cannot be written (the role is a default one, or names the resources by a wildcard), the
    same as steps for a human. None for Kubernetes' own bindings.
    """
    if is_system_binding(bound):
        return None
    wanted = tuple(resources)
    names = " and ".join(dict.fromkeys(name for _, name in wanted))
    may_break = f"Whoever used it through {bound.role.kind} {bound.role.name} is refused from then on."
    rules = rule_documents(bound, snapshot)
    if not changeable(bound.holder) or any(_by_wildcard(rule, wanted) for rule in rules):
        return lesser_role(bound, names)
    gone = frozenset(verbs)
    new = [_without(rule, gone, wanted) for rule in rules]
    return replace_rules(bound, snapshot, new, title, may_break)


def lesser_role(bound: Bound, what: str) -> Fix | None:
    """Steps by which a human replaces the bound role by a narrower one; None for Kubernetes' own bindings."""
    if is_system_binding(bound):
        return None
    where = f"in namespace {bound.namespace}" if bound.namespace else "in the namespaces where it is needed"
    steps = (
        f"Make a Role {where} with only what is used, and without {what}.",
        "Bind it to the same subjects and see that they still work.",
        f"Delete {bound.ref}.",
    )
    return Fix(f"Bind a role without {what}", (), Risk.MANUAL, "", steps)


def _by_wildcard(rule: Body, wanted: tuple[Resource, ...]) -> bool:
    """Whether a rule reaches one of the resources by ``*`` or ``*/sub``, from which nothing can be subtracted."""
    entries = rule.get("resources") or ()
    groups = rule.get("apiGroups") or ()
    return any(
        (ALL in entries or (ALL + name[name.find("/") :] in entries and "/" in name))
        and (group in groups or ALL in groups)
        for group, name in wanted
    )


def _without(rule: Body, gone: frozenset[str], wanted: tuple[Resource, ...]) -> list[Body]:
    groups = rule.get("apiGroups") or []
    verbs = rule.get("verbs") or []
    hit = [
        name
        for name in rule.get("resources") or ()
        if any(name == resource and (group in groups or ALL in groups) for group, resource in wanted)
    ]
    if not hit or (ALL not in verbs and gone.isdisjoint(verbs)):
        return [rule]
    kept = [name for name in rule["resources"] if name not in hit]
    boxes = [_box(rule, resources=kept)] if kept else []
    # Of a subresource, nothing useful is left without its verb.
    plain = [name for name in hit if "/" not in name]
    safe = [verb for verb in (STANDARD_VERBS if ALL in verbs else verbs) if verb not in gone]
    if plain and safe:
        boxes.append(_box(rule, resources=plain, verbs=safe))
    taken = {group for group, resource in wanted if resource in hit}
    foreign = [group for group in groups if group not in taken and _may_serve(group, hit)]
    if foreign:
        boxes.append(_box(rule, apiGroups=foreign, resources=hit))
    return [box for box in boxes if not _inert(box)]


def _may_serve(group: str, resources: Iterable[str]) -> bool:
    """Whether another API group may have resources of the same names."""
    if group == ALL:
        return False
    return group not in BUILT_IN_GROUPS or any(group in groups_of(name) for name in resources)


def _box(rule: Body, **changes: Any) -> Body:
    return {**copy.deepcopy(rule), **changes}


def _inert(box: Body) -> bool:
    rule = PolicyRule(
        verbs=tuple(box.get("verbs") or ()),
        api_groups=tuple(box.get("apiGroups") or ()),
        resources=tuple(box.get("resources") or ()),
        resource_names=tuple(box.get("resourceNames") or ()),
        non_resource_urls=tuple(box.get("nonResourceURLs") or ()),
    )
    return any(not part.path for part in inert_parts(rule, inside=False))


def view_instead(bound: Bound, snapshot: Snapshot) -> Fix | None:
    """Bind ServiceAccounts to ``view`` in their own namespaces, then delete the binding.

    ``view`` reads no Secrets and starts nothing, so no new risk comes with it; what the ServiceAccounts do
    beyond reading must be granted by name. For users and groups no namespace is known: steps for a human.
    """
    if is_system_binding(bound):
        return None
    if snapshot.find(CLUSTER_ROLE, "view") is None or not all(item.is_account for item in bound.people):
        return lesser_role(bound, "wildcards")
    places: dict[str, list[Body]] = {}
    for account in bound.people:
        place = bound.namespace or account.namespace
        if account.name != "default" and account_exists(snapshot, account) is not False:
            subject = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}
            places.setdefault(place, []).append(subject)
    made = []
    for place, subjects in sorted(places.items()):
        ref = ObjectRef(place, "RoleBinding", f"{bound.ref.name}-view", GROUP)
        if snapshot.find(ROLE_BINDING, ref.name, place) is not None:
            return lesser_role(bound, "wildcards")
        made.append(create(ref, _view_binding(ref, subjects)))
    title = f"Grant view instead of {bound.role.name}" if made else f"Delete {bound.ref}"
    may_break = "Everything but reading in the own namespace ends; grant what is used by name."
    return Fix(title, (*made, delete(bound.ref)), Risk.REVIEW, may_break)


def _view_binding(ref: ObjectRef, subjects: list[Body]) -> Body:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"},
        "subjects": subjects,
    }
