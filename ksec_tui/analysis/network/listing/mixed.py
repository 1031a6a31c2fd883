"""Workloads whose pods a policy tells apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.labels import meets
from ksec_tui.analysis.network.listing.owners import Owner
from ksec_tui.analysis.network.rules import DIRECTIONS, Policy, Scope
from ksec_tui.cluster.ref import ObjectRef


@dataclass(frozen=True, slots=True)
class Mixed:
    """A policy selects some pods of a workload and not others.

    Attributes:
        owner: the workload.
        policy: the policy.
        field: which of its fields: ``spec.ingress[0]``.
        keys: the labels in which the pods differ.
    """

    owner: Owner
    policy: ObjectRef
    field: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        labels = ", ".join(self.keys)
        return (
            f"{self.policy}: {self.field}: it tells pods of {self.owner} apart, which differ in the labels "
            f"{labels}: they cannot be one line of a list"
        )


def mixed(every: Iterable[Owner], policies: Sequence[Policy]) -> Iterator[Mixed]:
    """Every such workload with the first policy and field that does it."""
    odd = [owner for owner in every if len(owner.labels) > 1]
    for owner in odd:
        found = next(_telling(owner, policies), None)
        if found is not None:
            yield found


def _telling(owner: Owner, policies: Sequence[Policy]) -> Iterator[Mixed]:
    for policy in policies:
        for field, scope in _scopes(policy):
            home = scope.home is None or scope.home == owner.namespace
            if home and len({meets(scope.pods, labels) for labels in owner.labels}) > 1:
                yield Mixed(owner, policy.ref, field, _differing(owner))


def _scopes(policy: Policy) -> Iterator[tuple[str, Scope]]:
    if policy.subject is not None:
        yield "spec.podSelector" if policy.ref.namespace else "spec.subject", policy.subject
    for direction in DIRECTIONS:
        for clause in policy.rules(direction) or ():
            for scope in clause.scopes:
                yield f"spec.{direction}[{clause.number - 1}]", scope


def _differing(owner: Owner) -> tuple[str, ...]:
    keys = sorted({key for labels in owner.labels for key in labels})
    return tuple(key for key in keys if len({labels.get(key) for labels in owner.labels}) > 1)
