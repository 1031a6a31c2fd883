"""What stands in the way of the next minors of the control plane, in the order in which to clear it."""

from __future__ import annotations

from dataclasses import dataclass

from ksec_tui.analysis.versions.apis import api_uses
from ksec_tui.analysis.versions.cluster import kubelet_version, server_gap
from ksec_tui.analysis.versions.components import CONTROLLERS, PROXY, running, server_versions
from ksec_tui.analysis.versions.distribution import cluster_distribution
from ksec_tui.analysis.versions.fields import field_uses
from ksec_tui.analysis.versions.numbers import Version, line_key, parse
from ksec_tui.analysis.versions.skew import Fit, controller_skew, kubelet_skew, proxy_skew, servers_skew
from ksec_tui.analysis.versions.support import Support, is_newer_than_data, standing
from ksec_tui.cluster.kinds import NODE, POD
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import releases


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing to clear before a hop.

    Attributes:
        ref: the object to change.
        words: what is in the way and what to do about it, one phrase.
        step: its place in the order: 1 the control plane itself, 2 nodes, 3 proxies, 4 APIs, 5 fields.
    """

    ref: ObjectRef
    words: str
    step: int


@dataclass(frozen=True, slots=True)
class Hop:
    """The upgrade of the control plane by one minor.

    Attributes:
        line: the minor that it leads to.
        latest: that minor's newest patch known.
        support: how long that minor is supported for this cluster.
        blockers: what to clear first, in order; those of an earlier hop are not told again.
        unknown: what could not be looked at, one sentence each.
    """

    line: str
    latest: str
    support: Support
    blockers: tuple[Blocker, ...]
    unknown: tuple[str, ...] = ()


def hops(snapshot: Snapshot) -> tuple[Hop, ...]:
    """Every minor from the next one to the newest known, with what blocks it; the control plane may skip none.

    Empty when the server's version is not known or is the newest. Computed once.
    """
    found: tuple[Hop, ...] = snapshot.derived(_hops, _hops)
    return found


def _hops(snapshot: Snapshot) -> tuple[Hop, ...]:
    servers = server_versions(snapshot)
    if not servers:
        return ()
    oldest = servers[-1]
    told: set[tuple[ObjectRef, int]] = set()
    found = []
    for release in sorted(releases().kubernetes, key=lambda item: line_key(item.minor)):
        aim = parse(release.latest)
        if aim is None or line_key(release.minor) <= (oldest.major, oldest.minor):
            continue
        blockers = [item for item in _blockers(snapshot, servers, aim) if (item.ref, item.step) not in told]
        told.update((item.ref, item.step) for item in blockers)
        support = standing(aim, snapshot.source.date, cluster_distribution(snapshot)).effective
        ordered = sorted(blockers, key=lambda item: (item.step, item.ref))
        found.append(Hop(release.minor, release.latest, support, tuple(ordered), _unknown(snapshot)))
    return tuple(found)


def beyond(snapshot: Snapshot) -> str:
    """Why no hop can be told, though there may be one; empty when hops are told or the newest minor runs.

    The newest minor that the data knows counts as the newest that there is.
    """
    servers = server_versions(snapshot)
    if not servers:
        return server_gap(snapshot)
    if is_newer_than_data(servers[-1]):
        return (
            f"what comes after Kubernetes {servers[-1].line} and what that drops, since it is newer than the data "
            f"of {releases().as_of}"
        )
    return ""


def _unknown(snapshot: Snapshot) -> tuple[str, ...]:
    """Requests leave no trace in objects, so APIs that are only read are never known."""
    gaps = (snapshot.gap(NODE), snapshot.gap(POD))
    metric = "clients that only read old APIs show in the server's metric apiserver_requested_deprecated_apis alone"
    return (*(gap for gap in gaps if gap), metric)


def _blockers(snapshot: Snapshot, servers: tuple[Version, ...], aim: Version) -> list[Blocker]:
    return [
        *_control_plane(snapshot, servers, aim),
        *_nodes(snapshot, aim),
        *_proxies(snapshot, aim),
        *_apis(snapshot, servers[0], aim),
        *_fields(snapshot, servers[0], aim),
    ]


def _control_plane(snapshot: Snapshot, servers: tuple[Version, ...], aim: Version) -> list[Blocker]:
    found = []
    apart = servers_skew(servers)
    if apart is not None and apart.behind and aim.minor > servers[0].minor:
        words = f"API servers run {servers[-1].number} and {servers[0].number}: finish that upgrade first"
        found.append(Blocker(CLUSTER, words, 1))
    # On the hops after the next one they are upgraded with the API server.
    for name in CONTROLLERS if aim.minor == servers[-1].minor + 1 else ():
        for item in running(snapshot, name):
            skew = controller_skew((aim,), item.version) if item.version is not None else None
            if item.version is not None and skew is not None and skew.fit is Fit.OLD:
                words = f"{name} {item.version.number}: {skew.words} by {aim.line}; upgrade it first"
                found.append(Blocker(item.ref, words, 1))
    return found


def _nodes(snapshot: Snapshot, aim: Version) -> list[Blocker]:
    found = []
    for node in snapshot.of(NODE):
        kubelet = kubelet_version(node)
        skew = kubelet_skew((aim,), kubelet) if kubelet is not None else None
        if kubelet is not None and skew is not None and skew.fit is Fit.OLD:
            words = f"kubelet {kubelet.number}: {skew.words} by {aim.line}; drain and upgrade the node first"
            found.append(Blocker(node.ref, words, 2))
    return found


def _proxies(snapshot: Snapshot, aim: Version) -> list[Blocker]:
    """One for each owner: all its pods are upgraded at once."""
    found: dict[ObjectRef, Blocker] = {}
    for item in running(snapshot, PROXY):
        skew = proxy_skew((aim,), item.version) if item.version is not None else None
        if item.version is not None and skew is not None and skew.fit is Fit.OLD:
            owner = item.pod.controller
            ref = ObjectRef(item.pod.namespace, owner.kind, owner.name, owner.group) if owner else item.ref
            words = f"kube-proxy {item.version.number}: {skew.words} by {aim.line}; upgrade it first"
            found.setdefault(ref, Blocker(ref, words, 3))
    return list(found.values())


def _apis(snapshot: Snapshot, server: Version, aim: Version) -> list[Blocker]:
    """APIs that a hop drops; writers of what this server has dropped already fail today, and block nothing more."""
    return [
        Blocker(use.ref, use.words, 4)
        for use in api_uses(snapshot)
        if use.row.removed and _between(use.row.removed, server, aim)
    ]


def _between(removed: str, server: Version, aim: Version) -> bool:
    return (server.major, server.minor) < line_key(removed) <= (aim.major, aim.minor)


def _fields(snapshot: Snapshot, server: Version, aim: Version) -> list[Blocker]:
    """Fields that a hop drops; what this server has dropped already blocks nothing more."""
    return [
        Blocker(use.ref, f"{use.words}, dropped in {use.change.removed}: {use.change.change}", 5)
        for use in field_uses(snapshot)
        if use.change.removed and _between(use.change.removed, server, aim)
    ]
