"""What confines a container beyond namespaces: AppArmor, SELinux, the masks over /proc, kernel parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.security_context import (
    context,
    in_user_namespace,
    is_windows,
    minor_version,
    pod_context,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import (
    at,
    listed,
    named,
    nothing,
    security,
    specs,
    template_fix,
    those,
)
from ksec_tui.cluster.pods import PodSpec, SELinuxOptions
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_WINDOWS = NotApplicable("Windows containers are confined otherwise")


def _unmasked(item: Placed) -> bool:
    return context(item.container).proc_mount not in (None, "", "Default")


@check(
    "wl-proc-mount",
    "All of /proc is laid open",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "T1611"),
)
def proc_mount(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container asks for /proc without the masks that runtimes lay over it.

    ## Why
    Parts of /proc are switches of the kernel: root writes a core pattern or a modprobe path there and has
    the node run its program. Runtimes hide these files or make them read-only. `Unmasked` lifts that, which
    only nested container builders need, and they should have a user namespace of their own.

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
                procMount: Unmasked
                runAsNonRoot: true
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
                runAsNonRoot: true
    ```
    """
    for item in those(workload, _unmasked):
        words = f"{named(item)} has all of /proc unmasked"
        inside = in_user_namespace(item.spec)
        words += ", though only inside its user namespace" if inside else ""
        path = "/securityContext/procMount"
        yield at(workload, item, path, words, Severity.LOW if inside else None)


@proc_mount.fix
def _masked(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _unmasked)
    return template_fix(
        workload,
        f"Mask /proc in {listed(risky)} as the runtime does",
        lambda item: security(procMount=None) if item in risky else None,
        Risk.REVIEW,
        "It breaks programs that run containers inside the container.",
    )


_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SELINUX_SINCE = {"container_engine_t": 31}
"""SELinux types that Pod Security allows, and since which minor version (check_seLinuxOptions.go)."""


def _odd_selinux(options: SELinuxOptions | None, minor: int | None) -> str:
    """What in SELinux options Pod Security refuses: ``type spc_t and user system_u``; empty when nothing."""
    if options is None:
        return ""
    since = _SELINUX_SINCE.get(options.type)
    allowed = options.type in _SELINUX_TYPES or (since is not None and (minor is None or minor >= since))
    parts = [] if allowed else [f"type {options.type}"]
    parts += [f"user {options.user}"] if options.user else []
    parts += [f"role {options.role}"] if options.role else []
    return " and ".join(parts)


@check(
    "wl-selinux-custom",
    "SELinux label of its own choice",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline",),
)
def selinux_label(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A pod or container sets an SELinux type, user or role that is not one of containers.

    ## Why
    On nodes with SELinux the label decides what a process may touch whatever its user. `spc_t` and other
    types of the node put a container outside of that fence; a user or role may do the same. Levels, which
    keep pods apart from each other, are free to choose.

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
                seLinuxOptions: {type: spc_t, level: 's0:c123,c456'}
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
                seLinuxOptions: {level: 's0:c123,c456'}
    ```
    """
    if is_windows(workload.spec):
        yield _WINDOWS
        return
    minor = minor_version(cluster.source.server_version)
    for spec, pointer, ref in specs(workload, lambda spec: bool(_pod_selinux(spec, minor))):
        words = f"the pod runs with SELinux {_pod_selinux(spec, minor)}"
        yield Evidence(f"{pointer}/securityContext/seLinuxOptions", words, ref)
    for item in those(workload, lambda item: bool(_own_selinux(item, minor))):
        words = f"{named(item)} runs with SELinux {_own_selinux(item, minor)}"
        yield at(workload, item, "/securityContext/seLinuxOptions", words)


def _pod_selinux(spec: PodSpec, minor: int | None) -> str:
    return _odd_selinux(pod_context(spec).se_linux_options, minor)


def _own_selinux(item: Placed, minor: int | None) -> str:
    return _odd_selinux(context(item.container).se_linux_options, minor)


@selinux_label.fix
def _container_label(workload: Workload, cluster: Snapshot) -> Fix | None:
    minor = minor_version(cluster.source.server_version)

    def wanted(item: Placed) -> dict[str, Any] | None:
        own = context(item.container).se_linux_options
        return _relabelled(own) if own is not None and _odd_selinux(own, minor) else None

    pod = pod_context(workload.spec).se_linux_options
    return template_fix(
        workload,
        "Leave the SELinux type, user and role to the runtime",
        wanted,
        Risk.REVIEW,
        "It breaks what reads or writes files of the node that are labelled for the node.",
        _relabelled(pod) if pod is not None and _odd_selinux(pod, minor) else None,
    )


def _relabelled(options: SELinuxOptions) -> dict[str, Any]:
    """Only the level stays."""
    given = {"type": options.type, "user": options.user, "role": options.role}
    gone = {name: None for name, value in given.items() if value}
    return security(seLinuxOptions=gone if options.level else None)


_SYSCTLS: dict[str, int] = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_slow_start_after_idle": 37,
    "net.ipv4.tcp_notsent_lowat": 37,
}
"""Kernel parameters that Pod Security allows, and since which minor version (check_sysctls.go)."""


def _unsafe(name: str, minor: int | None) -> bool:
    since = _SYSCTLS.get(name)
    return since is None or (minor is not None and minor < since)


@check(
    "wl-unsafe-sysctl",
    "Unsafe kernel parameter",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline",),
)
def unsafe_sysctl(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A pod sets a kernel parameter that is not known to be safe.

    ## Why
    Few parameters are separate for each pod and harmless to others; the list of these grows with Kubernetes
    and is taken for the server's version. The others may starve the node or weaken it, and a node that
    admits them was told so by a flag of its kubelet, for every pod that comes.

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
          securityContext:
            sysctls:
              - {name: kernel.msgmax, value: "65536"}
              - {name: net.ipv4.tcp_syncookies, value: "1"}
          containers:
            - name: app
              image: registry.example/web:1.4.2
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
          securityContext:
            sysctls:
              - {name: net.ipv4.tcp_syncookies, value: "1"}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    minor = minor_version(cluster.source.server_version)

    def unsafe(spec: PodSpec) -> bool:
        return any(_unsafe(entry.name, minor) for entry in pod_context(spec).sysctls)

    for spec, pointer, ref in specs(workload, unsafe):
        for index, entry in enumerate(pod_context(spec).sysctls):
            if _unsafe(entry.name, minor):
                path = f"{pointer}/securityContext/sysctls/{index}"
                since = _SYSCTLS.get(entry.name)
                early = f", which is safe from Kubernetes 1.{since} on" if since else ""
                yield Evidence(path, f"the pod sets {entry.name}{early}", ref)


@unsafe_sysctl.fix
def _safe_sysctls(workload: Workload, cluster: Snapshot) -> Fix | None:
    minor = minor_version(cluster.source.server_version)
    entries = pod_context(workload.spec).sysctls
    gone = [entry.name for entry in entries if _unsafe(entry.name, minor)]
    # The list is atomic: all that stays.
    kept = [{"name": e.name, "value": e.value} for e in entries if not _unsafe(e.name, minor)]
    return template_fix(
        workload,
        f"Leave {', '.join(gone)} as the node has it",
        nothing,
        Risk.REVIEW,
        "It breaks or slows what was tuned with it: databases, proxies, programs with many connections.",
        security(sysctls=kept or None) if gone else None,
    )
