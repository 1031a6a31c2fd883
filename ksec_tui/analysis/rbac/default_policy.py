"""The roles and bindings that an API server makes by itself, and what a cluster has beyond them.

Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy. At its start the server puts back what is missing
from them, but never takes away what was added; so an addition stays until somebody sees it.
"""

from __future__ import annotations

import functools

import msgspec

from ksec_tui.analysis.rbac.bindings import GROUP
from ksec_tui.analysis.rbac.covers import uncovered
from ksec_tui.analysis.rbac.holdings import Grant
from ksec_tui.analysis.rbac.identity import Identity, Who
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.data.rbac import DefaultRole, Defaults, defaults


class DefaultPolicy(msgspec.Struct, frozen=True):
    """The default policy of one minor version.

    Attributes:
        roles: the rules of each default role, an aggregated one with all that it collects.
        gated: what each has besides when a feature that is off by default is on.
        bindings: the role and the subjects of each default binding.
    """

    roles: dict[ObjectRef, tuple[PolicyRule, ...]]
    gated: dict[ObjectRef, tuple[PolicyRule, ...]]
    bindings: dict[ObjectRef, tuple[ObjectRef, tuple[Who, ...]]]

    def grants(self, identity: Identity) -> tuple[Grant, ...]:
        """What the policy alone gives to an identity, for `Matrix`."""
        logins = frozenset(identity.logins)
        return tuple(
            Grant(subject, role, ref, ref.namespace or None, self.roles.get(role, ()))
            for ref, (role, subjects) in self.bindings.items()
            for subject in subjects
            if subject.login in logins
        )


@functools.cache
def default_policy(minor: int | None) -> DefaultPolicy | None:
    """The default policy of ``1.minor``; None when it is not known."""
    facts = None if minor is None else defaults(minor)
    if facts is None:
        return None
    roles: dict[ObjectRef, tuple[PolicyRule, ...]] = {}
    gated: dict[ObjectRef, tuple[PolicyRule, ...]] = {}
    for name in facts.cluster_roles:
        ref = ObjectRef("", "ClusterRole", name, GROUP)
        parts = _collected(facts, name)
        roles[ref] = tuple(dict.fromkeys(_rule(line) for part in parts for line in part.rules))
        gated[ref] = tuple(dict.fromkeys(_rule(line) for part in parts for line in part.gated))
    for path, role in facts.roles.items():
        namespace, _, name = path.partition("/")
        roles[ObjectRef(namespace, "Role", name, GROUP)] = tuple(_rule(line) for line in role.rules)
    bindings = {}
    for path, binding in facts.bindings.items():
        namespace, _, name = path.rpartition("/")
        ref = ObjectRef(namespace, "RoleBinding" if namespace else "ClusterRoleBinding", name, GROUP)
        kind, _, role_name = binding.role.partition(" ")
        target = ObjectRef(namespace if kind == "Role" else "", kind, role_name, GROUP)
        bindings[ref] = (target, tuple(_who(subject) for subject in binding.subjects))
    return DefaultPolicy(roles, gated, bindings)


def extra_rules(policy: DefaultPolicy, role: Role | ClusterRole) -> tuple[PolicyRule, ...] | None:
    """What a default role grants beyond the policy; None when it is no default role.

    What a feature adds that is off by default does not count.
    """
    known = policy.roles.get(role.ref)
    if known is None:
        return None
    return uncovered((*known, *policy.gated.get(role.ref, ())), role.rules or ())


def extra_subjects(
    policy: DefaultPolicy, binding: ObjectRef, subjects: tuple[Who, ...]
) -> tuple[Who, ...] | None:
    """Whom a default binding names beyond the policy; None when it is no default binding."""
    known = policy.bindings.get(binding)
    return None if known is None else tuple(who for who in subjects if who not in known[1])


def _collected(facts: Defaults, name: str) -> tuple[DefaultRole, ...]:
    role = facts.cluster_roles[name]
    if not role.from_:
        return (role,)
    return tuple(
        part
        for label in role.from_
        for other in sorted(facts.cluster_roles)
        if label in facts.cluster_roles[other].into and other != name
        for part in _collected(facts, other)
    )


def _rule(line: str) -> PolicyRule:
    verbs, what, *rest = line.split(" ")
    words = {part[0]: tuple(part[1:].split(",")) for part in rest}
    if what.startswith("/") or (what == "*" and "@" not in words):
        return PolicyRule(verbs=tuple(verbs.split(",")), non_resource_urls=tuple(what.split(",")))
    return PolicyRule(
        verbs=tuple(verbs.split(",")),
        api_groups=words.get("@", ("",)),
        resources=tuple(what.split(",")),
        resource_names=words.get("=", ()),
    )


def _who(text: str) -> Who:
    kind, _, path = text.partition(" ")
    if kind != "ServiceAccount":
        return Who(kind, path)
    namespace, _, name = path.partition("/")
    return Who(kind, name, namespace)
