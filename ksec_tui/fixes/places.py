"""Where evidence stands, in words that survive a patch: items of lists by name, not by position."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Evidence
from ksec_tui.fixes.json_values import is_index, parse_pointer
from ksec_tui.fixes.merge_keys import PLAIN, Shape, shape_of
from ksec_tui.fixes.stand_ins import NONE, StandIns
from ksec_tui.fixes.trial import Patched

Place = tuple[ObjectRef, tuple[str, ...]]


class Places:
    """The places of evidence in the objects of a trial, before it and after it.

    What stands in for an object is the same place as that.
    """

    def __init__(self, snapshot: Snapshot, patched: Patched, stands: StandIns = NONE) -> None:
        self._patched = patched
        self._stands = stands
        self._snapshots = (snapshot, patched.snapshot)
        self._trees: tuple[dict[ObjectRef, Any], dict[ObjectRef, Any]] = ({}, {})

    def before(self, subject: ObjectRef, evidence: Iterable[Evidence]) -> set[Place]:
        """Where `evidence` of a finding on `subject` stood."""
        return {self._place(piece.ref or subject, piece.path, 0) for piece in evidence}

    def after(self, subject: ObjectRef, evidence: Iterable[Evidence]) -> set[Place]:
        """Where `evidence` of a finding on `subject` stands now."""
        return {self._place(piece.ref or subject, piece.path, 1) for piece in evidence}

    def _place(self, ref: ObjectRef, path: str, side: int) -> Place:
        head, _, last = path.rpartition("/")
        if head == "/rules" and last.isdigit():
            # Rules of a role are one place, since a patch may split and move them.
            return self._stands.before(ref), (head,)
        if ref not in self._patched.items or not path.startswith("/"):
            return ref, (path,)
        trees = self._trees[side]
        if ref not in trees:
            trees[ref] = _tree(self._snapshots[side], ref)
        steps = _named(trees[ref], shape_of(ref.group, ref.kind) or PLAIN, parse_pointer(path))
        return self._stands.before(ref), tuple(steps)


def _tree(snapshot: Snapshot, ref: ObjectRef) -> Any:
    raw = snapshot.raw(ref)
    return msgspec.to_builtins(snapshot.get(ref)) if raw is None else msgspec.json.decode(raw)


def _named(tree: Any, shape: Shape, path: tuple[str, ...]) -> Iterable[str]:
    """The steps of `path`, those into lists that merge by a key as the key's value."""
    for step in path:
        if isinstance(tree, list):
            items, tree = tree, tree[int(step)] if is_index(step) and int(step) < len(tree) else None
            name = tree.get(shape.key) if shape.key and isinstance(tree, dict) else None
            if name is None:
                yield step
            else:
                # The API allows a port twice, for two protocols.
                twins = sum(
                    1
                    for other in items[: int(step)]
                    if isinstance(other, dict) and other.get(shape.key) == name
                )
                yield f"{shape.key}={name}#{twins}"
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
            shape = shape.of(step)
            yield step
