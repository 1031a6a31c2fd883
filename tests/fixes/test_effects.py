"""What a plan does as a whole is counted from the proof: nothing is promised that was not tried."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.effects import Effects, effects
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.analysis.network.worlds import balancer, deployment
from tests.fixes.cluster import CHECKS, WEB, objects_of_the_shop, shop, staged

RBAC = "rbac.authorization.k8s.io"


def of_checks(snapshot: Snapshot, *wanted: str) -> Effects:
    """What the fixes of these checks' findings do."""
    checks = all_checks()
    results = run(snapshot, checks)
    plan = FixPlan()
    for finding in results.findings:
        fix = fix_for(finding, checks, snapshot) if finding.check in wanted and finding.fixable else None
        plan = plan if fix is None else plan.stage(finding, fix)
    simulation = simulate(snapshot, plan, checks, results=results)
    assert simulation.plan == plan, simulation.errors
    return effects(snapshot, simulation)


def namespace(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


def privileged(**spec: Any) -> dict[str, Any]:
    found = deployment()
    found["spec"]["template"]["spec"] |= spec
    found["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return found


def test_findings_fixes_objects_and_rollouts_are_counted() -> None:
    snapshot = shop()
    found = effects(snapshot, simulate(snapshot, staged(snapshot), CHECKS))
    assert (found.fixes, found.objects, found.gone, found.new) == (3, 2, 3, 0)
    assert sum(count for _, count in found.removed) == 3
    assert [severity for severity, _ in found.removed] == sorted(
        (severity for severity, _ in found.removed), reverse=True
    )
    (rollout,) = found.rollouts
    assert (rollout.ref, rollout.words) == (WEB, f"{WEB}: 1 pod")
    assert found.words.startswith("3 fixes on 2 objects: 3 findings go, none new, 1 rollout")


def test_a_rollout_whose_new_pods_its_namespace_refuses_is_told() -> None:
    """A pod may be older than the level that is enforced; a template that changes asks admission again."""
    guarded = namespace(**{"pod-security.kubernetes.io/enforce": "baseline"})
    web = privileged()
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": True}
    meta = {"name": "web-1", "namespace": "shop", "ownerReferences": [owner]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": web["spec"]["template"]["spec"]}
    snapshot = snapshot_of([guarded, web, pod])
    (rollout,) = of_checks(snapshot, "wl-seccomp-missing").rollouts
    words = 'privileged (container "app" must not set securityContext.privileged=true)'
    assert rollout.refused == f"baseline:latest: {words}"
    assert f"its namespace admits no new ones: {rollout.refused}" in rollout.words
    both = of_checks(snapshot, "wl-seccomp-missing", "wl-privileged").rollouts
    assert [item.refused for item in both] == [""]


def test_levels_of_workloads_and_of_their_namespace_before_and_after() -> None:
    found = of_checks(snapshot_of([namespace(), privileged()]), "wl-privileged")
    assert [(item.ref.name, item.before, item.after, item.better) for item in found.levels] == [
        ("web", "privileged", "baseline", True)
    ]
    assert found.steps == (("privileged", "baseline", 1),)
    assert [item.words for item in found.namespaces] == [
        "namespace shop could enforce baseline (before: privileged)"
    ]
    assert "privileged → baseline" in found.words


def test_a_namespace_that_enforces_more_is_told() -> None:
    found = of_checks(snapshot_of([namespace(), deployment()]), "ns-psa-missing")
    assert [item.words for item in found.namespaces] == [
        "namespace shop enforces baseline (before: privileged)"
    ]


def test_a_workload_that_stays_at_its_level_is_not_listed() -> None:
    found = of_checks(snapshot_of([namespace(), privileged(hostPID=True)]), "wl-privileged")
    assert (found.levels, found.namespaces) == ((), ())


def test_rights_that_go_are_told_with_those_that_stay() -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    meta = {"name": "r", "namespace": "shop"}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": meta, "rules": [rule]}
    snapshot = snapshot_of([*objects_of_the_shop(), role])
    found = effects(snapshot, simulate(snapshot, staged(snapshot), CHECKS))
    assert [item.who.name for item in found.rights] == ["ghost", "spook"]
    assert all("loses get secrets" in item.words for item in found.rights)
    assert "rights of 2 subjects change" in found.words


def test_a_host_port_that_goes_is_a_way_in_that_is_closed() -> None:
    snapshot = snapshot_of([namespace(), node(), deployment_on_the_node()])
    found = of_checks(snapshot, "wl-host-network")
    assert found.opened == ()
    assert {item.zone.value for item in found.closed} >= {"nodes"}
    assert f"{len(found.closed)} way" in found.words


def node() -> dict[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "spec": {"providerID": "metal3://1"},
        "status": status,
    }


def deployment_on_the_node() -> dict[str, Any]:
    found = deployment()
    found["spec"]["template"]["spec"]["hostNetwork"] = True
    return found


def test_what_is_to_be_reviewed_and_what_may_break_is_named() -> None:
    snapshot = snapshot_of([namespace(), node(), deployment_on_the_node()])
    found = of_checks(snapshot, "wl-host-network")
    assert [item.finding.check for item in found.review] == ["wl-host-network"]
    assert found.breaks == found.review
    assert found.breaks[0].fix.may_break


def test_an_empty_plan_does_nothing() -> None:
    snapshot = snapshot_of([namespace(), balancer(), privileged()])
    found = effects(snapshot, simulate(snapshot, FixPlan(), all_checks()))
    assert found.words == "0 fixes on 0 objects: 0 findings go, none new"
    assert (found.levels, found.closed, found.rights, found.connections) == ((), (), (), ())


def test_severities_are_worst_first() -> None:
    found = of_checks(snapshot_of([namespace(), privileged()]), "wl-privileged", "wl-seccomp-missing")
    assert [severity for severity, _ in found.removed] == [Severity.CRITICAL, Severity.MEDIUM, Severity.LOW]


def test_the_ways_of_attackers_that_a_plan_cuts_are_told() -> None:
    found = of_checks(snapshot_of([namespace(), privileged()]), "wl-privileged")
    assert found.attacks.cut
    assert all("shop/web" in item.words for item in found.attacks.cut)
    assert not found.attacks.opened
    assert "attack path" in found.more
    assert found.attacks.share > 0
