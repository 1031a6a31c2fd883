"""Containers whose ports are opened on the node."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, those
from ksec_tui.checks.workloads._host_ports import without_host_ports
from ksec_tui.cluster.pods import ContainerPort
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import workload_fix


@check(
    "wl-host-port",
    "Container port opened on the node",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.EXTERNAL,),
    references=("PSS baseline", "CIS 5.2.12", "T1133", "OWASP K01", "OWASP K06"),
)
def host_port(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container's port is opened on every node that runs it.

    ## Why
    Whoever reaches the node reaches the container, past Services, Ingresses and what guards them. The
    port is on all addresses of the node, public ones too. Pods in the node's network are told under
    `wl-host-network`, since there every port is a host port.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports:
                - {containerPort: 8080, hostPort: 80}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports:
                - {containerPort: 8080}
    ```
    """
    for item in those(workload, _opens):
        for index, port in enumerate(item.container.ports):
            if port.host_port:
                words = f"{named(item)} opens port {port.host_port} on the node"
                local = _loopback(port)
                yield at(
                    workload,
                    item,
                    f"/ports/{index}/hostPort",
                    words + (", for the node itself only" if local else ""),
                    Severity.LOW if local else None,
                )


def _opens(item: Placed) -> bool:
    return not item.spec.host_network and any(port.host_port for port in item.container.ports)


def _loopback(port: ContainerPort) -> bool:
    try:
        return ipaddress.ip_address(port.host_ip).is_loopback
    except ValueError:
        return False


@host_port.fix
def _no_host_port(workload: Workload, _: Snapshot) -> Fix | None:
    if workload.spec.host_network or workload.system:
        return None
    risky = those(workload, _opens)
    return workload_fix(
        workload,
        f"Close the node's ports to {listed(risky)}",
        without_host_ports(workload, {}),
        Risk.REVIEW,
        may_break="It breaks whoever reaches the container at the node's address instead of a Service.",
    )
