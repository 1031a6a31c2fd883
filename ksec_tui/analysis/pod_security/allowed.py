"""What the Pod Security Standards allow, by version of the policy (pod-security-admission policy/check_*.go)."""

from __future__ import annotations

from collections.abc import Iterator

NEWEST = 37
"""The minor version of the newest policy known here; the server reads newer labels as its own newest."""

CAPABILITIES = frozenset(
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
"""The capabilities that baseline lets containers add, exactly as spelled here."""

RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})

_SELINUX_TYPES = {0: ("", "container_t", "container_init_t", "container_kvm_t"), 31: ("container_engine_t",)}

_SYSCTLS = {
    0: (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
}


def _growing(table: dict[int, tuple[str, ...]]) -> Iterator[tuple[int, frozenset[str]]]:
    allowed: frozenset[str] = frozenset()
    for since, added in table.items():
        allowed |= frozenset(added)
        yield since, allowed


SYSCTLS = dict(_growing(_SYSCTLS))
"""The kernel parameters that baseline allows: the minor version since which, and all of them."""

SELINUX_TYPES = dict(_growing(_SELINUX_TYPES))
"""The SELinux types that baseline allows: the minor version since which, and all of them."""


def sysctls_allowed(minor: int) -> frozenset[str]:
    """The kernel parameters that the policy of v1.`minor` allows."""
    return SYSCTLS[max(since for since in SYSCTLS if since <= minor)]


def selinux_types_allowed(minor: int) -> frozenset[str]:
    """The SELinux types that the policy of v1.`minor` allows; the empty one is unset."""
    return SELINUX_TYPES[max(since for since in SELINUX_TYPES if since <= minor)]
