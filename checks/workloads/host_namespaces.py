"""Pods that share the node's process, network and IPC namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.security_context import has_capability, non_root, privileged
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import listed, nothing, specs, template_fix
from ksec_tui.checks.workloads._host_ports import without_host_ports
from ksec_tui.checks.workloads.probes import asking_loopback
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import workload_fix


@check(
    "wl-host-pid",
    "Host PID namespace",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.3", "T1611", "OWASP K01"),
)
def host_pid(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod shares the node's process namespace.

    ## Why
    Its containers see every process of the node, with arguments and environment, and may signal those of
    the same user. With root and SYS_PTRACE, or privileged, they enter a process of the node and own it.

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
          hostPID: true
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
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
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ```
    """
    for spec, pointer, ref in specs(workload, lambda spec: spec.host_pid):
        entry = _entering(spec)
        words = "the pod shares the node's process namespace"
        if entry:
            words += f", and container {entry} can enter the node's processes"
        yield Evidence(f"{pointer}/hostPID", words, ref, Severity.CRITICAL if entry else None)


def _entering(spec: PodSpec) -> str:
    """The container that can attach to the node's processes; empty when none can."""
    for container in (*spec.init_containers, *spec.containers, *spec.ephemeral_containers):
        traces = has_capability(container, "SYS_PTRACE", "SYS_ADMIN")
        if privileged(container) or (traces and not non_root(spec, container)):
            return container.name
    return ""


@host_pid.fix
def _own_pid(workload: Workload, _: Snapshot) -> Fix | None:
    return template_fix(
        workload,
        "Give the pod its own process namespace",
        nothing,
        Risk.REVIEW,
        "It breaks agents that watch or enter the node's processes.",
        {"hostPID": None} if workload.spec.host_pid else None,
    )


@check(
    "wl-host-ipc",
    "Host IPC namespace",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.4", "T1611", "OWASP K01"),
)
def host_ipc(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod shares the node's IPC namespace.

    ## Why
    Shared memory, semaphores and message queues of the node and of other such pods can be read and
    changed from its containers: databases and browsers keep what they work on there.

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
          hostIPC: true
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
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
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
    ```
    """
    for _spec, pointer, ref in specs(workload, lambda spec: spec.host_ipc):
        yield Evidence(f"{pointer}/hostIPC", "the pod shares the node's IPC namespace", ref)


@host_ipc.fix
def _own_ipc(workload: Workload, _: Snapshot) -> Fix | None:
    return template_fix(
        workload,
        "Give the pod its own IPC namespace",
        nothing,
        Risk.REVIEW,
        "It breaks programs that share memory with processes of the node.",
        {"hostIPC": None} if workload.spec.host_ipc else None,
    )


@check(
    "wl-host-network",
    "Host network namespace",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER, Threat.EXTERNAL),
    references=("PSS baseline", "CIS 5.2.5", "T1040", "T1611", "MS-TA9034", "OWASP K01", "OWASP K05"),
    # No policy holds such a pod, so what policies leave open is told of others only.
    veils=("ns-metadata-reachable", "ns-no-netpol-egress", "ns-no-netpol-ingress", "net-datastore-open"),
)
def host_network(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod uses the node's network.

    ## Why
    NetworkPolicies do not apply to it. It reaches what listens on the node's loopback only, such as the
    kubelet's and etcd's health ports, and cloud credentials that a hop limit keeps from other pods; what it
    listens on is open on the node's addresses.

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
          hostNetwork: true
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
              ports:
                - {containerPort: 9100, hostPort: 9100, name: metrics}
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
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
              ports:
                - {containerPort: 9100, name: metrics}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: ops}
    spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
    ```
    """
    for spec, pointer, ref in specs(workload, lambda spec: spec.host_network):
        ports = [
            str(port.container_port)
            for container in (*spec.init_containers, *spec.containers)
            for port in container.ports
        ]
        opened = f", which opens {', '.join(ports)} on the node" if ports else ""
        yield Evidence(f"{pointer}/hostNetwork", f"the pod uses the node's network{opened}", ref)


@host_network.fix
def _own_network(workload: Workload, _: Snapshot) -> Fix | None:
    if not workload.spec.host_network or workload.system:
        return None
    may_break = "It breaks network plugins, and whoever reaches the pod at the node's address."
    if probed := listed(asking_loopback(workload)):
        may_break += (
            f" The kubelet still asks the node's loopback address for {probed}, where then nothing answers, and "
            "restarts it, unless its probes name no host (wl-probe-host)."
        )
    # In the node's network every port is a host port (core/v1 defaults): they go together.
    return workload_fix(
        workload,
        "Give the pod its own network",
        without_host_ports(workload, {"hostNetwork": None}),
        Risk.REVIEW,
        may_break=may_break,
    )
