"""What confines a container beyond namespaces: AppArmor, SELinux, the masks over /proc, kernel parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.pod_security.allowed import NEWEST, SYSCTLS, selinux_types_allowed, sysctls_allowed
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


def _odd_selinux(options: SELinuxOptions | None, minor: int) -> str:
    """What in SELinux options Pod Security refuses: ``type spc_t and user system_u``; empty when nothing."""
    if options is None:
        return ""
    parts = [] if options.type in selinux_types_allowed(minor) else [f"type {options.type}"]
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
    near=True,
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
    minor = _policy(cluster)
    for spec, pointer, ref in specs(workload, lambda spec: bool(_pod_selinux(spec, minor))):
        words = f"the pod runs with SELinux {_pod_selinux(spec, minor)}"
        yield Evidence(f"{pointer}/securityContext/seLinuxOptions", words, ref)
    for item in those(workload, lambda item: bool(_own_selinux(item, minor))):
        words = f"{named(item)} runs with SELinux {_own_selinux(item, minor)}"
        yield at(workload, item, "/securityContext/seLinuxOptions", words)


def _pod_selinux(spec: PodSpec, minor: int) -> str:
    return _odd_selinux(pod_context(spec).se_linux_options, minor)


def _own_selinux(item: Placed, minor: int) -> str:
    return _odd_selinux(context(item.container).se_linux_options, minor)


@selinux_label.fix
def _container_label(workload: Workload, cluster: Snapshot) -> Fix | None:
    minor = _policy(cluster)

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


def _policy(cluster: Snapshot) -> int:
    """The minor version whose Pod Security the server has; the newest that is known when nothing tells."""
    minor = minor_version(cluster.source.server_version)
    return NEWEST if minor is None else minor


def _unsafe(spec: PodSpec, minor: int) -> list[tuple[int, str]]:
    """(position, name) of the kernel parameters that Pod Security refuses."""
    allowed = sysctls_allowed(minor)
    entries = enumerate(pod_context(spec).sysctls)
    return [(index, entry.name) for index, entry in entries if entry.name not in allowed]


def _since(name: str) -> str:
    minor = next((minor for minor, names in SYSCTLS.items() if name in names), None)
    return f", which is safe from Kubernetes 1.{minor} on" if minor else ""


@check(
    "wl-unsafe-sysctl",
    "Unsafe kernel parameter",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline",),
    near=True,
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
    minor = _policy(cluster)
    for spec, pointer, ref in specs(workload, lambda spec: bool(_unsafe(spec, minor))):
        for index, name in _unsafe(spec, minor):
            path = f"{pointer}/securityContext/sysctls/{index}"
            yield Evidence(path, f"the pod sets {name}{_since(name)}", ref)


@unsafe_sysctl.fix
def _safe_sysctls(workload: Workload, cluster: Snapshot) -> Fix | None:
    gone = [name for _, name in _unsafe(workload.spec, _policy(cluster))]
    # The list is atomic: all that stays.
    entries = pod_context(workload.spec).sysctls
    kept = [{"name": entry.name, "value": entry.value} for entry in entries if entry.name not in gone]
    return template_fix(
        workload,
        f"Leave {', '.join(gone)} as the node has it",
        nothing,
        Risk.REVIEW,
        "It breaks or slows what was tuned with it: databases, proxies, programs with many connections.",
        security(sysctls=kept or None) if gone else None,
    )
