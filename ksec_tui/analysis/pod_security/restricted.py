"""The rules that the level restricted has beyond baseline (pod-security-admission policy/check_*.go)."""

from __future__ import annotations

from ksec_tui.analysis.pod_security.allowed import RESTRICTED_CAPABILITIES
from ksec_tui.analysis.pod_security.baseline import added_capabilities, seccomp
from ksec_tui.analysis.pod_security.facts import Facts
from ksec_tui.analysis.pod_security.violation import (
    Violation,
    named,
    plural,
    pod_field,
    quoted,
    setters,
    within,
)


def volume_types(facts: Facts) -> Violation | None:
    """Volumes hold configuration, scratch space or storage that a claim or a driver provides."""
    bad = [volume for volume in facts.volumes if volume.restricted]
    if not bad:
        return None
    sources = sorted({volume.source for volume in bad})
    uses = "uses" if len(bad) == 1 else "use"
    words = (
        f"{plural('volume', len(bad))} {quoted(volume.name for volume in bad)} "
        f"{uses} restricted volume {plural('type', len(sources))} {quoted(sources)}"
    )
    fields = tuple(f"/spec/volumes/{volume.at}/{volume.source}" for volume in bad)
    return Violation("restricted volume types", words, fields)


def escalation(facts: Facts) -> Violation | None:
    """Since 1.8: every container says ``allowPrivilegeEscalation: false``."""
    bad = [unit for unit in facts.units if unit.context.allow_privilege_escalation is not False]
    if not bad:
        return None
    words = f"{named(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", words, within(bad, "allowPrivilegeEscalation"))


def escalation_on_linux(facts: Facts) -> Violation | None:
    """Since 1.25: the same, but for pods that declare Windows."""
    return None if facts.windows else escalation(facts)


def capabilities(facts: Facts) -> Violation | None:
    """Since 1.22: every container drops ``ALL``, and adds NET_BIND_SERVICE at most."""
    keeping = [
        unit
        for unit in facts.units
        if unit.context.capabilities is None or "ALL" not in unit.context.capabilities.drop
    ]
    said = [f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    adding, fields = added_capabilities(facts, RESTRICTED_CAPABILITIES)
    said += [adding] if adding else []
    if not said:
        return None
    places = within(keeping, "capabilities/drop") + fields
    return Violation("unrestricted capabilities", "; ".join(said), places)


def capabilities_on_linux(facts: Facts) -> Violation | None:
    """Since 1.25: the same, but for pods that declare Windows."""
    return None if facts.windows else capabilities(facts)


def seccomp_set(facts: Facts) -> Violation | None:
    """Since 1.19: every container has a profile that filters system calls, its own or the pod's."""
    if (wrong := seccomp(facts)) is not None:
        return wrong
    if facts.context.seccomp_profile is not None:
        return None
    bad = [unit for unit in facts.units if unit.context.seccomp_profile is None]
    if not bad:
        return None
    words = (
        f'pod or {named(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    )
    return Violation("seccompProfile", words, within(bad, "seccompProfile/type"))


def seccomp_set_on_linux(facts: Facts) -> Violation | None:
    """Since 1.25: the same, but for pods that declare Windows."""
    return None if facts.windows else seccomp_set(facts)


def non_root(facts: Facts) -> Violation | None:
    """Every container says ``runAsNonRoot: true``, or its pod does; neither says false."""
    reason = "runAsNonRoot != true"
    pod = facts.context.run_as_non_root
    bad = [unit for unit in facts.units if unit.context.run_as_non_root is False]
    if pod is False or bad:
        words = f"{setters(pod=pod is False, units=bad)} must not set securityContext.runAsNonRoot=false"
        fields = pod_field("runAsNonRoot", when=pod is False) + within(bad, "runAsNonRoot")
        return Violation(reason, words, fields)
    unset = [] if pod else [unit for unit in facts.units if unit.context.run_as_non_root is None]
    if not unset:
        return None
    words = f"pod or {named(unset)} must set securityContext.runAsNonRoot=true"
    return Violation(reason, words, within(unset, "runAsNonRoot"))


def non_root_outside_user_namespaces(facts: Facts) -> Violation | None:
    """Since 1.35: the same, but where root is nobody on the node."""
    return None if facts.user_namespace else non_root(facts)


def not_user_zero(facts: Facts) -> Violation | None:
    """Since 1.23: neither the pod nor a container asks for UID 0."""
    pod = facts.context.run_as_user == 0
    bad = [unit for unit in facts.units if unit.context.run_as_user == 0]
    if not pod and not bad:
        return None
    words = f"{setters(pod=pod, units=bad)} must not set runAsUser=0"
    return Violation("runAsUser=0", words, pod_field("runAsUser", when=pod) + within(bad, "runAsUser"))


def not_user_zero_outside_user_namespaces(facts: Facts) -> Violation | None:
    """Since 1.35: the same, but where root is nobody on the node."""
    return None if facts.user_namespace else not_user_zero(facts)
