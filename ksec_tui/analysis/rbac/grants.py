"""Grants by subject, what an identity can do, and who can do something.

A request without a namespace is decided by ClusterRoleBindings alone; one with a namespace also by the
RoleBindings there (pkg/registry/rbac/validation/rule.go VisitRulesFor). Members of ``system:masters``
are allowed everything before RBAC is asked.
"""

from __future__ import annotations

from ksec_tui.analysis.rbac.holdings import Grant as Grant  # the name that callers know it by
from ksec_tui.analysis.rbac.holdings import Holdings, holdings
from ksec_tui.analysis.rbac.identity import MASTERS, Identity, Who
from ksec_tui.analysis.rbac.rules import EVERY_URL, EVERYTHING
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

BUILT_IN = Grant(
    Who("Group", MASTERS),
    ObjectRef("", "ClusterRole", "cluster-admin", "rbac.authorization.k8s.io"),
    ObjectRef("", "Group", MASTERS),
    None,
    (EVERYTHING, EVERY_URL),
)
"""What no binding grants and no deletion revokes: the authorizer for privileged groups."""


def grants(snapshot: Snapshot) -> tuple[Grant, ...]:
    """Every grant of every binding; computed once."""
    return holdings(snapshot).grants


def bindings_of(snapshot: Snapshot, subject: Who) -> tuple[Grant, ...]:
    """The grants that name `subject` itself."""
    return tuple(holdings(snapshot).of(subject.login))


def effective_grants(snapshot: Snapshot, identity: Identity) -> tuple[Grant, ...]:
    """The grants that name the identity or one of its groups."""
    index = holdings(snapshot)
    found = [grant for login in identity.logins for grant in index.of(login)]
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
    index = holdings(snapshot)
    hits = index.rules.resource(verb, group, resource, subresource, name)
    return _granting(index, identity, hits, namespace)


def can_url(snapshot: Snapshot, identity: Identity, verb: str, path: str) -> tuple[Grant, ...]:
    """The grants by which `identity` may request a path such as ``/metrics``."""
    index = holdings(snapshot)
    return _granting(index, identity, index.rules.url(verb, path), "")


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
    index = holdings(snapshot)
    return _holders(index, index.rules.resource(verb, group, resource, subresource, name), namespace)


def who_can_url(snapshot: Snapshot, verb: str, path: str) -> dict[Who, tuple[Grant, ...]]:
    """The same for a path such as ``/metrics``."""
    index = holdings(snapshot)
    return _holders(index, index.rules.url(verb, path), "")


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


def _granting(index: Holdings, identity: Identity, hits: int, namespace: str) -> tuple[Grant, ...]:
    some = index.some_of(identity.logins, hits, namespace)
    found = tuple([grant for grant, _ in some]) if some else ()
    return (BUILT_IN, *found) if MASTERS in identity.groups else found


def _holders(index: Holdings, hits: int, namespace: str) -> dict[Who, tuple[Grant, ...]]:
    found: dict[Who, list[Grant]] = {BUILT_IN.subject: [BUILT_IN]}
    for grant in index.holders(hits, namespace):
        listed = found.get(grant.subject)
        if listed is None:
            found[grant.subject] = [grant]
        else:
            listed.append(grant)
    return {subject: tuple(found[subject]) for subject in sorted(found)}
