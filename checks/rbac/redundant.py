"""Bindings that add nothing, and bindings that reach further than they need to."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, bindings
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.resources import BUILT_IN_GROUPS, CLUSTER_SCOPED, groups_of
from ksec_tui.analysis.rbac.rules import is_everything
from ksec_tui.checks.rbac.common import BINDINGS, HOLDERS, READ, Power, holders, in_full, preface
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create, delete
from ksec_tui.fixes.lockout import guarded
from ksec_tui.fixes.rbac import drop_binding, lesser_role

SYSTEM = NotApplicable("it comes with Kubernetes")


def _redundant(snapshot: Snapshot) -> dict[ObjectRef, tuple[ObjectRef, ...]]:
    """Bindings that can go all together without any subject losing anything, and those that stay for them.

    A binding that grants everything holds up no other: that it goes is asked for elsewhere.
    """
    by_person: dict[tuple[tuple[str, str], str | None], dict[ObjectRef, Bound]] = {}
    every = [item for item in bindings(snapshot) if item.rules and not any(map(is_everything, item.rules))]
    for item in every:
        for person in item.people:
            by_person.setdefault((person.login, item.namespace), {})[item.ref] = item
    found: dict[ObjectRef, tuple[ObjectRef, ...]] = {}
    for item in sorted(every, key=lambda one: (one.namespace is None, one.ref)):
        if is_system_binding(item) or not item.people:
            continue
        kept: dict[ObjectRef, None] = {}
        for person in item.people:
            others = [
                other
                for place in dict.fromkeys((None, item.namespace))
                for other in by_person.get((person.login, place), {}).values()
                if other.ref != item.ref
            ]
            owned = [rule for other in others for rule in other.rules]
            if not others or not covers(owned, item.rules):
                break
            helpful = [other for other in others if _helps(other, item)]
            kept.update((other.ref, None) for other in helpful or others)
        else:
            found[item.ref] = tuple(kept)
            for person in item.people:
                by_person[person.login, item.namespace].pop(item.ref, None)
    return found


def _helps(other: Bound, item: Bound) -> bool:
    return any(covers(other.rules, (rule,)) for rule in item.rules)


@check(
    "hyg-redundant",
    "Binding that adds nothing",
    Severity.INFO,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.1",),
)
def redundant(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """Everything that a binding grants, its subjects hold by other bindings too.

    ## Why
    Whoever takes a right away at one place leaves it at the other, and believes that it is gone. One binding
    for one purpose can be reviewed.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: pod-reader}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list, watch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: support-reads}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pod-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: support}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: support-reads, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pod-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: support}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: pod-reader}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get, list, watch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: support-reads}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pod-reader}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: support}]
    ```
    """
    if is_system_binding(bound):
        yield SYSTEM
        return
    stop = preface(bound)
    if stop is not None:
        yield stop
        return
    found: dict[ObjectRef, tuple[ObjectRef, ...]] = snapshot.derived(_redundant, _redundant)
    if bound.ref in found:
        others = " and ".join(str(ref) for ref in found[bound.ref][:2])
        more = f" and {len(found[bound.ref]) - 2} more" if len(found[bound.ref]) > 2 else ""
        words = f"{holders(bound)} holds all of {bound.role} by {others}{more} too"
        yield Evidence("/roleRef", words, basis=in_full(bound, words))


@redundant.fix
def _redundant_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    may_break = "When the other binding goes one day, this one is no longer there to grant the same."
    return drop_binding(bound, snapshot, f"Delete {bound.ref}, which adds nothing", Risk.LIKELY, may_break)


@check(
    "hyg-crb-could-be-rb",
    "Rights everywhere for a program of one namespace",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.1", "T1098.006"),
)
def could_be_role_binding(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A ClusterRoleBinding gives ServiceAccounts of one namespace rights that a RoleBinding could give.

    ## Why
    All that it grants lies in namespaces, and who gets it lives in one. Unless the program works for others
    too, as operators do, a RoleBinding in its own namespace is enough, and a stolen token ends there. What
    only reads, and no Secrets, is told as a remark.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: session-store}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, update], resourceNames: [sessions]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: session-store}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: session-store}
    subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: session-store}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, update], resourceNames: [sessions]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: session-store, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: session-store}
    subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop}
    ```
    """
    if is_system_binding(bound):
        yield SYSTEM
        return
    stop = preface(bound)
    if stop is not None:
        yield stop
    elif bound.namespace is not None:
        yield NotApplicable("it is a RoleBinding already")
    elif _one_place(bound.people) and bound.rules and all(map(_in_namespaces, bound.rules)):
        words = (
            f"{holders(bound)} has {bound.role} in every namespace, and lives in {_one_place(bound.people)}"
        )
        harmless = all(set(rule.verbs) <= set(READ) and not SECRETS.of(rule) for rule in bound.rules)
        usual = Severity.INFO if harmless else Severity.MEDIUM
        yield Evidence("/subjects", words, None, usual, in_full(bound, words))


SECRETS = Power(READ, "", "secrets")


def _one_place(people: tuple[Who, ...]) -> str:
    places = {who.namespace if who.is_account else "" for who in people}
    return places.pop() if len(places) == 1 else ""


def _in_namespaces(rule: PolicyRule) -> bool:
    """Whether all that a rule names is known to live in namespaces."""
    if rule.non_resource_urls or not BUILT_IN_GROUPS.issuperset(rule.api_groups):
        return False
    names = [name.partition("/")[0] for name in rule.resources]
    return all(
        groups_of(name) and (group, name) not in CLUSTER_SCOPED for name in names for group in rule.api_groups
    )


@could_be_role_binding.fix
def _could_be_role_binding_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    place = _one_place(bound.people)
    ref = ObjectRef(place, "RoleBinding", bound.ref.name, GROUP)
    document = snapshot.document(bound.ref)
    if document is None or snapshot.find(ROLE_BINDING, ref.name, place) is not None:
        return lesser_role(bound, "reach into other namespaces")
    made = {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": ref.name, "namespace": place},
        "roleRef": document["roleRef"],
        "subjects": document["subjects"],
    }
    title = f"Grant {bound.role.name} in namespace {place} only"
    may_break = "If the program works in other namespaces too, it is refused there."
    return guarded(snapshot, Fix(title, (create(ref, made), delete(bound.ref)), Risk.REVIEW, may_break))
