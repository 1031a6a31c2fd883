"""New NetworkPolicies get names that the server takes, and no two of them the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.analysis.network.worlds import Tree, balancer, deployment

CHECKS = ("ns-no-netpol-ingress", "ns-no-netpol-egress", "net-public-no-policy")
VALID = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}}


def planned(*documents: Tree) -> Simulation:
    snapshot = snapshot_of([*documents, ACCOUNT])
    checks = checks_named(CHECKS)
    plan = FixPlan()
    for finding in run(snapshot, checks).findings:
        if fix := offer(finding, checks, snapshot):
            plan = plan.stage(finding, fix)
    assert plan.staged
    return simulate(snapshot, plan, all_checks())


def published(name: str, **meta: Any) -> list[Tree]:
    """A Deployment that a load balancer publishes, so that it needs a policy of its own."""
    app = re.sub("[^a-z]", "", name)[:20] + str(len(name)) + name[-1:]
    made = deployment(name, port=80, labels={"app": app})
    made["metadata"] |= meta
    return [made, balancer(f"s-{app}", selector={"app": app})]


@pytest.mark.parametrize(
    "names",
    [
        ("dns", "web"),
        ("same-namespace", "web"),
        ("egress-web", "web"),
        ("egress-every-pod", "egress-web"),
        ("a" * 222 + "-" + "b" * 30, "a" * 222 + "-" + "b" * 29 + "c"),
        ("a" * 228 + "." + "b" * 24, "web"),
    ],
    ids=lambda names: names[0][:20],
)
def test_no_two_policies_of_a_namespace_get_one_name(names: tuple[str, ...]) -> None:
    result = planned(*(tree for name in names for tree in published(name)))
    assert (result.ok, result.errors) == (True, ())
    made = [item.change.target.name for item in result.changes]
    assert len(made) == len(set(made))
    assert all(VALID.fullmatch(name) and len(name) <= 253 for name in made)


def test_a_workload_that_the_server_names_gets_a_policy_of_a_valid_name() -> None:
    job, door = published("build")
    del job["metadata"]["name"]
    job["metadata"]["generateName"] = "build-"
    result = planned(job, door)
    assert result.ok
    names = [item.change.target.name for item in result.changes]
    assert any("build" in name for name in names)
    assert all(map(VALID.fullmatch, names))
