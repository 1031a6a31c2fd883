"""The pods and addresses behind a Service, each with the port on which traffic arrives there."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.network.backing import SERVICE_NAME
from ksec_tui.analysis.network.reach import End, EndError, PodEnd, address_end, group_end, pod_at, pod_end
from ksec_tui.analysis.network.selectors import ports_of_target, selected_by_service
from ksec_tui.cluster.kinds import ENDPOINT_SLICE
from ksec_tui.cluster.networking import Service, ServicePort
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot


def service_ends(
    snapshot: Snapshot, service: Service, port: ServicePort | None, number: int
) -> tuple[tuple[End, int], ...]:
    """Where a Service's port ends: by its selector, or as EndpointSlices list it where it has none.

    Only the pods that the selector matches count, not all of their workload, and a port's name is looked up in
    each of them. Pods that no policy tells apart are given once.

    Args:
        snapshot: the cluster.
        service: not an ExternalName, behind which there is only a name.
        port: of the Service; None for a headless one, which translates nothing.
        number: the port that was asked for.
    """
    ends = (
        _selected(snapshot, service, port, number)
        if service.spec.selector
        else _listed(snapshot, service, port, number)
    )
    found: dict[object, tuple[End, int]] = {}
    for end, at in ends:
        found.setdefault((end.group.number if isinstance(end, PodEnd) else end, at), (end, at))
    return tuple(found.values())


def _selected(
    snapshot: Snapshot, service: Service, port: ServicePort | None, number: int
) -> Iterator[tuple[End, int]]:
    wanted = service.spec.selector.items()
    for workload in selected_by_service(snapshot, service):
        live = [pod for pod in workload.pods if not pod.finished]
        for pod in live:
            if wanted <= pod.metadata.labels.items():
                end = pod_end(snapshot, pod.namespace, pod.name)
                for at in _numbers(pod.spec, port, number):
                    yield PodEnd(end.group, name=workload.ref.path), at
        if not live:
            for at in _numbers(workload.spec, port, number):
                yield from ((end, at) for end in group_end(snapshot, workload.ref))


def _numbers(spec: PodSpec, port: ServicePort | None, number: int) -> tuple[int, ...]:
    return (number,) if port is None else ports_of_target(spec, port)


def _listed(
    snapshot: Snapshot, service: Service, port: ServicePort | None, number: int
) -> Iterator[tuple[End, int]]:
    for item in snapshot.within(ENDPOINT_SLICE, service.namespace):
        if item.metadata.labels.get(SERVICE_NAME) != service.name:
            continue
        numbers = (
            [number]
            if port is None
            else [each.port for each in item.ports if each.port and (each.name or "") == port.name]
        )
        for address in (text for endpoint in item.endpoints for text in endpoint.addresses):
            pod = pod_at(snapshot, address)
            try:
                end = address_end(address) if pod is None else pod_end(snapshot, pod.namespace, pod.name)
            except EndError:
                continue  # a host name
            yield from ((end, at) for at in numbers)
