"""A dump of a cluster as ``kubectl get -o json`` writes it: its objects as they are, written anew with some changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ksec_tui.cluster.ref import ObjectRef

Tree = dict[str, Any]


def ref_of(document: Tree) -> ObjectRef:
    """The name of an object."""
    meta = document["metadata"]
    group = document["apiVersion"].rpartition("/")[0]
    return ObjectRef(meta.get("namespace", ""), document["kind"], meta["name"], group)


def lists_in(folder: Path) -> Iterator[tuple[Path, list[Tree]]]:
    """The files that are lists of objects, and these."""
    for path in sorted(folder.glob("*.json")):
        tree = json.loads(path.read_bytes())
        if isinstance(tree.get("items"), list):
            yield path, tree["items"]


def objects_in(folder: Path) -> dict[ObjectRef, Tree]:
    """Every object of a dump."""
    return {ref_of(item): item for _, items in lists_in(folder) for item in items}


def write_changed(folder: Path, to: Path, changed: Mapping[ObjectRef, Tree | None]) -> None:
    """Write the dump in `folder` anew, with `changed`; None for what is gone.

    New objects follow those of their kind.
    """
    to.mkdir()
    known = set(objects_in(folder))
    new = {ref: tree for ref, tree in changed.items() if ref not in known and tree is not None}
    lists = dict(lists_in(folder))
    for path in folder.glob("*.json"):
        if path not in lists:
            shutil.copy(path, to / path.name)
    for path, items in lists.items():
        kept = [changed.get(ref_of(item), item) for item in items]
        kinds = {(item["kind"], item["apiVersion"].rpartition("/")[0]) for item in items}
        more = [tree for ref, tree in new.items() if (ref.kind, ref.group) in kinds]
        _write_list(to / path.name, [*(tree for tree in kept if tree is not None), *more])
        new = {ref: tree for ref, tree in new.items() if tree not in more}
    if new:
        _write_list(to / "new.json", list(new.values()))


def _write_list(path: Path, items: list[Tree]) -> None:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
