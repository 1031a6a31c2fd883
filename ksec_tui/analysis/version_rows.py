"""The versions of a cluster as rows: the API server, every node, every minor release."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ksec_tui.analysis.versions.cluster import (
    kubelet_gap,
    kubelet_version,
    node_state,
    server_gap,
    server_version,
)
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.distribution import (
    UPSTREAM,
    Distribution,
    cluster_distribution,
    node_distribution,
)
from ksec_tui.analysis.versions.numbers import Version, line_key
from ksec_tui.analysis.versions.skew import Fit, Skew, kubelet_skew
from ksec_tui.analysis.versions.software import operating_system, runtime, software_support
from ksec_tui.analysis.versions.support import Phase, Support, patches_behind, standing, support
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import releases


class Level(IntEnum):
    """How a fact about versions is to be taken; greater is worse."""

    FINE = 0
    UNKNOWN = 1
    SOON = 2
    BAD = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """A few words and how they are to be taken; `days` until (or, negative, since) a date that matters."""

    words: str
    level: Level = Level.FINE
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """What one machine, or the control plane, runs.

    Attributes:
        ref: the node; `CLUSTER` for the API server.
        name: what to call it.
        version: as it was reported; empty when it was not.
        distribution: whose Kubernetes it is.
        support: of its release.
        skew: of its kubelet against the API server; of the API server, how many patches it lacks.
        runtime: container runtime.
        system: operating system.
        kernel: as reported; never judged, since vendors carry fixes back.
        unknown: why its version is not known; empty when it is.
        state: whether it is cordoned or not ready, in words; empty when it is neither.
    """

    ref: ObjectRef
    name: str
    version: str
    distribution: Distribution
    support: Fact
    skew: Fact
    runtime: Fact = Fact("")
    system: Fact = Fact("")
    kernel: str = ""
    unknown: str = ""
    state: str = ""

    @property
    def level(self) -> Level:
        """The worst of all of it."""
        return max(fact.level for fact in (self.support, self.skew, self.runtime, self.system))


@dataclass(frozen=True, slots=True)
class Minor:
    """A minor release of Kubernetes.

    Attributes:
        line: ``1.36``.
        released: the day of its first release; None when the data does not know it.
        maintenance: the day from which only critical fixes are made.
        support: how long it is supported.
        latest: its newest patch known.
        nodes: how many nodes run it.
        patches: the patches of it that nodes run, newest first.
        server: whether the API server runs it.
    """

    line: str
    released: dt.date | None
    maintenance: dt.date | None
    support: Support
    latest: str
    nodes: int
    patches: tuple[str, ...]
    server: bool

    @property
    def fact(self) -> Fact:
        """Its support in words."""
        return _supported(self.support)


def components(snapshot: Snapshot) -> tuple[Component, ...]:
    """The API server, then the nodes by name; computed once for a Snapshot."""
    found: tuple[Component, ...] = snapshot.derived(_components, _components)
    return found


def minors(snapshot: Snapshot) -> tuple[Minor, ...]:
    """Every minor release that is known or runs somewhere in the cluster, newest first."""
    day = snapshot.source.date
    server = server_version(snapshot)
    kubelets = Counter(
        version for node in snapshot.of(NODE) if (version := kubelet_version(node)) is not None
    )
    used: Counter[str] = Counter()
    for version, count in kubelets.items():
        used[version.line] += count
    known = {release.minor: release for release in releases().kubernetes}
    lines = {*known, *used, *((server.line,) if server else ())}
    return tuple(
        Minor(
            line,
            known[line].released if line in known else None,
            known[line].maintenance if line in known else None,
            support(line, day),
            known[line].latest if line in known else "",
            used[line],
            tuple(item.number for item in sorted(kubelets, reverse=True) if item.line == line),
            server is not None and server.line == line,
        )
        for line in sorted(lines, key=line_key, reverse=True)
    )


def _components(snapshot: Snapshot) -> tuple[Component, ...]:
    return _server(snapshot), *_nodes(snapshot)


def _server(snapshot: Snapshot) -> Component:
    version = server_version(snapshot)
    told = snapshot.source.server_version
    if version is None:
        unknown = Fact("?", Level.UNKNOWN)
        return Component(
            CLUSTER, "API server", told, UPSTREAM, unknown, unknown, unknown=server_gap(snapshot)
        )
    distribution = cluster_distribution(snapshot)
    return Component(
        CLUSTER,
        "API server",
        told,
        distribution,
        _support(version, snapshot.source.date, distribution),
        _patches(version),
    )


def _nodes(snapshot: Snapshot) -> Iterator[Component]:
    servers, day = server_versions(snapshot), snapshot.source.date
    for node in snapshot.of(NODE):
        info = node.status.node_info
        version = kubelet_version(node)
        low = (_runtime(node, day), _system(node, day), info.kernel_version)
        if version is None:
            unknown = Fact("?", Level.UNKNOWN)
            gap = kubelet_gap(node)
            told = info.kubelet_version
            yield Component(
                node.ref,
                node.name,
                told,
                UPSTREAM,
                unknown,
                unknown,
                *low,
                unknown=gap,
                state=node_state(node),
            )
            continue
        distribution = node_distribution(node, version)
        yield Component(
            node.ref,
            node.name,
            info.kubelet_version,
            distribution,
            _support(version, day, distribution),
            _skew(kubelet_skew(servers, version)),
            *low,
            state=node_state(node),
        )


def _support(version: Version, day: dt.date, distribution: Distribution) -> Fact:
    found = standing(version, day, distribution)
    fact = _supported(found.effective)
    if version.pre and fact.level is Level.FINE:
        return Fact(f"pre-release of {version.line}", Level.SOON)
    if found.provider is not None:
        return Fact(f"{distribution.name}: {fact.words}", fact.level, fact.days)
    if distribution.managed:
        # Whoever runs the control plane has dates of its own, which are not known here.
        return Fact(f"upstream {fact.words}", fact.level, fact.days)
    return fact


def _supported(found: Support) -> Fact:
    levels = {
        Phase.SUPPORTED: Level.FINE,
        Phase.MAINTENANCE: Level.SOON,
        Phase.EXTENDED: Level.SOON,
        Phase.ENDED: Level.BAD,
        Phase.UNKNOWN: Level.UNKNOWN,
    }
    return Fact(found.words, levels[found.phase], found.days)


def _patches(version: Version) -> Fact:
    behind = patches_behind(version)
    if behind is None:
        return Fact("patches not known", Level.UNKNOWN)
    if behind > 0:
        return Fact(f"{behind} patch{'' if behind == 1 else 'es'} behind", Level.SOON)
    return Fact("newest patch known" if behind == 0 else "newer than the data")


def _skew(skew: Skew | None) -> Fact:
    if skew is None:
        return Fact("?", Level.UNKNOWN)
    levels = {Fit.FINE: Level.FINE, Fit.LIMIT: Level.SOON, Fit.OLD: Level.BAD, Fit.NEW: Level.BAD}
    return Fact(skew.words, levels[skew.fit])


def _runtime(node: Node, day: dt.date) -> Fact:
    told = node.status.node_info.container_runtime_version
    software = runtime(told)
    words = told.replace("://", " ")
    if software is None:
        return Fact(words or "?", Level.UNKNOWN)
    found = software_support(software, day)
    return _software(words, found)


def _system(node: Node, day: dt.date) -> Fact:
    image = node.status.node_info.os_image
    software = operating_system(image)
    if software is None:
        # Rolling systems have no dates: nothing to say, unless nothing was reported.
        return Fact(image or "?", Level.FINE if image else Level.UNKNOWN)
    return _software(image, software_support(software, day))


def _software(name: str, found: Support) -> Fact:
    """A product with its support in a word, where that is not as usual."""
    marks = {Phase.ENDED: " (eol)", Phase.EXTENDED: " (extended)", Phase.UNKNOWN: " (?)"}
    fact = _supported(found)
    return Fact(name + marks.get(found.phase, ""), fact.level, fact.days)
