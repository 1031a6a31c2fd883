"""Workloads: what runs, seen at its top owner, with the pods that run from it.

A pod is judged through the template it is made from, so that a risk is told once and a patch goes where
it lasts. What live pods have beyond their template (injected sidecars, debug containers, fields changed
by admission) is judged too, in the pod.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.likeness import CONTAINER_LISTS, container_mark, differing, signature
from ksec_tui.cluster.base import KubeObject, OwnerReference
from ksec_tui.cluster.differences import namespaces_differing
from ksec_tui.cluster.kinds import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
    WORKLOAD_KINDS,
    Kind,
    kind_named,
)
from ksec_tui.cluster.pods import Container, Pod, PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.workloads import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    PodTemplate,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

CONTROLLERS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, REPLICATION_CONTROLLER, JOB, CRON_JOB)
"""The kinds that make pods, directly or through another of them."""

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of the API's image of a static pod (kubelet config.ConfigMirrorAnnotationKey)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A container and where it stands.

    Attributes:
        container: the container.
        list: ``containers``, ``initContainers`` or ``ephemeralContainers``.
        pointer: JSON pointer of the container inside the object `ref`.
        ref: the object it stands in: the owner, or a pod for what its template does not have.
        spec: the pod spec around it.
        injected: whether only live pods have it, not the template.
    """

    container: Container
    list: str
    pointer: str
    ref: ObjectRef
    spec: PodSpec
    injected: bool = False


@dataclass(frozen=True)
class Workload:
    """A top owner.

    Attributes:
        ref: its name. It may name an owner that was not read (an operator's object, a forbidden kind).
        object: the owner; when that was not read, the highest object below it that was, at last a pod.
        spec: the pod template's spec; that pod's when there is no template.
        labels: the labels that its pods carry.
        annotations: the annotations that its pods carry.
        pointer: JSON pointer of the pod spec in `object`: ``/spec/template/spec``.
        pods: the live pods that come from it.
        owner_read: whether `object` is the top owner, so that a patch can go there.
    """

    ref: ObjectRef
    object: KubeObject
    spec: PodSpec
    labels: dict[str, str]
    annotations: dict[str, str]
    pointer: str
    pods: tuple[Pod, ...]
    owner_read: bool = True

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.ref.namespace

    @cached_property
    def system(self) -> bool:
        """Whether it is part of Kubernetes itself."""
        return is_system(self.object)

    @property
    def static(self) -> bool:
        """Whether a kubelet runs it from a file: nothing in the API can change it."""
        return MIRROR in self.object.metadata.annotations

    @property
    def patchable(self) -> bool:
        """Whether a patch of its template lasts: it was read, and is neither a bare nor a static pod nor a Job."""
        return self.owner_read and self.ref.kind not in ("Pod", "Job")

    @cached_property
    def home(self) -> ObjectRef:
        """The name of `object`: nearly always `ref` itself, and then the very same, which compares quickly."""
        ref = self.object.ref
        return self.ref if ref == self.ref else ref

    @cached_property
    def pod_names(self) -> tuple[str, ...]:
        """The names of its live pods."""
        return tuple([pod.metadata.name for pod in self.pods])

    @cached_property
    def variants(self) -> tuple[Pod, ...]:
        """Live pods that differ from the template in what matters, one for each difference.

        The pods of an owner that was not read may differ from each other: then from the one that stands for it.
        """
        seen: dict[object, Pod] = {}
        for pod in self.differing:
            seen.setdefault(signature(pod.spec), pod)
        return tuple(seen.values())

    @cached_property
    def differing(self) -> tuple[Pod, ...]:
        """All live pods that differ from the template in what matters."""
        return differing(self.spec, self.pods)

    def specs(self) -> Iterator[tuple[PodSpec, str, ObjectRef]]:
        """The pod specs to judge: (spec, its JSON pointer, the object it is in); the template's first."""
        yield self.spec, self.pointer, self.home
        for pod in self.variants:
            yield pod.spec, "/spec", pod.ref

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every container: those of the template, then those of live pods that the template does not have so."""
        found = list(_placed(self.spec, self.pointer, self.home, injected=False))
        variants = self.variants
        known = {container_mark(item.container, item.spec) for item in found} if variants else set()
        for pod in variants:
            for item in _placed(pod.spec, "/spec", pod.ref, injected=True):
                mark = container_mark(item.container, item.spec)
                if mark not in known:
                    known.add(mark)
                    found.append(item)
        return tuple(found)


def _placed(spec: PodSpec, pointer: str, ref: ObjectRef, *, injected: bool) -> Iterator[Placed]:
    for name, attribute in CONTAINER_LISTS:
        for index, container in enumerate(getattr(spec, attribute)):
            yield Placed(container, name, f"{pointer}/{name}/{index}", ref, spec, injected)


def workloads(snapshot: Snapshot) -> tuple[Workload, ...]:
    """All workloads of a Snapshot, by namespace, kind and name; computed once."""
    found: dict[ObjectRef, Workload] = snapshot.derived(_collect, _collect)
    return tuple(found.values())


def keep_workloads(before: Snapshot, after: Snapshot) -> None:
    """Let `after` have the very workloads of `before` that are as they were, with what was worked out of them.

    To be called before anybody has looked at those of `after`.
    """
    old: dict[ObjectRef, Workload] = before.derived(_collect, _collect)

    def collect(snapshot: Snapshot) -> dict[ObjectRef, Workload]:
        places = namespaces_differing(before, snapshot, WORKLOAD_KINDS)
        found = {ref: workload for ref, workload in old.items() if ref.namespace not in places}
        for ref, workload in _collect_in(snapshot, places).items():
            known = old.get(ref)
            found[ref] = known if known is not None and known == workload else workload
        return {ref: found[ref] for ref in sorted(found)}

    after.derived(_collect, collect)


def workloads_in(snapshot: Snapshot, namespace: str) -> tuple[Workload, ...]:
    """The workloads of one namespace, by kind and name."""
    index: dict[str, tuple[Workload, ...]] = snapshot.derived(_by_namespace, _by_namespace)
    return index.get(namespace, ())


def _by_namespace(snapshot: Snapshot) -> dict[str, tuple[Workload, ...]]:
    index: dict[str, list[Workload]] = {}
    for workload in workloads(snapshot):
        index.setdefault(workload.namespace, []).append(workload)
    return {namespace: tuple(items) for namespace, items in index.items()}


def workload_named(snapshot: Snapshot, ref: ObjectRef) -> Workload | None:
    """The workload with that top owner, if there is one."""
    found: dict[ObjectRef, Workload] = snapshot.derived(_collect, _collect)
    return found.get(ref)


_MADE_BY = {"ReplicaSet": DEPLOYMENT, "Job": CRON_JOB}
"""Controllers that another one makes. Whatever else an ownerReference says of a controller, it runs by itself."""


def top_owner(snapshot: Snapshot, item: KubeObject) -> ObjectRef:
    """The top of the chain of controllers above `item`: the last one that was read, or named by one that was.

    A static pod's Node and owners outside the kinds that make pods are not climbed to: what can be
    patched is the object below them.
    """
    seen = {item.ref}
    while (owner := item.controller) is not None and owner.kind != "Node":
        ref = _owner_ref(owner, item.namespace)
        kind = kind_named(ref.group, ref.kind)
        if item.kind != "Pod" and (kind is None or _MADE_BY.get(item.kind) is not kind):
            return item.ref
        above = snapshot.get(ref) if kind in CONTROLLERS else None
        if above is None or ref in seen:
            return ref
        seen.add(ref)
        item = above
    return item.ref


def made_by(snapshot: Snapshot, ref: ObjectRef) -> tuple[ObjectRef, ...]:
    """The controllers that a controller has made: a Deployment's ReplicaSets, a CronJob's Jobs."""
    return tuple(
        item.ref
        for kind in (REPLICA_SET, JOB)
        for item in snapshot.within(kind, ref.namespace)
        if item.ref != ref and top_owner(snapshot, item) == ref
    )


def _owner_ref(owner: OwnerReference, namespace: str) -> ObjectRef:
    return ObjectRef(namespace, owner.kind, owner.name, owner.group)


def template_of(item: KubeObject) -> tuple[PodTemplate, str] | None:
    """The pod template of a controller and the JSON pointer of its spec; None for other objects."""
    match item:
        case CronJob():
            return item.spec.job_template.spec.template, "/spec/jobTemplate/spec/template/spec"
        case Deployment() | StatefulSet() | DaemonSet() | ReplicaSet() | ReplicationController() | Job():
            return item.spec.template, "/spec/template/spec"
    return None


def _collect(snapshot: Snapshot) -> dict[ObjectRef, Workload]:
    return _collected(snapshot, lambda kind: snapshot.of(kind))


def _collect_in(snapshot: Snapshot, places: frozenset[str]) -> dict[ObjectRef, Workload]:
    """Those of some namespaces: what owns and what is owned share theirs."""
    return _collected(
        snapshot,
        lambda kind: [item for item in snapshot.of(kind) if item.metadata.namespace in places],
    )


def _collected(
    snapshot: Snapshot, objects: Callable[[Kind[Any]], Iterable[Any]]
) -> dict[ObjectRef, Workload]:
    pods: dict[ObjectRef, list[Pod]] = {}
    known: dict[tuple[str, str, str, str], list[Pod]] = {}
    for pod in objects(POD):
        owner = pod.controller
        if owner is None or owner.kind == "Node":
            pods.setdefault(pod.ref, []).append(pod)
            continue
        first = (pod.metadata.namespace, owner.kind, owner.name, owner.api_version)
        siblings = known.get(first)
        if siblings is None:
            siblings = known[first] = pods.setdefault(top_owner(snapshot, pod), [])
        siblings.append(pod)
    found: dict[ObjectRef, Workload] = {}
    headless: dict[ObjectRef, list[KubeObject]] = {}
    for kind in CONTROLLERS:
        for item in objects(kind):
            top = top_owner(snapshot, item)
            if top == item.ref:
                found[top] = _made(top, item, pods.pop(top, ()))
            elif snapshot.get(top) is None:
                headless.setdefault(top, []).append(item)
    for ref, items in headless.items():
        for workload in _headless(ref, items, pods.pop(ref, ())):
            found[workload.ref] = workload
    for ref, rest in pods.items():
        first_pod = next((pod for pod in rest if not pod.finished), rest[0])
        meta_of = first_pod.metadata
        found[ref] = Workload(
            ref,
            first_pod,
            first_pod.spec,
            meta_of.labels,
            meta_of.annotations,
            "/spec",
            tuple(rest),
            owner_read=ref == first_pod.ref,
        )
    return {ref: found[ref] for ref in sorted(found)}


def _made(ref: ObjectRef, item: KubeObject, pods: Iterable[Pod], *, owner_read: bool = True) -> Workload:
    template, pointer = template_of(item) or (PodTemplate(), "/spec")
    meta, spec = template.metadata, template.spec
    return Workload(ref, item, spec, meta.labels, meta.annotations, pointer, tuple(pods), owner_read)


def _headless(ref: ObjectRef, items: list[KubeObject], pods: Iterable[Pod]) -> Iterator[Workload]:
    """An owner that was not read, seen through the newest running object that it made.

    Other objects below it that want pods of another kind stand for themselves: none goes unjudged.
    """
    wanting = [item for item in items if _wants_pods(item)] or items
    newest = max(wanting, key=lambda item: (item.metadata.creation_timestamp or "", item.name))
    yield (first := _made(ref, newest, pods, owner_read=False))
    seen = {signature(first.spec)}
    for item in wanting:
        other = _made(item.ref, item, (), owner_read=False)
        mark = signature(other.spec)
        if mark not in seen:
            seen.add(mark)
            yield other


def _wants_pods(item: KubeObject) -> bool:
    return not isinstance(item, ReplicaSet) or item.spec.replicas != 0
