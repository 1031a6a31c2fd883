"""Workloads as np-guard's netpol-analyzer names them: ``namespace/name[Kind]`` of a pod's direct controller.

Where that controller's own owner was not read, or was, makes no difference: the pods of a Deployment that
were read are those of its ReplicaSet. A controller without pods stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.selectors import serving
from ksec_tui.analysis.workloads import CONTROLLERS, template_of
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import ContainerPort, PodSpec
from ksec_tui.cluster.snapshot import Snapshot

Labels = dict[str, str]

VIRTUAL_MACHINE_POD = ("kubevirt.io", "virt-launcher")
"""The label of the pod that runs a virtual machine of KubeVirt."""


@dataclass(frozen=True)
class Owner:
    """A workload.

    Attributes:
        namespace: its namespace.
        name: the name of the controller, or of the bare pod.
        kind: ``ReplicaSet``, ``Pod``, …
        labels: the distinct label sets of its pods, in their order; never none.
        ports: the container ports that its pods declare.
    """

    namespace: str
    name: str
    kind: str
    labels: tuple[Labels, ...]
    ports: tuple[ContainerPort, ...]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}[{self.kind}]"


def owners(snapshot: Snapshot) -> tuple[Owner, ...]:
    """Every workload, by its words; pods that have ended are none."""
    found: dict[tuple[str, str, str], tuple[list[Labels], dict[ContainerPort, None]]] = {}
    made: set[tuple[str, str, str]] = set()
    for pod in snapshot.of(POD):
        if pod.finished or is_virtual_machine(pod.metadata.labels):
            continue
        _take(found, _key(pod), pod.metadata.labels, pod.spec)
    for item in _controllers(snapshot):
        above = item.controller
        if above is not None:
            made.add((item.namespace, above.name, above.kind))
    for item in _controllers(snapshot):
        key = item.namespace, item.name, item.kind
        template = template_of(item)
        if template is not None and key not in found and key not in made:
            _take(found, key, template[0].metadata.labels, template[0].spec)
    built = (Owner(*key, tuple(labels), tuple(ports)) for key, (labels, ports) in found.items())
    return tuple(sorted(built, key=str))


def is_virtual_machine(labels: Labels) -> bool:
    """Whether a pod with these labels runs a virtual machine, whose own labels it does not bear."""
    key, value = VIRTUAL_MACHINE_POD
    return labels.get(key) == value


def _controllers(snapshot: Snapshot) -> Iterator[KubeObject]:
    for kind in CONTROLLERS:
        yield from snapshot.of(kind)


def _key(pod: KubeObject) -> tuple[str, str, str]:
    owner = pod.controller
    if owner is None or not owner.name:
        return pod.namespace, pod.name, "Pod"
    return pod.namespace, owner.name, owner.kind or "Pod"


def _take(
    found: dict[tuple[str, str, str], tuple[list[Labels], dict[ContainerPort, None]]],
    key: tuple[str, str, str],
    labels: Labels,
    spec: PodSpec,
) -> None:
    sets, ports = found.setdefault(key, ([], {}))
    if labels not in sets:
        sets.append(labels)
    for container in serving(spec):
        ports.update(dict.fromkeys(container.ports))
