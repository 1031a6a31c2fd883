"""A fix may bring a finding that only offers more safety; any other new finding makes it refused."""

from __future__ import annotations

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
CONTAINER = {"name": "app", "image": "reg.test/web:1", "securityContext": {"privileged": True}}
WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}


def test_the_last_privileged_container_may_be_fixed_though_its_namespace_could_then_be_tightened() -> None:
    snapshot = snapshot_of([{"kind": "Cluster", "serverVersion": "v1.33.4"}, NAMESPACE, WEB])
    results = run(snapshot, all_checks())
    web = ObjectRef("shop", "Deployment", "web", "apps")
    finding = next(item for item in results.on(web) if item.check == "wl-privileged")
    fix = fix_for(finding, all_checks(), snapshot)
    assert fix is not None
    outcome = simulate(snapshot, FixPlan().stage(finding, fix), all_checks(), results=results)
    assert outcome.ok, outcome.errors
    after = run(outcome.snapshot, all_checks())
    assert any(item.check == "ns-psa-can-tighten" for item in after.findings)
    assert not any(item.check == "ns-psa-can-tighten" for item in results.findings)
