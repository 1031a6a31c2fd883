"""Who holds which rules where: the index behind ``can`` and ``who-can``, built once for each Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.index import RuleIndex, numbers_in
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

Login = tuple[str, str]
"""What the authorizer compares: ``("user", name)`` or ``("group", name)``."""

_CACHED = 4096
"""Masks kept: at 20,000 rules about 10 MB."""


class Grant(msgspec.Struct, frozen=True):
    """One subject of one binding.

    Attributes:
        subject: who gets it.
        role: the role.
        binding: the binding.
        namespace: where it holds; None for the whole cluster.
        rules: the role's rules; empty when the role is missing or was not read.
        unknown: why the rules are not known; empty when they are.
    """

    subject: Who
    role: ObjectRef
    binding: ObjectRef
    namespace: str | None
    rules: tuple[PolicyRule, ...] = ()
    unknown: str = ""

    def reaches(self, namespace: str) -> bool:
        """Whether it counts for a request in `namespace`; empty for cluster-wide requests."""
        return self.namespace is None or (namespace != "" and self.namespace == namespace)


_MANY = 16
"""Grants of one login from which on a mask of all of them pays."""

_Numbered = tuple[int, Grant]
"""A grant with the number of its role."""

_NONE: dict[str | None, list[_Numbered]] = {}


class Holdings:
    """All grants, by subject, by role and by place; every list in the order of the bindings."""

    def __init__(self, snapshot: Snapshot) -> None:
        numbers: dict[ObjectRef, int] = {}
        rules: list[tuple[PolicyRule, ...]] = []
        grants: list[Grant] = []
        by_login: dict[Login, dict[str | None, list[_Numbered]]] = {}
        by_role: list[dict[str | None, list[Grant]]] = []
        within: dict[str | None, set[int]] = {}
        for bound in bindings(snapshot):
            role = numbers.get(bound.role)
            if role is None:
                role = numbers[bound.role] = len(rules)
                rules.append(bound.rules)
                by_role.append({})
            namespace = bound.namespace
            within.setdefault(namespace, set()).add(role)
            listed = by_role[role].setdefault(namespace, [])
            for subject in bound.people:
                grant = Grant(subject, bound.role, bound.ref, namespace, bound.rules, bound.unknown)
                grants.append(grant)
                listed.append(grant)
                by_login.setdefault(subject.login, {}).setdefault(namespace, []).append((role, grant))
        self.grants = tuple(grants)
        self.rules = RuleIndex(rules)
        self._by_login = by_login
        self._unread = {login: unread for login, places in by_login.items() if (unread := _unread(places))}
        self._by_role = by_role
        self._within = within
        self._held: dict[tuple[Login, str], int] = {}
        self._reach: dict[str, int] = {}

    def of(self, login: Login) -> Iterator[Grant]:
        """The grants that name `login`, those for the whole cluster first."""
        return (grant for listed in self._by_login.get(login, _NONE).values() for _, grant in listed)

    def unread(self, login: Login) -> list[Grant]:
        """Those of them whose rules are not known."""
        return self._unread.get(login, [])

    def some_of(self, logins: Iterable[Login], hits: int, namespace: str) -> list[tuple[Grant, int]]:
        """The grants of `logins` that hold a rule of `hits` in `namespace`, each with those rules' mask."""
        found: list[tuple[Grant, int]] = []
        if not hits:
            return found
        starts, full = self.rules.starts, self.rules.full
        for login in logins:
            places = self._by_login.get(login)
            if places is None:
                continue
            numbered = places.get(None, ())
            if namespace and (near := places.get(namespace)):
                numbered = [*numbered, *near]
            if len(numbered) > _MANY and not hits & self._mask(login, namespace, numbered):
                continue
            for role, grant in numbered:
                # As `rules.within`: a question is little more than these.
                if shared := (hits >> starts[role]) & full[role]:
                    found.append((grant, shared))
        return found

    def holders(self, hits: int, namespace: str | None) -> Iterator[Grant]:
        """The grants to anybody of a rule of `hits` that count for a request in `namespace`.

        An empty `namespace` asks for the whole cluster; None for all grants, wherever they hold.
        """
        owners = self.rules.owners
        if namespace is not None:
            hits &= self._reaching(namespace)
        for role in dict.fromkeys(owners[number] for number in numbers_in(hits)):
            places = self._by_role[role]
            if namespace is None:
                for listed in places.values():
                    yield from listed
                continue
            yield from places.get(None, ())
            if namespace:
                yield from places.get(namespace, ())

    def _mask(self, login: Login, namespace: str, numbered: Iterable[_Numbered]) -> int:
        key = (login, namespace)
        held = self._held.get(key)
        if held is None:
            held = 0
            for role, _ in numbered:
                held |= self.rules.span(role)
            if len(self._held) >= _CACHED:
                self._held.clear()
            self._held[key] = held
        return held

    def _reaching(self, namespace: str) -> int:
        reach = self._reach.get(namespace)
        if reach is None:
            reach = 0
            for role in self._within.get(namespace or None, ()):
                reach |= self.rules.span(role)
            if namespace:
                reach |= self._reaching("")
            if len(self._reach) >= _CACHED:
                self._reach.clear()
            self._reach[namespace] = reach
        return reach


def holdings(snapshot: Snapshot) -> Holdings:
    """The index of a Snapshot; built when first asked for."""
    found: Holdings = snapshot.derived(Holdings, Holdings)
    return found


def _unread(places: dict[str | None, list[_Numbered]]) -> list[Grant]:
    return [grant for listed in places.values() for _, grant in listed if grant.unknown]
