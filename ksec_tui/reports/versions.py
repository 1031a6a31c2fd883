"""The versions of a cluster, as a table for people and as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.version_rows import Component, components, minors
from ksec_tui.analysis.versions.apis import api_uses
from ksec_tui.analysis.versions.cluster import (
    built_words,
    is_windows,
    kubelet_version,
    server_gap,
    server_version,
)
from ksec_tui.analysis.versions.components import running, server_versions
from ksec_tui.analysis.versions.distribution import cluster_distribution
from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, Hit, hits, never_fixed
from ksec_tui.analysis.versions.safeguards import safeguards
from ksec_tui.analysis.versions.software import is_known, runtime
from ksec_tui.analysis.versions.support import is_newer_than_data, newest_patch, patches_behind, standing
from ksec_tui.analysis.versions.upgrade import beyond, hops
from ksec_tui.analysis.versions.vulnerable import not_assessed
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import day_of, one_line
from ksec_tui.data.versions import copies, oldest_as_of, with_flaws
from ksec_tui.data.versions.age import age
from ksec_tui.reports.columns import columns

_CELL = 60
_REASON = 300


def versions_json(snapshot: Snapshot) -> str:
    """All that is known of versions as one JSON object; ends with a line feed."""
    tree = {
        "today": snapshot.source.date.isoformat(),
        "data": {name: copy.content.as_of.isoformat() for name, copy in sorted(copies()[0].items())},
        "server": _server(snapshot),
        "nodes": [_node(snapshot, item) for item in components(snapshot) if item.ref != CLUSTER],
        "mixed_patches": _mixed(snapshot),
        "components": _running(snapshot),
        "cves_not_assessed": [one_line(reason, _REASON) for reason in not_assessed(snapshot)],
        "apis": [
            {"object": str(use.ref), "api": use.row.api_version, "removed": use.row.removed or None}
            | {"manager": one_line(use.manager, _CELL) or None, "sign": use.sign.value, "words": use.words}
            for use in api_uses(snapshot)
        ],
        "safeguards": [
            {
                "id": item.feature.id,
                "title": item.feature.title,
                "status": item.status.value,
                "words": item.words,
            }
            for item in safeguards(snapshot)
        ],
        "upgrade": [
            {
                "to": hop.line,
                "latest": hop.latest,
                "support": hop.support.words,
                "blockers": [{"object": str(item.ref), "words": item.words} for item in hop.blockers],
                "unknown": list(hop.unknown),
            }
            for hop in hops(snapshot)
        ],
        "never_fixed": [
            {"id": flaw.id, "flaw": flaw.flaw, "instead": flaw.instead} for flaw in never_fixed()
        ],
    }
    return msgspec.json.format(msgspec.json.encode(tree)).decode() + "\n"


def versions_text(snapshot: Snapshot, *, width: int | None = None) -> str:
    """The server's line, then every node, then what blocks the next upgrade; ends with a line feed.

    Args:
        snapshot: what was read.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    return "".join(f"{line}\n" for line in _lines(snapshot, width))


def _lines(snapshot: Snapshot, width: int | None) -> Iterator[str]:
    day = snapshot.source.date
    yield " · ".join(_top(snapshot, day))
    yield ""
    rows: list[tuple[str, ...]] = [("COMPONENT", "VERSION", "SUPPORT", "SKEW", "RUNTIME", "SYSTEM")]
    for item in components(snapshot):
        facts = (item.support, item.skew, item.runtime, item.system)
        rows.append(
            (one_line(item.name, 253), _cell(item.version) or "?", *(_cell(fact.words) for fact in facts))
        )
    yield from columns(rows, most=width)
    for line, patches in _mixed(snapshot).items():
        yield f"Nodes of {line} run several patches: {', '.join(patches)}"
    found = hops(snapshot)
    newer = beyond(snapshot)
    if newer:
        yield ""
        yield f"Not known: {newer}"
    if found:
        hop = found[0]
        yield ""
        if not hop.blockers:
            yield f"Nothing that can be seen blocks the upgrade to {hop.line}."
        else:
            yield f"To reach {hop.line} these block, in this order:"
            yield from columns([(str(item.ref), _cell(item.words, 100)) for item in hop.blockers], most=width)
        for reason in hop.unknown:
            yield f"Not known: {one_line(reason)}"


def _cell(words: str, most: int = _CELL) -> str:
    return one_line(words, most)


def _top(snapshot: Snapshot, day: dt.date) -> Sequence[str]:
    version = server_version(snapshot)
    data = age(oldest_as_of(), day).words
    if version is None:
        return (one_line(server_gap(snapshot)), data)
    distribution = cluster_distribution(snapshot)
    found = standing(version, day, distribution)
    parts = (
        one_line(snapshot.source.server_version),
        distribution.name,
        built_words(snapshot),
        f"upstream {found.words}",
        components(snapshot)[0].skew.words,
        data,
    )
    return tuple(filter(None, parts))


def _server(snapshot: Snapshot) -> dict[str, Any]:
    version = server_version(snapshot)
    if version is None:
        told = one_line(snapshot.source.server_version, _CELL)
        return {"version": told or None, "unknown": server_gap(snapshot)}
    distribution = cluster_distribution(snapshot)
    found = standing(version, snapshot.source.date, distribution)
    newest = newest_patch(version)
    return {
        "version": one_line(snapshot.source.server_version),
        "built": day_of(snapshot.source.server_built) or None,
        "distribution": distribution.name,
        "managed": distribution.managed,
        "servers": [item.number for item in server_versions(snapshot)],
        "support": {
            "upstream": found.upstream.words,
            "until": found.effective.until.isoformat() if found.effective.until else None,
            "days": found.effective.days,
            "provider": found.provider.words if found.provider else None,
            "phase": found.effective.phase.value,
        },
        "newest_patch": newest.number if newest else None,
        "patches_behind": patches_behind(version),
        "cves": None
        if is_newer_than_data(version)
        else [_hit(hit) for hit in hits(version, CONTROL_PLANE, snapshot=snapshot)],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.flaw.id,
        "component": hit.flaw.component,
        "severity": hit.flaw.severity,
        "remedy": hit.remedy,
        "condition": hit.flaw.condition or None,
        "certain": not hit.conditional,
        "words": hit.words,
    }


def _node(snapshot: Snapshot, item: Component) -> dict[str, Any]:
    node = snapshot.find(NODE, item.ref.name)
    kubelet = kubelet_version(node) if node is not None else None
    windows = node is not None and is_windows(node)
    software = runtime(node.status.node_info.container_runtime_version) if node is not None else None
    found = (
        [_hit(hit) for hit in hits(kubelet, ("kubelet",), windows=windows, snapshot=snapshot)]
        if kubelet is not None and not is_newer_than_data(kubelet)
        else None
    )
    under = (
        [_hit(hit) for hit in hits(software.version, (software.product,), windows=windows, snapshot=snapshot)]
        if software is not None
        and software.version is not None
        and software.product in with_flaws()
        and is_known(software)
        else None
    )
    facts = {"support": item.support, "skew": item.skew, "runtime": item.runtime, "system": item.system}
    return {
        "name": one_line(item.name, 253),
        "kubelet": one_line(item.version, _CELL) or None,
        "distribution": item.distribution.name,
        **{
            name: {
                "words": one_line(fact.words, _REASON),
                "verdict": fact.level.name.lower(),
                "days": fact.days,
            }
            for name, fact in facts.items()
        },
        "kernel": one_line(item.kernel, _CELL) or None,
        "state": item.state or None,
        "unknown": one_line(item.unknown, _REASON) or None,
        "cves": None if found is None and under is None else [*(found or ()), *(under or ())],
        "cves_not_assessed": [
            name for name, told in (("kubelet", found), ("runtime", under)) if told is None
        ],
    }


def _mixed(snapshot: Snapshot) -> dict[str, list[str]]:
    """The minors of which nodes run several patches, with these."""
    return {item.line: list(item.patches) for item in minors(snapshot) if len(item.patches) > 1}


def _running(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Components in pods, equal ones of one namespace counted."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in running(snapshot):
        key = (item.component, item.pod.namespace, item.version.number if item.version else "")
        counts[key] = counts.get(key, 0) + 1
    return [
        {"component": component, "namespace": namespace, "version": version or None, "pods": count}
        for (component, namespace, version), count in sorted(counts.items())
    ]
