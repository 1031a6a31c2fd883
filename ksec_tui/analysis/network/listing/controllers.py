"""What an ingress controller that nobody knows may reach: the backends of Ingresses and OpenShift Routes.

The controller counts as a pod without labels in a namespace of its own. As np-guard's netpol-analyzer has
it, a backend counts only on ports that its containers declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.network.ports import NONE, Connections
from ksec_tui.analysis.network.selectors import declared_ports, selected_by_service, target_ports
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.kinds import INGRESS, OPENSHIFT_ROUTE, SERVICE
from ksec_tui.cluster.networking import BackendPort, Ingress, IngressBackend, Service, ServicePort
from ksec_tui.cluster.openshift import OpenShiftRoute
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


def backends(snapshot: Snapshot) -> dict[ObjectRef, Connections]:
    """The workloads that Ingresses and Routes lead to, with the ports there."""
    found: dict[ObjectRef, Connections] = {}
    for service, port in _targets(snapshot):
        for workload in selected_by_service(snapshot, service):
            reached = _declared(workload, port)
            if reached:
                found[workload.ref] = found.get(workload.ref, NONE) | reached
    return found


def _declared(workload: Workload, port: ServicePort) -> Connections:
    declared = {number for _, number in declared_ports(workload.spec)}
    return Connections.union(
        Connections.of("TCP", number, number) for number in target_ports(workload, port) if number in declared
    )


def _targets(snapshot: Snapshot) -> Iterator[tuple[Service, ServicePort]]:
    for item in snapshot.of(INGRESS):
        for backend in _backends(item):
            if backend.service is None:
                continue
            service = snapshot.find(SERVICE, backend.service.name, item.namespace)
            if service is not None:
                wanted = backend.service.port
                yield from ((service, port) for port in service.spec.ports if _named(port, wanted))
    for route in snapshot.of(OPENSHIFT_ROUTE):
        for service in _services(snapshot, route):
            for port in service.spec.ports:
                if _routed(port, route):
                    yield service, port


def _backends(item: Ingress) -> Iterator[IngressBackend]:
    if item.spec.default_backend is not None:
        yield item.spec.default_backend
    for rule in item.spec.rules:
        if rule.http is not None:
            for path in rule.http.paths:
                yield path.backend


def _named(port: ServicePort, wanted: BackendPort) -> bool:
    """By name, or by number: the Service's own, or as netpol-analyzer has it the one at the pods."""
    return wanted.number in (port.port, port.target) if wanted.number else port.name == wanted.name


def _services(snapshot: Snapshot, route: OpenShiftRoute) -> Iterator[Service]:
    for target in (route.spec.to, *route.spec.alternate_backends):
        service = snapshot.find(SERVICE, target.name, route.namespace)
        if service is not None and target.kind in ("", "Service"):
            yield service


def _routed(port: ServicePort, route: OpenShiftRoute) -> bool:
    """A Route names a port of the Service by its name, or by the number at the pods; none is every port."""
    wanted = route.spec.port.target_port if route.spec.port else ""
    return wanted in ("", port.name, port.target, str(port.target))
