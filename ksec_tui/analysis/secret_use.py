"""Which workloads take which Secrets, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ksec_tui.analysis.workloads import Placed, Workload, workloads
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot


class Variable(NamedTuple):
    """One entry of a container's env or envFrom that takes from a Secret.

    Attributes:
        item: the container.
        place: JSON pointer below the container.
        secret: the Secret's name.
        name: of the variable; empty for a whole Secret.
    """

    item: Placed
    place: str
    secret: str
    name: str = ""


def variables(item: Placed) -> Iterator[Variable]:
    """The variables of a container that come from single keys of Secrets."""
    for index, variable in enumerate(item.container.env):
        source = variable.value_from.secret_key_ref if variable.value_from is not None else None
        if source is not None:
            yield Variable(item, f"/env/{index}/valueFrom/secretKeyRef", source.name, variable.name)


def whole(item: Placed) -> Iterator[Variable]:
    """The Secrets that a container takes whole as variables."""
    for index, source in enumerate(item.container.env_from):
        if source.secret_ref is not None:
            yield Variable(item, f"/envFrom/{index}/secretRef", source.secret_ref.name)


def mounted(spec: PodSpec) -> Iterator[str]:
    """The names of the Secrets in a pod's volumes."""
    for volume in spec.volumes:
        if volume.secret is not None:
            yield volume.secret.secret_name
        for source in volume.projected.sources if volume.projected is not None else ():
            if source.secret is not None:
                yield source.secret.name


def secrets_of(workload: Workload) -> tuple[str, ...]:
    """The Secrets whose contents are in a workload's containers; pull secrets stay with the kubelet."""
    names = dict.fromkeys(mounted(workload.spec))
    for item in workload.placed:
        names |= dict.fromkeys(use.secret for use in (*variables(item), *whole(item)))
    return tuple(name for name in names if name)


def users(snapshot: Snapshot, namespace: str, name: str) -> tuple[Workload, ...]:
    """The workloads that hold a Secret, in their order; computed once for all."""
    index: dict[tuple[str, str], tuple[Workload, ...]] = snapshot.derived(_index, _index)
    return index.get((namespace, name), ())


def _index(snapshot: Snapshot) -> dict[tuple[str, str], tuple[Workload, ...]]:
    found: dict[tuple[str, str], list[Workload]] = {}
    for workload in workloads(snapshot):
        for name in secrets_of(workload):
            found.setdefault((workload.namespace, name), []).append(workload)
    return {key: tuple(items) for key, items in found.items()}
