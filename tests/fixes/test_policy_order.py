"""New policies are made one after the other: at no step is anything cut off that is needed and that they keep."""

from __future__ import annotations

import pytest

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run
from ksec_tui.fixes.flows import lost_needs
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.analysis.network.worlds import balancer, deployment, service

CHECKS = checks_named(("ns-no-netpol-ingress", "ns-no-netpol-egress", "net-public-no-policy"))
NAMES = {"k8s-app": "kube-dns"}
RESOLVER = deployment(
    "coredns", "kube-system", labels=NAMES, ports=[{"containerPort": 53, "protocol": "UDP"}]
)
DNS = service("kube-dns", "kube-system", selector=NAMES, ports=[{"port": 53, "protocol": "UDP"}])


def small() -> Snapshot:
    """Workloads before and after every name of ours, that call each other, and are called from elsewhere."""
    trees = [RESOLVER, DNS]
    for name, called in (("api", "zeta"), ("web", "api"), ("zeta", "same")):
        trees += [
            deployment(name, args=(f"--to=http://{called}.shop:8080",)),
            service(name, ports=[{"port": 8080}]),
        ]
    trees += [
        deployment("same"),
        balancer("same"),
        deployment("job", "ops", args=("--to=http://zeta.shop:8080",)),
    ]
    return snapshot_of(trees)


def demo() -> Snapshot:
    snapshot, _ = load(DemoSource())
    return snapshot


def plan_of(snapshot: Snapshot, found: tuple[Finding, ...]) -> FixPlan:
    plan = FixPlan()
    for finding in found:
        if fix := offer(finding, CHECKS, snapshot):
            plan = plan.stage(finding, fix)
    return plan


@pytest.mark.parametrize("world", [small, demo])
def test_nothing_that_is_needed_is_cut_off_on_the_way(world: object) -> None:
    assert callable(world)
    snapshot = world()
    plan = plan_of(snapshot, run(snapshot, CHECKS).findings)
    result = simulate(snapshot, plan, all_checks())
    assert result.ok
    now, steps = snapshot, 0
    for item in result.changes:
        target = item.change.target
        now = now.with_documents({target: result.after[target]})
        lost = [need.words for need in lost_needs(snapshot, now, [target])]
        assert lost == [], f"once {target} is made"
        steps += 1
    assert steps > 5
