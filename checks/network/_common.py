"""What the network checks share: exposed workloads as subjects, and the words for an exposure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS, Certainty, Exposure, exposures, exposures_of
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, INGRESS, INGRESS_CLASS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, Subjects, objects
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.verdict import Severity

_WIDE = (Zone.INTERNET, Zone.UNKNOWN)


def _exposed(snapshot: Snapshot) -> Iterator[Workload]:
    for ref in dict.fromkeys(item.workload for item in exposures(snapshot) if item.zone in _WIDE):
        workload = workload_named(snapshot, ref)
        if workload is not None:
            yield workload


EXPOSED: Subjects[Workload] = dataclasses.replace(
    WORKLOADS,
    title="exposed workloads",
    kinds=(*WORKLOADS.kinds, *EXPOSURE_KINDS, CUSTOM_RESOURCE),
    select=_exposed,
)
"""Workloads that can be reached from the internet, or for which that is not known.

What was not read is told once, as a gap of these kinds: of a workload without a known exposure nothing is
claimed.
"""

INGRESSES = dataclasses.replace(objects(INGRESS), kinds=(INGRESS, INGRESS_CLASS))
"""Ingresses, judged with their class."""


def from_internet(snapshot: Snapshot, workload: Workload) -> tuple[Exposure, ...]:
    """The exposures of a workload to the internet, one for each port: a certain one where there is one."""
    best: dict[tuple[str, int, bool], Exposure] = {}
    for item in exposures_of(snapshot, workload.ref):
        if item.zone is not Zone.INTERNET:
            continue
        key = item.protocol, item.port, item.http
        known = best.get(key)
        if known is None or (known.certainty is Certainty.MAYBE and item.certainty is Certainty.YES):
            best[key] = item
    return tuple(best.values())


def undecided(snapshot: Snapshot, workload: Workload) -> tuple[Exposure, ...]:
    """The exposures of which nobody can say whether they reach the internet."""
    return tuple(item for item in exposures_of(snapshot, workload.ref) if item.zone is Zone.UNKNOWN)


def way(item: Exposure) -> str:
    """An exposure in words, with what is not certain about it."""
    unsure = f" (not certain: {item.doubt})" if item.doubt else ""
    return f"{item.words}{unsure}"


def at_door(item: Exposure, words: str, severity: Severity) -> Evidence:
    """Evidence at the first object of the chain, which is what lets clients in; a step less when not certain."""
    door = item.chain[0]
    ref = door.ref if door.ref != item.workload else None
    return Evidence(door.path, words, ref, stepped(item, severity))


def stepped(item: Exposure, severity: Severity) -> Severity:
    """`severity`, one step less for an exposure that is not certain."""
    return severity if item.certainty is Certainty.YES else Severity(max(int(severity) - 1, 0))


def labels_at(workload: Workload) -> str:
    """Where the labels stand by which a policy would select a workload: a JSON pointer."""
    return workload.pointer.removesuffix("/spec") + "/metadata/labels"


def no_tiers(snapshot: Snapshot) -> bool:
    """Whether there are no cluster-wide policies, whose rules may be about the pods of all namespaces at once."""
    return not any(snapshot.of(kind) for kind in ADMIN_KINDS)
