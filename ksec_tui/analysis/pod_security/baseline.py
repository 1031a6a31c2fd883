"""The rules of the level baseline: each takes facts and gives a Violation, or None when all is allowed.

One function for each upstream check (pod-security-admission policy/check_*.go), for every version of the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ksec_tui.analysis.pod_security.allowed import CAPABILITIES, SELINUX_TYPES, SYSCTLS
from ksec_tui.analysis.pod_security.facts import APPARMOR, SECCOMP_CONTAINER, SECCOMP_POD, Facts, Unit
from ksec_tui.analysis.pod_security.violation import (
    Violation,
    named,
    plural,
    pod_field,
    quoted,
    setters,
    within,
)
from ksec_tui.analysis.security_context import CONFINING
from ksec_tui.cluster.pods import SeccompProfile, SELinuxOptions

Rule = Callable[[Facts], Violation | None]


def privileged(facts: Facts) -> Violation | None:
    """No container is privileged."""
    bad = [unit for unit in facts.units if unit.context.privileged]
    if not bad:
        return None
    words = f"{named(bad)} must not set securityContext.privileged=true"
    return Violation("privileged", words, within(bad, "privileged"))


def host_namespaces(facts: Facts) -> Violation | None:
    """The pod joins no namespace of the node."""
    if not facts.shared:
        return None
    words = ", ".join(f"{name}=true" for name in facts.shared)
    return Violation("host namespaces", words, tuple(f"/spec/{name}" for name in facts.shared))


def host_path_volumes(facts: Facts) -> Violation | None:
    """No volume is a directory of the node."""
    bad = [volume for volume in facts.volumes if volume.host_path]
    if not bad:
        return None
    words = f"{plural('volume', len(bad))} {quoted(volume.name for volume in bad)}"
    fields = tuple(f"/spec/volumes/{volume.at}/hostPath" for volume in bad)
    return Violation("hostPath volumes", words, fields)


def host_ports(facts: Facts) -> Violation | None:
    """No port is published on the node."""
    bad = [unit for unit in facts.units if unit.host_ports]
    if not bad:
        return None
    ports = sorted({str(port) for unit in bad for _, port in unit.host_ports})
    uses = "uses" if len(bad) == 1 else "use"
    words = f"{named(bad)} {uses} {plural('hostPort', len(ports))} {', '.join(ports)}"
    fields = (f"{unit.place}/ports/{at}/hostPort" for unit in bad for at, _ in unit.host_ports)
    return Violation("hostPort", words, tuple(fields))


def _added(unit: Unit, allowed: frozenset[str]) -> set[str]:
    return set(unit.context.capabilities.add) - allowed if unit.context.capabilities else set()


def added_capabilities(facts: Facts, allowed: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Who adds capabilities beyond `allowed`, in words and as pointers; both empty when nobody does."""
    bad = [unit for unit in facts.units if _added(unit, allowed)]
    if not bad:
        return "", ()
    names = sorted(set().union(*(_added(unit, allowed) for unit in bad)))
    words = f"{named(bad)} must not include {quoted(names)} in securityContext.capabilities.add"
    return words, within(bad, "capabilities/add")


def capabilities(facts: Facts) -> Violation | None:
    """No capability is added beyond those that container runtimes give by default (NET_RAW counts as beyond)."""
    words, fields = added_capabilities(facts, CAPABILITIES)
    return Violation("non-default capabilities", words, fields) if words else None


def app_armor(facts: Facts) -> Violation | None:
    """AppArmor's profile is the runtime's or one of the node's, in fields and in annotations of any container."""
    pod = facts.context.app_armor_profile
    values: set[str] = set()
    if not _confines(pod):
        values.add(_type(pod))
    bad = [unit for unit in facts.units if not _confines(unit.context.app_armor_profile)]
    values.update(_type(unit.context.app_armor_profile) for unit in bad)
    noted = [
        (key, value)
        for key, value in facts.annotations
        if key.startswith(APPARMOR) and value not in ("", "runtime/default") and value[:10] != "localhost/"
    ]
    values.update(f'{key}="{value}"' for key, value in noted)
    if not values:
        return None
    who = [setters(pod=not _confines(pod), units=bad)] if bad or not _confines(pod) else []
    if noted:
        who.append(plural("annotation", len(noted)))
    words = f"{' and '.join(who)} must not set AppArmor profile type to {quoted(sorted(values))}"
    fields = (
        *pod_field("appArmorProfile/type", when=not _confines(pod)),
        *within(bad, "appArmorProfile/type"),
        *(_annotation(key) for key, _ in noted),
    )
    return Violation(plural("forbidden AppArmor profile", len(values)), words, fields)


def _confines(profile: SeccompProfile | None) -> bool:
    return profile is None or profile.type in CONFINING


def _type(profile: SeccompProfile | None) -> str:
    return profile.type if profile else ""


def _annotation(key: str) -> str:
    return "/metadata/annotations/" + key.replace("~", "~0").replace("/", "~1")


def _selinux(allowed: frozenset[str], facts: Facts) -> Violation | None:
    def bad_fields(options: SELinuxOptions | None) -> list[str]:
        if options is None:
            return []
        wrong = ["type"] if options.type not in allowed else []
        return wrong + (["user"] if options.user else []) + (["role"] if options.role else [])

    pod = facts.context.se_linux_options
    of_pod = bad_fields(pod)
    bad = [(unit, wrong) for unit in facts.units if (wrong := bad_fields(unit.context.se_linux_options))]
    if not of_pod and not bad:
        return None
    options = [pod, *(unit.context.se_linux_options for unit, _ in bad)]
    types = sorted({item.type for item in options if item is not None and item.type not in allowed})
    said = [f"{plural('type', len(types))} {quoted(types)}"] if types else []
    said += ["user may not be set"] if any(item is not None and item.user for item in options) else []
    said += ["role may not be set"] if any(item is not None and item.role for item in options) else []
    who = setters(pod=bool(of_pod), units=(unit for unit, _ in bad))
    fields = [f"/spec/securityContext/seLinuxOptions/{name}" for name in of_pod]
    fields += [f"{unit.place}/securityContext/seLinuxOptions/{name}" for unit, wrong in bad for name in wrong]
    words = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}"
    return Violation("seLinuxOptions", words, tuple(fields))


SELINUX: dict[int, Rule] = {since: partial(_selinux, allowed) for since, allowed in SELINUX_TYPES.items()}
"""SELinux: a container's type, and neither user nor role; by the minor version since which it counts."""


def seccomp_annotations(facts: Facts) -> Violation | None:
    """Until 1.18: the annotations of the pod and of its containers name no ``unconfined`` profile."""
    present = dict(facts.annotations)
    keys = [SECCOMP_POD, *(SECCOMP_CONTAINER + unit.name for unit in facts.units)]
    bad = [key for key in dict.fromkeys(keys) if key in present and not _seccomp_allowed(present[key])]
    if not bad:
        return None
    said = ", ".join(f'{key}="{present[key]}"' for key in bad)
    words = f"{plural('forbidden annotation', len(bad))} {said}"
    return Violation("seccompProfile", words, tuple(map(_annotation, bad)))


def _seccomp_allowed(value: str) -> bool:
    return value in ("runtime/default", "docker/default") or value.startswith("localhost/")


def seccomp(facts: Facts) -> Violation | None:
    """Since 1.19: no seccompProfile that is set leaves system calls unfiltered."""
    pod = facts.context.seccomp_profile
    bad = [unit for unit in facts.units if not _confines(unit.context.seccomp_profile)]
    if _confines(pod) and not bad:
        return None
    values = {_type(unit.context.seccomp_profile) for unit in bad} | (
        set() if _confines(pod) else {_type(pod)}
    )
    who = setters(pod=not _confines(pod), units=bad)
    words = f"{who} must not set securityContext.seccompProfile.type to {quoted(sorted(values))}"
    fields = pod_field("seccompProfile/type", when=not _confines(pod)) + within(bad, "seccompProfile/type")
    return Violation("seccompProfile", words, fields)


def _sysctls(allowed: frozenset[str], facts: Facts) -> Violation | None:
    bad = [(at, item.name) for at, item in enumerate(facts.context.sysctls) if item.name not in allowed]
    if not bad:
        return None
    fields = tuple(f"/spec/securityContext/sysctls/{at}" for at, _ in bad)
    return Violation("forbidden sysctls", ", ".join(name for _, name in bad), fields)


SYSCTL: dict[int, Rule] = {since: partial(_sysctls, allowed) for since, allowed in SYSCTLS.items()}
"""Kernel parameters: those that are kept apart for each pod; by the minor version since which it counts."""


def proc_mount(facts: Facts) -> Violation | None:
    """/proc is masked as the runtime does it."""
    bad = [unit for unit in facts.units if unit.context.proc_mount not in (None, "Default")]
    if not bad:
        return None
    values = sorted({unit.context.proc_mount or "" for unit in bad})
    words = f"{named(bad)} must not set securityContext.procMount to {quoted(values)}"
    return Violation("procMount", words, within(bad, "procMount"))


def proc_mount_outside_user_namespaces(facts: Facts) -> Violation | None:
    """Since 1.35: /proc may be unmasked where root is nobody on the node."""
    return None if facts.user_namespace else proc_mount(facts)


def windows_host_process(facts: Facts) -> Violation | None:
    """No container runs as a process of a Windows node."""
    options = facts.context.windows_options
    pod = options is not None and options.host_process is True
    bad = [
        unit
        for unit in facts.units
        if unit.context.windows_options is not None and unit.context.windows_options.host_process
    ]
    if not pod and not bad:
        return None
    words = f"{setters(pod=pod, units=bad)} must not set securityContext.windowsOptions.hostProcess=true"
    field = "windowsOptions/hostProcess"
    return Violation("hostProcess", words, pod_field(field, when=pod) + within(bad, field))


def hosts_in_probes(facts: Facts) -> Violation | None:
    """Since 1.34: probes and hooks make the kubelet connect to nothing but the pod, not even to 127.0.0.1."""
    bad = [unit for unit in facts.units if unit.hosts]
    if not bad:
        return None
    hosts = sorted({host for unit in bad for _, host in unit.hosts})
    names = sorted({unit.name for unit in bad})
    who = f"{plural('container', len(names))} {quoted(names)} {'uses' if len(names) == 1 else 'use'}"
    words = f"{who} probe or lifecycle {plural('host', len(hosts))} {quoted(hosts)}"
    fields = tuple(f"{unit.place}/{field}" for unit in bad for field, _ in unit.hosts)
    return Violation("probe or lifecycle host", words, fields)
