"""A fix is not blamed for what a worse finding kept others from telling."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation, simulate

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1"},
    "spec": {"providerID": "aws:///eu-west-1a/i-0a1b2c3d"},
    "status": {"nodeInfo": {"kubeletVersion": "v1.36.5"}},
}


def agent(**spec: object) -> dict[str, Any]:
    labels = {"app": "agent"}
    containers = [{"name": "agent", "image": "example.org/agent:1"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def without_host_network(snapshot: Snapshot) -> Simulation:
    checks = tuple(all_checks())
    results = run(snapshot, checks)
    (finding,) = (item for item in results.findings if item.check == "wl-host-network")
    fix = fix_for(finding, checks, snapshot)
    assert fix is not None
    return simulate(snapshot, FixPlan((Staged(finding, fix),)), checks, results=results)


def test_a_pod_that_leaves_the_nodes_network_may_be_told_to_be_open_like_any_other() -> None:
    found = without_host_network(snapshot_of([NODE, agent(hostNetwork=True)]))
    assert found.ok, found.errors
    assert {item.check for item in found.removed} >= {"wl-host-network"}
    told = {item.check for item in run(found.snapshot, all_checks()).findings}
    assert "ns-no-netpol-egress" in told
