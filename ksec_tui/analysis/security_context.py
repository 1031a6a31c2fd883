"""What a container really runs with: its own securityContext over its pod's.

A container's value wins over the pod's, and unset is not the same as false
(k8s.io/kubernetes pkg/securitycontext DetermineEffectiveSecurityContext).
"""

from __future__ import annotations

import re

from ksec_tui.cluster.pods import Capabilities, Container, PodSecurityContext, PodSpec, SecurityContext

_NO_CONTEXT = SecurityContext()
_NO_POD_CONTEXT = PodSecurityContext()
_NO_CAPABILITIES = Capabilities()

UNCONFINED = "Unconfined"
CONFINING = ("RuntimeDefault", "Localhost")
"""The seccomp profile types that filter system calls (core/v1 SeccompProfileType)."""

USER_NAMESPACE_POLICY = 35
"""The minor version from which Pod Security lets root pass inside a user namespace (KEP-127)."""


def context(container: Container) -> SecurityContext:
    """The container's own securityContext; an empty one when it has none."""
    return container.security_context or _NO_CONTEXT


def pod_context(spec: PodSpec) -> PodSecurityContext:
    """The pod's securityContext; an empty one when it has none."""
    return spec.security_context or _NO_POD_CONTEXT


def is_windows(spec: PodSpec) -> bool:
    """Whether the pod declares Windows; node selectors do not count (pod-security-admission isWindowsPod)."""
    return spec.os is not None and spec.os.name == "windows"


def in_user_namespace(spec: PodSpec) -> bool:
    """Whether its users are not the node's: only an explicit ``hostUsers: false`` (KEP-127)."""
    return spec.host_users is False


def privileged(container: Container) -> bool:
    """Whether it is privileged."""
    return context(container).privileged is True


def user(spec: PodSpec, container: Container) -> int | None:
    """The UID it is told to run as; None leaves it to the image."""
    own = context(container).run_as_user
    return own if own is not None else pod_context(spec).run_as_user


def non_root(spec: PodSpec, container: Container) -> bool | None:
    """Its effective runAsNonRoot; None when neither it nor the pod says."""
    own = context(container).run_as_non_root
    return own if own is not None else pod_context(spec).run_as_non_root


def seccomp(spec: PodSpec, container: Container) -> str:
    """The type of its effective seccomp profile; empty when neither it nor the pod sets one."""
    own = context(container).seccomp_profile or pod_context(spec).seccomp_profile
    return own.type if own is not None else ""


def capability(name: str) -> str:
    """A capability as the kernel's headers spell it without prefix: runtimes accept any case, CRI-O ``CAP_``."""
    return name.strip().upper().removeprefix("CAP_")


def added(container: Container) -> tuple[str, ...]:
    """The capabilities it adds, as written."""
    return (context(container).capabilities or _NO_CAPABILITIES).add


def dropped(container: Container) -> tuple[str, ...]:
    """The capabilities it drops, as written."""
    return (context(container).capabilities or _NO_CAPABILITIES).drop


def has_capability(container: Container, *names: str) -> bool:
    """Whether it adds one of the capabilities, or ``ALL``."""
    return any(capability(name) in (*names, "ALL") for name in added(container))


def always_escalates(container: Container) -> bool:
    """Whether the API refuses ``allowPrivilegeEscalation: false`` beside what else it asks for.

    core/validation ValidateSecurityContext: privileged, or SYS_ADMIN added.
    """
    return privileged(container) or any(capability(name) == "SYS_ADMIN" for name in added(container))


def minor_version(version: str) -> int | None:
    """``33`` for ``v1.33.4-gke.100``; None for what is no version 1 of Kubernetes."""
    found = re.match(r"v?1\.(\d+)(?!\d)", version)
    return int(found[1]) if found else None


def root_is_harmless(spec: PodSpec, server_version: str) -> bool:
    """Whether Pod Security of this server lets root pass, since it is nobody on the node.

    Only ``hostUsers: false``, and policy 1.35 or newer; an unknown version does not count.
    """
    minor = minor_version(server_version)
    return in_user_namespace(spec) and minor is not None and minor >= USER_NAMESPACE_POLICY
