"""Ways of attackers, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.paths.choke import Choke, choke_points
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.lenses import Follow, Lens, Open, open_paths
from ksec_tui.analysis.paths.model import Cut, Vertex
from ksec_tui.analysis.paths.path import SILENT, Path, Step
from ksec_tui.analysis.paths.search import Answer
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

SHOWN = 20
"""Ways of one lens that a table lists unless more are asked for."""
_CHOKES = 5
_CLOSING = 8
_LITTLE = 0.005
"""Below this share of the risk an object is no choke point worth telling."""
_STATUS = {"open": "open", "maybe": "perhaps open", "not known": "not known", "none": "none"}
_NOTE = "Likelihoods and risks are judgements for putting fixes in order, not measurements."


def lenses_text(
    graph: AttackGraph, lenses: Sequence[Lens], *, most: int = SHOWN, width: int | None = None
) -> str:
    """For each lens its open ways and the objects whose change cuts most; ends with a line feed."""
    return "".join(f"{line}\n" for line in _lenses(graph, lenses, most, width))


def lenses_json(graph: AttackGraph, lenses: Sequence[Lens]) -> str:
    """The same as one JSON object, with every way."""
    tree = {
        "lenses": [
            {
                "lens": lens.words,
                "open": [_open(item) for item in open_paths(graph, lens)],
                "chokePoints": [_choke(item) for item in choke_points(graph, (lens,))],
            }
            for lens in lenses
        ],
        "gaps": list(graph.gaps),
        "note": _NOTE,
    }
    return _json(tree)


def answer_text(start: Vertex, goal: Vertex, answer: Answer, closing: Sequence[object] = ()) -> str:
    """The ways between two, step by step, with what would cut each."""
    return "".join(f"{line}\n" for line in _answer(start, goal, answer, closing))


def answer_json(start: Vertex, goal: Vertex, answer: Answer, closing: Sequence[object] = ()) -> str:
    """The same as one JSON object."""
    tree = {
        "from": start.id,
        "to": goal.id,
        "status": answer.status,
        "paths": [_path(path) for path in answer.paths],
        "closedBy": [str(ref) for ref in closing],
        "gaps": list(answer.gaps),
        "note": _NOTE,
    }
    return _json(tree)


def follow_text(tree: Follow, gaps: Sequence[str], *, most: int = 200) -> str:
    """What follows from having something, as an indented tree."""
    lines = list(_follow(tree, 0))
    shown = lines[:most]
    if len(lines) > most:
        shown.append(f"and {len(lines) - most:,} more")
    return "".join(f"{line}\n" for line in (*shown, *_gaps(gaps)))


def follow_json(tree: Follow, gaps: Sequence[str]) -> str:
    """The same as one JSON object."""
    return _json({"from": _follow_tree(tree), "gaps": list(gaps), "note": _NOTE})


def _json(tree: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _lenses(graph: AttackGraph, lenses: Sequence[Lens], most: int, width: int | None) -> Iterator[str]:
    for number, lens in enumerate(lenses):
        if number:
            yield ""
        found = open_paths(graph, lens)
        yield f"{lens.words}: {len(found):,} way{'' if len(found) == 1 else 's'} open"
        rows = [("RISK", "CHANCE", "WAY")] if found else []
        rows += [
            (f"{item.risk:.1f}", f"{item.likelihood:.0%}", one_line(_way(item))) for item in found[:most]
        ]
        yield from columns(rows, most=width)
        if len(found) > most:
            yield f"and {len(found) - most:,} more; -o json lists all"
        chokes = [item for item in choke_points(graph, (lens,), _CHOKES) if item.effect.share >= _LITTLE]
        if chokes:
            yield "what cuts most:"
            yield from (f"  {one_line(item.words)}" for item in chokes)
    yield from _gaps(graph.gaps)
    yield _NOTE


def _way(item: Open) -> str:
    path = item.path
    return f"{path.words}{' (?)' if path.doubts else ''}"


def _gaps(gaps: Sequence[str]) -> Iterator[str]:
    if gaps:
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        yield f"there may be more ways: {'; '.join(map(one_line, gaps[:3]))}{more}"


def _answer(start: Vertex, goal: Vertex, answer: Answer, closing: Sequence[object]) -> Iterator[str]:
    yield f"{one_line(start.words)} to {one_line(goal.words)}: {_STATUS[answer.status]}"
    for number, path in enumerate(answer.paths, 1):
        steps = f"{path.length} step{'' if path.length == 1 else 's'}"
        yield f"{number}. {steps}, chance {path.likelihood:.0%}"
        for step in path.told:
            if step.edge.kind in SILENT and not step.edge.detail:
                continue
            yield f"   {one_line(step.words)}"
            if step.edge.doubt:
                yield f"     not sure: {one_line(step.edge.doubt)}"
            told = _cuts(step.edge.cuts)
            if told:
                yield f"     cut by: {told}"
    if closing:
        more = f" and {len(closing) - _CLOSING:,} more" if len(closing) > _CLOSING else ""
        yield f"closed for good by changing: {', '.join(one_line(str(ref)) for ref in closing[:_CLOSING])}{more}"
    yield from _gaps(answer.gaps)


def _cuts(cuts: Sequence[Cut]) -> str:
    found = [
        f"{cut.ref} ({', '.join(cut.checks)})" if cut.checks else str(cut.ref)
        for cut in cuts
        if not cut.partly
    ]
    return one_line("; ".join(found))


def _follow(item: Follow, depth: int) -> Iterator[str]:
    if item.vertex.kind == "goal":
        return
    verb = f"{KINDS[item.edge.kind].verb} " if item.edge is not None else ""
    detail = f" ({item.edge.detail})" if item.edge is not None and item.edge.detail else ""
    doubt = " (?)" if item.edge is not None and item.edge.doubt else ""
    yield f"{'  ' * depth}{one_line(f'{verb}{item.vertex.words}{detail}')}{doubt} {item.likelihood:.0%}"
    for below in item.then:
        yield from _follow(below, depth + 1)


def _follow_tree(item: Follow) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": item.vertex.id,
        "words": item.vertex.words,
        "chance": round(item.likelihood, 4),
    }
    if item.edge is not None:
        made |= {"kind": item.edge.kind, "detail": item.edge.detail, "doubt": item.edge.doubt}
    return {**made, "then": [_follow_tree(below) for below in item.then]}


def _open(item: Open) -> dict[str, Any]:
    return {
        "from": item.start.id,
        "to": item.goal.id,
        "risk": round(item.risk, 4),
        "chance": round(item.likelihood, 4),
        "already": item.already,
        "path": _path(item.path),
    }


def _path(path: Path) -> dict[str, Any]:
    return {
        "words": path.words,
        "chance": round(path.likelihood, 4),
        "steps": [_step(step) for step in path.told],
        "doubts": list(path.doubts),
    }


def _step(step: Step) -> dict[str, Any]:
    edge = step.edge
    return {
        "kind": edge.kind,
        "technique": KINDS[edge.kind].technique,
        "from": step.source.id,
        "to": step.target.id,
        "words": step.words,
        "chance": round(edge.likelihood, 4),
        "evidence": [{"object": str(proof.ref), "path": proof.path} for proof in edge.proofs],
        "cutBy": [
            {"object": str(cut.ref), "checks": list(cut.checks), "partly": cut.partly} for cut in edge.cuts
        ],
        "doubt": edge.doubt,
    }


def _choke(item: Choke) -> dict[str, Any]:
    made = item.effect
    return {
        "object": str(item.ref),
        "checks": list(item.checks),
        "waysCut": len(made.lost),
        "waysHarder": made.harder,
        "share": round(made.share, 4),
    }
