"""The versions that a Snapshot tells of."""

from __future__ import annotations

import datetime as dt

from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import day_of


def server_version(snapshot: Snapshot) -> Version | None:
    """The API server's version, as ``/version`` tells it; None when it is not known."""
    return parse(snapshot.source.server_version)


def built_words(snapshot: Snapshot) -> str:
    """``built 2026-07-24 (120 d)``: right for any server, also one that the data does not know; empty when not told."""
    built = day_of(snapshot.source.server_built)
    if not built:
        return ""
    days = (snapshot.source.date - dt.date.fromisoformat(built)).days
    return f"built {built} ({days} d)" if days >= 0 else f"built {built}, after today"


def server_gap(snapshot: Snapshot) -> str:
    """Why the API server's version is not known."""
    told = snapshot.source.server_version
    if told:
        return f"the server's version is not known: {told!r} is no version number"
    if snapshot.source.kind == "files":
        return "the server's version is not known: files do not tell it (a version.json beside them does)"
    return "the server's version is not known: it could not be read from /version"


def kubelet_version(node: Node) -> Version | None:
    """The version that a node's kubelet reported; None for a node that never did."""
    return parse(node.status.node_info.kubelet_version)


def kubelet_gap(node: Node) -> str:
    """Why a kubelet's version is not known."""
    told = node.status.node_info.kubelet_version
    return (
        f"the kubelet of node {node.name} reports {told!r}, which is no version number"
        if told
        else f"the kubelet of node {node.name} has reported no version"
    )


def node_state(node: Node) -> str:
    """``cordoned``, ``not ready`` or both; empty for a node that is neither, or does not tell."""
    ready = next((item.status for item in node.status.conditions if item.type == "Ready"), "True")
    states = ("cordoned" if node.spec.unschedulable else "", "not ready" if ready != "True" else "")
    return " and ".join(filter(None, states))


def is_windows(node: Node) -> bool:
    """Whether a node runs Windows."""
    return (
        node.status.node_info.operating_system == "windows"
        or node.metadata.labels.get("kubernetes.io/os") == "windows"
    )
