"""Ways out of a container by its own settings: what each needs, how sure it is, where it stands.

No flaw of kernel or runtime is needed for any of these. Sources: capabilities(7), namespaces(7); the kernel's
core_pattern and release_agent; the kubelet's handling of /var/log/pods.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.host_paths import credentials, host_mounts, runtime_socket, sensitive
from ksec_tui.analysis.security_context import added as adding
from ksec_tui.analysis.security_context import (
    capability,
    context,
    in_user_namespace,
    is_windows,
    non_root,
    pod_context,
    privileged,
    user,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.cluster.ref import ObjectRef

_ALONE = {
    "SYS_ADMIN": "escape by design",
    "ALL": "escape by design",
    "SYS_MODULE": "escape by capability",
    "SYS_RAWIO": "escape by capability",
    "DAC_READ_SEARCH": "escape by capability",
    "BPF": "escape by capability",
}
"""Capabilities that lead out by themselves, as root."""


_MASTERS = ("the kubeconfig of an administrator", "the credentials of the cluster")
"""Logins that `host_paths.credentials` names with which one is cluster-admin."""


class Escape(msgspec.Struct, frozen=True, gc=False):
    """One way out.

    Attributes:
        likelihood: a name of the table.
        detail: the setting in words.
        ref: the object in which it stands.
        path: JSON pointer.
        checks: the checks that tell of it.
        partly: the checks whose fix leaves something of it.
        login: whose login the node's files hold there, where that is all that is gained: ``admin``.
    """

    likelihood: str
    detail: str
    ref: ObjectRef
    path: str
    checks: tuple[str, ...]
    partly: tuple[str, ...] = ()
    login: str = ""


def escapes(workload: Workload) -> tuple[Escape, ...]:
    """Every way out of the containers of a workload; each setting once."""
    found: dict[tuple[str, str], Escape] = {}
    for escape in (*_settings(workload), *_files(workload)):
        found.setdefault((escape.detail, escape.login), escape)
    return tuple(found.values())


def _settings(workload: Workload) -> Iterator[Escape]:
    for item in workload.placed:
        own = f"{item.pointer}/securityContext"
        spec = item.spec
        if _host_process(item):
            words = "a process of the Windows node"
            yield Escape("escape by design", words, item.ref, own, ("wl-host-process-windows",))
            continue
        if is_windows(spec) or in_user_namespace(spec):
            continue
        if privileged(item.container):
            path = f"{own}/privileged"
            yield Escape("escape by design", "privileged: true", item.ref, path, ("wl-privileged",))
        for name in dict.fromkeys(map(capability, adding(item.container))):
            likelihood = _ALONE.get(name) or (
                "escape by capability" if name == "SYS_PTRACE" and spec.host_pid else ""
            )
            if likelihood:
                checks = (
                    ("wl-cap-dangerous",) if name != "SYS_PTRACE" else ("wl-cap-dangerous", "wl-host-pid")
                )
                path = f"{own}/capabilities/add"
                yield Escape(likelihood, f"capability {name}", item.ref, path, checks)
        if spec.host_pid and _may_be_root(item):
            place = item.pointer.rpartition("/")[0].rpartition("/")[0]
            checks = ("wl-host-pid",)
            yield Escape(
                "escape by host processes", "hostPID with root", item.ref, f"{place}/hostPID", checks
            )


def _host_process(item: Placed) -> bool:
    return any(
        options is not None and options.host_process
        for options in (context(item.container).windows_options, pod_context(item.spec).windows_options)
    )


def _may_be_root(item: Placed) -> bool:
    told = user(item.spec, item.container)
    return told == 0 if told is not None else non_root(item.spec, item.container) is not True


def _files(workload: Workload) -> Iterator[Escape]:
    for mount in host_mounts(workload):
        item = mount.placed
        ref, path = item.ref, mount.pointer
        runtime = runtime_socket(mount.path)
        if runtime:
            detail = f"the socket of {runtime} ({mount.path})"
            yield Escape("escape by design", detail, ref, path, ("wl-runtime-socket",))
            continue
        if in_user_namespace(item.spec):
            continue
        whose = credentials(mount.path)
        if whose:
            login = "admin" if whose in _MASTERS else ""
            if login:
                words = f"{whose} ({mount.path})"
                told = ("wl-hostpath-credentials", "wl-hostpath-sensitive")
                yield Escape("escape by design", words, ref, path, told, (), login)
        holds = sensitive(mount.path, writable=mount.writable)
        if not holds or not _may_be_root(item):
            continue
        detail = f"{'writes' if mount.writable else 'reads'} {holds} ({mount.path})"
        checks = ("wl-hostpath-sensitive", "wl-hostpath-credentials")
        likelihood = _worth(mount.path, writable=mount.writable)
        yield Escape(likelihood, detail, ref, path, checks, ("wl-hostpath-writable",))


def _worth(path: str, *, writable: bool) -> str:
    """What of the node's files gives root there without more ado."""
    whole = path in ("/", "/etc", "/root", "/var", "/var/lib", "/var/lib/kubelet", "/etc/kubernetes", "/proc")
    whole = whole or path.startswith(("/etc/kubernetes", "/var/lib/kubelet/pods", "/var/lib/etcd"))
    if whole and writable:
        return "escape by design"
    return "escape by capability" if whole else "escape by host files"
