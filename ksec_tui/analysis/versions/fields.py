"""Fields, annotations and mechanisms that go, and who still uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ksec_tui.analysis.versions.cluster import kubelet_version
from ksec_tui.analysis.versions.components import component_of
from ksec_tui.analysis.versions.conditions import MOUNTABLE
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import INGRESS, NODE, SERVICE, SERVICE_ACCOUNT, WORKLOAD_KINDS, Kind
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.data.versions import FieldChange, deprecations

SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
INGRESS_CLASS = "kubernetes.io/ingress.class"
MASTER = "node-role.kubernetes.io/master"

FIELD_KINDS: tuple[Kind[KubeObject], ...] = (*WORKLOAD_KINDS, INGRESS, NODE, SERVICE, SERVICE_ACCOUNT)
"""What has to be read to find every use."""


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One use of a field that goes.

    Attributes:
        change: what the data knows of it.
        ref: the object under which it is told.
        pointer: JSON pointer of the use in that object.
        words: the use in a few words.
    """

    change: FieldChange
    ref: ObjectRef
    pointer: str
    words: str


def field_uses(snapshot: Snapshot) -> tuple[FieldUse, ...]:
    """Every use that objects show, by object; computed once."""
    found: tuple[FieldUse, ...] = snapshot.derived(_collect, _collect)
    return found


def field_uses_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[FieldUse, ...]:
    """The uses on one object."""
    index: dict[ObjectRef, list[FieldUse]] = snapshot.derived(_by_object, _by_object)
    return tuple(index.get(ref, ()))


def _by_object(snapshot: Snapshot) -> dict[ObjectRef, list[FieldUse]]:
    index: dict[ObjectRef, list[FieldUse]] = {}
    for use in field_uses(snapshot):
        index.setdefault(use.ref, []).append(use)
    return index


Use = tuple[str, ObjectRef, str, str]
"""Id of the change, object, pointer, words."""


def _collect(snapshot: Snapshot) -> tuple[FieldUse, ...]:
    known = {change.id: change for change in deprecations().fields}
    found = [
        FieldUse(known[name], ref, pointer, words)
        for look in _LOOKS
        for name, ref, pointer, words in look(snapshot)
        if name in known
    ]
    return tuple(sorted(found, key=lambda use: (use.ref, use.change.id, use.pointer)))


def _in_workloads(snapshot: Snapshot) -> Iterator[Use]:
    for workload in workloads(snapshot):
        yield from _annotations(workload)
        for index, volume in enumerate(workload.spec.volumes):
            if volume.git_repo is not None:
                pointer = f"{workload.pointer}/volumes/{index}/gitRepo"
                yield "gitrepo-volume", workload.ref, pointer, f"volume {volume.name} is a gitRepo"
        for item in workload.placed:
            if not item.injected and component_of(item.container.image) == "ingress-nginx":
                words = f"container {item.container.name} runs {one_line(item.container.image, 200)}"
                yield "ingress-nginx", workload.ref, f"{item.pointer}/image", words


def _annotations(workload: Workload) -> Iterator[Use]:
    root = f"{workload.pointer.removesuffix('/spec')}/metadata/annotations/"
    for key in sorted(workload.annotations):
        pointer = root + key.replace("~", "~0").replace("/", "~1")
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            yield "seccomp-annotation", workload.ref, pointer, f"its pods carry the annotation {key}"
        elif key.startswith(APP_ARMOR):
            yield "apparmor-annotation", workload.ref, pointer, f"its pods carry the annotation {key}"


def _in_ingresses(snapshot: Snapshot) -> Iterator[Use]:
    for item in snapshot.of(INGRESS):
        if INGRESS_CLASS in item.metadata.annotations and item.spec.ingress_class_name is None:
            pointer = "/metadata/annotations/" + INGRESS_CLASS.replace("/", "~1")
            yield "ingress-class-annotation", item.ref, pointer, "its class is named by an annotation"


def _in_services(snapshot: Snapshot) -> Iterator[Use]:
    for item in snapshot.of(SERVICE):
        if item.spec.external_ips:
            yield "service-external-ips", item.ref, "/spec/externalIPs", "it claims external IPs"


def _in_accounts(snapshot: Snapshot) -> Iterator[Use]:
    for item in snapshot.of(SERVICE_ACCOUNT):
        if item.metadata.annotations.get(MOUNTABLE) == "true":
            pointer = "/metadata/annotations/" + MOUNTABLE.replace("/", "~1")
            yield "mountable-secrets", item.ref, pointer, "it limits its Secrets by an annotation"


def _in_nodes(snapshot: Snapshot) -> Iterator[Use]:
    for node in snapshot.of(NODE):
        runtime = node.status.node_info.container_runtime_version
        pointer = "/status/nodeInfo/containerRuntimeVersion"
        if runtime.startswith("containerd://1."):
            yield "containerd-1", node.ref, pointer, f"it runs {one_line(runtime, 100).replace('://', ' ')}"
        elif runtime.startswith("docker://") and _has_dockershim(node):
            yield "dockershim", node.ref, pointer, f"it runs {one_line(runtime, 100).replace('://', ' ')}"
        if MASTER in node.metadata.labels:
            yield (
                "master-label",
                node.ref,
                "/metadata/labels/" + MASTER.replace("/", "~1"),
                f"it is labelled {MASTER}",
            )


def _has_dockershim(node: Node) -> bool:
    """Whether the kubelet talks to Docker itself; from 1.24 on cri-dockerd does so for it (KEP-2221)."""
    kubelet = kubelet_version(node)
    return kubelet is not None and (kubelet.major, kubelet.minor) < (1, 24)


_LOOKS: tuple[Callable[[Snapshot], Iterator[Use]], ...] = (
    _in_workloads,
    _in_ingresses,
    _in_services,
    _in_accounts,
    _in_nodes,
)
