"""One way for each beginning: the worst, told apart from outside by what is come to first; less with every cut."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ksec_tui.analysis.paths.choke import edges_by_object
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens, open_paths
from ksec_tui.analysis.paths.subject import vertex_at, vertex_of_ref
from ksec_tui.analysis.paths.ways import edges_along, ways
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-11-21"))[0]


@pytest.mark.parametrize("lens", [Lens.CONTAINER, Lens.CREDENTIALS])
def test_each_start_has_one_way_and_it_is_the_worst_that_is_open(demo: Snapshot, lens: Lens) -> None:
    found = ways(graph(demo), lens)
    every = open_paths(graph(demo), lens)
    assert {way.entry for way in found} == {item.start for item in every}
    for way in found:
        mine = [item for item in every if item.start == way.entry]
        assert way.risk == pytest.approx(max(item.risk for item in mine))
        assert {way.goal, *(goal for goal, _ in way.also)} == {item.goal for item in mine}


def test_from_outside_each_workload_that_is_come_to_first_has_its_way(demo: Snapshot) -> None:
    found = ways(graph(demo), Lens.EXTERNAL)
    assert len({way.entry for way in found}) == len(found) > 10
    assert {way.start.name for way in found} <= {"internet", "outside"}
    every = open_paths(graph(demo), Lens.EXTERNAL)
    assert found[0].risk == pytest.approx(max(item.risk for item in every), rel=1e-4)


@pytest.mark.parametrize("lens", Lens)
def test_the_steps_lead_from_the_start_past_the_entry_to_the_goal(demo: Snapshot, lens: Lens) -> None:
    made = graph(demo)
    for way in ways(made, lens):
        edges = [made.edges[number] for number in edges_along(made, way)]
        assert made.source(edges[0]) == way.start
        assert made.target(edges[-1]) == way.goal
        assert all(one.target == other.source for one, other in pairwise(edges))


@pytest.mark.parametrize("lens", Lens)
def test_fewer_edges_never_open_or_ease_a_way(demo: Snapshot, lens: Lens) -> None:
    made = graph(demo)
    before = {way.key: way for way in ways(made, lens)}
    for numbers in list(edges_by_object(made).values())[::7]:
        after = {way.key: way for way in ways(made, lens, numbers)}
        assert after.keys() <= before.keys()
        assert all(way.risk <= before[key].risk * (1 + 1e-6) for key, way in after.items())


def test_an_object_is_where_an_attacker_stands_who_has_it(demo: Snapshot) -> None:
    made = graph(demo)
    account = ObjectRef("ci", "ServiceAccount", "deployer")
    runner = ObjectRef("ci", "Deployment", "preview-runner", "apps")
    for ref in (account, runner):
        vertex = vertex_at(made, ref)
        assert vertex is not None
        assert vertex.ref == ref
    assert vertex_at(made, ObjectRef("ci", "ServiceAccount", "nobody")) is None
    assert vertex_of_ref(ObjectRef("", "Namespace", "ci")) is None
    group = vertex_at(made, ObjectRef("", "Group", "sre", "rbac.authorization.k8s.io"))
    assert group is not None
    assert group.words == "Group sre"
