"""Bindings that add nothing, and bindings that reach further than they need to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from ksec_tui.analysis.rbac.bindings import GROUP, Bound, binding_named, bindings
from ksec_tui.analysis.rbac.covers import covers, words_asked, words_held
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

_NAMED = 2
"""Bindings that stay which a finding names; of all others it tells how many there are."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The bindings that stay for one that can go: the first ones by name, and how many."""

    first: tuple[ObjectRef, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Role:
    """The rules of a role, the words by which they are found, and those by which what gives them is.

    `idle`: whether one of them asks for nothing, which whatever there is gives.
    """

    rules: tuple[PolicyRule, ...]
    held: frozenset[str]
    asked: tuple[str, ...]
    idle: bool

    @staticmethod
    def of(rules: tuple[PolicyRule, ...]) -> _Role:
        asked = [tuple(words_asked(rule)) for rule in rules]
        return _Role(
            rules,
            frozenset(word for rule in rules for word in words_held(rule)),
            tuple(dict.fromkeys(word for words in asked for word in words)),
            not all(asked),
        )


class _Held:
    """The bindings that one subject has in one place, found by what their rules are about.

    Bindings to equal rules are one group: thousands of one role are looked at once.
    """

    def __init__(self) -> None:
        self._groups: dict[int, dict[ObjectRef, int]] = {}
        self._by_word: dict[str, dict[int, None]] = {}
        self._all: dict[ObjectRef, int] = {}

    def add(self, ref: ObjectRef, rules: int, words: Iterable[str], number: int) -> None:
        group = self._groups.get(rules)
        if group is None:
            group = self._groups[rules] = {}
            for word in words:
                self._by_word.setdefault(word, {})[rules] = None
        group[ref] = self._all[ref] = number

    def remove(self, ref: ObjectRef, rules: int) -> None:
        del self._groups[rules][ref], self._all[ref]

    def but(self, ref: ObjectRef) -> int:
        """How many there are beside one."""
        return len(self._all) - (ref in self._all)

    def about(self, words: Iterable[str], ref: ObjectRef) -> set[int]:
        """The rules, by their number, that some binding but `ref` has and that have some of these words."""
        return {
            rules
            for word in words
            for rules in self._by_word.get(word, ())
            if len(self._groups[rules]) > (ref in self._groups[rules])
        }

    def listed(self, rules: Collection[int] | None) -> list[dict[ObjectRef, int]]:
        """The bindings to these rules, or all of them, with their numbers, by which each dict is ordered."""
        return [self._all] if rules is None else [self._groups[each] for each in rules]


def _redundant(snapshot: Snapshot) -> dict[ObjectRef, _Kept]:
    """Bindings that can go all together without any subject losing anything, and those that stay for them.

    A binding that grants everything holds up no other: that it goes is asked for elsewhere.
    """
    every = [item for item in bindings(snapshot) if item.rules and not any(map(is_everything, item.rules))]
    numbers: dict[int, int] = {}  # all bindings to one role have the very same rules
    roles: list[_Role] = []
    held: dict[tuple[tuple[str, str], str | None], _Held] = {}
    for number, item in enumerate(every):
        rules = numbers.setdefault(id(item.rules), len(roles))
        if rules == len(roles):
            roles.append(_Role.of(item.rules))
        for person in item.people:
            spot = held.get((person.login, item.namespace))
            if spot is None:
                spot = held[person.login, item.namespace] = _Held()
            spot.add(item.ref, rules, roles[rules].held, number)
    search = _Search(held, roles)
    found: dict[ObjectRef, _Kept] = {}
    for item in sorted(every, key=lambda one: (one.namespace is None, one.ref)):
        if is_system_binding(item) or not item.people:
            continue
        kept = search.kept(item, roles[numbers[id(item.rules)]])
        if kept is not None:
            found[item.ref] = kept
            for login in dict.fromkeys(person.login for person in item.people):
                held[login, item.namespace].remove(item.ref, numbers[id(item.rules)])
    return found


@dataclass(frozen=True, slots=True)
class _Search:
    held: dict[tuple[tuple[str, str], str | None], _Held]
    roles: list[_Role]

    def kept(self, item: Bound, role: _Role) -> _Kept | None:
        """The bindings without which a binding to `role` could not go; None when it cannot."""
        helping: list[tuple[_Held, Collection[int] | None]] = []
        for person in item.people:
            spots = [
                spot
                for place in dict.fromkeys((None, item.namespace))
                if (spot := self.held.get((person.login, place))) is not None
            ]
            about = [spot.about(role.asked, item.ref) for spot in spots]
            owned = [rule for rules in sorted(set().union(*about)) for rule in self.roles[rules].rules]
            if not any(spot.but(item.ref) for spot in spots) or not covers(owned, item.rules):
                return None
            helpful = [{rules for rules in some if self._helps(rules, item)} for some in about]
            whole = role.idle or not any(helpful)
            helping += zip(spots, [None] * len(spots) if whole else helpful, strict=True)
        return self._told(item, helping)

    def _helps(self, rules: int, item: Bound) -> bool:
        return any(covers(self.roles[rules].rules, (rule,)) for rule in item.rules)

    def _told(self, item: Bound, helping: list[tuple[_Held, Collection[int] | None]]) -> _Kept:
        first: dict[ObjectRef, None] = {}
        groups: list[dict[ObjectRef, int]] = []
        for spot, rules in helping:
            listed = spot.listed(rules)
            groups += listed
            if len(first) < _NAMED:
                few = (
                    (number, ref)
                    for group in listed
                    for ref, number in islice(group.items(), _NAMED + len(first) + 1)
                    if ref != item.ref and ref not in first
                )
                first.update((ref, None) for _, ref in sorted(few)[: _NAMED - len(first)])
        if len(item.people) == 1:  # then none is in two of the groups
            count = sum(len(group) - (item.ref in group) for group in groups)
        else:
            count = len({ref for group in groups for ref in group if ref != item.ref})
        return _Kept(tuple(first), count)


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
    found: dict[ObjectRef, _Kept] = snapshot.derived(_redundant, _redundant)
    kept = found.get(bound.ref)
    if kept is not None:
        others = " and ".join(map(str, kept.first))
        more = f" and {kept.count - _NAMED} more" if kept.count > _NAMED else ""
        words = f"{holders(bound)} holds all of {bound.role} by {others}{more} too"
        yield Evidence("/roleRef", words, basis=in_full(bound, words))


@redundant.fix
def _redundant_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    may_break = "When the other binding goes one day, this one is no longer there to grant the same."
    fix = drop_binding(bound, snapshot, f"Delete {bound.ref}, which adds nothing", Risk.LIKELY, may_break)
    found: dict[ObjectRef, _Kept] = snapshot.derived(_redundant, _redundant)
    stays = found[bound.ref].first if bound.ref in found else ()
    others = [item for ref in stays if (item := binding_named(snapshot, ref)) is not None]
    # A change of the role that both grant takes from both the same.
    roles = (item.role for item in others if item.role != bound.role)
    rests_on = tuple(dict.fromkeys((*(item.ref for item in others), *roles)))
    return None if fix is None else msgspec.structs.replace(fix, rests_on=rests_on)


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
