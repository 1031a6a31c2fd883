"""What of a pod the Pod Security Standards look at, small and hashable: equal facts get equal verdicts.

Ten thousand pods of a cluster come from a few templates: their facts are equal, whatever their names, token
volumes and addresses, so that each template is judged once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ksec_tui.analysis.security_context import context, in_user_namespace, is_windows, pod_context
from ksec_tui.cluster.pods import Container, Lifecycle, PodSecurityContext, PodSpec, SecurityContext
from ksec_tui.cluster.volumes import Volume

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_NO_HOOKS = Lifecycle()
_ANNOTATIONS = (APPARMOR, SECCOMP_POD, SECCOMP_CONTAINER)

PLAIN_VOLUMES = (
    "config_map",
    "csi",
    "downward_api",
    "empty_dir",
    "ephemeral",
    "image",
    "persistent_volume_claim",
    "projected",
    "secret",
)
"""The volume sources that restricted allows, as fields of `Volume`."""

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
"""The other volume sources, in the order of check_restrictedVolumes.go: field of `Volume` to name in the API."""


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
    shared = (
        ("hostNetwork", spec.host_network),
        ("hostPID", spec.host_pid),
        ("hostIPC", spec.host_ipc),
    )
    return Facts(
        tuple(units),
        pod_context(spec),
        tuple(name for name, is_shared in shared if is_shared),
        in_user_namespace(spec),
        is_windows(spec),
        tuple(_special(spec.volumes)) if spec.volumes else (),
        tuple(sorted(item for item in annotations.items() if item[0].startswith(_ANNOTATIONS))),
    )


def _unit(container: Container, place: str) -> Unit:
    ports: tuple[tuple[int, int], ...] = ()
    if container.ports:
        ports = tuple((at, port.host_port) for at, port in enumerate(container.ports) if port.host_port)
    return Unit(container.name, place, context(container), ports, tuple(_hosts(container)))


def _hosts(container: Container) -> Iterator[tuple[str, str]]:
    hooks = container.lifecycle or _NO_HOOKS
    for name, handler in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
        ("lifecycle/postStart", hooks.post_start),
        ("lifecycle/preStop", hooks.pre_stop),
    ):
        if handler is None:
            continue
        if handler.http_get is not None and handler.http_get.host:
            yield f"{name}/httpGet/host", handler.http_get.host
        if handler.tcp_socket is not None and handler.tcp_socket.host:
            yield f"{name}/tcpSocket/host", handler.tcp_socket.host


def _special(volumes: tuple[Volume, ...]) -> Iterator[SpecialVolume]:
    """A volume without a source is an emptyDir (core/v1 defaults.go SetDefaults_Volume): nothing refuses it."""
    for index, volume in enumerate(volumes):
        plain = any(getattr(volume, field) is not None for field in PLAIN_VOLUMES)
        on_node = volume.host_path is not None
        if plain and not on_node:
            continue
        for field, name in SPECIAL_VOLUMES.items():
            if getattr(volume, field) is not None:
                yield SpecialVolume(volume.name, index, name, on_node, not plain)
                break
