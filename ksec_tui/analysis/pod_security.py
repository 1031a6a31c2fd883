"""Pod Security Admission: what a namespace's labels mean to the API server, and who passes baseline.

k8s.io/pod-security-admission api/helpers.go PolicyToEvaluate, policy/check_*.go.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ksec_tui.analysis.security_context import UNCONFINED, context, pod_context, privileged
from ksec_tui.analysis.workloads import workloads_in
from ksec_tui.cluster.kinds import POD, WORKLOAD_KINDS
from ksec_tui.cluster.pods import Container, PodSpec, Probe, SeccompProfile, SELinuxOptions, WindowsOptions
from ksec_tui.cluster.snapshot import Snapshot

PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")
LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"latest|v1\.([0-9]|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Mode:
    """One of enforce, audit and warn, as a namespace's labels set it.

    Attributes:
        name: ``enforce``, ``audit`` or ``warn``.
        level: the level label as written; None when it is absent.
        version: the version label as written; None when it is absent.
    """

    name: str
    level: str | None
    version: str | None

    @property
    def valid_level(self) -> bool:
        """Whether the level label is absent or one of the three words, in lower case."""
        return self.level is None or self.level in LEVELS

    @property
    def valid_version(self) -> bool:
        """Whether the version label is absent or ``latest`` or ``v1.N``."""
        return self.version is None or _VERSION.fullmatch(self.version) is not None

    @property
    def read_as(self) -> str:
        """The level that the server acts on: a bad enforce label fails closed, bad audit and warn labels open.

        Without a label the cluster's default counts, which is privileged unless its admission
        configuration, which the API does not show, says otherwise.
        """
        if self.level in LEVELS:
            return self.level
        return "restricted" if self.name == "enforce" and self.level is not None else "privileged"

    @property
    def meant(self) -> str:
        """The level that its writer had in mind: the nearest word, restricted when none is near; empty without."""
        if self.level is None:
            return ""
        near = difflib.get_close_matches(self.level.strip().lower(), LEVELS, n=1, cutoff=0.6)
        return near[0] if near else "restricted"

    @property
    def minor(self) -> int | None:
        """The minor version that the label pins; None for latest, absent and unreadable ones (read as latest)."""
        if self.version is None or not self.valid_version or self.version == "latest":
            return None
        return int(self.version.removeprefix("v1."))


def mode(labels: Mapping[str, str], name: str) -> Mode:
    """A mode of the namespace that carries `labels`."""
    return Mode(name, labels.get(PREFIX + name), labels.get(f"{PREFIX}{name}-version"))


def blockers(snapshot: Snapshot, namespace: str) -> tuple[str, ...] | None:
    """What keeps a namespace from enforcing baseline: ``Deployment web (privileged)``; None when not known.

    Templates and live pods are judged; those that end or run no more do not count.
    """
    if any(snapshot.gap(kind, namespace) for kind in WORKLOAD_KINDS):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for workload in workloads_in(snapshot, namespace):
        name = f"{workload.ref.kind} {workload.ref.name}"
        found[name] = baseline_violations(workload.spec, workload.annotations)
    for pod in snapshot.within(POD, namespace):
        if not pod.finished:
            found[f"Pod {pod.name}"] = baseline_violations(pod.spec, pod.metadata.annotations)
    return tuple(f"{name} ({', '.join(rules)})" for name, rules in sorted(found.items()) if rules)


_ALLOWED_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_ALLOWED_SELINUX = ("", "container_t", "container_init_t", "container_kvm_t")
_ALLOWED_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
)
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def baseline_violations(spec: PodSpec, annotations: Mapping[str, str]) -> tuple[str, ...]:
    """What a pod does that baseline refuses in some version: the strictest reading, for changes that must not break.

    What newer versions allow (sysctls since 1.27, container_engine_t since 1.31, procMount in user
    namespaces since 1.35) is refused here, as is what only 1.34 and newer refuse (hosts in probes).
    """
    containers = (*spec.init_containers, *spec.containers, *spec.ephemeral_containers)
    found = dict.fromkeys(_pod_violations(spec, annotations))
    for container in containers:
        found.update(dict.fromkeys(_container_violations(container)))
    return tuple(found)


def _pod_violations(spec: PodSpec, annotations: Mapping[str, str]) -> Iterator[str]:
    pod = pod_context(spec)
    if spec.host_network or spec.host_pid or spec.host_ipc:
        yield "host namespaces"
    if any(volume.host_path is not None for volume in spec.volumes):
        yield "hostPath volumes"
    if any(sysctl.name not in _ALLOWED_SYSCTLS for sysctl in pod.sysctls):
        yield "sysctls"
    profiles = [value for key, value in annotations.items() if key.startswith(_APPARMOR)]
    if any(not (v in ("", "runtime/default") or v.startswith("localhost/")) for v in profiles):
        yield "AppArmor"
    yield from _shared(pod.windows_options, pod.se_linux_options, pod.seccomp_profile, pod.app_armor_profile)


def _container_violations(container: Container) -> Iterator[str]:
    own = context(container)
    if privileged(container):
        yield "privileged"
    if any(port.host_port for port in container.ports):
        yield "host ports"
    if own.capabilities and not _ALLOWED_CAPABILITIES.issuperset(own.capabilities.add):
        yield "capabilities"
    if own.proc_mount not in (None, "", "Default"):
        yield "procMount"
    if any(_names_host(handler) for handler in _handlers(container)):
        yield "hosts in probes"
    yield from _shared(own.windows_options, own.se_linux_options, own.seccomp_profile, own.app_armor_profile)


def _shared(
    windows: WindowsOptions | None,
    selinux: SELinuxOptions | None,
    seccomp: SeccompProfile | None,
    app_armor: SeccompProfile | None,
) -> Iterator[str]:
    """What may stand in a pod's and in a container's securityContext alike."""
    if windows is not None and windows.host_process:
        yield "Windows host process"
    if selinux is not None and (selinux.type not in _ALLOWED_SELINUX or selinux.user or selinux.role):
        yield "SELinux"
    if seccomp is not None and seccomp.type == UNCONFINED:
        yield "seccomp"
    if app_armor is not None and app_armor.type not in ("", "RuntimeDefault", "Localhost"):
        yield "AppArmor"


def _handlers(container: Container) -> tuple[Probe | None, ...]:
    hooks = container.lifecycle
    ends = (hooks.post_start, hooks.pre_stop) if hooks is not None else ()
    return (container.liveness_probe, container.readiness_probe, container.startup_probe, *ends)


def _names_host(handler: Probe | None) -> bool:
    targets = (handler.http_get, handler.tcp_socket) if handler is not None else ()
    return any(target is not None and target.host for target in targets)
