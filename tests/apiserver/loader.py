"""Reads a folder of ``kubectl get -A -o json`` lists, one file for each resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.apiserver.store import FakeCluster

_VERSION = "version.json"


def documents_from(folder: Path) -> Iterator[dict[str, object]]:
    """All objects of the lists ``<plural>.<group>.json``, file by file in the order of their names.

    Raises:
        ValueError: for a file that is not such a list.
    """
    for file in sorted(folder.glob("*.json")):
        if file.name == _VERSION:
            continue
        content = json.loads(file.read_bytes())
        items = content.get("items") if isinstance(content, dict) else None
        if items is None:
            raise ValueError(f"{file.name}: not a list of objects")
        yield from items


def cluster_from(folder: Path) -> FakeCluster:
    """The cluster that a folder describes: objects, ``version.json`` if any, and empty lists as served."""
    version_file = folder / _VERSION
    version = json.loads(version_file.read_bytes()) if version_file.exists() else None
    served = [file.stem for file in folder.glob("*.json") if file.name != _VERSION]
    return FakeCluster(documents_from(folder), version, served=served)
