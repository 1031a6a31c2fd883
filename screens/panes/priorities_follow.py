"""If this is compromised: what follows from a pod, a ServiceAccount, a user or a group, as a tree.

Until one is chosen, every beginning, with what can be reached from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.lenses import Follow, Lens, reachable
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.path import Step
from ksec_tui.analysis.paths.subject import vertex_at
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.attack_scene import Scene, ref_of, scene, short
from ksec_tui.screens.details.ways import edge_lines, said_lines
from ksec_tui.screens.pane import Listing, Row, View
from ksec_tui.screens.plan_rows import is_open, twig
from ksec_tui.screens.priority_columns import COLUMNS, WORKING
from ksec_tui.screens.priority_rows import cut_words, row
from ksec_tui.screens.view import Branch
from ksec_tui.screens.widgets.columns import Cell

HOW = "x on any workload, pod, ServiceAccount, user, group or node shows what follows from it"

OPEN_AT_FIRST = 3
"""Steps from the root that are shown at first."""

FEW = 12
"""More steps from one place than these are folded away at first."""


def follow_rows(view: View) -> Sequence[Row]:
    """What follows from the chosen object; every beginning where none is chosen."""
    if view.state.reading or view.state.judging:
        return [_word(view, "working out paths: they come once everything is read and judged")]
    made, ref = graph(view.state.snapshot), view.lens.blast
    if ref is None:
        return list(_everybody(view))
    vertex = vertex_at(made, ref)
    if vertex is None:
        return list(_nothing(view, made, ref))
    key = (follow_rows, vertex)
    known: tuple[object, Follow | None] | None = made.memo.get(follow_rows)
    if known is None or known[0] != key:
        known = made.memo[follow_rows] = key, reachable(made, vertex)
    if known[1] is None:
        return list(_nothing(view, made, ref))
    return [*_tree(view, made, known[1]), *_unread(view, made)]


def _word(view: View, words: str, *, key: str = "", unknown: bool = False) -> Row:
    values: dict[str, object] = {"what": Cell(one_line(words, 300), "unknown" if unknown else "muted")}
    unclear = words if unknown else ""
    return row(
        view, key or f"word {words}", CLUSTER, values, Branch(0), unknown=unclear, tells=said_lines(words)
    )


def _nothing(view: View, made: AttackGraph, ref: ObjectRef) -> Iterator[Row]:
    yield _word(view, f"If {ref} is compromised: nothing more follows in what was read")
    yield from _unread(view, made)


def _unread(view: View, made: AttackGraph) -> Iterator[Row]:
    for words in made.gaps:
        yield _word(view, f"? more may follow: {words}", unknown=True)


def _tree(view: View, made: AttackGraph, tree: Follow) -> Iterator[Row]:
    ends = [item for item in tree if item.vertex.kind == "goal"]
    ends.sort(key=lambda item: (-item.likelihood * made.judgement.value(item.vertex.name), item.vertex))
    told = ", ".join(f"{item.vertex.words} {item.likelihood:.0%}" for item in ends)
    ref = ref_of(tree.vertex)
    key = f"follow|{tree.vertex.id}"
    opened = is_open(view, key, at_first=True) if tree.then else None
    values: dict[str, object] = {
        "what": Cell(twig(view, 0, f"IF COMPROMISED: {short(tree.vertex)}", opened=opened), "accent bold"),
        "state": "",
        "cut": f"leads to {told}" if told else "leads to nothing that is worth much",
    }
    tells = said_lines(
        f"If {tree.vertex.words} is compromised",
        f"It leads to {told}." if told else "It leads to nothing that is worth much.",
        "Each step below goes by the easiest road; x on one shows what follows from there alone.",
        *(f"? more may follow: {words}" for words in made.gaps),
    )
    yield row(view, key, ref, values, Branch(0, "", opened), tells=tells)
    if told:
        shown = twig(view, 1, f"leads to {told}", opened=None)
        yield row(view, f"{key}|ends", ref, {"what": Cell(shown, "high")}, Branch(1, key))
    found = scene(view, Lens.CONTAINER)
    for item in tree.then if opened else ():
        yield from _below(view, found, tree.vertex, item, key, 1, few=len(tree.then) <= FEW)


def _below(
    view: View, found: Scene, source: Vertex, item: Follow, above: str, depth: int, *, few: bool
) -> Iterator[Row]:
    if item.vertex.kind == "goal" or item.edge is None:
        return
    then = [below for below in item.then if below.vertex.kind != "goal"]
    key = f"{above}|{item.vertex.id}"
    few = few and len(then) <= FEW
    opened = is_open(view, key, at_first=few and depth < OPEN_AT_FIRST) if then else None
    step = Step(source, item.edge, item.vertex)
    findings = found.cutting([item.edge])
    detail = f" ({item.edge.detail})" if item.edge.detail else ""
    words = f"{KINDS[item.edge.kind].verb} {short(item.vertex)}{detail}"
    values: dict[str, object] = {
        "what": twig(view, depth, words, opened=opened),
        "chance": f"{item.likelihood:.0%}",
        "state": Cell("not sure", "unknown") if item.edge.doubt else "",
        "cut": cut_words(findings),
    }
    unknown = item.edge.doubt if not findings else ""
    tells = edge_lines(found, step)
    branch = Branch(depth, above, opened)
    yield row(view, key, ref_of(item.vertex), values, branch, findings[:1], tells=tells, unknown=unknown)
    for below in then if opened else ():
        yield from _below(view, found, item.vertex, below, key, depth + 1, few=few)


def _everybody(view: View) -> Iterator[Row]:
    yield _word(view, HOW)
    number = 0
    for lens in (Lens.CONTAINER, Lens.CREDENTIALS):
        for told in scene(view, lens).ways:
            number += 1
            way = told.way
            also = ", ".join(goal.words for goal, _ in way.also)
            values: dict[str, object] = {
                "what": f"{short(way.entry)} → {way.goal.words}",
                "chance": f"{way.likelihood:.0%}",
                "cut": f"and to {also}" if also else "",
            }
            yield row(view, f"start|{way.key}", ref_of(way.entry), values, Branch(0))
    if not number:
        yield _word(view, "nothing leads on from any workload or login in what was read")


def _notice(view: View) -> str:
    gaps = () if view.state.reading or view.state.judging else graph(view.state.snapshot).gaps
    more = f" (+{len(gaps) - 1:,} more)" if len(gaps) > 1 else ""
    return f"? more may follow: {one_line(gaps[0], 200)}{more}" if gaps else ""


LISTING = Listing("taken", "If taken", (), COLUMNS, follow_rows, empty=WORKING, notice=_notice)
