"""Services that take traffic at addresses of others, or at every node's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ksec_tui.analysis.network.entries import public_nodes
from ksec_tui.cluster.kinds import NODE, SERVICE
from ksec_tui.cluster.networking import Service
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op

SERVICES = objects(SERVICE)

RESOLVERS = frozenset(
    {
        "1.0.0.1",
        "1.1.1.1",
        "8.8.4.4",
        "8.8.8.8",
        "9.9.9.9",
        "208.67.220.220",
        "208.67.222.222",
        "2001:4860:4860::8844",
        "2001:4860:4860::8888",
        "2606:4700:4700::1001",
        "2606:4700:4700::1111",
        "169.254.169.254",
    }
)
"""Addresses that many pods call: public DNS resolvers and the clouds' metadata service."""


@check(
    "net-external-ips",
    "A Service claims external IPs",
    Severity.HIGH,
    on=SERVICES,
    also=(NODE,),
    threats=(Threat.CREDENTIALS, Threat.EXTERNAL),
    references=("CVE-2020-8554", "KEP-5707", "CIS 1.2.3", "T1557", "OWASP K05"),
)
def external_ips(service: Service, cluster: Snapshot) -> Iterator[Evidence]:
    """A Service takes the traffic that the nodes send to addresses which it names itself.

    ## Why
    Nothing checks that the addresses in `externalIPs` belong to whoever writes the Service. Who may write
    Services can claim the address of a DNS resolver or of another Service and read or answer what pods
    send there. The field is deprecated; load balancers and gateways assign addresses instead.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: mirror, namespace: shop}
    spec:
      selector: {app: mirror}
      externalIPs: [198.51.100.7]
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: mirror, namespace: shop}
    spec:
      selector: {app: mirror}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```
    """
    nodes: dict[str, str] = cluster.derived(_of_nodes, _of_nodes) if service.spec.external_ips else {}
    for index, address in enumerate(service.spec.external_ips):
        path = f"/spec/externalIPs/{index}"
        owner = _owner(cluster, service, address)
        if address in RESOLVERS:
            said = f"it takes the address {address}, which is not the cluster's and which many programs call"
            yield Evidence(path, said, None, Severity.CRITICAL)
        elif address in nodes:
            words = f"it takes the address {address}, which is that of node {nodes[address]}"
            yield Evidence(path, words, None, Severity.CRITICAL)
        elif owner is not None:
            yield Evidence(
                path, f"it takes the address {address}, which is that of {owner.ref}", None, Severity.CRITICAL
            )
        else:
            yield Evidence(path, f"it takes traffic to the address {address}")


def _of_nodes(snapshot: Snapshot) -> dict[str, str]:
    return {item.address: node.name for node in snapshot.of(NODE) for item in node.status.addresses}


def _owner(snapshot: Snapshot, service: Service, address: str) -> Service | None:
    """Another Service that was assigned that address."""
    index: dict[str, Service] = snapshot.derived(_assigned, _assigned)
    found = index.get(address)
    return found if found is not None and found.ref != service.ref else None


def _assigned(snapshot: Snapshot) -> dict[str, Service]:
    index: dict[str, Service] = {}
    for service in snapshot.of(SERVICE):
        given = [item.ip for item in service.status.load_balancer.ingress]
        for address in (service.spec.cluster_ip, *given):
            if address and address != "None":
                index.setdefault(address, service)
    return index


@external_ips.fix
def _without_external_ips(service: Service, cluster: Snapshot) -> Fix | None:
    document = cluster.document(service.ref)
    if document is None:
        return None
    old = document["spec"]["externalIPs"]
    change = json_patch(service.ref, op("test", "/spec/externalIPs", old), op("remove", "/spec/externalIPs"))
    may_break = (
        "Clients that use these addresses no longer reach it: give it a load balancer or a gateway first."
    )
    return Fix(f"Remove the external IPs of {service.ref}", (change,), Risk.REVIEW, may_break)


@check(
    "net-node-port",
    "A Service opens a port on every node",
    Severity.MEDIUM,
    on=dataclasses.replace(SERVICES, kinds=(SERVICE, NODE)),
    threats=(Threat.EXTERNAL,),
    references=("MS-TA9005", "T1133", "OWASP K05"),
)
def node_port(service: Service, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A NodePort Service can be reached through every node's address.

    ## Why
    A node port has no load balancer, no TLS and no list of clients before it; only the network's firewall
    decides who gets there. When a node has a public address, that is one rule away from the internet.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: admin, namespace: shop}
    spec:
      type: NodePort
      externalTrafficPolicy: Cluster
      selector: {app: admin}
      ports: [{name: http, port: 8081, targetPort: 8081, nodePort: 30081}]
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: edge-1}
    status:
      addresses: [{type: InternalIP, address: 10.0.0.5}, {type: ExternalIP, address: 203.0.113.21}]
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: admin, namespace: shop}
    spec:
      type: ClusterIP
      selector: {app: admin}
      ports: [{name: http, port: 8081, targetPort: 8081}]
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: edge-1}
    status:
      addresses: [{type: InternalIP, address: 10.0.0.5}, {type: ExternalIP, address: 203.0.113.21}]
    ```
    """
    if service.spec.type != "NodePort":
        yield NotApplicable("no node port")
        return
    public = sorted(public_nodes(cluster).items())
    for index, port in enumerate(service.spec.ports):
        number = f"node port {port.node_port}" if port.node_port else "a node port"
        words = f"{number} leads to port {port.name or port.port}"
        if public:
            words += f"; node {public[0][0]} has the public address {public[0][1]}"
        yield Evidence(f"/spec/ports/{index}/nodePort", words, None, Severity.HIGH if public else None)


@node_port.fix
def _cluster_ip(service: Service, cluster: Snapshot) -> Fix | None:
    document = cluster.document(service.ref)
    if document is None:
        return None
    spec = document["spec"]
    ports = [(at, port["nodePort"]) for at, port in enumerate(spec["ports"]) if port.get("nodePort")]
    # Only Services that are reached from outside may have a traffic policy for it (core validation).
    policy = [op("remove", "/spec/externalTrafficPolicy")] if "externalTrafficPolicy" in spec else []
    change = json_patch(
        service.ref,
        op("test", "/spec/type", "NodePort"),
        *(op("test", f"/spec/ports/{at}/nodePort", number) for at, number in ports),
        op("replace", "/spec/type", "ClusterIP"),
        *(op("remove", f"/spec/ports/{at}/nodePort") for at, _ in ports),
        *(policy if not service.spec.external_ips else ()),
    )
    may_break = "Whoever connects to the nodes, a load balancer set up by hand as well, no longer reaches it."
    return Fix(f"Serve {service.ref} inside the cluster only", (change,), Risk.REVIEW, may_break)
