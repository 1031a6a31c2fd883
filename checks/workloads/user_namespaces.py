"""Containers whose root is the node's root, and those that are processes of a Windows node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.host_paths import host_mounts
from ksec_tui.analysis.pod_security.allowed import CAPABILITIES as BASELINE
from ksec_tui.analysis.security_context import (
    added,
    capability,
    context,
    in_user_namespace,
    is_windows,
    minor_version,
    pod_context,
    privileged,
    user,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import (
    elsewhere,
    listed,
    named,
    nothing,
    security,
    template_fix,
    those,
)
from ksec_tui.checks.workloads._host_ports import closed
from ksec_tui.cluster.pods import WindowsOptions
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_ON_BY_DEFAULT = 33
"""The minor version from which user namespaces are there unless switched off (KEP-127: beta, on by default)."""


def _power(item: Placed) -> str:
    """What a container has that a user namespace would take the edge off; empty when nothing is known."""
    if privileged(item.container):
        return "runs privileged"
    beyond = [known for name in added(item.container) if (known := capability(name)) not in BASELINE]
    if beyond:
        return f"adds {', '.join(beyond)}"
    return "runs as root" if user(item.spec, item.container) == 0 else ""


@check(
    "wl-host-users",
    "Power without a user namespace",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("KEP-127", "T1611", "OWASP K01"),
    near=True,
)
def host_users(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container is root or has extra capabilities, and its pod has no user namespace.

    ## Why
    With `hostUsers: false` root of the pod is a user without rights on the node, and its capabilities hold
    inside only: what gets out of the container is nobody. Most programs do not notice. No level of Pod
    Security asks for it. Kubernetes has it by default from 1.33 on; nodes need a recent kernel and runtime.

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
                runAsUser: 0
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
          hostUsers: false
          containers:
            - name: app
              image: registry.example/web:1.4.2
              securityContext:
                runAsUser: 0
    ```
    """
    minor = minor_version(cluster.source.server_version)
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no user namespaces")
        return
    if minor is not None and minor < _ON_BY_DEFAULT:
        yield NotApplicable(f"Kubernetes 1.{minor} has no user namespaces by default")
        return
    lacking = those(workload, _lacks)
    on_node = {found.placed.container.name for found in host_mounts(workload)} if lacking else set()
    for item in lacking:
        power = _power(item)
        deep = item.container.name in on_node or power != "runs as root"
        root = privileged(item.container) or user(item.spec, item.container) == 0
        yield Evidence(
            f"{item.pointer.rsplit('/', 2)[0]}/hostUsers",
            f"{named(item)} {power}, and its users are those of the node",
            elsewhere(workload, item.ref),
            Severity.MEDIUM if deep and root else None,
        )


def _lacks(item: Placed) -> bool:
    return not in_user_namespace(item.spec) and bool(_power(item))


@host_users.fix
def _own_users(workload: Workload, _: Snapshot) -> Fix | None:
    spec = workload.spec
    own = any(not item.injected for item in those(workload, _lacks))
    title = "Give the pod a user namespace"
    may_break = (
        "It breaks what relies on the node's user numbers, some storage (NFS, block devices), "
        "and pods on nodes whose kernel or runtime is too old."
    )
    if own and not workload.system and (spec.host_network or spec.host_pid or spec.host_ipc):
        # core/validation ValidatePodSecurityContext: not with namespaces of the node.
        steps = (
            "First give the pod its own network, process and IPC namespaces.",
            "Then set hostUsers: false.",
        )
        return Fix(title, (), Risk.MANUAL, may_break, steps)
    return template_fix(
        workload, title, nothing, Risk.REVIEW, may_break, {"hostUsers": False} if own else None
    )


def _on_host(options: WindowsOptions | None) -> bool:
    return options is not None and options.host_process is True


def _host_process(item: Placed) -> bool:
    """Whether a container is a process of its node: its own word, else the pod's."""
    own = context(item.container).windows_options
    said = own is not None and own.host_process is not None
    return _on_host(own if said else pod_context(item.spec).windows_options)


@check(
    "wl-host-process-windows",
    "Process of a Windows node",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.10", "T1611", "OWASP K01"),
)
def windows_host_process(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    r"""A container is a HostProcess container: it runs on its Windows node, not in isolation.

    ## Why
    It runs as a user of the node, commonly SYSTEM, with the node's files, network and processes: what a
    privileged container is on Linux. Whoever breaks into it has the node and the credentials of its kubelet.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: ops}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          os: {name: windows}
          hostNetwork: true
          securityContext:
            windowsOptions: {hostProcess: true, runAsUserName: 'NT AUTHORITY\SYSTEM'}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: ops}
    spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: ops}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec:
          os: {name: windows}
          securityContext:
            windowsOptions: {hostProcess: false}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: ops}
    spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
    ```
    """
    for item in those(workload, _host_process):
        own = _on_host(context(item.container).windows_options)
        place = item.pointer if own else item.pointer.rsplit("/", 2)[0]
        yield Evidence(
            f"{place}/securityContext/windowsOptions/hostProcess",
            f"{named(item)} is a process of its Windows node",
            elsewhere(workload, item.ref),
        )


@windows_host_process.fix
def _isolated(workload: Workload, _: Snapshot) -> Fix | None:
    """All containers at once: the API refuses a pod of which only some are processes of the node.

    Such pods must use the node's network, which others on Windows cannot (core/validation
    validateWindowsHostProcessPod); the node's accounts do not exist inside.
    """
    risky = those(workload, _host_process)
    pod = pod_context(workload.spec).windows_options
    spec: dict[str, Any] = security(windowsOptions=_contained(pod)) if pod and _on_host(pod) else {}
    if risky and workload.spec.host_network:
        spec["hostNetwork"] = None

    def wanted(item: Placed) -> dict[str, Any] | None:
        own = context(item.container).windows_options
        body = security(windowsOptions=_contained(own)) if own and _on_host(own) else {}
        ports = closed(item) if any(port.host_port for port in item.container.ports) else {}
        return {**body, **ports} or None

    return template_fix(
        workload,
        f"Run {listed(risky)} isolated from the node",
        lambda item: wanted(item) if risky else None,
        Risk.REVIEW,
        "It breaks what manages the node: network and storage plug-ins, agents that read its logs.",
        spec or None,
    )


def _contained(options: WindowsOptions) -> dict[str, Any]:
    values: dict[str, Any] = {"hostProcess": False}
    if options.run_as_user_name and options.run_as_user_name.upper().startswith("NT AUTHORITY\\"):
        values["runAsUserName"] = None
    return values
