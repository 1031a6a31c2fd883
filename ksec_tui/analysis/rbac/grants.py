"""Grants by subject, what an identity can do, and who can do something.

A request without a namespace is decided by ClusterRoleBindings alone; one with a namespace also by the
RoleBindings there (pkg/registry/rbac/validation/rule.go VisitRulesFor). Members of ``system:masters``
are allowed everything before RBAC is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.rbac.identity import MASTERS, Identity, Who
from ksec_tui.analysis.rbac.rules import EVERYTHING, permits, permits_url
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


class Grant(msgspec.Struct, frozen=True):
    """One subject of one binding.

    Attributes:
        subject: who gets it.
        role: the role.
        binding: the binding.
        namespace: where it holds; None for the whole cluster.
        rules: the role's rules; empty when the role is missing or was not read.
    """

    subject: Who
    role: ObjectRef
    binding: ObjectRef
    namespace: str | None
    rules: tuple[PolicyRule, ...] = ()

    def reaches(self, namespace: str) -> bool:
        """Whether it counts for a request in `namespace`; empty for cluster-wide requests."""
        return self.namespace is None or (namespace != "" and self.namespace == namespace)


BUILT_IN = Grant(
    Who("Group", MASTERS),
    ObjectRef("", "ClusterRole", "cluster-admin", "rbac.authorization.k8s.io"),
    ObjectRef("", "Group", MASTERS),
    None,
    (EVERYTHING, PolicyRule(verbs=("*",), non_resource_urls=("*",))),
)
"""What no binding grants and no deletion revokes: the authorizer for privileged groups."""


def grants(snapshot: Snapshot) -> tuple[Grant, ...]:
    """Every grant of every binding; computed once."""
    found: tuple[Grant, ...] = snapshot.derived(_grants, _grants)
    return found


def bindings_of(snapshot: Snapshot, subject: Who) -> tuple[Grant, ...]:
    """The grants that name `subject` itself."""
    return _by_login(snapshot).get(subject.login, ())


def effective_grants(snapshot: Snapshot, identity: Identity) -> tuple[Grant, ...]:
    """The grants that name the identity or one of its groups."""
    index = _by_login(snapshot)
    found = [grant for login in identity.logins for grant in index.get(login, ())]
    return tuple([BUILT_IN, *found] if MASTERS in identity.groups else found)


def can(
    snapshot: Snapshot,
    identity: Identity,
    verb: str,
    group: str,
    resource: str,
    *,
    name: str = "",
    subresource: str = "",
    namespace: str = "",
) -> tuple[Grant, ...]:
    """The grants by which `identity` may do it; none means that RBAC grants it by nothing that was read.

    The arguments are those of `rules.permits`; an empty `namespace` asks for the whole cluster.
    """
    allowed = _resource_request(verb, group, resource, name, subresource)
    return _matching(effective_grants(snapshot, identity), namespace, allowed)


def can_url(snapshot: Snapshot, identity: Identity, verb: str, path: str) -> tuple[Grant, ...]:
    """The grants by which `identity` may request a path such as ``/metrics``."""
    return _matching(effective_grants(snapshot, identity), "", lambda rule: permits_url(rule, verb, path))


def who_can(
    snapshot: Snapshot,
    verb: str,
    group: str,
    resource: str,
    *,
    name: str = "",
    subresource: str = "",
    namespace: str = "",
) -> dict[Who, tuple[Grant, ...]]:
    """Every subject that a binding names directly and that may do it, with the grants; groups are not unfolded."""
    allowed = _resource_request(verb, group, resource, name, subresource)
    found: dict[Who, list[Grant]] = {BUILT_IN.subject: [BUILT_IN]}
    for grant in _matching(grants(snapshot), namespace, allowed):
        found.setdefault(grant.subject, []).append(grant)
    return {subject: tuple(found[subject]) for subject in sorted(found)}


def gaps(snapshot: Snapshot, namespace: str | None = None) -> tuple[str, ...]:
    """Why an answer may be incomplete: the kinds of RBAC objects that were not fully read."""
    coverage = snapshot.coverage
    kinds = (
        (CLUSTER_ROLE_BINDING, None),
        (CLUSTER_ROLE, None),
        (ROLE_BINDING, namespace),
        (ROLE, namespace),
    )
    return tuple(reason for kind, place in kinds if (reason := coverage.gap(kind, place)))


def _resource_request(
    verb: str, group: str, resource: str, name: str, subresource: str
) -> Callable[[PolicyRule], bool]:
    return lambda rule: permits(rule, verb, group, resource, name, subresource)


def _matching(
    some: Iterable[Grant], namespace: str, allowed: Callable[[PolicyRule], bool]
) -> tuple[Grant, ...]:
    return tuple(grant for grant in some if grant.reaches(namespace) and any(map(allowed, grant.rules)))


def _grants(snapshot: Snapshot) -> tuple[Grant, ...]:
    return tuple(
        Grant(subject, bound.role, bound.ref, bound.namespace, bound.rules)
        for bound in bindings(snapshot)
        for subject in bound.people
    )


def _by_login(snapshot: Snapshot) -> dict[tuple[str, str], tuple[Grant, ...]]:
    found: dict[tuple[str, str], tuple[Grant, ...]] = snapshot.derived(_index, _index)
    return found


def _index(snapshot: Snapshot) -> dict[tuple[str, str], tuple[Grant, ...]]:
    index: dict[tuple[str, str], list[Grant]] = {}
    for grant in grants(snapshot):
        index.setdefault(grant.subject.login, []).append(grant)
    return {login: tuple(items) for login, items in index.items()}
