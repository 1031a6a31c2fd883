"""The Pod Security Standards as a framework: each rule asked of every workload, as admission would ask it."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.pod_security import judged, server_policy
from ksec_tui.analysis.pod_security.baseline import Rule
from ksec_tui.analysis.pod_security.evaluate import Judge
from ksec_tui.analysis.pod_security.standards import STANDARDS, Standard
from ksec_tui.analysis.workloads import workloads
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
    rules = {standard.id: _rules(standard, minor) for standard in STANDARDS}
    refused: dict[str, dict[ObjectRef, bool]] = {name: {} for name in rules}
    unsure = dict.fromkeys(rules, 0)
    for workload in found:
        asked = tuple(judge for judge, _, _ in judged(workload))
        for name, several in rules.items():
            said = _refuses(several, asked)
            if said:
                refused[name][workload.ref] = workload.system
            unsure[name] += said is None
    for standard in STANDARDS:
        bad, not_known = refused[standard.id], unsure[standard.id]
        if bad:
            verdict = Verdict.FAIL
        elif not rules[standard.id]:
            verdict = Verdict.NOT_APPLICABLE
        elif gap or not_known:
            verdict = Verdict.UNKNOWN
        else:
            verdict = Verdict.PASS if found else Verdict.NOT_APPLICABLE
        system = sum(bad.values())
        yield Standing(
            PSS,
            f"{standard.level} {standard.id.partition('_')[0]}",
            PSS.titles[standard.id],
            CHECKS[standard.id],
            verdict,
            len(bad) - system,
            system,
            not_known,
            tuple(item for item in findings[standard.id] if item.subject in bad),
        )


def _rules(standard: Standard, minor: int | None) -> tuple[Rule, ...]:
    """The rule that counts in the policy of v1.`minor`, none before it came; without a version, all there ever were."""
    if minor is None:
        return tuple(standard.rules.values())
    rule = standard.rule(minor)
    return () if rule is None else (rule,)


def _refuses(rules: tuple[Rule, ...], asked: tuple[Judge, ...]) -> bool | None:
    """Whether admission would refuse one of the pods for this; None when versions of the policy differ."""
    said = {any(judge.ask(rule) is not None for judge in asked) for rule in rules}
    return None if len(said) > 1 else any(said)
