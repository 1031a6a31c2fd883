"""What makes two pod specs differ for a security check, and what only names the pod or where it runs."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from ksec_tui.cluster.pods import Container, Pod, PodSpec

CONTAINER_LISTS = (
    ("initContainers", "init_containers"),
    ("containers", "containers"),
    ("ephemeralContainers", "ephemeral_containers"),
)


def container_mark(container: Container, spec: PodSpec) -> object:
    """What tells containers apart: all that a check reads of one and of its pod's securityContext.

    In the node's network the API server sets each port's hostPort, in pods only. Of mounts those of the node's
    directories count; the others (the account's token) bear a new name in each pod.
    """
    ports: tuple[object, ...] = container.ports
    if spec.host_network:
        ports = tuple((port.container_port, port.host_ip, port.protocol) for port in container.ports)
    mounts: tuple[object, ...] = ()
    paths = {volume.name: volume.host_path.path for volume in spec.volumes if volume.host_path}
    if paths:
        mounts = tuple(
            (paths[mount.name], mount.mount_path, mount.sub_path, mount.read_only)
            for mount in container.volume_mounts
            if mount.name in paths
        )
    return (
        container.name,
        container.image,
        container.security_context,
        spec.security_context,
        ports,
        mounts,
        container.env,
        container.resources.limits.get("memory"),
        container.restart_policy,
    )


def signature(spec: PodSpec) -> object:
    """What makes two pod specs differ for a security check, apart from what the API server adds to each pod."""
    containers = tuple(
        (attribute, container_mark(container, spec))
        for _, attribute in CONTAINER_LISTS
        for container in getattr(spec, attribute)
    )
    paths = frozenset(volume.host_path.path for volume in spec.volumes if volume.host_path)
    shared = spec.host_network, spec.host_pid, spec.host_ipc, spec.host_users
    return containers, paths, shared, spec.account, spec.os


def differing(spec: PodSpec, pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The live pods whose signature is not that of `spec`."""
    usual = signature(spec)
    brief = _brief(spec) if _comparable(spec) else None
    return tuple(
        pod
        for pod in pods
        if not (brief is not None and _comparable(pod.spec) and _brief(pod.spec) == brief)
        and not pod.finished
        and signature(pod.spec) != usual
    )


def _comparable(spec: PodSpec) -> bool:
    """Whether `_brief` may be asked: nothing of the node plays a part."""
    return not spec.host_network and not any(map(_host_path, spec.volumes))


_host_path = attrgetter("host_path")


_of_pod = attrgetter("security_context", "host_pid", "host_ipc", "host_users", "account", "os")
_of_container = attrgetter("name", "image", "security_context", "ports", "env", "restart_policy")


def _brief(spec: PodSpec) -> object:
    """What is alike where the signatures of two comparable specs are, and quickly made: for many pods."""
    return (
        _of_pod(spec),
        _briefly(spec.containers),
        spec.init_containers and _briefly(spec.init_containers),
        spec.ephemeral_containers and _briefly(spec.ephemeral_containers),
    )


def _briefly(containers: tuple[Container, ...]) -> list[object]:
    return [(_of_container(item), item.resources.limits.get("memory")) for item in containers]
