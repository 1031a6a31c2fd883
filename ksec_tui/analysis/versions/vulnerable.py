"""Every known flaw that something in the cluster has, with where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ksec_tui.analysis.versions.cluster import is_windows, kubelet_version, server_gap, server_version
from ksec_tui.analysis.versions.components import running
from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, Hit, hits
from ksec_tui.analysis.versions.numbers import Version
from ksec_tui.analysis.versions.software import is_known, runtime
from ksec_tui.analysis.versions.support import is_newer_than_data, newest_line
from ksec_tui.cluster.kinds import NODE, POD
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Flaw, flaws, with_flaws


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


def not_assessed(snapshot: Snapshot) -> tuple[str, ...]:
    """What the list of flaws cannot speak for, one sentence each: what was not read, what is too new."""
    found: tuple[str, ...] = snapshot.derived(_not_assessed, _not_assessed)
    return found


def _not_assessed(snapshot: Snapshot) -> tuple[str, ...]:
    found: list[str] = []
    server = server_version(snapshot)
    if server is None:
        found.append(server_gap(snapshot))
    elif is_newer_than_data(server):
        found.append(newer_words("the API server", server))
    found += (gap for kind in (NODE, POD) if (gap := snapshot.gap(kind)))
    silent, newer, odd = 0, 0, 0
    for node in snapshot.of(NODE):
        kubelet = kubelet_version(node)
        software = runtime(node.status.node_info.container_runtime_version)
        silent += kubelet is None
        newer += kubelet is not None and is_newer_than_data(kubelet)
        odd += software is None or (software.product in with_flaws() and not is_known(software))
    for count, words in (
        (silent, "told no version of the kubelet"),
        (newer, f"run a kubelet newer than the data, which knows releases up to {newest_line()}"),
        (odd, "run a container runtime that is not in the data, or told none"),
    ):
        if count:
            found.append(f"{count} node{'' if count == 1 else 's'}: {words}")
    untold = sum(item.version is None and item.component in with_flaws() for item in running(snapshot))
    if untold:
        found.append(
            f"{untold} pod{'' if untold == 1 else 's'} of the cluster's own software: the image tells no version"
        )
    return tuple(found)


def newer_words(what: str, version: Version) -> str:
    """Why nothing is known of the flaws of a release that the data does not know."""
    return (
        f"{what} runs Kubernetes {version.line}, which is newer than the data on flaws of {flaws().as_of}: "
        f"it knows releases up to {newest_line()}"
    )


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
        # The server's own version stands for its other components, unless they say that they run another one.
        if item.version is not None and (item.component not in CONTROL_PLANE or item.version != server):
            windows = item.pod.spec.os is not None and item.pod.spec.os.name == "windows"
            yield item.ref, hits(item.version, (item.component,), windows=windows, snapshot=snapshot)
