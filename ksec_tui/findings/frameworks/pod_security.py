"""The Pod Security Standards as a framework: each rule asked of every workload, as admission would ask it."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.pod_security import judged, server_policy
from ksec_tui.analysis.pod_security.standards import STANDARDS, Standard
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.controls.judging import by_check
from ksec_tui.findings.frameworks.framework import PSS, Standing
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict

CHECKS: dict[str, tuple[str, ...]] = {
    "appArmorProfile": ("wl-apparmor-disabled",),
    "capabilities_baseline": (
        "wl-cap-dangerous",
        "wl-cap-net-admin",
        "wl-cap-net-raw",
        "wl-cap-non-default",
    ),
    "hostNamespaces": ("wl-host-ipc", "wl-host-network", "wl-host-pid"),
    "hostPathVolumes": (
        "wl-hostpath",
        "wl-hostpath-credentials",
        "wl-hostpath-sensitive",
        "wl-hostpath-writable",
        "wl-runtime-socket",
    ),
    "hostPorts": ("wl-host-port",),
    "hostProbesAndHostLifecycle": ("wl-probe-host",),
    "privileged": ("wl-privileged",),
    "procMount": ("wl-proc-mount",),
    "seLinuxOptions": ("wl-selinux-custom",),
    "seccompProfile_baseline": ("wl-seccomp-unconfined",),
    "sysctls": ("wl-unsafe-sysctl",),
    "windowsHostProcess": ("wl-host-process-windows",),
    "allowPrivilegeEscalation": ("wl-allow-priv-esc",),
    "capabilities_restricted": (
        "wl-cap-dangerous",
        "wl-cap-net-admin",
        "wl-cap-net-raw",
        "wl-cap-no-drop-all",
        "wl-cap-non-default",
    ),
    "procMount_restricted": ("wl-proc-mount",),
    "restrictedVolumes": (
        "wl-gitrepo-volume",
        "wl-hostpath",
        "wl-hostpath-credentials",
        "wl-hostpath-sensitive",
        "wl-hostpath-writable",
        "wl-runtime-socket",
        "wl-volume-type",
    ),
    "runAsNonRoot": ("wl-root-explicit", "wl-root-possible"),
    "runAsUser": ("wl-root-explicit",),
    "seccompProfile_restricted": ("wl-seccomp-missing", "wl-seccomp-unconfined"),
}
"""Upstream's checks, with ours that tell of what each refuses and how to change it."""


def pod_security(snapshot: Snapshot, results: Results) -> Iterator[Standing]:
    """Every rule of the standards in the server's version; unknown: in every version that has it."""
    minor = server_policy(snapshot)
    findings = by_check(results, CHECKS)
    found = workloads(snapshot)
    gap = any(snapshot.gap(kind) for kind in WORKLOAD_KINDS)
    for standard in STANDARDS:
        refused: dict[ObjectRef, bool] = {}
        unsure = 0
        for workload in found:
            said = _refuses(standard, workload, minor)
            if said:
                refused[workload.ref] = workload.system
            unsure += said is None
        counted = minor is None or standard.rule(minor) is not None
        verdict = (
            Verdict.FAIL
            if refused
            else Verdict.NOT_APPLICABLE
            if not counted
            else Verdict.UNKNOWN
            if gap or unsure
            else Verdict.PASS
            if found
            else Verdict.NOT_APPLICABLE
        )
        system = sum(refused.values())
        said_of = tuple(item for item in findings[standard.id] if item.subject in refused)
        yield Standing(
            PSS,
            f"{standard.level} {standard.id.partition('_')[0]}",
            PSS.titles[standard.id],
            CHECKS[standard.id],
            verdict,
            len(refused) - system,
            system,
            unsure,
            said_of,
        )


def _refuses(standard: Standard, workload: Workload, minor: int | None) -> bool | None:
    """Whether admission would refuse a pod of the workload for this; None when versions of the policy differ."""
    rules = [standard.rule(minor)] if minor is not None else [*standard.rules.values()]
    said = {
        any(asked.ask(rule) is not None for asked, _, _ in judged(workload))
        for rule in rules
        if rule is not None
    }
    return None if len(said) > 1 else any(said)
