"""Searching the graph: the easiest and the shortest way, alternatives, and what holds whatever the cluster."""

from __future__ import annotations

import math
import random

import pytest

from ksec_tui.analysis.paths.choke import closing, edges_by_object, effect
from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.judgement import Judgement
from ksec_tui.analysis.paths.lenses import GOALS, Lens, goals, open_paths, reachable, starts
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.repair import without
from ksec_tui.analysis.paths.search import FAR, cost, easiest, paths_from, towards
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.analysis.paths.worlds import (
    ADMIN,
    EVERYTHING,
    INTERNET,
    WEB,
    account,
    cluster,
    daemon_set,
    granted,
    node,
    robot,
    rule,
    running,
    secured,
    user,
    vertex,
)


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-03-02"))[0]


@pytest.fixture(scope="module")
def found(demo: Snapshot) -> AttackGraph:
    return graph(demo)


def test_the_graph_is_made_once(demo: Snapshot, found: AttackGraph) -> None:
    assert graph(demo) is found
    assert graph(demo, Judgement.changed({"likelihood": {"metadata": 0.1}})) is not found


def test_the_easiest_way_is_no_harder_than_any_other(found: AttackGraph) -> None:
    """Bellman and Ford's plain relaxation gives the same costs."""
    for target in goals(found):
        number = found.number(target)
        assert number is not None
        plain = [FAR] * len(found.vertices)
        plain[number] = 0.0
        for _ in found.vertices:
            before = list(plain)
            for edge in found.edges:
                plain[edge.source] = min(plain[edge.source], plain[edge.target] + cost(edge))
            if plain == before:
                break
        assert towards(found, number).far == pytest.approx(plain)


def test_alternatives_are_different_ways_without_loops_the_best_first(found: AttackGraph) -> None:
    answer = paths_from(found, INTERNET, ADMIN, 8)
    assert answer.status == "open"
    assert len(answer.paths) == 8
    chances = [round(path.likelihood, 9) for path in answer.paths]
    assert chances == sorted(chances, reverse=True)
    stops = [tuple(step.target for step in path.steps) for path in answer.paths]
    assert len(set(stops)) == len(stops)
    for path in answer.paths:
        places = [path.start, *(step.target for step in path.steps)]
        assert len(set(places)) == len(places)
        assert all(a.target == b.source for a, b in zip(path.steps, path.steps[1:], strict=False))


def test_the_shortest_way_takes_no_more_steps_than_the_easiest(found: AttackGraph) -> None:
    for item in open_paths(found, Lens.CONTAINER):
        answer = paths_from(found, item.start, item.goal, 1, "shortest")
        assert answer.paths[0].length <= item.path.length
        assert answer.paths[0].likelihood <= item.path.likelihood * (1 + 1e-3)


def test_what_follows_is_all_that_is_reachable_each_once(found: AttackGraph) -> None:
    start = Vertex("workload", "preview-runner", "ci", "Deployment.apps")
    tree = reachable(found, start, depth=50)
    assert tree is not None
    told = [item.vertex for item in tree]
    assert len(set(told)) == len(told)
    assert {ADMIN, Vertex("account", "deployer", "ci")} <= set(told)
    assert not [item for item in tree if item.vertex.kind == "reach" and not item.then]
    assert reachable(found, Vertex("user", "nobody")) is None
    first = reachable(found, start, depth=1)
    assert first is not None
    assert all(not item.then for item in first.then)


def test_removing_edges_is_answered_as_a_new_search_would(found: AttackGraph) -> None:
    dice = random.Random(7)  # noqa: S311 - the same sample each time
    for target in goals(found):
        number = found.number(target)
        assert number is not None
        tree = towards(found, number)
        for _ in range(15):
            gone = frozenset(dice.sample(range(len(found.edges)), 40))
            changed = without(found, number, gone)
            for start in dice.sample(range(len(found.vertices)), 25):
                way = easiest(found, start, number, gone)
                far = sum(cost(found.edges[edge]) for edge in way) if way or start == number else FAR
                assert changed.get(start, tree.far[start]) == pytest.approx(far)


def test_risks_are_the_sum_over_starts_and_goals(found: AttackGraph) -> None:
    every = tuple(range(len(found.edges)))
    total = sum(item.risk for lens in Lens for item in open_paths(found, lens))
    assert effect(found, every).risk == pytest.approx(total, rel=1e-6)
    assert effect(found, every).share == pytest.approx(1.0)
    assert effect(found, ()).risk == 0


def test_closing_leaves_no_way(found: AttackGraph) -> None:
    refs = closing(found, INTERNET, ADMIN)
    assert refs
    gone = {number for ref in refs for number in edges_by_object(found)[ref]}
    first, last = found.number(INTERNET), found.number(ADMIN)
    assert first is not None
    assert last is not None
    assert easiest(found, first, last, gone) == []
    for left_out in refs:
        fewer = {number for ref in refs if ref != left_out for number in edges_by_object(found)[ref]}
        assert easiest(found, first, last, fewer), left_out


def test_parts_of_kubernetes_are_no_starts_unless_asked_for(found: AttackGraph) -> None:
    own = {item.id for item in starts(found, Lens.CONTAINER)}
    every = {item.id for item in starts(found, Lens.CONTAINER, system=True)}
    assert own < every
    assert all("kube-system" in item for item in every - own)
    people = starts(found, Lens.CREDENTIALS)
    assert not [item for item in people if item.name.startswith("system:kube")]
    assert Vertex("user", "system:anonymous") in people


def test_goals_are_named_as_the_table_values_them() -> None:
    judged = Judgement()
    assert all(judged.value(name) > 0 for name in GOALS)


def test_numbers_of_the_table_can_be_changed_and_wrong_ones_are_refused() -> None:
    changed = Judgement.changed({"likelihood": {"metadata": 0.1}, "value": {"a node": 7}})
    assert (changed.likelihood("metadata"), changed.value("a node")) == (0.1, 7)
    assert changed.likelihood("exposed") == Judgement().likelihood("exposed")
    wrong_ones: list[dict[str, dict[str, float]]] = [
        {"likelihood": {"metadata": 1.5}},
        {"prior": {"external": 0}},
        {"value": {"moon": 1}},
        {"luck": {}},
    ]
    for wrong in wrong_ones:
        with pytest.raises(ValueError, match=r"is not|is none of"):
            Judgement.changed(wrong)


def test_a_likelihood_that_is_lowered_makes_ways_harder(demo: Snapshot, found: AttackGraph) -> None:
    easier = {item.key: item.likelihood for item in open_paths(found, Lens.EXTERNAL)}
    lower = graph(demo, Judgement.changed({"likelihood": {"exposed": 0.1}}))
    harder = {item.key: item.likelihood for item in open_paths(lower, Lens.EXTERNAL)}
    assert easier.keys() == harder.keys()
    assert all(harder[key] <= chance for key, chance in easier.items())
    assert any(harder[key] < chance for key, chance in easier.items())


def test_more_exposure_and_more_rights_never_take_a_way_away() -> None:
    base = [daemon_set(serviceAccountName="web"), account(), node(), account("boss")]
    more = [
        granted(robot("boss"), EVERYTHING, name="boss"),
        granted(robot("web"), rule("pods", "create"), space="shop", name="start"),
        [running(base[0])],
        granted(user(), rule("secrets", "list"), name="read"),
        [daemon_set(secured(privileged=True), name="agent")],
    ]
    documents = list(base)
    before: dict[tuple[Vertex, Vertex], float] = {}
    for piece in more:
        documents += piece
        made = graph(cluster(*documents))
        after = {item.key: item.likelihood for lens in Lens for item in open_paths(made, lens)}
        assert before.keys() <= after.keys()
        assert all(after[key] >= chance * (1 - 1e-9) for key, chance in before.items())
        before = after
    assert before


def test_replicas_do_not_matter() -> None:
    owner = daemon_set(secured(privileged=True), serviceAccountName="web")
    rest = [owner, account(), node(), *granted(robot("web"), rule("secrets", "list"))]
    one = graph(cluster(*rest, running(owner)))
    many = graph(cluster(*rest, *(running(owner, name=f"web-{number}") for number in range(9))))
    for lens in Lens:
        told = [[(item.key, item.likelihood) for item in open_paths(made, lens)] for made in (one, many)]
        assert told[0] == told[1]


def test_a_start_that_needs_no_way_is_marked() -> None:
    made = graph(
        cluster(*granted(user(), EVERYTHING), *granted(user("bob"), rule("users", "impersonate"), name="c"))
    )
    told = {item.start: item.already for item in open_paths(made, Lens.CREDENTIALS) if item.goal == ADMIN}
    assert told == {vertex(user()): True, vertex(user("bob")): False}


def test_likelihoods_are_probabilities(found: AttackGraph) -> None:
    assert all(0 < edge.likelihood <= 1 for edge in found.edges)
    assert all(math.isfinite(cost(edge)) for edge in found.edges)


def test_a_vertex_that_is_not_there_has_no_ways() -> None:
    made = graph(cluster(daemon_set()))
    assert paths_from(made, Vertex("user", "nobody"), ADMIN).status == "none"
    assert paths_from(made, WEB, Vertex("user", "nobody")).paths == ()
