"""Turns the YAML of a check's page into a Snapshot, so that the page is its own test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Page, collect, item_from_tree
from ksec_tui.cluster.kinds import FILE_KINDS, KINDS, Kind, kind_named
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def example_snapshot(text: str, *, forbidden: Iterable[Kind[Any]] = ()) -> Snapshot:
    """The Snapshot of a cluster that holds just the documents of `text`.

    Every kind counts as read, but those of `forbidden`. A document ``{kind: Cluster, serverVersion: v1.33.4,
    today: 2026-11-21}`` sets what no object says.

    Raises:
        ValueError: a document is of no known kind or cannot be read.
    """
    return snapshot_of(yaml.load_all(text, Loader=_LOADER), forbidden=forbidden)


def snapshot_of(documents: Iterable[object], *, forbidden: Iterable[Kind[Any]] = ()) -> Snapshot:
    """The same from plain data."""
    info = SourceInfo(kind="files", label="example")
    pages: dict[str, list[Any]] = {}
    for tree in documents:
        if not isinstance(tree, Mapping):
            raise ValueError("an example holds something that is no object")
        if tree.get("kind") == "Cluster":
            version, today = str(tree.get("serverVersion", "")), str(tree.get("today", ""))
            info = SourceInfo(kind="files", label="example", server_version=version, today=today)
            continue
        group = str(tree.get("apiVersion", "")).rpartition("/")[0]
        kind = kind_named(group, str(tree.get("kind", "")))
        if kind is None:
            raise ValueError(f"an example holds an object of unknown kind {tree.get('kind')!r}")
        item = item_from_tree(kind, tree, default_namespace="default")
        if item.object is None:
            raise ValueError(f"an example cannot be read: {item.unreadable}")
        pages.setdefault(kind.resource, []).append(item)
    builder = SnapshotBuilder(info)
    refused = {kind.resource for kind in forbidden}
    for kind in (*KINDS, *FILE_KINDS):
        items = pages.get(kind.resource, [])
        if kind.resource in refused:
            builder.cover(kind, KindCoverage(State.FORBIDDEN, reason="forbidden"))
            continue
        builder.add(collect(kind, items) if items else Page(kind))
        builder.cover(kind, KindCoverage(State.OK))
    return builder.snapshot()
