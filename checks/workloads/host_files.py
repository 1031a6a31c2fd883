"""Parts of the node's file system that hold credentials, and those that hold nothing special."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.host_paths import (
    HostMount,
    credentials,
    host_mounts,
    normalized,
    runtime_socket,
    sensitive,
)
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import elsewhere, named
from ksec_tui.checks.workloads._host_mounts import by_hand, without_mounts
from ksec_tui.checks.workloads.host_paths import mount_evidence
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import pod_template, workload_fix


def _with_credentials(workload: Workload) -> list[HostMount]:
    return [item for item in host_mounts(workload) if credentials(item.path)]


@check(
    "wl-hostpath-credentials",
    "Credential files of the node in a container",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER, Threat.CREDENTIALS),
    references=("MS-TA9026", "MS-TA9028", "T1552.001", "T1552.005", "OWASP K08"),
)
def credential_files(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container mounts files of the node by which one logs in to a cloud or a cluster.

    ## Why
    Whoever breaks into the container copies the file and goes on from anywhere, as the node, the cloud
    account or an administrator, long after the pod is gone. Reading is all it takes, so that a read-only
    mount is as bad.

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
          volumes:
            - name: state
              emptyDir: {}
            - name: aws
              hostPath: {path: /root/.aws}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
              volumeMounts:
                - {name: state, mountPath: /state}
                - {name: aws, mountPath: /credentials, readOnly: true}
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
          volumes:
            - name: state
              emptyDir: {}
          containers:
            - name: agent
              image: registry.example/agent:2.0.1
              volumeMounts:
                - {name: state, mountPath: /state}
    ```
    """
    for found in _with_credentials(workload):
        words = f"{named(found.placed)} has {found.path} of the node: {credentials(found.path)}"
        # A component that the node itself starts needs its own login, and has nothing from it that it lacks.
        yield mount_evidence(workload, found, words, Severity.HIGH if workload.static else None)


@credential_files.fix
def _no_credentials(workload: Workload, _: Snapshot) -> Fix | None:
    return without_mounts(
        workload,
        _with_credentials(workload),
        "Give its ServiceAccount an identity of the cloud (workload identity), or rights by RBAC; "
        "revoke what the file holds.",
    )


def _plain(workload: Workload) -> list[HostMount]:
    """Mounts that may not be written and hold nothing special."""
    return [
        item
        for item in host_mounts(workload)
        if not (item.writable or runtime_socket(item.path) or credentials(item.path))
        and not sensitive(item.path, writable=False)
    ]


def _unmounted(workload: Workload) -> list[tuple[int, str, str]]:
    """HostPath volumes of the template that no container mounts: (position, name, path)."""
    mounted = {
        mount.name for item in workload.placed if not item.injected for mount in item.container.volume_mounts
    }
    return [
        (index, volume.name, volume.host_path.path)
        for index, volume in enumerate(workload.spec.volumes)
        if volume.host_path is not None and volume.name not in mounted
    ]


@check(
    "wl-hostpath",
    "Part of the node's file system in a pod",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.11", "MS-TA9013", "OWASP K01"),
)
def plain_host_path(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod has a volume on the node's file system which it may only read.

    ## Why
    The pod depends on its node and sees what other pods and the node put there; one field more and it may
    write. Pod Security allows such volumes at no level but the widest, even those that nothing mounts. What
    is writable, sensitive, a credential or the runtime's socket is told by the checks of these names.

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
          volumes:
            - name: models
              hostPath: {path: /srv/models}
          containers:
            - name: app
              image: registry.example/web:1.4.2
              volumeMounts:
                - {name: models, mountPath: /models, readOnly: true}
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
          volumes:
            - name: models
              persistentVolumeClaim: {claimName: models, readOnly: true}
          containers:
            - name: app
              image: registry.example/web:1.4.2
              volumeMounts:
                - {name: models, mountPath: /models, readOnly: true}
    ```
    """
    for found in _plain(workload):
        public = sensitive(found.path, writable=True)
        words = f"{named(found.placed)} may read {found.path} of the node"
        yield mount_evidence(workload, found, words, Severity.LOW if public else None)
    for index, name, path in _unmounted(workload):
        yield Evidence(
            f"{workload.pointer}/volumes/{index}/hostPath",
            f"volume {name} is {normalized(path)} of the node, though no container mounts it",
            elsewhere(workload, workload.object.ref),
            Severity.LOW,
        )


@plain_host_path.fix
def _no_host_path(workload: Workload, _: Snapshot) -> Fix | None:
    found = _plain(workload)
    if workload.system:
        return None
    if found:
        return by_hand(
            found, "Use a PersistentVolumeClaim, a CSI driver, a ConfigMap or an image volume instead."
        )
    volumes: list[dict[str, Any]] = [
        {"name": name, "$patch": "delete"} for _, name, _ in _unmounted(workload)
    ]
    if not volumes:
        return None
    return workload_fix(
        workload,
        f"Remove the unused volume {' and '.join(item['name'] for item in volumes)}",
        pod_template(workload, {"volumes": volumes}),
        Risk.LIKELY,
        may_break="It breaks what an admission webhook mounts from that volume into containers of its own.",
    )
