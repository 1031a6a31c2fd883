"""The ways that were planted in whole clusters: found, explained, and cut by the fixes that are ranked for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.path import Path as Way
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, run
from ksec_tui.fixes.effects import effects
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.ranked import offers
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

CLUSTER = Path(__file__).parents[3] / "shared" / "cluster"
CHECKS = all_checks()
FIXES = 8
"""Staged fixes after which a way must be gone."""

needs_cluster = pytest.mark.skipif(
    not CLUSTER.is_dir(), reason="the dump of a cluster is not beside this checkout"
)


@cache
def cluster() -> tuple[Snapshot, Results]:
    snapshot, _ = load(FileSource([str(CLUSTER)], today="2026-11-21"))
    return snapshot, run(snapshot, CHECKS)


def named(snapshot: Snapshot, words: str) -> Vertex:
    """The vertex that is shown by these words."""
    (found,) = (vertex for vertex in graph(snapshot).vertices if vertex.words == words)
    return found


def easiest(snapshot: Snapshot, start: Vertex, goal: Vertex) -> Way | None:
    answer = paths_from(graph(snapshot), start, goal, 1)
    return answer.paths[0] if answer.paths else None


def ranked_for(way: Way, binding: str, taken: FixPlan) -> Staged:
    """The best-ranked fix, not yet staged, of the binding that cuts a step of the way."""
    snapshot, results = cluster()
    wanted = {check for cut in way.cuts if not cut.partly for check in cut.checks}
    findings = [item for item in results.findings if str(item.subject) == binding and item.check in wanted]
    found = offers(snapshot, findings, CHECKS, manual=False)
    left = [item for item in found if not taken.has(item.finding.fingerprint)]
    assert left, f"no fix of {binding} is ranked for {way.words}"
    return Staged(left[0].finding, left[0].fix)


def of_its_own(way: Way, space: str) -> bool:
    """Whether a way rests on nothing but what stands in one namespace, no login of another among it."""
    return {cut.ref.namespace or cut.ref.name for cut in way.cuts} == {space}


@cache
def cut(start: Vertex, goal: Vertex, binding: str) -> tuple[FixPlan, Simulation]:
    """The plan and its proof, once the best-ranked fixes of a binding have closed every way in its namespace."""
    snapshot, results = cluster()
    space = binding.partition(" ")[2].partition("/")[0]
    plan, done, way = FixPlan(), None, easiest(snapshot, start, goal)
    while way is not None and of_its_own(way, space) and len(plan.staged) < FIXES:
        plan = plan.stage_many([ranked_for(way, binding, plan)])
        done = simulate(snapshot, plan, CHECKS, results=results)
        assert (done.ok, done.added, done.errors) == (True, (), ())
        way = easiest(done.snapshot, start, goal)
    assert done is not None
    assert way is None or not of_its_own(way, space), f"{len(plan.staged)} fixes leave {way.words}"
    return plan, done


PLANTED = {
    "impersonation": (
        "Group developers",
        "any ServiceAccount of online-boutique",
        "RoleBinding online-boutique/developers-edit",
        "acts as any ServiceAccount of online-boutique (impersonate ServiceAccounts by",
    ),
    "pods in kube-system": (
        "User olu.adeyemi@example.com",
        "pods started in kube-system",
        "RoleBinding kube-system/olu-agents",
        "may start pods started in kube-system (create pods by",
    ),
    "shells": (
        "Group contractors",
        "the running pods of sock-shop",
        "RoleBinding sock-shop/contractor-debug",
        "opens shells in the running pods of sock-shop (exec or attach by",
    ),
}


@needs_cluster
@pytest.mark.parametrize(("start", "goal", "binding", "words"), PLANTED.values(), ids=PLANTED)
def test_a_planted_way_is_found_explained_and_cut_by_the_fixes_ranked_for_it(
    start: str, goal: str, binding: str, words: str
) -> None:
    snapshot, _ = cluster()
    first, last = named(snapshot, start), named(snapshot, goal)
    way = easiest(snapshot, first, last)
    assert way is not None
    assert [step.words for step in way.told] == [f"{start} {words} {binding})"]
    assert binding in {str(proof.ref) for step in way.steps for proof in step.edge.proofs}
    plan, done = cut(first, last, binding)
    assert {str(item.finding.subject) for item in plan.staged} == {binding}
    found = graph(done.snapshot)
    steps = ((found.source(edge), found.target(edge)) for edge in found.edges)
    assert (first, last) not in set(steps)
    if len(plan.staged) < 3:  # a group that may nearly everything has ways left by others' logins
        assert easiest(done.snapshot, first, last) is None
    told = effects(snapshot, done)
    assert told.attacks.opened == ()


@needs_cluster
def test_who_is_split_off_a_shared_role_keeps_all_else_and_no_one_else_loses_anything() -> None:
    snapshot, _ = cluster()
    start, goal, binding, _ = PLANTED["impersonation"]
    plan, done = cut(named(snapshot, start), named(snapshot, goal), binding)
    assert len(plan.staged) > 1
    changes = [(item.change.type.value, str(item.change.target)) for item in done.changes]
    assert changes == [
        ("create", "Role online-boutique/developers-edit-narrowed"),
        ("create", "RoleBinding online-boutique/developers-edit-narrowed"),
        ("delete", "RoleBinding online-boutique/developers-edit"),
    ]
    (rights,) = effects(snapshot, done).rights
    assert str(rights.who) == "Group developers"
    assert rights.gained == ()
    lost = {(row.resource, cell.verb) for row in rights.lost for cell in row.cells}
    assert ("serviceaccounts", "impersonate") in lost
    assert ("serviceaccounts", "get") not in lost
    assert rights.kept[0] > 10 * len(lost)


@needs_cluster
def test_unstaging_the_fixes_of_a_split_leaves_nothing_of_it() -> None:
    snapshot, _ = cluster()
    start, goal, binding, _ = PLANTED["impersonation"]
    plan, _ = cut(named(snapshot, start), named(snapshot, goal), binding)
    assert FixPlan().stage_many(reversed(plan.staged)).changes() == plan.changes()
    left = plan.unstage_many([item.fingerprint for item in plan.staged])
    assert left.changes() == ()
