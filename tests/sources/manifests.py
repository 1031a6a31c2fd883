"""Manifests on disk, as tests write and read them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

POD_YAML = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: shop}\n"


def pod(name: str, **extra: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, **extra}


def read(*paths: Path | str) -> tuple[Snapshot, dict[str, str]]:
    """The Snapshot, and the problems by place."""
    snapshot, problems = load(FileSource([str(path) for path in paths]))
    return snapshot, {problem.where: problem.reason for problem in problems}


def names(snapshot: Snapshot) -> list[str]:
    return [item.name for item in snapshot.of(POD)]


Write = Callable[[str, str | bytes], Path]
