"""Reads the public truth sets of network policies from beside the repository."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "conformance" / "network"


def states(name: str) -> list[Path]:
    """The folders of one set that hold manifests and their truth; none where the set is absent."""
    return sorted(path.parent for path in (FOLDER / name).glob("*/*/truth.csv"))


@cache
def _documents(text: str) -> list[Any]:
    # The same Pods and Namespaces come in every step.
    return [yaml.load(part, yaml.CSafeLoader) for part in text.split("\n---\n") if part.strip()]


def cluster(folder: Path) -> Snapshot:
    """The cluster of one state."""
    parts = (folder / "manifests.yaml").read_text().split("\n---\n")
    return snapshot_of(tree for part in parts for tree in _documents(part) if tree)


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """The questions and answers of one state."""
    with (folder / "truth.csv").open(newline="") as lines:
        yield from csv.DictReader(lines)
