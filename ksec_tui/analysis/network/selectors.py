"""Which workloads a Service or a policy selects, and on which ports of theirs a Service ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import NAMESPACE, NETWORK_POLICY, SERVICE
from ksec_tui.cluster.networking import NetworkPolicy, Service, ServicePort
from ksec_tui.cluster.pods import Container, PodSpec
from ksec_tui.cluster.snapshot import Snapshot

NAME_LABEL = "kubernetes.io/metadata.name"
"""On every namespace, set by the API server and not to be changed (KEP-2161)."""

Labels = dict[str, str]


def namespace_labels(snapshot: Snapshot, name: str) -> Labels:
    """The labels of a namespace, with the one that carries its name; just that one when it was not read."""
    found = snapshot.find(NAMESPACE, name)
    return {**(found.metadata.labels if found else {}), NAME_LABEL: name}


def alive(workload: Workload) -> bool:
    """Whether pods of it run or are to run: all but bare pods and Jobs that have ended."""
    if workload.ref.kind not in ("Pod", "Job"):
        return True
    return not workload.pods or any(not pod.finished for pod in workload.pods)


def workloads_in(snapshot: Snapshot, namespace: str) -> tuple[Workload, ...]:
    """The workloads of one namespace."""
    return _index(snapshot).by_namespace.get(namespace, ())


def namespaces_running(snapshot: Snapshot) -> tuple[str, ...]:
    """The namespaces that hold workloads, by name."""
    return tuple(sorted(_index(snapshot).by_namespace))


def label_sets(snapshot: Snapshot, workload: Workload) -> tuple[Labels, ...]:
    """The distinct label sets of a workload's pods, template included, cut to keys that a selector names.

    Only keys that Services and NetworkPolicies of the namespace select by make a difference, so the many
    pods of one workload are nearly always one set.
    """
    index = _index(snapshot)
    known = index.sets.get(id(workload))
    if known is None:
        keys = index.keys.get(workload.namespace, ())
        every = [workload.labels, *[pod.metadata.labels for pod in workload.pods if not pod.finished]]
        cut = {tuple([labels.get(key) for key in keys]) for labels in every}
        sets = [
            {key: value for key, value in zip(keys, values, strict=True) if value is not None}
            for values in cut
        ]
        known = tuple(sorted(sets, key=lambda labels: list(labels.items())))
        index.sets[id(workload)] = known
    return known


def selected_by_service(snapshot: Snapshot, service: Service) -> tuple[Workload, ...]:
    """The workloads behind a Service; none without a selector, whose endpoints are made by hand."""
    selector = service.spec.selector
    if not selector or service.spec.type == "ExternalName":
        return ()
    wanted = selector.items()
    postings = _postings(snapshot)
    # The rarest of the wanted labels leaves few to look at, so that many Services in one namespace stay cheap.
    few = min((postings.get((service.namespace, *pair), ()) for pair in wanted), key=len)
    return tuple(
        workload
        for workload in few
        if alive(workload) and any(wanted <= labels.items() for labels in label_sets(snapshot, workload))
    )


def selected_by_policy(snapshot: Snapshot, policy: NetworkPolicy) -> tuple[Workload, ...]:
    """The workloads that a NetworkPolicy's podSelector matches, ended ones and host-network ones included."""
    selector = policy.spec.pod_selector
    few = workloads_in(snapshot, policy.namespace)
    if selector.match_labels:
        postings = _postings(snapshot)
        few = min((postings.get((policy.namespace, *p), ()) for p in selector.match_labels.items()), key=len)
    return tuple(
        workload
        for workload in few
        if any(selector.matches(labels) for labels in label_sets(snapshot, workload))
    )


def matches_workload(
    snapshot: Snapshot,
    workload: Workload,
    pods: LabelSelector | None,
    namespaces: LabelSelector | None,
    home: str,
) -> bool:
    """Whether the selectors of a policy peer cover a workload's pods.

    Args:
        snapshot: where both live.
        workload: the peer in question.
        pods: the peer's podSelector; None is absent.
        namespaces: the peer's namespaceSelector; None is absent and means the policy's own.
        home: the policy's namespace.
    """
    if namespaces is None:
        if workload.namespace != home:
            return False
    elif not namespaces.matches(namespace_labels(snapshot, workload.namespace)):
        return False
    return pods is None or pods.matches(workload.labels)


def serving(spec: PodSpec) -> Iterator[Container]:
    """The containers that run beside each other: the main ones and sidecars (init, restartPolicy Always)."""
    yield from spec.containers
    for container in spec.init_containers:
        if container.restart_policy == "Always":
            yield container


def declared_ports(spec: PodSpec) -> frozenset[tuple[str, int]]:
    """The (protocol, port) pairs that a pod's containers declare; a hint, not a limit."""
    return frozenset(
        (port.protocol or "TCP", port.container_port) for item in serving(spec) for port in item.ports
    )


def named_ports(spec: PodSpec, name: str, protocol: str) -> tuple[int, ...]:
    """The container ports called `name` of that protocol."""
    found = {
        port.container_port
        for item in serving(spec)
        for port in item.ports
        if port.name == name and (port.protocol or "TCP") == protocol
    }
    return tuple(sorted(found))


def target_ports(workload: Workload, port: ServicePort) -> tuple[int, ...]:
    """The ports of a workload's pods where a Service port ends; none when no container has the named port."""
    return ports_of_target(workload.spec, port)


def ports_of_target(spec: PodSpec, port: ServicePort) -> tuple[int, ...]:
    """The same for pods of one spec."""
    target = port.target
    if isinstance(target, int):
        return (target,)
    if target.isdecimal():
        return (int(target),)
    return named_ports(spec, target, port.protocol or "TCP")


def policies_for(snapshot: Snapshot, namespace: str, sets: Iterable[Labels]) -> tuple[NetworkPolicy, ...]:
    """The NetworkPolicies of a namespace that may select pods with one of these label sets, in their order.

    One of the labels that a policy asks for is looked up, so that thousands of policies stay cheap.
    """
    index: dict[tuple[str, tuple[str, str] | None], list[int]] = snapshot.derived(_by_pair, _by_pair)
    pairs = {pair for labels in sets for pair in labels.items()}
    places = [*index.get((namespace, None), ())]
    for pair in pairs:
        places.extend(index.get((namespace, pair), ()))
    every = snapshot.within(NETWORK_POLICY, namespace)
    return tuple(every[place] for place in sorted(places))


def _by_pair(snapshot: Snapshot) -> dict[tuple[str, tuple[str, str] | None], list[int]]:
    index: dict[tuple[str, tuple[str, str] | None], list[int]] = {}
    places: dict[str, int] = {}
    for policy in snapshot.of(NETWORK_POLICY):
        place = places.get(policy.namespace, 0)
        places[policy.namespace] = place + 1
        pair = min(policy.spec.pod_selector.match_labels.items(), default=None)
        index.setdefault((policy.namespace, pair), []).append(place)
    return index


def _postings(snapshot: Snapshot) -> dict[tuple[str, str, str], tuple[Workload, ...]]:
    """(namespace, label, value) -> the workloads that have pods with it."""
    found: dict[tuple[str, str, str], tuple[Workload, ...]] = snapshot.derived(_post, _post)
    return found


def _post(snapshot: Snapshot) -> dict[tuple[str, str, str], tuple[Workload, ...]]:
    found: dict[tuple[str, str, str], list[Workload]] = {}
    for workload in workloads(snapshot):
        pairs = {pair for labels in label_sets(snapshot, workload) for pair in labels.items()}
        for key, value in pairs:
            found.setdefault((workload.namespace, key, value), []).append(workload)
    return {key: tuple(items) for key, items in found.items()}


@dataclass(slots=True)
class _Index:
    by_namespace: Mapping[str, tuple[Workload, ...]]
    keys: Mapping[str, tuple[str, ...]]
    sets: dict[int, tuple[Labels, ...]]


def _index(snapshot: Snapshot) -> _Index:
    found: _Index = snapshot.derived(_build, _build)
    return found


def keep_label_sets(before: Snapshot, after: Snapshot) -> None:
    """Let `after` have the label sets of the very workloads of `before` whose namespaces select by the same keys."""
    old, new = _index(before), _index(after)
    for namespace, items in new.by_namespace.items():
        if new.keys.get(namespace) != old.keys.get(namespace):
            continue
        earlier = {id(workload) for workload in old.by_namespace.get(namespace, ())}
        for workload in items:
            if id(workload) in earlier and (known := old.sets.get(id(workload))) is not None:
                new.sets[id(workload)] = known


def _build(snapshot: Snapshot) -> _Index:
    groups: dict[str, list[Workload]] = {}
    for workload in workloads(snapshot):
        groups.setdefault(workload.namespace, []).append(workload)
    keys: dict[str, set[str]] = {}
    for service in snapshot.of(SERVICE):
        keys.setdefault(service.namespace, set()).update(service.spec.selector)
    for policy in snapshot.of(NETWORK_POLICY):
        selector = policy.spec.pod_selector
        slot = keys.setdefault(policy.namespace, set())
        slot.update(selector.match_labels)
        slot.update(requirement.key for requirement in selector.match_expressions)
    return _Index(
        {name: tuple(items) for name, items in groups.items()},
        {name: tuple(sorted(found)) for name, found in keys.items()},
        {},
    )
