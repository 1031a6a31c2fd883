"""Linux capabilities that containers add, and those that they keep."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.security_context import added, capability, dropped, in_user_namespace, is_windows
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._capabilities import DANGEROUS, TAKEOVER, Told, adding, taken
from ksec_tui.checks.workloads._common import at, listed, named, security, template_fix, those
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import workload_fix

_UNPRIVILEGED = 1024
"""The first port that the kernel lets everybody open, by default (net.ipv4.ip_unprivileged_port_start)."""


def _risky(item: Placed) -> bool:
    return bool(adding(item, Told.DANGEROUS))


@check(
    "wl-cap-dangerous",
    "Capability that takes over the node",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.9", "T1611", "OWASP K01"),
)
def dangerous_capability(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container adds a capability which leads out of it.

    ## Why
    Each of these is a known way from root in the container to the node: mounting its disk, loading a
    kernel module, attaching to its processes. Inside a user namespace they hold for that namespace only,
    which leaves the kernel's flaws as the way out.

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
                  add: [NET_BIND_SERVICE, SYS_ADMIN]
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
    for item in those(workload, _risky):
        for index, name in adding(item, Told.DANGEROUS):
            known = capability(name)
            severity = Severity.CRITICAL if known in TAKEOVER else Severity.HIGH
            words = f"{named(item)} adds {known}: {DANGEROUS[known]}"
            if in_user_namespace(item.spec):
                severity = Severity.MEDIUM
                words += ", though only inside its user namespace"
            yield at(workload, item, f"/securityContext/capabilities/add/{index}", words, severity)


@dangerous_capability.fix
def _harmless(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _risky)
    if workload.system or not risky:
        return None
    gone = dict.fromkeys(capability(name) for item in risky for _, name in adding(item, Told.DANGEROUS))
    return workload_fix(
        workload,
        f"Take {', '.join(gone)} from {listed(risky)}",
        taken(workload, lambda item: [index for index, _ in adding(item, Told.DANGEROUS)]),
        Risk.REVIEW,
        may_break="It breaks what uses the capability: mounting, tracing, kernel modules, clocks.",
    )


def _keeps(item: Placed) -> bool:
    return "ALL" not in dropped(item.container)


@check(
    "wl-cap-no-drop-all",
    "Default capabilities are kept",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted", "CIS 5.2.9", "NSA Pod hardening", "OWASP K01"),
)
def keeps_capabilities(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container does not drop all capabilities.

    ## Why
    Runtimes give root some fourteen capabilities which few programs need: forging packets, changing the
    owner of any file, becoming any user. Dropping `ALL` and adding back what is needed removes what many
    kernel exploits start from. Admission knows the word in capitals only.

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
                  drop: [NET_RAW]
                  add: [NET_BIND_SERVICE]
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
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no capabilities")
        return
    for item in those(workload, _keeps):
        written = next((name for name in dropped(item.container) if capability(name) == "ALL"), "")
        if written:
            words = f'{named(item)} drops "{written}", which admission does not read as ALL'
        else:
            words = f"{named(item)} keeps the runtime's default capabilities"
        path = "/securityContext/capabilities/drop"
        yield at(workload, item, path, words, Severity.LOW if written else None)


@keeps_capabilities.fix
def _drop_all(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _keeps)
    may_break = "It breaks images that start as root and change owners or users, and ports below 1024."
    if low := ", ".join(f"{named(item)} port {port}" for item in risky for port in _low_ports(item)):
        may_break += (
            f" Such are declared: {low}; add NET_BIND_SERVICE unless the runtime lets everybody open them."
        )
    return template_fix(
        workload,
        f"Drop all capabilities in {listed(risky)}",
        lambda item: security(capabilities={"drop": ["ALL"]}) if item in risky else None,
        Risk.REVIEW,
        may_break,
    )


def _low_ports(item: Placed) -> Iterator[int]:
    """The ports of a container that only the capability opens; runtimes may lower the bound by a sysctl."""
    if item.injected or "NET_BIND_SERVICE" in map(capability, added(item.container)):
        return
    yield from dict.fromkeys(
        port.container_port for port in item.container.ports if 0 < port.container_port < _UNPRIVILEGED
    )
