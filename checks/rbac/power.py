"""Rights that are a risk, and which of them a role gives: asked once for all bindings to the role."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.resources import CLUSTER_SCOPED
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.findings.finding import NotApplicable

VIRTUAL_CLUSTER_SCOPED = frozenset({("", "users"), ("", "groups"), ("certificates.k8s.io", "signers")})
"""Names that stand for no stored objects and are asked for without a namespace."""


@dataclass(frozen=True)
class Power:
    """A right that is a risk: any of some verbs on one resource (``pods/exec``) of one API group.

    Attributes:
        verbs: the verbs.
        group: the API group.
        resource: the resource; ``*`` for whatever a rule names in that group.
        inside: whether a RoleBinding can give it where the resource's scope does not tell.
        names: the objects for which it matters, ``x*`` by their beginning (``x/*`` is a signer's domain);
            empty for all.
    """

    verbs: tuple[str, ...]
    group: str
    resource: str
    inside: bool | None = None
    names: tuple[str, ...] = ()

    @cached_property
    def reachable_inside(self) -> bool:
        """Whether a RoleBinding can give it: requests for the resource have a namespace."""
        if self.inside is not None:
            return self.inside
        key = (self.group, self.resource.partition("/")[0])
        return key not in CLUSTER_SCOPED and key not in VIRTUAL_CLUSTER_SCOPED

    @cached_property
    def _entries(self) -> frozenset[str]:
        """The entries of a rule's resources that cover it."""
        _, slash, subresource = self.resource.partition("/")
        return frozenset((ALL, self.resource, f"*/{subresource}") if slash else (ALL, self.resource))

    def of(self, rule: PolicyRule) -> tuple[str, ...]:
        """Those of its verbs that `rule` gives, leaving out what resourceNames make impossible."""
        if self.group not in rule.api_groups and (ALL not in rule.api_groups or self.resource == ALL):
            return ()
        if not rule.resources or (self.resource != ALL and self._entries.isdisjoint(rule.resources)):
            return ()
        if self.names and pinned(rule) and not self.meant(rule):
            return ()
        given = [verb for verb in self.verbs if verb in rule.verbs or ALL in rule.verbs]
        if pinned(rule) and "/" not in self.resource:
            # A POST names no object, PUT and server-side apply do; deletecollection never does.
            named = not {"update", "patch", ALL}.isdisjoint(rule.verbs)
            given = [verb for verb in given if verb != "deletecollection" and (verb != "create" or named)]
        return tuple(given)

    def meant(self, rule: PolicyRule) -> bool:
        """Whether the rule's resourceNames are just those that make it a risk: then they lower nothing."""
        return any(
            name == wanted
            or (wanted.endswith(ALL) and not wanted.endswith("/*") and name.startswith(wanted[:-1]))
            for wanted in self.names
            for name in rule.resource_names
        )


def powers(
    verbs: tuple[str, ...], group: str, resources: str, *, inside: bool | None = None
) -> tuple[Power, ...]:
    """The same verbs on several resources of a group, whose names are separated by spaces."""
    return tuple(Power(verbs, group, name, inside) for name in resources.split())


def pinned(rule: PolicyRule) -> bool:
    """Whether a rule is confined to objects of certain names."""
    return bool(rule.resource_names) and "" not in rule.resource_names


def nowhere(bound: Bound, wanted: tuple[Power, ...], *, matters: bool) -> NotApplicable:
    """Why a RoleBinding cannot give any of the powers; made once for each namespace that the role is bound in."""
    memo: dict[tuple[int, bool, str | None], tuple[tuple[Power, ...], NotApplicable]] = bound.memo
    key = (id(wanted), matters, bound.namespace)
    known = memo.get(key)
    if known is not None:
        return known[1]
    reachable = matters or any(power.reachable_inside for power in wanted)
    why = "it does not matter there" if reachable else "such requests have no namespace"
    said = NotApplicable(f"a RoleBinding in {bound.namespace} cannot give it: {why}")
    _keep(memo, key, (wanted, said))
    return said


Hits = tuple[tuple[int, tuple[tuple[Power, tuple[str, ...]], ...]], ...]
"""The positions of the rules that give some power, each with the powers and the verbs of each."""

_KEPT = 1024
"""Answers kept for a role: the questions are fewer, as long as each is asked with the same tuple again."""


def hits_of(bound: Bound, wanted: tuple[Power, ...]) -> Hits:
    """Which rules give which of the powers; worked out once for all bindings to the role, by identity of `wanted`."""
    everywhere = bound.namespace is None
    memo: dict[tuple[int, bool], tuple[tuple[Power, ...], Hits]] = bound.memo
    key = (id(wanted), everywhere)
    known = memo.get(key)
    if known is not None:  # `wanted` is kept with the answer: no other tuple can have its id
        return known[1]
    reach = wanted if everywhere else [power for power in wanted if power.reachable_inside]
    found = tuple(
        (index, hits)
        for index, rule in enumerate(bound.rules)
        if (hits := tuple((power, verbs) for power in reach if (verbs := power.of(rule))))
    )
    _keep(memo, key, (wanted, found))
    return found


def given(bound: Bound, wanted: tuple[Power, ...]) -> tuple[Power, ...]:
    """Those of the powers that some rule of the bound role gives, wherever it is bound; worked out once."""
    memo: dict[tuple[int, str], tuple[tuple[Power, ...], tuple[Power, ...]]] = bound.memo
    key = (id(wanted), "given")
    known = memo.get(key)
    if known is None:
        known = wanted, tuple(power for power in wanted if any(map(power.of, bound.rules)))
        _keep(memo, key, known)
    return known[1]


def _keep(memo: dict[Any, Any], key: object, answer: object) -> None:
    if len(memo) >= _KEPT:
        memo.clear()
    memo[key] = answer
