"""Parts of the node's file system inside containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.host_paths import HostMount, credentials, host_mounts, runtime_socket, sensitive
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import elsewhere, listed, named, template_fix
from ksec_tui.checks.workloads._host_mounts import without_mounts
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def mount_evidence(
    workload: Workload, found: HostMount, words: str, severity: Severity | None = None
) -> Evidence:
    """Evidence at a mount."""
    return Evidence(found.pointer, words, elsewhere(workload, found.placed.ref), severity)


def _sockets(workload: Workload) -> list[HostMount]:
    return [item for item in host_mounts(workload) if runtime_socket(item.path)]


@check(
    "wl-runtime-socket",
    "Container runtime socket in a container",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.11", "T1611", "T1610", "MS-TA9013", "OWASP K01"),
)
def runtime_sockets(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container can talk to the node's container runtime.

    ## Why
    Through its socket the runtime starts whatever it is told to: a privileged container with the node's
    disk, past admission control and audit log. Mounting it read-only does not help, since a connection
    writes no file, and a mount of /run or of the whole disk has the socket in it.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: builder, namespace: ci}
    spec:
      selector: {matchLabels: {app: builder}}
      template:
        metadata: {labels: {app: builder}}
        spec:
          containers:
            - name: builder
              image: registry.example/builder:3.1.0
              volumeMounts:
                - {name: work, mountPath: /work}
                - {name: docker, mountPath: /var/run/docker.sock}
          volumes:
            - name: work
              emptyDir: {}
            - name: docker
              hostPath: {path: /var/run/docker.sock}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: builder, namespace: ci}
    spec:
      selector: {matchLabels: {app: builder}}
      template:
        metadata: {labels: {app: builder}}
        spec:
          containers:
            - name: builder
              image: registry.example/builder:3.1.0
              volumeMounts:
                - {name: work, mountPath: /work}
          volumes:
            - name: work
              emptyDir: {}
    ```
    """
    for found in _sockets(workload):
        runtime = runtime_socket(found.path)
        words = f"{named(found.placed)} mounts {found.path} of the node, with the socket of {runtime}"
        yield mount_evidence(workload, found, words)


@runtime_sockets.fix
def _no_socket(workload: Workload, _: Snapshot) -> Fix | None:
    return without_mounts(
        workload,
        _sockets(workload),
        "Build images with a rootless builder such as BuildKit or Buildah; read container state from the API.",
    )


def _is_sensitive(found: HostMount) -> str:
    if credentials(found.path) or (found.path != "/" and runtime_socket(found.path)):
        return ""
    return sensitive(found.path, writable=found.writable)


def _sensitive(workload: Workload) -> list[HostMount]:
    return [item for item in host_mounts(workload) if _is_sensitive(item)]


@check(
    "wl-hostpath-sensitive",
    "Sensitive part of the node's file system in a container",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.11", "NSA Pod security", "T1611", "MS-TA9013", "OWASP K01"),
)
def sensitive_host_path(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container mounts a directory of the node that decides over the node.

    ## Why
    Writing below /etc, /usr or /var/lib/kubelet means running code on the node: a cron job, a replaced
    program, a static pod. Reading is enough for credentials: the kubelet's directory holds the tokens
    and Secrets of every pod of the node. Files that any user of a node may read, such as its
    certificates or time zone, do not count while they are mounted read-only.

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
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
              volumeMounts:
                - {name: state, mountPath: /state}
                - {name: etc, mountPath: /host/etc}
          volumes:
            - name: state
              emptyDir: {}
            - name: etc
              hostPath: {path: /etc}
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
              volumeMounts:
                - {name: state, mountPath: /state}
          volumes:
            - name: state
              emptyDir: {}
    ```
    """
    for found in _sensitive(workload):
        how = "writable" if found.writable else "read-only"
        words = f"{named(found.placed)} has {found.path} of the node, {how}: {_is_sensitive(found)}"
        yield mount_evidence(workload, found, words, None if found.writable else Severity.HIGH)


@sensitive_host_path.fix
def _no_sensitive(workload: Workload, _: Snapshot) -> Fix | None:
    return without_mounts(
        workload,
        _sensitive(workload),
        "Mount only the file it needs, read-only, or use a PersistentVolumeClaim, a CSI driver or a ConfigMap.",
    )


def _writable(workload: Workload) -> list[HostMount]:
    return [
        item
        for item in host_mounts(workload)
        if item.writable and not (runtime_socket(item.path) or credentials(item.path) or _is_sensitive(item))
    ]


@check(
    "wl-hostpath-writable",
    "Writable directory of the node in a container",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "T1611", "T1543.005", "MS-TA9013", "OWASP K01", "CVE-2021-25741"),
)
def writable_host_path(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container may write to a directory of the node.

    ## Why
    What is written there outlives the pod and is seen by whatever else uses the directory: a place to
    persist, to fill the node's disk, and to plant links for programs of the node that follow them.
    Paths that decide over the node are told under `wl-hostpath-sensitive` instead.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache, namespace: shop}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
            - name: cache
              image: registry.example/cache:7.2.4
              volumeMounts:
                - {name: data, mountPath: /data}
          volumes:
            - name: data
              hostPath: {path: /srv/cache}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache, namespace: shop}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
            - name: cache
              image: registry.example/cache:7.2.4
              volumeMounts:
                - {name: data, mountPath: /data, readOnly: true}
          volumes:
            - name: data
              hostPath: {path: /srv/cache}
    ```
    """
    for found in _writable(workload):
        yield mount_evidence(workload, found, f"{named(found.placed)} may write to {found.path} of the node")


@writable_host_path.fix
def _read_only(workload: Workload, _: Snapshot) -> Fix | None:
    found = _writable(workload)

    def wanted(item: Placed) -> dict[str, Any] | None:
        # volumeMounts merge by mountPath, not by name (core/v1 Container).
        mounts = [
            {"mountPath": entry.mount.mount_path, "readOnly": True} for entry in found if entry.placed == item
        ]
        return {"volumeMounts": mounts} if mounts else None

    names = listed(entry.placed for entry in found)
    return template_fix(
        workload,
        f"Mount the node's directories read-only in {names}",
        wanted,
        Risk.REVIEW,
        "It breaks what keeps its data there; such data belongs on a PersistentVolumeClaim.",
    )
