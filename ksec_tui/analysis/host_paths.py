"""Which parts of the node's file system containers see, and what they can do with them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.cluster.pods import VolumeMount


@dataclass(frozen=True, slots=True)
class HostMount:
    """A hostPath volume in a container.

    Attributes:
        placed: the container.
        mount: how it is mounted; `index` is its position in volumeMounts.
        path: the path on the node, normalized, with the mount's subPath.
    """

    placed: Placed
    mount: VolumeMount
    index: int
    path: str

    @property
    def writable(self) -> bool:
        """Whether the container may write there (volumeMounts[].readOnly, false by default)."""
        return not self.mount.read_only

    @property
    def pointer(self) -> str:
        """JSON pointer of the mount."""
        return f"{self.placed.pointer}/volumeMounts/{self.index}"


def host_mounts(workload: Workload) -> Iterator[HostMount]:
    """Every mount of a hostPath volume in any container; volumes that nobody mounts give nothing.

    What a live pod mounts as its template does is given once.
    """
    seen: set[tuple[str, str, str, bool]] = set()
    for item in workload.placed:
        paths = {
            volume.name: volume.host_path.path for volume in item.spec.volumes if volume.host_path is not None
        }
        for index, mount in enumerate(item.container.volume_mounts if paths else ()):
            if mount.name in paths:
                below = f"/{mount.sub_path}" if mount.sub_path else ""
                path = normalized(paths[mount.name] + below)
                mark = (item.container.name, mount.mount_path, path, mount.read_only)
                if not item.injected or mark not in seen:
                    yield HostMount(item, mount, index, path)
                seen.add(mark)


def normalized(path: str) -> str:
    """A node's path without doubled, trailing or dotted parts; a Windows path as it is."""
    return posixpath.normpath("/" + path.lstrip("/")) if path.startswith("/") else path


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


_SOCKETS = {
    "/run/docker.sock": "Docker",
    "/run/cri-dockerd.sock": "cri-dockerd",
    "/run/dockershim.sock": "dockershim",
    "/run/containerd/containerd.sock": "containerd",
    "/run/k3s/containerd/containerd.sock": "containerd",
    "/run/k0s/containerd.sock": "containerd",
    "/run/crio/crio.sock": "CRI-O",
    "/run/podman/podman.sock": "Podman",
}
_SOCKET_NAMES = {posixpath.basename(path): runtime for path, runtime in _SOCKETS.items()}
_PIPES = {"docker_engine": "Docker", "containerd-containerd": "containerd"}


def runtime_socket(path: str) -> str:
    """The container runtime whose socket is at `path` or below it; empty when there is none.

    A read-only mount does not matter: connecting to a socket writes nothing to the file system.
    """
    if "\\pipe\\" in path:
        return _PIPES.get(path.rpartition("\\")[2].lower(), "")
    if _within(path, "/var/run"):
        path = path.removeprefix("/var")  # a link to /run on every current distribution
    by_name = _SOCKET_NAMES.get(posixpath.basename(path), "")
    if by_name:
        return by_name
    below = [runtime for socket, runtime in _SOCKETS.items() if _within(socket, path)]
    return below[0] if len(set(below)) == 1 else "the container runtime" if below else ""


_SENSITIVE = {
    "/etc/kubernetes/manifests": "the node's static pods, which the kubelet runs unasked",
    "/etc/kubernetes": "the node's Kubernetes credentials and settings",
    "/var/lib/kubelet/pods": "the volumes, tokens and Secrets of every pod on the node",
    "/var/lib/kubelet": "the kubelet's own credentials and state",
    "/var/lib/etcd": "the cluster's whole state",
    "/var/lib/docker": "the file systems of every container",
    "/var/lib/containerd": "the file systems of every container",
    "/var/log": "the logs of the node and of every pod",
    "/etc": "the node's configuration",
    "/root": "the home directory of the node's root",
    "/home": "the home directories of the node's users",
    "/proc": "the node's processes and kernel switches",
    "/sys": "the node's kernel and devices",
    "/dev": "the node's devices",
    "/boot": "the node's kernel",
    "/usr": "the node's programs",
    "/bin": "the node's programs",
    "/sbin": "the node's programs",
    "/lib": "the node's libraries",
    "/lib32": "the node's libraries",
    "/lib64": "the node's libraries",
}
_WHOLE = {
    "/": "everything on the node",
    "/etc": "the node's configuration and password hashes",
    "/etc/kubernetes": "the node's Kubernetes credentials and static pods",
    "/var/lib/kubelet": "the tokens and Secrets of every pod on the node",
    "/var": "the state of the kubelet and the runtime",
    "/var/lib": "the state of the kubelet and the runtime",
}
_PUBLIC = (
    # What any user of the node may read, and what is alike on every machine.
    "/etc/localtime",
    "/etc/timezone",
    "/etc/os-release",
    "/etc/machine-id",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/usr/lib/os-release",
    "/usr/src",
    "/lib/modules",
    "/usr/lib/modules",
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
)
_PLUGIN = re.compile(r"/var/lib/kubelet/plugins/(?!kubernetes\.io(/|$))[^/]+")
"""The directory of one storage driver's socket; below ``kubernetes.io`` lie the volumes of all of them."""

_HARMLESS = (
    # Where plug-ins meet the kubelet: sockets, no state of its own.
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet/plugins_registry",
    "/var/lib/kubelet/pod-resources",
    "/etc/kubernetes/node-feature-discovery",
    # Device files that the device cgroup guards, the log's socket, and memory shared on purpose.
    "/dev/log",
    "/dev/fuse",
    "/dev/net/tun",
    "/dev/kvm",
    "/dev/dri",
    "/dev/shm",  # noqa: S108 - a path of the node, not a temporary file of ours
    "/dev/hugepages",
    "/dev/infiniband",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)


_CREDENTIALS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (r".*/\.aws(/.*)?", "keys of AWS"),
        (r".*/\.azure(/.*)?", "logins of Azure"),
        (r".*/(\.config|AppData/Roaming)/gcloud(/.*)?", "logins of Google Cloud"),
        (r".*/\.kube(/.*)?", "kubeconfigs"),
        (r".*/\.docker(/config\.json)?", "logins of registries"),
        (r"/etc/kubernetes/azure\.json", "the cluster's login of Azure"),
        (
            r"/etc/kubernetes/(cloud-config|cloud\.conf|gce\.conf|vsphere\.conf)",
            "the cluster's login of its cloud",
        ),
        (r"/etc/kubernetes/(super-)?admin\.conf", "the kubeconfig of an administrator"),
        (r"/etc/kubernetes/[a-z-]+\.conf", "the kubeconfig of a component of the cluster"),
        (r"/var/lib/kubelet/(kubeconfig|config\.json|pki(/.*)?)", "the kubelet's own login"),
        (r"/etc/rancher/(k3s/k3s|rke2/rke2)\.yaml", "the kubeconfig of an administrator"),
        (r"/var/lib/rancher/(k3s|rke2)/server/(cred|tls|token)(/.*)?", "the credentials of the cluster"),
        (r"/var/lib/k0s/pki(/.*)?", "the credentials of the cluster"),
        (r"/var/snap/microk8s/(current|\d+)/credentials(/.*)?", "the credentials of the cluster"),
    )
)


def credentials(path: str) -> str:
    """Whose credentials `path` holds: files by which one logs in to a cloud or a cluster; empty when none."""
    plain = re.sub(r"^[A-Za-z]:", "", path.replace("\\", "/"))
    return next((what for pattern, what in _CREDENTIALS if pattern.fullmatch(plain)), "")


def sensitive(path: str, *, writable: bool) -> str:
    """What `path` holds that must not get into a container; empty when it is nothing special.

    Files that every user of a node may read are nothing special unless they can be written.
    """
    if re.fullmatch(r"[A-Za-z]:[\\/]*", path):
        return _WHOLE["/"]
    if path in _WHOLE:
        return _WHOLE[path]
    if any(_within(path, known) for known in _HARMLESS) or _PLUGIN.match(path):
        return ""
    if not writable and any(_within(path, known) for known in _PUBLIC):
        return ""
    return next((what for root, what in _SENSITIVE.items() if _within(path, root)), "")
