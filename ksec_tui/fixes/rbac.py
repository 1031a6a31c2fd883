"""Fixes of RBAC objects: subjects out of a binding, rights out of a role, a lesser role instead of a greater.

Rules and subjects are atomic lists without merge keys, so they are changed by position, each position
guarded by a `test` of what stands there; roleRef cannot be changed, so a new binding is made first.
Default and aggregated roles are never touched: the API server and the controller write them again. Who is
bound to one gets a role of their own instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ksec_tui.analysis.identity import is_bootstrap, is_system
from ksec_tui.analysis.rbac.bindings import GROUP, Bound
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.subjects import account_exists
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Cut, Fix, Risk
from ksec_tui.fixes.build import Body, create, delete, json_patch, op
from ksec_tui.fixes.lockout import bindings_to, guarded
from ksec_tui.fixes.rights_in_use import passed_on, running_with
from ksec_tui.fixes.rules import by_wildcard, cut_change, without
from ksec_tui.fixes.split import documents_of, split

Resource = tuple[str, str]
"""(API group, ``pods/exec``)."""


def drop_binding(bound: Bound, snapshot: Snapshot, title: str, risk: Risk, may_break: str = "") -> Fix | None:
    """Delete a binding; None for one of Kubernetes' own."""
    if is_system_binding(bound):
        return None
    return guarded(snapshot, Fix(title, (delete(bound.ref),), risk, may_break))


def drop_subjects(
    bound: Bound, snapshot: Snapshot, positions: Iterable[int], title: str, risk: Risk, may_break: str = ""
) -> Fix | None:
    """Take subjects out of a binding; None for Kubernetes' own.

    When nobody would be left, or its role does not exist, the binding goes.
    """
    gone = sorted(set(positions), reverse=True)
    if not gone or is_system_binding(bound):
        return None
    left = [who for index, who in enumerate(bound.subjects) if index not in gone and who is not None]
    document = snapshot.document(bound.ref)
    may_break = _and(may_break, running_with(snapshot, (bound.subjects[index] for index in gone)))
    if not left or document is None or bound.dangling:
        said = title if left else f"{title}: nobody else is in it, so it goes"
        return guarded(snapshot, Fix(said, (delete(bound.ref),), risk, may_break))
    subjects: list[Any] = document["subjects"]
    guard = op("test", "/roleRef/name", bound.role.name)
    tests = [op("test", f"/subjects/{index}", subjects[index]) for index in gone]
    removals = [op("remove", f"/subjects/{index}") for index in gone]
    change = json_patch(bound.ref, guard, *tests, *removals)
    return guarded(snapshot, Fix(title, (change,), risk, may_break))


def changeable(role: Role | ClusterRole | None) -> bool:
    """Whether a change of the role's rules would last: it is neither a default nor an aggregated role."""
    if role is None or is_system(role):
        return False
    return not (isinstance(role, ClusterRole) and role.aggregation_rule is not None)


def narrow(
    bound: Bound,
    snapshot: Snapshot,
    cuts: Sequence[Cut],
    title: str,
    what: str,
    may_break: str = "",
) -> Fix | None:
    """Take `cuts` out of the bound role, and nothing else; when no rule would be left, the binding goes.

    A default or aggregated role stays as it is: the binding's subjects get a role of their own, cut from it.
    Where a rule names the resources by a wildcard nothing can be subtracted: the same as steps for a human.
    None for Kubernetes' own bindings and when nothing changes.

    Args:
        bound: the binding.
        snapshot: the cluster.
        cuts: what goes.
        title: the fix in words.
        what: that of which a lesser role would be without: ``pods/exec``.
        may_break: what no longer works; empty for a plain sentence.
    """
    if is_system_binding(bound):
        return None
    rules = rule_documents(bound, snapshot)
    if not rules or any(by_wildcard(rule, cut) for rule in rules for cut in cuts):
        return lesser_role(bound, what, _WILDCARD.format(role=bound.role) if rules else "")
    if not _own(bound, snapshot):
        return split(bound, snapshot, rules, cuts, title, may_break) or lesser_role(bound, what)
    left = [without(rule, index, cuts) for index, rule in enumerate(rules)]
    if left == [[rule] for rule in rules]:
        return None
    may_break = (
        may_break or f"Whoever used it through {bound.role.kind} {bound.role.name} is refused from then on."
    )
    if not any(left):
        title = f"{title}: nothing else is in it, so {bound.ref} goes"
        may_break = _and(may_break, running_with(snapshot, bound.people))
        return guarded(snapshot, Fix(title, (delete(bound.ref),), Risk.REVIEW, may_break))
    every = bindings_to(snapshot, bound.role)
    others = len(every) - 1
    if others:
        count = f"{others} other binding{'' if others == 1 else 's'}"
        may_break = f"{may_break} {count} of {bound.role} lose{'s' if others == 1 else ''} it too."
    people = (who for item in every for who in item.people)
    may_break = _and(may_break, passed_on(snapshot, bound.holder), running_with(snapshot, people))
    change = cut_change(bound.role, dict(enumerate(rules)), cuts)
    return guarded(snapshot, Fix(title, (change,), Risk.REVIEW, may_break))


def _and(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def rule_documents(bound: Bound, snapshot: Snapshot) -> list[Body]:
    """The rules of the bound role as they are stored; those of an aggregated manifest as they will be."""

    def read(whole: Snapshot) -> list[Body]:
        document = whole.document(bound.role) or {}
        return list(document.get("rules") or ()) or documents_of(bound.rules if bound.holder else ())

    found: list[Body] = snapshot.derived((rule_documents, bound.role), read)
    return found


def cut(
    bound: Bound, snapshot: Snapshot, verbs: Iterable[str], resources: Iterable[Resource], title: str
) -> Fix | None:
    """Take `verbs` on `resources` out of the bound role, as `narrow` does it."""
    wanted = tuple(resources)
    names = " and ".join(dict.fromkeys(name for _, name in wanted))
    return narrow(bound, snapshot, (Cut(tuple(verbs), wanted),), title, names)


def _own(bound: Bound, snapshot: Snapshot) -> bool:
    """Whether the bound role may be changed: neither Kubernetes nor a component of it writes or needs it."""
    role = bound.holder
    if role is None or is_bootstrap(role) or (isinstance(role, ClusterRole) and role.aggregation_rule):
        return False
    return changeable(role) or not any(map(is_system_binding, bindings_to(snapshot, bound.role)))


_WILDCARD = "{role} names resources by *, from which nothing can be taken: list those that are used."


def lesser_role(bound: Bound, what: str, why: str = "") -> Fix | None:
    """Steps by which a human replaces the bound role by a narrower one; None for Kubernetes' own bindings.

    `why` says, as the first step, why no patch does it.
    """
    if is_system_binding(bound):
        return None
    where = f"in namespace {bound.namespace}" if bound.namespace else "in the namespaces where it is needed"
    steps = (
        *((why,) if why else ()),
        f"Make a Role {where} with only what is used, and without {what}.",
        "Bind it to the same subjects and see that they still work.",
        f"Delete {bound.ref}.",
    )
    return Fix(f"Bind a role without {what}", (), Risk.MANUAL, "", steps)


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
    ends = "Everything but reading in the own namespace ends; grant what is used by name."
    may_break = _and(ends, running_with(snapshot, bound.people))
    return guarded(snapshot, Fix(title, (*made, delete(bound.ref)), Risk.REVIEW, may_break))


def _view_binding(ref: ObjectRef, subjects: list[Body]) -> Body:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"},
        "subjects": subjects,
    }
