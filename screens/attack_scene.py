"""What the pane Priorities is drawn from: open ways, what the plan does to them, what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.model import Edge, Vertex
from ksec_tui.analysis.paths.path import Path, path_of
from ksec_tui.analysis.paths.ways import Way, edges_along, ways
from ksec_tui.checks import all_checks
from ksec_tui.cluster.access import ClusterRole
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.priorities import Priority, priorities, staged_edges
from ksec_tui.screens.pane import short_kind
from ksec_tui.screens.proof import Proof
from ksec_tui.screens.view import View

SAME = 1e-4
"""Part of a risk below which a difference is none."""

CUT, LESS, DETOUR, HARDER = "cut by plan", "less by plan", "detour", "harder"
OPEN, UNSURE = "open", "not sure"
STYLES = {CUT: "pass", LESS: "pass", DETOUR: "low", HARDER: "low", OPEN: "high", UNSURE: "unknown"}
"""How a way stands, and its style.

With the plan nothing is left of it, its worst end is out of reach, it is cut but a side road is left, it is less
likely.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A way with its steps.

    Attributes:
        way: the way.
        edges: the numbers of its steps.
        path: the steps.
    """

    way: Way
    edges: tuple[int, ...]
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is known of the attackers of one lens.

    Attributes:
        graph: the attack graph of the cluster as it is.
        lens: whose ways.
        ways: what is open, the worst first.
        first: what to do first, for all lenses: best first.
        fixes: what cuts most of this lens.
        gone: numbers of the steps that the plan takes.
        left: way -> what is left of it with the plan; None where nothing is staged.
        proven: whether that was seen in the simulated state, not only reckoned.
        results: what was found that counts.
        places: fingerprint -> where its fix stands among those that cut most.
    """

    graph: AttackGraph
    lens: Lens
    ways: Sequence[Told]
    first: tuple[Priority, ...]
    fixes: tuple[Priority, ...]
    gone: frozenset[int]
    left: Mapping[str, Way] | None
    proven: bool
    results: Results
    places: Mapping[str, int]

    def state(self, told: Told) -> str:
        """How a way stands: one of `STYLES`."""
        if self.left is not None:
            after = self.left.get(told.way.key)
            if after is None:
                return CUT
            if told.way.goal not in (after.goal, *(goal for goal, _ in after.also)):
                return LESS
            if not self.gone.isdisjoint(told.edges):
                return DETOUR
            if after.risk < told.way.risk * (1 - SAME):
                return HARDER
        return UNSURE if told.path.doubts else OPEN

    def odds(self, told: Told) -> float:
        """How likely the end of a way is reached, with the plan where there is one."""
        after = self.left.get(told.way.key) if self.left is not None else None
        if after is None:
            return told.way.likelihood
        return dict(((after.goal, after.likelihood), *after.also)).get(told.way.goal, after.likelihood)

    def cutting(self, edges: Iterable[Edge]) -> tuple[Finding, ...]:
        """The findings whose fix takes one of some steps, the best first; those that only make it harder last."""
        found: dict[str, tuple[tuple[bool, bool, int, int], Finding]] = {}
        for edge in edges:
            for cut in edge.cuts:
                for finding in self.results.on(cut.ref) if cut.checks else ():
                    if finding.check in cut.checks and finding.verdict is Verdict.FAIL:
                        place = self.places.get(finding.fingerprint, len(self.places))
                        order = (cut.partly, not finding.fixable, place, -int(finding.severity))
                        known = found.get(finding.fingerprint)
                        if known is None or order < known[0]:
                            found[finding.fingerprint] = order, finding
        return tuple(finding for _, finding in sorted(found.values(), key=lambda item: item[0]))


def scene(view: View, lens: Lens) -> Scene:
    """What is known of the attackers of a lens; worked out once for each plan and its proof."""
    made = graph(view.state.snapshot)
    key = (scene, lens)
    about = (view.plan, view.proven, counted(view))
    known: tuple[tuple[FixPlan, Proof | None, Results], Scene] | None = made.memo.get(key)
    if known is None or any(was is not now for was, now in zip(known[0], about, strict=True)):
        known = made.memo[key] = about, _scene(view, made, lens)
    return known[1]


def counted(view: View) -> Results:
    """The findings that count: without what was dismissed."""
    return view.results


def _scene(view: View, made: AttackGraph, lens: Lens) -> Scene:
    snapshot, plan, proof, results = view.state.snapshot, view.plan, view.proven, counted(view)
    checks = all_checks(optional=True)
    gone = staged_edges(snapshot, plan, checks)
    shown = told_ways(made, lens)
    cut = frozenset(gone)
    left: tuple[Way, ...] | None = None
    if proof is not None:
        after = graph(proof.simulation.snapshot)
        left = ways(after, lens)
        cut = _missing(made, after, shown)
    elif plan.staged:
        left = ways(made, lens, gone)
    first = priorities(snapshot, results, checks, plan=plan, gone=gone)
    fixes = priorities(snapshot, results, checks, (lens,), plan=plan, gone=gone)
    ordered = (offer.finding.fingerprint for item in (*fixes, *first) for offer in item.offers)
    return Scene(
        made,
        lens,
        shown,
        first,
        fixes,
        cut,
        None if left is None or not plan.staged else {item.key: item for item in left},
        proof is not None,
        results,
        {mark: place for place, mark in enumerate(dict.fromkeys(ordered))},
    )


def _missing(before: AttackGraph, after: AttackGraph, shown: Iterable[Told]) -> frozenset[int]:
    """The numbers of the steps of some ways that another state of the cluster does not have."""
    left = {_name(after, edge) for edge in after.edges}
    numbers = {number for told in shown for number in told.edges}
    return frozenset(number for number in numbers if _name(before, before.edges[number]) not in left)


def _name(made: AttackGraph, edge: Edge) -> tuple[str, Vertex, Vertex]:
    return edge.kind, made.source(edge), made.target(edge)


def told_ways(made: AttackGraph, lens: Lens) -> Sequence[Told]:
    """The open ways with their steps; worked out once."""
    key = (told_ways, lens)
    found: list[Told] | None = made.memo.get(key)
    if found is None:
        found = made.memo[key] = []
        for way in ways(made, lens):
            start, edges = made.number(way.start), edges_along(made, way)
            if start is not None:
                found.append(Told(way, tuple(edges), path_of(made, edges, start)))
    return found


def cut_verb(edge: Edge, finding: Finding) -> str:
    """What the fix of a finding does to a step: ``cut``, or ``made harder`` where it takes only a part of it."""
    partly = all(
        cut.partly for cut in edge.cuts if finding.check in cut.checks and cut.ref == finding.subject
    )
    return "made harder" if partly else "cut"


def short(vertex: Vertex) -> str:
    """``deploy shop/web``: what a list has room for."""
    ref = vertex.ref
    return vertex.words if ref is None else f"{short_kind(ref.kind)} {ref.path}"


def ref_of(vertex: Vertex) -> ObjectRef:
    """The object that stands for something an attacker may have: itself, its namespace, or the cluster."""
    if vertex.ref is not None:
        return vertex.ref
    who = vertex.who
    if who is not None:
        return ObjectRef(who.namespace, who.kind, who.name, ClusterRole.group)
    return ObjectRef("", "Namespace", vertex.namespace) if vertex.namespace else CLUSTER
