"""What the control plane offers on the network beyond its purpose."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, CONTROLLER_MANAGER, SCHEDULER, Process, loopback
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-bind-address",
    "Controllers listen beyond their node",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.3.7", "CIS 1.4.2", "OWASP K06"),
    near=True,
)
def bind_address(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The controller manager or the scheduler serves its port on all addresses of the node.

    ## Why
    Only their health and metrics are served there, behind authentication. Nobody outside of the node needs
    the port, and what listens to nobody cannot be attacked.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --bind-address=0.0.0.0
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, labels: {component: kube-scheduler}}
    spec:
      containers:
        - name: kube-scheduler
          image: registry.k8s.io/kube-scheduler:v1.36.2
          command:
            - kube-scheduler
            - --bind-address=127.0.0.1
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --bind-address=127.0.0.1
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, labels: {component: kube-scheduler}}
    spec:
      containers:
        - name: kube-scheduler
          image: registry.k8s.io/kube-scheduler:v1.36.2
          command:
            - kube-scheduler
            - --bind-address=127.0.0.1
    ```
    """
    for component in (CONTROLLER_MANAGER, SCHEDULER):
        yield from judged(cluster, component, _address)


@bind_address.fix
def _bind_address_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Let controllers listen on their own node only",
        (CONTROLLER_MANAGER, SCHEDULER),
        "set --bind-address=127.0.0.1",
        "Monitoring that scrapes these ports from another node sees nothing any more.",
    )


def _address(process: Process) -> Iterator[Outcome]:
    address = process.value("bind-address") or "0.0.0.0"  # noqa: S104 - the default that is told, not used
    if not loopback(address):
        yield at(process, "bind-address", f"listens on {address}: {as_set(process, 'bind-address')}")


@check(
    "cp-profiling",
    "Profiling is on",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.15", "CIS 1.3.2", "CIS 1.4.1"),
    near=True,
)
def profiling(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """A component of the control plane serves profiles of itself.

    ## Why
    A profile shows what the program is doing and what lies in its memory, and taking one costs it time. It is
    on by default and needed only while somebody looks for a fault.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --profiling=true
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --profiling=false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, labels: {component: kube-scheduler}}
    spec:
      containers:
        - name: kube-scheduler
          image: registry.k8s.io/kube-scheduler:v1.36.2
          command:
            - kube-scheduler
            - --profiling=false
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --profiling=false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --profiling=false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-scheduler-cp-1, namespace: kube-system, labels: {component: kube-scheduler}}
    spec:
      containers:
        - name: kube-scheduler
          image: registry.k8s.io/kube-scheduler:v1.36.2
          command:
            - kube-scheduler
            - --profiling=false
    ```
    """
    for component in (API_SERVER, CONTROLLER_MANAGER, SCHEDULER):
        yield from judged(cluster, component, _profiled)


@profiling.fix
def _profiling_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Switch profiling off",
        (API_SERVER, CONTROLLER_MANAGER, SCHEDULER),
        "set --profiling=false",
        "kubectl get --raw /debug/pprof shows nothing any more.",
    )


def _profiled(process: Process) -> Iterator[Outcome]:
    # A scheduler with a configuration file takes enableProfiling from there (cmd/kube-scheduler deprecated options).
    if process.component == SCHEDULER and process.last("config") is not None:
        yield Unknown(f"whether {process.pod.name} serves profiles stands in its --config file")
    elif process.on("profiling", default=True):
        yield at(process, "profiling", f"serves profiles: {as_set(process, 'profiling')}")
