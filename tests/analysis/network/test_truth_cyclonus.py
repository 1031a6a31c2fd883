"""Every verdict of the public NetworkPolicy conformance cases, at both ends."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.network.reach import PodEnd, Verdict, pod_end, verdict
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from tests.analysis.network.truth import cluster, rows, states

STATES = states("cyclonus")
pytestmark = pytest.mark.skipif(not STATES, reason="shared/conformance/network/cyclonus is not here")
WORDS = {True: "allow", False: "deny"}


def ends(snapshot: Snapshot) -> dict[str, PodEnd]:
    pods = snapshot.of(POD)
    return {f"{pod.namespace}/{pod.name}": pod_end(snapshot, pod.namespace, pod.name) for pod in pods}


def said(found: Verdict) -> tuple[str, ...]:
    three = found.ingress.allowed, found.egress.allowed, found.allowed
    return tuple("unknown" if one is None else WORDS[one] for one in three)


def test_every_verdict_is_that_of_the_truth() -> None:
    wrong, count = [], 0
    for folder in STATES:
        snapshot = cluster(folder)
        pods = ends(snapshot)
        for row in rows(folder):
            count += 1
            found = verdict(snapshot, pods[row["src"]], pods[row["dst"]], row["protocol"], int(row["port"]))
            if said(found) != (row["ingress"], row["egress"], row["combined"]):
                wrong.append((folder.parent.name, row, said(found)))
    assert wrong == []
    assert count == 34_428
