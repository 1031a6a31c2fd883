"""What nearly every pod calls: the cluster's DNS, and the API server when it holds a token."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ksec_tui.analysis.accounts import bindings_of_account, token_mounted
from ksec_tui.analysis.network.selectors import alive, selected_by_service, target_ports
from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, NODE, SERVICE
from ksec_tui.cluster.networking import Service
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

API_SERVICE_REF = ObjectRef("default", "Service", "kubernetes")
"""The Service of the API server, which it makes itself."""

_DNS_SERVICES = (("kube-system", "kube-dns"), ("openshift-dns", "dns-default"), ("kube-system", "coredns"))
_SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class Dns:
    """Where names are resolved.

    Attributes:
        service: the Service; its selector chooses the pods.
        workloads: those pods' workloads.
        ports: (protocol, port) of the pods, as the Service's targetPorts resolve.
        caches: addresses on the node that pods ask instead (NodeLocal DNSCache).
    """

    service: Service
    workloads: tuple[Workload, ...]
    ports: tuple[tuple[str, int], ...]
    caches: tuple[str, ...] = ()


def dns(snapshot: Snapshot) -> Dns | None:
    """The cluster's DNS; None when no Service for it selects pods in what was read (a cloud's resolver, a file)."""
    found: Dns | None = snapshot.derived(_dns, _dns)
    return found


def _dns(snapshot: Snapshot) -> Dns | None:
    for namespace, name in _DNS_SERVICES:
        service = snapshot.find(SERVICE, name, namespace)
        chosen = selected_by_service(snapshot, service) if service is not None else ()
        if service is None or not chosen:
            continue
        ports = {
            (port.protocol or "TCP", number)
            for port in service.spec.ports
            if port.port == 53
            for workload in chosen
            for number in target_ports(workload, port)
        }
        if ports:
            return Dns(service, chosen, tuple(sorted(ports)), _caches(snapshot))
    return None


def _caches(snapshot: Snapshot) -> tuple[str, ...]:
    """The addresses on which node-cache listens, from its -localip argument (kubernetes/dns node-cache)."""
    found: dict[str, None] = {}
    for workload in workloads(snapshot):
        for container in workload.spec.containers:
            if repository(container.image).rpartition("/")[2] != "k8s-dns-node-cache" or not alive(workload):
                continue
            words = [*container.command, *container.args]
            for at, word in enumerate(words):
                flag, _, value = word.lstrip("-").partition("=")
                if flag == "localip":
                    listed = value or (words[at + 1] if at + 1 < len(words) else "")
                    found.update(dict.fromkeys(part.strip() for part in listed.split(",") if _is_ip(part)))
    return tuple(found)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True


def api_servers(snapshot: Snapshot) -> tuple[tuple[str, int], ...]:
    """The (address, port) pairs behind the Service default/kubernetes.

    From its EndpointSlices; without them, the addresses of control-plane nodes with the Service's targetPort.
    Policies judge these, not the Service's own address, since that is translated before.
    """
    found: tuple[tuple[str, int], ...] = snapshot.derived(_api_servers, _api_servers)
    return found


def _api_servers(snapshot: Snapshot) -> tuple[tuple[str, int], ...]:
    pairs = {
        (address, port.port)
        for item in snapshot.within(ENDPOINT_SLICE, API_SERVICE_REF.namespace)
        if item.metadata.labels.get(_SERVICE_NAME) == API_SERVICE_REF.name
        for port in item.ports
        if port.port
        for endpoint in item.endpoints
        for address in endpoint.addresses
        if _is_ip(address)
    }
    service = snapshot.find(SERVICE, API_SERVICE_REF.name, API_SERVICE_REF.namespace)
    if not pairs and service is not None:
        ports = [port.target for port in service.spec.ports if isinstance(port.target, int)]
        pairs = {
            (address.address, port)
            for node in snapshot.of(NODE)
            if node.control_plane
            for address in node.status.addresses
            if address.type == "InternalIP" and _is_ip(address.address)
            for port in ports
        }
    return tuple(sorted(pairs))


def calls_api(snapshot: Snapshot, workload: Workload) -> bool:
    """Whether a workload holds a token of an account that something is bound to, so that it probably uses it."""
    spec = workload.spec
    return token_mounted(spec, workload.namespace, snapshot) and bool(
        bindings_of_account(snapshot, workload.namespace, spec.account)
    )
