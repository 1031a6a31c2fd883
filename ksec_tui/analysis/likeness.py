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
    quick = _comparable(spec)
    return tuple(
        pod
        for pod in pods
        if not (quick and _comparable(pod.spec) and _alike(spec, pod.spec))
        and not pod.finished
        and signature(pod.spec) != usual
    )


def _comparable(spec: PodSpec) -> bool:
    """Whether `_alike` may be asked: nothing of the node plays a part."""
    return not spec.host_network and not any(map(_host_path, spec.volumes))


_host_path = attrgetter("host_path")


def _alike(spec: PodSpec, other: PodSpec) -> bool:
    """Whether the signatures of two comparable specs are equal, found without making them: for many pods."""
    if (
        spec.security_context != other.security_context
        or spec.host_pid != other.host_pid
        or spec.host_ipc != other.host_ipc
        or spec.host_users != other.host_users
        or spec.account != other.account
        or spec.os != other.os
    ):
        return False
    return (
        _same(spec.containers, other.containers)
        and _same(spec.init_containers, other.init_containers)
        and _same(spec.ephemeral_containers, other.ephemeral_containers)
    )


def _same(containers: tuple[Container, ...], others: tuple[Container, ...]) -> bool:
    if len(containers) != len(others):
        return False
    if not containers:
        return True
    for one, other in zip(containers, others, strict=True):
        if (
            one.name != other.name
            or one.image != other.image
            or one.security_context != other.security_context
            or one.ports != other.ports
            or one.env != other.env
            or one.resources.limits.get("memory") != other.resources.limits.get("memory")
            or one.restart_policy != other.restart_policy
        ):
            return False
    return True
