"""Namespace by namespace, beside a count of pairs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from ksec_tui.analysis.network.matrix import matrix
from ksec_tui.analysis.network.ports import ALL, NONE
from ksec_tui.analysis.network.reach import flow
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.naive import World
from tests.analysis.network.test_semantics import end, snapshot, worlds


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_each_cell_counts_the_pairs_of_pods(world: World) -> None:
    found = snapshot(world)
    table = matrix(found)
    assert set(table.namespaces) == {pod["metadata"]["namespace"] for pod in world.pods}
    for source in table.namespaces:
        for destination in table.namespaces:
            flows = [
                flow(found, end(found, one), end(found, two)).both
                for one in world.pods
                for two in world.pods
                if one is not two
                and one["metadata"]["namespace"] == source
                and two["metadata"]["namespace"] == destination
            ]
            cell = table.cell(source, destination)
            assert (cell.reached, cell.pairs) == (sum(map(bool, flows)), len(flows))
            some, every = NONE, ALL if flows else NONE
            for item in flows:
                some, every = some | item, every & item
            assert (cell.some, cell.every) == (some, every)
            assert cell.share == ("none" if not any(flows) else "all" if all(flows) else "some")


def test_a_namespace_without_pods_has_no_row() -> None:
    table = matrix(snapshot_of([{"kind": "Namespace", "metadata": {"name": "empty"}}]))
    assert table.namespaces == ()
    assert table.row("empty") == {}
