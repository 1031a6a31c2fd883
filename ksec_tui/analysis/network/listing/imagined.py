"""A small cluster with one pod for each workload of another, and with pods that are not there.

The engine answers for it what it would for a real one: who may reach a pod that somebody may yet start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ksec_tui.analysis.network.listing.owners import Labels, Owner
from ksec_tui.analysis.network.selectors import NAME_LABEL, namespace_labels
from ksec_tui.cluster.base import KubeObject, ObjectMeta
from ksec_tui.cluster.kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    INGRESS,
    NAMESPACE,
    NETWORK_POLICY,
    OPENSHIFT_ROUTE,
    POD,
    SERVICE,
    Kind,
)
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.pods import Container, ContainerPort, Pod, PodSpec
from ksec_tui.cluster.snapshot import Snapshot

_KEPT: tuple[Kind[KubeObject], ...] = (
    NETWORK_POLICY,
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    SERVICE,
    INGRESS,
    OPENSHIFT_ROUTE,
)


@dataclass(frozen=True)
class Imagined:
    """A pod that is not there.

    Attributes:
        namespace: where; one that is not there either gets `namespace_labels`.
        name: what to call it; unique in its namespace.
        labels: its labels.
        namespace_labels: the labels of its namespace, without the one of its name; None for those it has.
        ports: what it declares.
    """

    namespace: str
    name: str
    labels: Labels
    namespace_labels: Labels | None = None
    ports: tuple[ContainerPort, ...] = ()


def imagine(snapshot: Snapshot, owners: Iterable[Owner], extra: Iterable[Imagined] = ()) -> Snapshot:
    """A cluster with the policies and Services of `snapshot`, a pod for each owner, and pods besides.

    No pod is ended or uses its node's network there; a namespace that nobody read has its name as label.
    """
    pods = [_pod(owner.namespace, pod_name(owner), owner.labels[0], owner.ports) for owner in owners]
    spaces = {pod.namespace: namespace_labels(snapshot, pod.namespace) for pod in pods}
    for item in snapshot.of(NAMESPACE):
        spaces.setdefault(item.name, namespace_labels(snapshot, item.name))
    for ghost in extra:
        pods.append(_pod(ghost.namespace, ghost.name, ghost.labels, ghost.ports))
        own = ghost.namespace_labels or {}
        spaces.setdefault(ghost.namespace, {**own, NAME_LABEL: ghost.namespace})
    objects: dict[str, tuple[KubeObject, ...]] = {kind.resource: snapshot.of(kind) for kind in _KEPT}
    objects[POD.resource] = tuple(sorted(pods, key=lambda pod: (pod.namespace, pod.name)))
    objects[NAMESPACE.resource] = tuple(_space(name, spaces) for name in sorted(spaces))
    return Snapshot(snapshot.source, objects, snapshot.coverage)


def pod_name(owner: Owner) -> str:
    """What the pod of a workload is called there."""
    return f"{owner.name}[{owner.kind}]"


def _pod(namespace: str, name: str, labels: Labels, ports: tuple[ContainerPort, ...]) -> Pod:
    meta = ObjectMeta(name=name, namespace=namespace, labels=labels)
    return Pod(metadata=meta, spec=PodSpec(containers=(Container(name="all", ports=ports),)))


def _space(name: str, spaces: Mapping[str, Labels]) -> Namespace:
    return Namespace(metadata=ObjectMeta(name=name, labels=spaces[name]))
