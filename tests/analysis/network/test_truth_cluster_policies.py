"""Every probe of the public conformance tests of ClusterNetworkPolicy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.analysis.network.reach import PodEnd, pod_end, verdict
from ksec_tui.cluster.snapshot import Snapshot
from tests.analysis.network.truth import cluster, rows, states

STATES = states("cluster-network-policy")
pytestmark = pytest.mark.skipif(
    not STATES, reason="shared/conformance/network/cluster-network-policy is not here"
)


def named(snapshot: Snapshot, text: str) -> PodEnd:
    namespace, _, name = text.partition("/")
    return pod_end(snapshot, namespace, name)


@pytest.mark.parametrize("folder", STATES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_probe_ends_as_the_truth_says(folder: Path) -> None:
    snapshot = cluster(folder)
    for row in rows(folder):
        source, destination = (named(snapshot, row[end]) for end in ("src", "dst"))
        found = verdict(snapshot, source, destination, row["protocol"], int(row["port"]))
        assert found.allowed is (row["expected"] == "allow"), (row, found)


def test_all_states_are_there() -> None:
    assert len(STATES) == 30
