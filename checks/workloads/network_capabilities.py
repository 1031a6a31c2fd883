"""Capabilities that forge and redirect packets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.security_context import capability, dropped, is_windows
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._capabilities import Told, adding, taken
from ksec_tui.checks.workloads._common import at, listed, named, security, template_fix, those, together
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import workload_fix


def _administers(item: Placed) -> bool:
    return bool(adding(item, Told.NET_ADMIN))


@check(
    "wl-cap-net-admin",
    "Capability to rule the network",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.9", "T1557", "MS-TA9036"),
)
def network_administrator(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container adds NET_ADMIN.

    ## Why
    With it an attacker changes addresses, routes and packet filters of the pod, which undoes a service
    mesh's redirection and opens large parts of the kernel's network code, where many of its flaws are. In
    the node's network it does so for the node: it reads and redirects what every pod there sends.

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
              securityContext:
                capabilities:
                  drop: [ALL]
                  add: [NET_BIND_SERVICE, NET_ADMIN]
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
              securityContext:
                capabilities:
                  drop: [ALL]
                  add: [NET_BIND_SERVICE]
    ```
    """
    for item in those(workload, _administers):
        wide = item.spec.host_network
        words = f"{named(item)} adds NET_ADMIN: routes, addresses and packet filters"
        words += " of the node, whose network it uses" if wide else " of the pod"
        for index, _name in adding(item, Told.NET_ADMIN):
            path = f"/securityContext/capabilities/add/{index}"
            yield at(workload, item, path, words, Severity.HIGH if wide else None)


@network_administrator.fix
def _no_administrator(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _administers)
    if workload.system or not risky:
        return None
    return workload_fix(
        workload,
        f"Take NET_ADMIN from {listed(risky)}",
        taken(workload, lambda item: [index for index, _ in adding(item, Told.NET_ADMIN)]),
        Risk.REVIEW,
        may_break="It breaks VPNs, network plugins, and init containers that redirect a service mesh's traffic.",
    )


def _crafts(item: Placed) -> bool:
    return bool(adding(item, Told.NET_RAW)) or _keeps_raw(item)


def _keeps_raw(item: Placed) -> bool:
    """Whether the runtime's default gives it NET_RAW; adding ALL is told elsewhere and includes it."""
    return not {"ALL", "NET_RAW"} & {capability(name) for name in dropped(item.container)}


@check(
    "wl-cap-net-raw",
    "Capability to forge packets",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.8", "T1557", "T1040", "MS-TA9036"),
)
def forged_packets(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container has NET_RAW, by adding it or by not dropping it.

    ## Why
    Raw sockets send packets under any address: on networks that pods share at the link layer an attacker
    takes over another pod's address or answers its DNS queries. containerd and Docker give it to every
    container that does not drop it, CRI-O does not; what uses it is mostly ping.

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
              securityContext:
                capabilities:
                  drop: [MKNOD]
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
              securityContext:
                capabilities:
                  drop: [MKNOD, NET_RAW]
    ```
    """
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no capabilities")
        return
    for item in those(workload, _crafts):
        raw = adding(item, Told.NET_RAW)
        for index, _name in raw:
            path = f"/securityContext/capabilities/add/{index}"
            yield at(workload, item, path, f"{named(item)} adds NET_RAW", Severity.MEDIUM)
        if not raw:
            words = f"{named(item)} does not drop NET_RAW, which most runtimes give"
            yield at(workload, item, "/securityContext/capabilities/drop", words)


@forged_packets.fix
def _no_forged_packets(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _crafts)
    if workload.system or not risky:
        return None

    def wanted(item: Placed) -> dict[str, Any] | None:
        # `drop` is atomic: the whole list. Without it a container that merely adds no NET_RAW has it still.
        full = [*dropped(item.container), "NET_RAW"]
        return security(capabilities={"drop": full}) if item in risky and _keeps_raw(item) else None

    title = f"Take NET_RAW from {listed(risky)}"
    may_break = "It breaks ping, traceroute and packet capture inside the container."
    dropping = template_fix(workload, title, wanted, Risk.LIKELY, may_break)
    change = taken(workload, lambda item: [i for i, _ in adding(item, Told.NET_RAW)])
    if change is None:
        return dropping
    first = workload_fix(workload, title, change, Risk.REVIEW, may_break=may_break)
    return together(first, dropping)
