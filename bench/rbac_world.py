"""A large RBAC world, questions about it, and the plain scan that answers them: what the index is held against."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.identity import MASTERS, Identity, Who, identity_of
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.analysis.rbac.rules import STANDARD_VERBS, permits
from ksec_tui.cluster.access import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    RoleRef,
    Subject,
)
from ksec_tui.cluster.base import KubeObject, ObjectMeta
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo

NAMESPACES = 500
SUBJECTS = 6_000
CLUSTER_SHARE = 0.15
"""Of the bindings and of the roles: about what large shared clusters have."""

_WORDS = "pods secrets configmaps services endpoints deployments jobs leases events nodes roles ingresses"
RESOURCES = (*_WORDS.split(), "pods/exec", "pods/log", *(f"things{number}" for number in range(60)))
GROUPS = ("", "apps", "batch", "networking.k8s.io", "example.com", "rbac.authorization.k8s.io")


Question = tuple[Identity, Request]


def world(bindings_count: int, roles_count: int, seed: int = 7) -> Snapshot:
    """A cluster with that many bindings and roles; the same for the same seed."""
    dice = random.Random(seed)
    of_cluster = max(1, int(roles_count * CLUSTER_SHARE))
    cluster_roles = [
        ClusterRole(metadata=ObjectMeta(name=f"cr-{number}", uid="1"), rules=_rules(dice))
        for number in range(of_cluster)
    ]
    roles = [
        Role(
            metadata=ObjectMeta(name=f"r-{number}", namespace=f"ns-{number % NAMESPACES}", uid="1"),
            rules=_rules(dice),
        )
        for number in range(roles_count - of_cluster)
    ]
    wide, narrow = [], []
    for number in range(bindings_count):
        subjects = tuple(_subject(dice) for _ in range(dice.randint(1, 3)))
        if number < bindings_count * CLUSTER_SHARE:
            role = RoleRef(kind="ClusterRole", name=f"cr-{dice.randrange(of_cluster)}")
            meta = ObjectMeta(name=f"crb-{number}", uid="1")
            wide.append(ClusterRoleBinding(metadata=meta, subjects=subjects, role_ref=role))
            continue
        near = dice.choice(roles) if roles and dice.random() < 0.7 else None
        place = near.namespace if near else f"ns-{dice.randrange(NAMESPACES)}"
        role = (
            RoleRef(kind="Role", name=near.name)
            if near
            else RoleRef(kind="ClusterRole", name=f"cr-{dice.randrange(of_cluster)}")
        )
        meta = ObjectMeta(name=f"rb-{number}", namespace=place, uid="1")
        narrow.append(RoleBinding(metadata=meta, subjects=subjects, role_ref=role))
    objects: dict[str, tuple[KubeObject, ...]] = {
        CLUSTER_ROLE.resource: tuple(cluster_roles),
        ROLE.resource: tuple(roles),
        CLUSTER_ROLE_BINDING.resource: tuple(wide),
        ROLE_BINDING.resource: tuple(narrow),
    }
    coverage = {name: KindCoverage(State.OK, len(items)) for name, items in objects.items()}
    return Snapshot(SourceInfo(label="synthetic"), objects, Coverage(coverage))


def _rules(dice: random.Random) -> tuple[PolicyRule, ...]:
    return tuple(
        PolicyRule(
            verbs=("*",) if dice.random() < 0.03 else tuple(dice.sample(STANDARD_VERBS, dice.randint(1, 4))),
            api_groups=("*",) if dice.random() < 0.02 else (dice.choice(GROUPS),),
            resources=("*",) if dice.random() < 0.02 else tuple(dice.sample(RESOURCES, dice.randint(1, 3))),
            resource_names=(f"name-{dice.randrange(20)}",) if dice.random() < 0.1 else (),
        )
        for _ in range(dice.randint(1, 6))
    )


def _subject(dice: random.Random) -> Subject:
    number = dice.randrange(SUBJECTS)
    kind = ("ServiceAccount", "User", "Group")[number % 3]
    place = f"ns-{number % NAMESPACES}" if kind == "ServiceAccount" else ""
    return Subject(kind=kind, name=f"s-{number}", namespace=place)


def someone(dice: random.Random) -> Identity:
    """An identity of the synthetic cluster."""
    number = dice.randrange(SUBJECTS)
    if number % 3 == 0:
        return identity_of(Who("ServiceAccount", f"s-{number}", f"ns-{number % NAMESPACES}"))
    group = f"s-{dice.randrange(SUBJECTS // 3) * 3 + 2}"
    return identity_of(Who("User", f"s-{number}"), (group,))


def something(dice: random.Random) -> Request:
    """A request: three of four in a namespace."""
    resource, _, subresource = dice.choice(RESOURCES).partition("/")
    return Request(
        verb=dice.choice(STANDARD_VERBS),
        group=dice.choice(GROUPS),
        resource=resource,
        subresource=subresource,
        name=f"name-{dice.randrange(20)}" if dice.random() < 0.5 else "",
        namespace=f"ns-{dice.randrange(NAMESPACES)}" if dice.random() < 0.75 else "",
    )


def questions(every: Sequence[Bound], count: int, seed: int) -> list[Question]:
    """Questions of which about half are granted: every second is read off some binding's rule."""
    dice = random.Random(seed)
    found: list[Question] = []
    while len(found) < count:
        if len(found) % 2:
            found.append((someone(dice), something(dice)))
            continue
        bound = dice.choice(every)
        if bound.people and bound.rules:
            found.append((identity_of(dice.choice(bound.people)), _within(dice, bound)))
    return found


def _within(dice: random.Random, bound: Bound) -> Request:
    rule = dice.choice(bound.rules)
    resource, _, subresource = dice.choice(rule.resources).partition("/")
    return Request(
        verb=dice.choice(rule.verbs),
        group=dice.choice(rule.api_groups),
        resource=resource,
        subresource=subresource,
        name=dice.choice(rule.resource_names or ("", "name-1")),
        namespace=bound.namespace or "",
    )


def _counts(bound: Bound, request: Request) -> bool:
    return bound.namespace in (None, request.namespace or None) and any(
        permits(rule, request.verb, request.group, request.resource, request.name, request.subresource)
        for rule in bound.rules
    )


def naive_can(every: Iterable[Bound], identity: Identity, request: Request) -> bool:
    """The plain scan: each binding that names the identity, its rules one by one."""
    logins = frozenset(identity.logins)
    for bound in every:
        for person in bound.people:
            if person.login in logins and _counts(bound, request):
                return True
    return False


def naive_who_can(every: Iterable[Bound], request: Request) -> set[Who]:
    """The plain scan: each binding, its rules one by one."""
    found = {Who("Group", MASTERS)}
    for bound in every:
        if _counts(bound, request):
            found.update(bound.people)
    return found
