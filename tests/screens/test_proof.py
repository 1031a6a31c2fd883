"""What the panes tell of each object of a plan."""

from __future__ import annotations

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.proof import prove
from ksec_tui.session import State
from tests.fixes.cluster import WEB
from tests.fixes.test_effects import namespace, privileged

OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": True}


def test_an_object_whose_new_pods_its_namespace_refuses_says_so_where_its_pods_are_told() -> None:
    """As the report says it: whoever looks at the row alone would take them for replaced."""
    web = privileged()
    meta = {"name": "web-1", "namespace": "shop", "ownerReferences": [OWNER]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": web["spec"]["template"]["spec"]}
    guarded = namespace(**{"pod-security.kubernetes.io/enforce": "baseline"})
    snapshot = snapshot_of([guarded, web, pod])
    results = run(snapshot, all_checks())
    (finding,) = (item for item in results.on(WEB) if item.check == "wl-seccomp-missing")
    fix = fix_for(finding, checks_named([finding.check]), snapshot)
    assert fix is not None
    proof = prove(State(snapshot, results), FixPlan().stage(finding, fix), lambda *_: None)
    refused = proof.effects.rollouts[0].refused
    assert refused
    assert proof.told[WEB] == f"1 pod replaced; its namespace admits no new ones: {refused}"
