"""The Pod Security Standards as a table: which check belongs to which level, since which version, in which form."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ksec_tui.analysis.pod_security import baseline, restricted
from ksec_tui.analysis.pod_security.allowed import NEWEST
from ksec_tui.analysis.pod_security.baseline import Rule

LEVELS = ("privileged", "baseline", "restricted")


@dataclass(frozen=True, slots=True)
class Standard:
    """One upstream check.

    Attributes:
        id: upstream's name for it.
        level: ``baseline`` or ``restricted``.
        rules: the minor version of the policy since which a rule counts, to the rule.
        hides: checks of baseline that restricted does not repeat beside it, in the versions it counts in.
    """

    id: str
    level: str
    rules: dict[int, Rule]
    hides: str = ""

    def rule(self, minor: int) -> Rule | None:
        """The rule that counts in the policy of v1.`minor`; None before the check was introduced."""
        since = max((version for version in self.rules if version <= minor), default=None)
        return None if since is None else self.rules[since]


STANDARDS = (
    Standard("appArmorProfile", "baseline", {0: baseline.app_armor}),
    Standard("capabilities_baseline", "baseline", {0: baseline.capabilities}),
    Standard("hostNamespaces", "baseline", {0: baseline.host_namespaces}),
    Standard("hostPathVolumes", "baseline", {0: baseline.host_path_volumes}),
    Standard("hostPorts", "baseline", {0: baseline.host_ports}),
    Standard("hostProbesAndHostLifecycle", "baseline", {34: baseline.hosts_in_probes}),
    Standard("privileged", "baseline", {0: baseline.privileged}),
    Standard(
        "procMount",
        "baseline",
        {0: baseline.proc_mount, 35: baseline.proc_mount_outside_user_namespaces},
    ),
    Standard("seLinuxOptions", "baseline", baseline.SELINUX),
    Standard("seccompProfile_baseline", "baseline", {0: baseline.seccomp_annotations, 19: baseline.seccomp}),
    Standard("sysctls", "baseline", baseline.SYSCTL),
    Standard("windowsHostProcess", "baseline", {0: baseline.windows_host_process}),
    Standard(
        "allowPrivilegeEscalation",
        "restricted",
        {8: restricted.escalation, 25: restricted.escalation_on_linux},
    ),
    Standard(
        "capabilities_restricted",
        "restricted",
        {22: restricted.capabilities, 25: restricted.capabilities_on_linux},
        hides="capabilities_baseline",
    ),
    Standard("procMount_restricted", "restricted", {35: baseline.proc_mount}, hides="procMount"),
    Standard("restrictedVolumes", "restricted", {0: restricted.volume_types}, hides="hostPathVolumes"),
    Standard(
        "runAsNonRoot",
        "restricted",
        {0: restricted.non_root, 35: restricted.non_root_outside_user_namespaces},
    ),
    Standard(
        "runAsUser",
        "restricted",
        {23: restricted.not_user_zero, 35: restricted.not_user_zero_outside_user_namespaces},
    ),
    Standard(
        "seccompProfile_restricted",
        "restricted",
        {19: restricted.seccomp_set, 25: restricted.seccomp_set_on_linux},
        hides="seccompProfile_baseline",
    ),
)
"""All checks, in the order in which the API server tells of them: baseline's by name, then restricted's."""

TURNS = tuple(sorted({since for standard in STANDARDS for since in standard.rules}))
"""The minor versions in which the policy changed; between two of them all verdicts are equal."""


def clamped(minor: int) -> int:
    """The policy that counts for a version: none before 1.0, none newer than the newest known."""
    return max(0, min(minor, NEWEST))


@functools.cache
def policy(level: str, minor: int) -> tuple[tuple[Standard, Rule], ...]:
    """What a level asks for in the policy of v1.`minor` (clamped), in order.

    Raises:
        ValueError: `level` is none of `LEVELS`.
    """
    if level not in LEVELS:
        raise ValueError(f"no Pod Security level: {level}")
    counting = [
        (standard, rule)
        for standard in STANDARDS
        if (rule := standard.rule(clamped(minor))) and LEVELS.index(standard.level) <= LEVELS.index(level)
    ]
    hidden = {standard.hides for standard, _ in counting}
    return tuple((standard, rule) for standard, rule in counting if standard.id not in hidden)
