"""What of a pod the Pod Security Standards look at, small and hashable: equal facts get equal verdicts.

Ten thousand pods of a cluster come from a few templates: their facts are equal, whatever their names, token
volumes and addresses, so that each template is judged once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ksec_tui.analysis.security_context import context, in_user_namespace, is_windows, pod_context
from ksec_tui.cluster.pods import Container, PodSecurityContext, PodSpec, Probe, SecurityContext
from ksec_tui.cluster.volumes import Volume

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_ANNOTATIONS = (APPARMOR, SECCOMP_POD, SECCOMP_CONTAINER)

SPECIAL_VOLUMES = {
    "host_path": "hostPath",
    "gce_persistent_disk": "gcePersistentDisk",
    "aws_elastic_block_store": "awsElasticBlockStore",
    "git_repo": "gitRepo",
    "nfs": "nfs",
    "iscsi": "iscsi",
    "glusterfs": "glusterfs",
    "rbd": "rbd",
    "flex_volume": "flexVolume",
    "cinder": "cinder",
    "cephfs": "cephfs",
    "flocker": "flocker",
    "fc": "fc",
    "azure_file": "azureFile",
    "vsphere_volume": "vsphereVolume",
    "quobyte": "quobyte",
    "azure_disk": "azureDisk",
    "photon_persistent_disk": "photonPersistentDisk",
    "portworx_volume": "portworxVolume",
    "scale_io": "scaleIO",
    "storageos": "storageos",
}
"""The volume sources that restricted refuses: the field of `Volume`, and the name in the API."""


class Unit(NamedTuple):
    """A container of any list.

    Attributes:
        name: its name.
        place: where it stands in the pod: ``/spec/initContainers/0``.
        context: its securityContext; an empty one when it has none.
        host_ports: (position in its ports, port of the node) for each that is not 0.
        hosts: (``livenessProbe/httpGet/host``, value) for probes and hooks that name a host.
    """

    name: str
    place: str
    context: SecurityContext
    host_ports: tuple[tuple[int, int], ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()


class SpecialVolume(NamedTuple):
    """A volume that some level refuses.

    Attributes:
        name: its name.
        at: its position among the pod's volumes.
        source: the name of its source in the API.
        host_path: whether it has a hostPath, alone or beside another source.
        restricted: whether it has no source that restricted allows.
    """

    name: str
    at: int
    source: str
    host_path: bool
    restricted: bool


class Facts(NamedTuple):
    """All that decides about a pod.

    Attributes:
        units: init containers, then containers, then ephemeral ones.
        context: the pod's securityContext; an empty one when it has none.
        shared: the namespaces of the node that it joins, by field: ``hostNetwork``, ``hostPID``, ``hostIPC``.
        user_namespace: whether it says ``hostUsers: false``.
        windows: whether it declares Windows.
        volumes: those that some level refuses.
        annotations: those of seccomp and AppArmor, sorted.
    """

    units: tuple[Unit, ...]
    context: PodSecurityContext
    shared: tuple[str, ...]
    user_namespace: bool
    windows: bool
    volumes: tuple[SpecialVolume, ...]
    annotations: tuple[tuple[str, str], ...]


def facts_of(spec: PodSpec, annotations: Mapping[str, str]) -> Facts:
    """The facts of a pod or of a pod template that carries `annotations`."""
    units = [
        _unit(container, f"/spec/{name}/{index}")
        for name, containers in (
            ("initContainers", spec.init_containers),
            ("containers", spec.containers),
            ("ephemeralContainers", spec.ephemeral_containers),
        )
        for index, container in enumerate(containers)
    ]
    shared: tuple[str, ...] = ()
    if spec.host_network or spec.host_pid or spec.host_ipc:
        named = (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc))
        shared = tuple(name for name, is_shared in named if is_shared)
    odd = [(at, volume) for at, volume in enumerate(spec.volumes) if not _plain(volume)]
    noted = [item for item in annotations.items() if item[0].startswith(_ANNOTATIONS)]
    return Facts(
        tuple(units),
        pod_context(spec),
        shared,
        in_user_namespace(spec),
        is_windows(spec),
        tuple(_special(odd)) if odd else (),
        tuple(sorted(noted)),
    )


def bare(spec: PodSpec, annotations: Mapping[str, str]) -> bool:
    """Whether the facts come of the containers' names and securityContexts and the pod's own fields alone.

    Then equal ones of these give equal facts: nothing of the node's network, no host in a probe or hook, no volume
    that some level refuses, no annotation.
    """
    if spec.host_network or not all(map(_plain, spec.volumes)):
        return False
    for name in annotations:
        if name.startswith(_ANNOTATIONS):
            return False
    for containers in (spec.containers, spec.init_containers, spec.ephemeral_containers):
        for container in containers:
            if container.lifecycle is not None:
                return False
            for probe in (container.liveness_probe, container.readiness_probe, container.startup_probe):
                if probe is not None and names_host(probe):
                    return False
    return True


def names_host(handler: Probe | None) -> bool:
    """Whether a probe names the host that it connects to; without one it is the pod."""
    return handler is not None and bool(
        (handler.http_get is not None and handler.http_get.host)
        or (handler.tcp_socket is not None and handler.tcp_socket.host)
    )


def _unit(container: Container, place: str) -> Unit:
    ports: tuple[tuple[int, int], ...] = ()
    if container.ports:
        ports = tuple([(at, port.host_port) for at, port in enumerate(container.ports) if port.host_port])
    hosts: list[tuple[str, str]] = []
    for name, handler in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if handler is not None:
            hosts += _hosts(name, handler)
    hooks = container.lifecycle
    if hooks is not None and hooks.post_start is not None:
        hosts += _hosts("lifecycle/postStart", hooks.post_start)
    if hooks is not None and hooks.pre_stop is not None:
        hosts += _hosts("lifecycle/preStop", hooks.pre_stop)
    return Unit(container.name, place, context(container), ports, tuple(hosts))


def _hosts(name: str, handler: Probe) -> Iterator[tuple[str, str]]:
    if handler.http_get is not None and handler.http_get.host:
        yield f"{name}/httpGet/host", handler.http_get.host
    if handler.tcp_socket is not None and handler.tcp_socket.host:
        yield f"{name}/tcpSocket/host", handler.tcp_socket.host


def _allowed(volume: Volume) -> bool:
    """Whether it has a source that restricted allows; the commonest first, since every pod has volumes."""
    return (
        volume.projected is not None
        or volume.config_map is not None
        or volume.secret is not None
        or volume.empty_dir is not None
        or volume.persistent_volume_claim is not None
        or volume.downward_api is not None
        or volume.csi is not None
        or volume.ephemeral is not None
        or volume.image is not None
    )


def _plain(volume: Volume) -> bool:
    return volume.host_path is None and _allowed(volume)


def _special(volumes: list[tuple[int, Volume]]) -> Iterator[SpecialVolume]:
    """A volume without a source is an emptyDir (core/v1 defaults.go SetDefaults_Volume): nothing refuses it."""
    for at, volume in volumes:
        for field, name in SPECIAL_VOLUMES.items():
            if getattr(volume, field) is not None:
                on_node = volume.host_path is not None
                yield SpecialVolume(volume.name, at, name, on_node, not _allowed(volume))
                break
