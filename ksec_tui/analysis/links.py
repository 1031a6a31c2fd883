"""How objects hang together: every link of a Snapshot, looked up from either end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.workloads import Workload, workload_named, workloads
from ksec_tui.cluster.access import ClusterRoleBinding, RoleBinding
from ksec_tui.cluster.kinds import (
    ADMISSION_BINDING,
    API_SERVICE,
    CLUSTER_ROLE_BINDING,
    HTTP_ROUTE,
    INGRESS,
    MUTATING_WEBHOOK,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    ROLE_BINDING,
    SERVICE,
    VALIDATING_WEBHOOK,
)
from ksec_tui.cluster.networking import Ingress
from ksec_tui.cluster.pods import Container, PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.volumes import Volume

RBAC = "rbac.authorization.k8s.io"
NETWORKING = "networking.k8s.io"
ADMISSION = "admissionregistration.k8s.io"

REVERSE = {
    "runs as": "runs",
    "runs on": "runs",
    "mounts": "mounted by",
    "reads": "read by",
    "made": "made by",
    "selects": "selected by",
    "routes to": "reached through",
    "uses class": "class of",
    "serves with": "certificate of",
    "grants": "granted by",
    "to": "holds",
    "bound to": "claimed by",
    "calls": "called by",
    "applies": "applied by",
    "pulls with": "used to pull by",
}
"""What a link is called when it is read from its far end."""


@dataclass(frozen=True, slots=True)
class Link:
    """One neighbour of an object: ``runs as`` ServiceAccount shop/web.

    Attributes:
        relation: read from the object in hand.
        ref: the neighbour.
        found: whether it was read; False for what is forbidden, absent or of an unknown kind.
    """

    relation: str
    ref: ObjectRef
    found: bool


def links(snapshot: Snapshot, ref: ObjectRef) -> tuple[Link, ...]:
    """The neighbours of `ref`, by relation and name, its namespace last; the first call indexes the Snapshot."""
    index: dict[ObjectRef, list[tuple[str, ObjectRef]]] = snapshot.derived(_index, _index)
    found = sorted(set(index.get(ref, ())))
    if ref.namespace:
        found.append(("in", ObjectRef("", "Namespace", ref.namespace)))
    return tuple(Link(relation, other, _exists(snapshot, other)) for relation, other in found)


def _exists(snapshot: Snapshot, ref: ObjectRef) -> bool:
    return snapshot.get(ref) is not None or workload_named(snapshot, ref) is not None


def _index(snapshot: Snapshot) -> dict[ObjectRef, list[tuple[str, ObjectRef]]]:
    index: dict[ObjectRef, list[tuple[str, ObjectRef]]] = {}
    for source, relation, target in _edges(snapshot):
        index.setdefault(source, []).append((relation, target))
        index.setdefault(target, []).append((REVERSE[relation], source))
    return index


def _edges(snapshot: Snapshot) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    for workload in workloads(snapshot):
        yield from _workload(workload)
    yield from _selections(snapshot)
    for ingress in snapshot.of(INGRESS):
        yield from _ingress(ingress)
    for route in snapshot.of(HTTP_ROUTE):
        for rule in route.spec.rules:
            for back in rule.backend_refs:
                if back.kind == "Service" and not back.group:
                    space = back.namespace or route.namespace
                    yield route.ref, "routes to", ObjectRef(space, "Service", back.name)
        for parent in route.spec.parent_refs:
            gateway = ObjectRef(parent.namespace or route.namespace, parent.kind, parent.name, parent.group)
            yield gateway, "routes to", route.ref
    for binding in snapshot.of(ROLE_BINDING):
        yield from _binding(binding)
    for cluster_binding in snapshot.of(CLUSTER_ROLE_BINDING):
        yield from _binding(cluster_binding)
    for claim in snapshot.of(PERSISTENT_VOLUME_CLAIM):
        if claim.spec.volume_name:
            yield claim.ref, "bound to", ObjectRef("", "PersistentVolume", claim.spec.volume_name)
    yield from _callers(snapshot)


def _workload(workload: Workload) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    ref, space = workload.ref, workload.namespace
    yield ref, "runs as", ObjectRef(space, "ServiceAccount", workload.spec.account)
    for kind, name, relation in _uses(workload.spec):
        yield ref, relation, ObjectRef(space, kind, name)
    for pod in workload.pods:
        if pod.ref != ref:
            yield ref, "made", pod.ref
        if pod.spec.node_name:
            yield pod.ref, "runs on", ObjectRef("", "Node", pod.spec.node_name)


def _uses(spec: PodSpec) -> Iterator[tuple[str, str, str]]:
    """What a pod spec takes from its namespace: (kind, name, relation)."""
    for volume in spec.volumes:
        yield from _volume(volume)
    for container in (*spec.init_containers, *spec.containers):
        yield from _environment(container)
    for secret in spec.image_pull_secrets:
        yield "Secret", secret.name, "pulls with"


def _volume(volume: Volume) -> Iterator[tuple[str, str, str]]:
    if volume.secret and volume.secret.secret_name:
        yield "Secret", volume.secret.secret_name, "mounts"
    if volume.config_map and volume.config_map.name:
        yield "ConfigMap", volume.config_map.name, "mounts"
    if volume.persistent_volume_claim:
        yield "PersistentVolumeClaim", volume.persistent_volume_claim.claim_name, "mounts"
    for source in volume.projected.sources if volume.projected else ():
        if source.secret:
            yield "Secret", source.secret.name, "mounts"
        if source.config_map:
            yield "ConfigMap", source.config_map.name, "mounts"


def _environment(container: Container) -> Iterator[tuple[str, str, str]]:
    for item in container.env_from:
        if item.secret_ref:
            yield "Secret", item.secret_ref.name, "reads"
        if item.config_map_ref:
            yield "ConfigMap", item.config_map_ref.name, "reads"
    for variable in container.env:
        source = variable.value_from
        if source and source.secret_key_ref:
            yield "Secret", source.secret_key_ref.name, "reads"
        if source and source.config_map_key_ref:
            yield "ConfigMap", source.config_map_key_ref.name, "reads"


def _selections(snapshot: Snapshot) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    by_namespace: dict[str, list[Workload]] = {}
    for workload in workloads(snapshot):
        by_namespace.setdefault(workload.namespace, []).append(workload)
    for service in snapshot.of(SERVICE):
        wanted = service.spec.selector.items()
        if wanted:
            for workload in by_namespace.get(service.namespace, ()):
                if wanted <= workload.labels.items():
                    yield service.ref, "selects", workload.ref
    for policy in snapshot.of(NETWORK_POLICY):
        for workload in by_namespace.get(policy.namespace, ()):
            if policy.spec.pod_selector.matches(workload.labels):
                yield policy.ref, "selects", workload.ref


def _ingress(ingress: Ingress) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    spec = ingress.spec
    backends = [path.backend for rule in spec.rules if rule.http for path in rule.http.paths]
    if spec.default_backend:
        backends.append(spec.default_backend)
    for backend in backends:
        if backend.service:
            yield ingress.ref, "routes to", ObjectRef(ingress.namespace, "Service", backend.service.name)
    if spec.ingress_class_name:
        yield ingress.ref, "uses class", ObjectRef("", "IngressClass", spec.ingress_class_name, NETWORKING)
    for tls in spec.tls:
        if tls.secret_name:
            yield ingress.ref, "serves with", ObjectRef(ingress.namespace, "Secret", tls.secret_name)


def _binding(binding: RoleBinding | ClusterRoleBinding) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    role = binding.role_ref
    space = binding.namespace if role.kind == "Role" else ""
    yield binding.ref, "grants", ObjectRef(space, role.kind, role.name, RBAC)
    for subject in binding.subjects or ():
        account = subject.kind == "ServiceAccount"
        where = (subject.namespace or binding.namespace) if account else ""
        yield binding.ref, "to", ObjectRef(where, subject.kind, subject.name, "" if account else RBAC)


def _callers(snapshot: Snapshot) -> Iterator[tuple[ObjectRef, str, ObjectRef]]:
    hooks = [(item.ref, item.webhooks) for item in snapshot.of(VALIDATING_WEBHOOK)]
    hooks += [(item.ref, item.webhooks) for item in snapshot.of(MUTATING_WEBHOOK)]
    for ref, webhooks in hooks:
        for hook in webhooks:
            service = hook.client_config.service
            if service:
                yield ref, "calls", ObjectRef(service.namespace, "Service", service.name)
    for api in snapshot.of(API_SERVICE):
        if api.spec.service:
            yield api.ref, "calls", ObjectRef(api.spec.service.namespace, "Service", api.spec.service.name)
    for bound in snapshot.of(ADMISSION_BINDING):
        policy = ObjectRef("", "ValidatingAdmissionPolicy", bound.spec.policy_name, ADMISSION)
        yield bound.ref, "applies", policy
