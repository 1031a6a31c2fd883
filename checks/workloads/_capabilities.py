"""What each capability is worth, and the patch that takes some of those that are added."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from typing import Any

from ksec_tui.analysis.pod_security.allowed import CAPABILITIES as BASELINE
from ksec_tui.analysis.security_context import added, capability
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import json_patch, op

TAKEOVER = {
    "ALL": "everything root may do",
    "SYS_ADMIN": "mounting file systems and entering namespaces",
    "SYS_MODULE": "loading kernel modules",
    "SYS_RAWIO": "reading and writing the node's memory and disks",
}
DANGEROUS = TAKEOVER | {
    "SYS_PTRACE": "controlling other processes",
    "DAC_READ_SEARCH": "reading any file by its handle",
    "BPF": "loading programs into the kernel",
    "PERFMON": "tracing the kernel",
    "MAC_ADMIN": "changing the node's mandatory access control",
    "SYS_BOOT": "rebooting the node",
    "SYS_TIME": "setting the node's clock",
}


class Told(Enum):
    """By which check a capability that is added is told: by one, so that no defect is told twice."""

    DANGEROUS = "wl-cap-dangerous"
    NET_ADMIN = "wl-cap-net-admin"
    NET_RAW = "wl-cap-net-raw"
    OTHER = "wl-cap-non-default"
    NOWHERE = ""


def told(name: str) -> Told:
    """Which check tells that a container adds `name`, as it is written there.

    Admission compares names exactly, while runtimes accept any case and ``CAP_``: an allowed capability in
    another spelling is refused there.
    """
    known = capability(name)
    if known in DANGEROUS:
        return Told.DANGEROUS
    if known in ("NET_ADMIN", "NET_RAW"):
        return Told[known]
    return Told.NOWHERE if name in BASELINE else Told.OTHER


def adding(item: Placed, which: Told) -> list[tuple[int, str]]:
    """The capabilities of one check that a container adds: (position, as written)."""
    return [(index, name) for index, name in enumerate(added(item.container)) if told(name) is which]


def taken(workload: Workload, gone: Callable[[Placed], Collection[int]]) -> Change | None:
    """A patch that takes the capabilities at the positions `gone(placed)` from the lists of the template.

    Positions, behind tests of what stands there: a strategic merge would replace the whole list, and two
    such patches of one container would clash.
    """
    tests: list[dict[str, Any]] = []
    removals: list[dict[str, Any]] = []
    for item in workload.placed:
        positions = () if item.injected or item.list == "ephemeralContainers" else gone(item)
        if not positions:
            continue
        names = added(item.container)
        path = f"{item.pointer}/securityContext/capabilities/add"
        tests.append(op("test", f"{item.pointer}/name", item.container.name))
        tests.extend(op("test", f"{path}/{index}", names[index]) for index in sorted(positions))
        removals.extend(op("remove", f"{path}/{index}") for index in sorted(positions, reverse=True))
    return json_patch(workload.ref, *tests, *removals) if removals else None
