"""Words and fixes that the checks on workloads share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.cluster.pods import PodSpec, Resources
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.build import containers, workload_fix

_ZERO = re.compile(r"0+(\.0*)?[A-Za-z]*")
_NOUNS = {"initContainers": "init container", "ephemeralContainers": "debug container"}


def named(item: Placed) -> str:
    """``container app``, ``sidecar proxy``, ``debug container shell``: by name, never by position."""
    noun = "sidecar" if is_sidecar(item) else _NOUNS.get(item.list, "container")
    return f"{noun} {item.container.name}" + (" (in the live pod)" if item.injected else "")


def is_sidecar(item: Placed) -> bool:
    """Whether it is an init container that keeps running beside the others (KEP-753)."""
    return item.list == "initContainers" and item.container.restart_policy == "Always"


def those(workload: Workload, wanted: Callable[[Placed], bool]) -> list[Placed]:
    """The containers for which `wanted` holds; of a live pod only those that the template's do not stand for."""
    found = [item for item in workload.placed if wanted(item)]
    if not found or not found[-1].injected:  # those of live pods come last
        return found
    told = {item.container.name for item in found if not item.injected}
    return [item for item in found if not item.injected or item.container.name not in told]


def at(workload: Workload, item: Placed, path: str, words: str, severity: Severity | None = None) -> Evidence:
    """Evidence in a container; `path` continues the container's pointer."""
    return Evidence(item.pointer + path, words, elsewhere(workload, item.ref), severity)


def elsewhere(workload: Workload, ref: ObjectRef) -> ObjectRef | None:
    """`ref` when it is not the workload itself, which is how Evidence wants it."""
    return ref if ref != workload.ref else None


def specs(
    workload: Workload, wanted: Callable[[PodSpec], bool]
) -> Iterator[tuple[PodSpec, str, ObjectRef | None]]:
    """The pod specs for which `wanted` holds: the template's, else the first of a live pod that differs."""
    for spec, pointer, ref in workload.specs():
        if wanted(spec):
            yield spec, pointer, elsewhere(workload, ref)
            return


def listed(items: Iterable[Placed]) -> str:
    """``container app and init container setup`` for titles; those that a template patch reaches."""
    reached = (item for item in items if not item.injected and item.list != "ephemeralContainers")
    names = list(dict.fromkeys(map(named, reached)))
    return " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"


def template_fix(
    workload: Workload,
    title: str,
    wanted: Callable[[Placed], dict[str, Any] | None],
    risk: Risk,
    may_break: str,
    pod_spec: dict[str, Any] | None = None,
) -> Fix | None:
    """A fix in the workload's containers and pod spec; none for Kubernetes' own components."""
    if workload.system:
        return None
    return workload_fix(workload, title, containers(workload, wanted, pod_spec), risk, may_break=may_break)


def together(*parts: Fix | None) -> Fix | None:
    """Several fixes as one: the first one's title, every change, the greatest risk; None when there is none."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    worst = max(found, key=lambda part: part.risk.rank)
    changes = tuple(change for part in found for change in part.changes)
    return msgspec.structs.replace(found[0], changes=changes, risk=worst.risk, may_break=worst.may_break)


def security(**values: Any) -> dict[str, Any]:
    """The part of a patch that sets fields of a securityContext; None removes one."""
    return {"securityContext": values}


def nothing(_: Placed) -> None:
    """No change to any container: for fixes of the pod spec alone."""


def memory_limit(resources: Resources) -> bool:
    """Whether there is a limit of memory; zero is none (kubelet cm ResourceConfigForPod)."""
    limit = resources.limits.get("memory")
    return limit is not None and not _ZERO.fullmatch(str(limit))
