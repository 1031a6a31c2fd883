"""Every known flaw that something in the cluster has, with where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ksec_tui.analysis.versions.cluster import is_windows, kubelet_version, server_version
from ksec_tui.analysis.versions.components import API_SERVER, running
from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, Hit, hits
from ksec_tui.analysis.versions.software import runtime
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Flaw, flaws


class Remedy(IntEnum):
    """What it takes to be rid of a flaw."""

    PATCH = 0
    MINOR = 1
    NEVER = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a flaw is: the cluster for its server, a node, a pod; with what it takes there."""

    ref: ObjectRef
    hit: Hit


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A flaw and its places; none for one that upstream never fixes, which is everywhere.

    Attributes:
        flaw: the flaw.
        places: where a version with it runs.
    """

    flaw: Flaw
    places: tuple[Place, ...]

    @property
    def remedy(self) -> Remedy:
        """The hardest of all places."""
        if self.flaw.instead:
            return Remedy.NEVER
        return Remedy.PATCH if all(place.hit.same_line for place in self.places) else Remedy.MINOR

    @property
    def conditional(self) -> bool:
        """Whether it needs something of which nobody can tell here whether it is there."""
        return bool(self.places) and all(place.hit.conditional for place in self.places)


def vulnerabilities(snapshot: Snapshot) -> tuple[Vulnerability, ...]:
    """Worst first, those that no version fixes last; computed once."""
    found: tuple[Vulnerability, ...] = snapshot.derived(_collect, _collect)
    return found


def _collect(snapshot: Snapshot) -> tuple[Vulnerability, ...]:
    places: dict[str, list[Place]] = {}
    known: dict[str, Flaw] = {}
    for ref, found in _found(snapshot):
        for hit in found:
            places.setdefault(hit.flaw.id, []).append(Place(ref, hit))
            known[hit.flaw.id] = hit.flaw
    rank = ("critical", "high", "medium", "low", "unrated")
    by_worst = sorted(
        known.values(), key=lambda flaw: (rank.index(flaw.severity), -(flaw.score or 0.0), flaw.id)
    )
    listed = [Vulnerability(flaw, tuple(places[flaw.id])) for flaw in by_worst]
    return (*listed, *(Vulnerability(flaw, ()) for flaw in flaws().cves if flaw.instead))


def _found(snapshot: Snapshot) -> Iterator[tuple[ObjectRef, tuple[Hit, ...]]]:
    server = server_version(snapshot)
    if server is not None:
        yield CLUSTER, hits(server, CONTROL_PLANE, snapshot=snapshot)
    for node in snapshot.of(NODE):
        windows = is_windows(node)
        kubelet = kubelet_version(node)
        if kubelet is not None:
            yield node.ref, hits(kubelet, ("kubelet",), windows=windows, snapshot=snapshot)
        software = runtime(node.status.node_info.container_runtime_version)
        if software is not None and software.version is not None:
            yield node.ref, hits(software.version, (software.product,), windows=windows, snapshot=snapshot)
    for item in running(snapshot):
        if item.version is not None and item.component not in (API_SERVER, *CONTROL_PLANE):
            windows = item.pod.spec.os is not None and item.pod.spec.os.name == "windows"
            yield item.ref, hits(item.version, (item.component,), windows=windows, snapshot=snapshot)
