"""Every binding with its role resolved and its subjects in normal form.

Source: pkg/registry/rbac/validation/rule.go. A Role is looked for in the binding's own namespace only, a
missing role grants nothing, and a ClusterRoleBinding to a Role resolves to nothing.
"""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import Any

import msgspec

from ksec_tui.analysis.identity import BOOTSTRAP_LABEL
from ksec_tui.analysis.rbac.identity import Who, who
from ksec_tui.analysis.rbac.rules import EVERYTHING, aggregated_rules, is_everything
from ksec_tui.cluster.access import ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

GROUP = "rbac.authorization.k8s.io"

USER_FACING = frozenset({"cluster-admin", "admin", "edit", "view"})
"""The default ClusterRoles that are meant to be bound by people (rbac bootstrappolicy)."""


class Bound(msgspec.Struct, frozen=True, dict=True):
    """A binding and what it comes to.

    Attributes:
        binding: the object.
        role: what it refers to.
        subjects: its subjects in their order; None for one that can match nobody.
        holder: the role's object; None when it is missing or was not read.
        rules: the role's rules as the authorizer sees them.
        unknown: why the rules are not known; empty when they are.
    """

    binding: ClusterRoleBinding | RoleBinding
    role: ObjectRef
    subjects: tuple[Who | None, ...]
    holder: Role | ClusterRole | None = None
    rules: tuple[PolicyRule, ...] = ()
    unknown: str = ""

    @cached_property
    def ref(self) -> ObjectRef:
        """The binding's name."""
        return self.binding.ref

    @cached_property
    def namespace(self) -> str | None:
        """The namespace to which the grant is confined; None for the whole cluster."""
        return None if isinstance(self.binding, ClusterRoleBinding) else self.binding.namespace

    @cached_property
    def people(self) -> tuple[Who, ...]:
        """The subjects that can match somebody, each once."""
        return tuple(dict.fromkeys(item for item in self.subjects if item is not None))

    @cached_property
    def everything(self) -> bool:
        """Whether one of the rules permits everything."""
        return any(map(is_everything, self.rules))

    @cached_property
    def plain(self) -> bool:
        """Whether its rules are known, and worth being looked at one by one: somebody has them, not everything."""
        return bool(self.people) and not self.unknown and not self.everything

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What was worked out of the rules alone, by a key of whoever did; all bindings to one role share it."""
        return {}

    @property
    def dangling(self) -> bool:
        """Whether the role is known not to exist."""
        return self.holder is None and not self.unknown and not self.rules


def bindings(snapshot: Snapshot) -> tuple[Bound, ...]:
    """All bindings, ClusterRoleBindings first, each by namespace and name; computed once."""
    found: dict[ObjectRef, Bound] = snapshot.derived(_collect, _collect)
    return tuple(found.values())


def binding_named(snapshot: Snapshot, ref: ObjectRef) -> Bound | None:
    """The binding of that name, or None."""
    found: dict[ObjectRef, Bound] = snapshot.derived(_collect, _collect)
    return found.get(ref)


def rules_of(snapshot: Snapshot, role: Role | ClusterRole) -> tuple[PolicyRule, ...]:
    """The rules of a role, as the authorizer reads them: those that are stored.

    An aggregated role in a manifest has no rules yet; then those that its controller will write. What a
    cluster has stored carries a uid.
    """
    if isinstance(role, ClusterRole) and not role.rules and not role.metadata.uid:
        return aggregated_rules(role, snapshot.of(CLUSTER_ROLE))
    return role.rules or ()


class _Resolver:
    """Finds the roles that bindings refer to; what many bindings need is looked up once."""

    def __init__(self, snapshot: Snapshot) -> None:
        # The Snapshot keeps this resolver: without a cycle both are freed at once when a newer one replaces it.
        self._snapshot: Snapshot = weakref.proxy(snapshot)
        self._has_defaults = any(
            role.metadata.labels.get(BOOTSTRAP_LABEL) == "rbac-defaults" for role in snapshot.of(CLUSTER_ROLE)
        )
        self._known: dict[tuple[str, str, str], tuple[ObjectRef, Role | ClusterRole | None, str]] = {}
        self._rules: dict[ObjectRef, tuple[PolicyRule, ...]] = {}
        self._memos: dict[ObjectRef, dict[Any, Any]] = {}

    def bound(self, binding: ClusterRoleBinding | RoleBinding) -> Bound:
        """The binding with what it comes to."""
        inside = binding.metadata.namespace if isinstance(binding, RoleBinding) else ""
        subjects = tuple(who(subject, inside) for subject in binding.subjects or ())
        refers = binding.role_ref
        key = (inside if refers.kind == "Role" else "", refers.kind, refers.name)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._role(ObjectRef(*key, GROUP))
        ref, holder, unknown = found
        made = Bound(binding, ref, subjects, holder, self._rules.get(ref, ()), unknown)
        vars(made)["memo"] = self._memos.setdefault(ref, {})
        return made

    def _role(self, ref: ObjectRef) -> tuple[ObjectRef, Role | ClusterRole | None, str]:
        holder = _holder(self._snapshot, ref)
        if holder is not None:
            self._rules[ref] = rules_of(self._snapshot, holder)
            return ref, holder, ""
        assumed = ref.kind == "ClusterRole" and not self._has_defaults
        if assumed and ref.name == "cluster-admin":
            self._rules[ref] = (EVERYTHING,)
            return ref, None, ""
        return ref, None, _why_unknown(self._snapshot, ref, assumed=assumed)


def resolve(snapshot: Snapshot, binding: ClusterRoleBinding | RoleBinding) -> Bound:
    """A binding, which need not be in the Snapshot, with what it would come to there."""
    resolver: _Resolver = snapshot.derived(_Resolver, _Resolver)
    return resolver.bound(binding)


def _collect(snapshot: Snapshot) -> dict[ObjectRef, Bound]:
    every: tuple[ClusterRoleBinding | RoleBinding, ...] = (
        *snapshot.of(CLUSTER_ROLE_BINDING),
        *snapshot.of(ROLE_BINDING),
    )
    return {binding.ref: resolve(snapshot, binding) for binding in every}


RESOLVED = _collect
"""The key under which a Snapshot keeps its `bindings`."""


def _holder(snapshot: Snapshot, ref: ObjectRef) -> Role | ClusterRole | None:
    if ref.kind == "ClusterRole":
        return snapshot.find(CLUSTER_ROLE, ref.name)
    if ref.kind == "Role" and ref.namespace:
        return snapshot.find(ROLE, ref.name, ref.namespace)
    return None


def _why_unknown(snapshot: Snapshot, ref: ObjectRef, *, assumed: bool) -> str:
    if ref.kind == "ClusterRole":
        gap = snapshot.unsure(CLUSTER_ROLE, ref.name)
        if gap is None and assumed and (ref.name in USER_FACING or ref.name.startswith("system:")):
            return f"{ref} comes with every cluster but is not among the objects that were read"
        return gap or ""
    if ref.kind == "Role" and ref.namespace:
        return snapshot.unsure(ROLE, ref.name, ref.namespace) or ""
    return ""
