"""If this is compromised: what follows, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.lenses import Follow, reachable
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.view import Move, said, text

MOST = 400
"""Things that follow which are told."""


def move(desk: Desk, ref: ObjectRef) -> Move:
    """The way to the screen that says what follows from having `ref`."""
    found = graph(desk.snapshot)
    start = vertex(found, ref)
    tree = None if start is None else reachable(found, start)
    if tree is None:
        return said(f"{ref} is no place where an attacker can be.")
    lines = [f"If {tree.vertex.words} is compromised:", *_told(tree)]
    if len(lines) == 1:
        lines.append("Nothing that can be seen follows.")
    lines += [f"Not known: {gap}." for gap in found.gaps]
    return Move(go=text("What follows", lines, help="Each line says after which line's thing it comes."))


def vertex(found: AttackGraph, ref: ObjectRef) -> Vertex | None:
    """What an object is to an attacker."""
    return next((item for item in found.vertices if item.ref == ref), None)


def _told(tree: Follow) -> Iterator[str]:
    waiting = [(item, 1) for item in tree.then[::-1]]
    count = 0
    while waiting and count < MOST:
        item, depth = waiting.pop()
        count += 1
        verb = KINDS[item.edge.kind].verb if item.edge is not None else ""
        doubt = f"; not certain: {item.edge.doubt}" if item.edge is not None and item.edge.doubt else ""
        yield f"Level {depth}: it {verb} {item.vertex.words}{doubt}"
        waiting += [(below, depth + 1) for below in item.then[::-1]]
    if waiting:
        yield f"And more: only {MOST} are told."
