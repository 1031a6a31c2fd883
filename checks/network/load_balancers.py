"""Load balancers that admit more clients than they should."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.network.balancers import Zone, node_ports, service_placement, source_ranges
from ksec_tui.cluster.kinds import SERVICE
from ksec_tui.cluster.networking import Service, ServicePort
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op

SERVICES = objects(SERVICE)

_WEB_PORTS = frozenset({80, 443, 8080, 8443})
_WEB_NAMES = re.compile(r"(https?|h2c?|http2|http3|grpc-web|wss?)(-|$)|.*(health|status).*")


def _is_web(port: ServicePort) -> bool:
    """Whether a port is for browsers, or for the health checks of a load balancer."""
    return port.port in _WEB_PORTS or bool(_WEB_NAMES.match(port.name))


@check(
    "net-lb-no-source-ranges",
    "A public load balancer admits everyone to a port that is not HTTP",
    Severity.HIGH,
    on=SERVICES,
    threats=(Threat.EXTERNAL,),
    references=("MS-TA9005", "T1133", "OWASP K05"),
)
def lb_no_source_ranges(service: Service, _: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A public load balancer for something else than HTTP does not limit who may connect.

    ## Why
    A web site is for everyone, an SSH server, a broker or a database is for a few known networks. Without
    `loadBalancerSourceRanges` the load balancer accepts every address of the internet, so that passwords
    are guessed and flaws are tried around the clock.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: bastion, namespace: shop}
    spec:
      type: LoadBalancer
      allocateLoadBalancerNodePorts: false
      selector: {app: bastion}
      ports: [{name: ssh, port: 22, targetPort: 2222}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: bastion, namespace: shop}
    spec:
      type: LoadBalancer
      allocateLoadBalancerNodePorts: false
      loadBalancerSourceRanges: [198.51.100.0/24]
      selector: {app: bastion}
      ports: [{name: ssh, port: 22, targetPort: 2222}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```
    """
    if service.spec.type != "LoadBalancer":
        yield NotApplicable("no load balancer")
        return
    bare = [port for port in service.spec.ports if not _is_web(port)]
    if not bare or source_ranges(service):
        return
    placed = service_placement(service)
    if placed.zone is Zone.UNKNOWN:
        yield Unknown(f"whether the load balancer is public is not known: {placed.why}")
    elif placed.zone is Zone.INTERNET:
        named = ", ".join(f"{port.name or port.protocol} {port.port}" for port in bare)
        word = "port" if len(bare) == 1 else "ports"
        words = f"everyone may connect to {word} {named} of the load balancer {placed.why}"
        yield Evidence("/spec/loadBalancerSourceRanges", words)


@lb_no_source_ranges.fix
def _ranges(service: Service, _: Snapshot) -> Fix:
    command = f"kubectl patch service {service.name} -n {service.namespace}"
    patch = command + """ -p '{"spec": {"loadBalancerSourceRanges": ["RANGE"]}}'"""
    return Fix(
        f"Limit who may connect to {service.ref}",
        (),
        Risk.MANUAL,
        "Clients outside the ranges are refused.",
        (
            "Find the address ranges of those who need it (offices, VPN, partners).",
            f"Set them, where the provider supports it: {patch}",
            "Its node ports stay open beside it unless allocateLoadBalancerNodePorts is false.",
        ),
    )


@check(
    "net-nodeports-bypass",
    "Node ports bypass a load balancer's source ranges",
    Severity.MEDIUM,
    on=SERVICES,
    threats=(Threat.EXTERNAL,),
    references=("KEP-1864", "T1133", "OWASP K05"),
)
def nodeports_bypass(service: Service, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A load balancer limits its clients, but the same port is open on every node without that limit.

    ## Why
    `loadBalancerSourceRanges` binds the load balancer. A Service of type LoadBalancer also opens a port on
    every node, and whoever can reach a node, from the same network or through a forgotten firewall rule,
    walks around the limit.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: registry, namespace: shop}
    spec:
      type: LoadBalancer
      loadBalancerSourceRanges: [198.51.100.0/24]
      selector: {app: registry}
      ports: [{name: https, port: 443, targetPort: 5000, nodePort: 30139}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: registry, namespace: shop}
    spec:
      type: LoadBalancer
      allocateLoadBalancerNodePorts: false
      loadBalancerSourceRanges: [198.51.100.0/24]
      selector: {app: registry}
      ports: [{name: https, port: 443, targetPort: 5000}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```
    """
    ranges = source_ranges(service)
    if service.spec.type != "LoadBalancer" or not ranges:
        yield NotApplicable("no load balancer that limits its clients")
    elif node_ports(service):
        numbers = ", ".join(str(port.node_port) for port in service.spec.ports if port.node_port)
        opened = f"node port {numbers}" if numbers else "a node port"
        words = f"the load balancer admits only {', '.join(ranges)}, but {opened} is open to everyone"
        yield Evidence("/spec/allocateLoadBalancerNodePorts", words)


@nodeports_bypass.fix
def _no_node_ports(service: Service, cluster: Snapshot) -> Fix | None:
    # Switching the allocation off keeps what is allocated: the numbers must go in the same change (KEP-1864).
    document = cluster.document(service.ref)
    if document is None:
        return None
    ports = [
        (at, port["nodePort"]) for at, port in enumerate(document["spec"]["ports"]) if port.get("nodePort")
    ]
    change = json_patch(
        service.ref,
        op("test", "/spec/type", "LoadBalancer"),
        *(op("test", f"/spec/ports/{at}/nodePort", number) for at, number in ports),
        op("add", "/spec/allocateLoadBalancerNodePorts", False),
        *(op("remove", f"/spec/ports/{at}/nodePort") for at, _ in ports),
    )
    may_break = (
        "Load balancers that send to nodes instead of pods need the node ports; clients of them lose access."
    )
    return Fix(f"Close the node ports of {service.ref}", (change,), Risk.REVIEW, may_break)
