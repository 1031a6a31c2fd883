"""Kinds of pods that rules mean, whether or not there are any, and how they are named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ksec_tui.analysis.network.labels import Canon, Requirement, meets
from ksec_tui.analysis.network.listing.owners import Labels, Owner
from ksec_tui.analysis.network.listing.witnesses import pinned, together
from ksec_tui.analysis.network.rules import Scope
from ksec_tui.analysis.network.selectors import NAME_LABEL


@dataclass(frozen=True)
class PodKind:
    """Pods that selectors mean.

    Attributes:
        namespaces: what their namespace meets; it may pin the name.
        pods: what they meet themselves.
    """

    namespaces: Canon = ()
    pods: Canon = ()

    @property
    def anyone(self) -> bool:
        """Whether every pod is one."""
        return not self.namespaces and not self.pods

    @property
    def plain(self) -> bool:
        """Whether namespace and pod are asked for labels with one value each, and for nothing else."""
        both = bool(self.namespaces and self.pods)
        return both and all(_equals(item) for item in (*self.namespaces, *self.pods))

    def has(self, labels: Labels, namespace: Labels) -> bool:
        """Whether a pod with these labels, in a namespace with those, is one."""
        return meets(self.pods, labels) and meets(self.namespaces, namespace)

    def __and__(self, other: PodKind) -> PodKind:
        return PodKind(together(self.namespaces, other.namespaces), together(self.pods, other.pods))

    def __str__(self) -> str:
        """``shop/[pod with {app=web}]``, ``[namespace with {env=test}]/[all pods]``."""
        name = pinned(self.namespaces, NAME_LABEL)
        if name is not None and len(self.namespaces) == 1:
            where = name
        else:
            where = f"[namespace with {_said(self.namespaces)}]" if self.namespaces else "[all namespaces]"
        return f"{where}/{f'[pod with {_said(self.pods)}]' if self.pods else '[all pods]'}"


ANYONE = PodKind()


def kind_of(scope: Scope) -> PodKind:
    """The pods of a policy's peer."""
    if scope.home is not None:
        return PodKind(((NAME_LABEL, "In", (scope.home,)),), scope.pods)
    return PodKind(scope.namespaces, scope.pods)


def stand_in(kind: PodKind, owners: Iterable[tuple[Owner, Labels]]) -> bool:
    """Whether one of these workloads, each with the labels of its namespace, is of a plain kind."""
    if not kind.plain:
        return False
    return any(kind.has(labels, space) for owner, space in owners for labels in owner.labels)


def _equals(item: Requirement) -> bool:
    return item[1] == "In" and len(item[2]) == 1


def _said(canon: Canon) -> str:
    equal = sorted(f"{key}={values[0]}" for key, _, values in filter(_equals, canon))
    others = (
        f"{{Key:{key},Operator:{operator},Values:[{' '.join(values)}],}}"
        for key, operator, values in canon
        if not _equals((key, operator, values))
    )
    return "{" + ",".join([*equal, *others]) + "}"
