"""A plan is proven on the Snapshot before anything of it is exported."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import collect, item_from_tree
from ksec_tui.cluster.kinds import DEPLOYMENT, KINDS
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding, Unknown
from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.fixes.cluster import CHECKS, POD, READERS, WEB, binding, findings_of, shop, staged, web


def only(snapshot: Snapshot, check: str) -> Finding:
    (found,) = (item for item in findings_of(snapshot) if item.check == check)
    return found


def with_fix(check: str, *changes: Change, snapshot: Snapshot | None = None) -> Simulation:
    """What comes of fixing the shop's finding of `check` by `changes`."""
    snapshot = snapshot or shop()
    plan = FixPlan().stage(only(snapshot, check), Fix("try", changes, Risk.SAFE))
    return simulate(snapshot, plan, CHECKS)


def template_patch(**spec: Any) -> Change:
    return strategic(WEB, {"spec": {"template": {"spec": spec}}})


UNPRIVILEGED = [{"name": "app", "securityContext": {"privileged": False}}]


def test_fixes_that_hold_their_promise_are_all_exportable() -> None:
    snapshot = shop()
    plan = staged(snapshot)
    result = simulate(snapshot, plan, CHECKS)
    assert result.ok
    assert result.plan == plan
    assert {item.check for item in result.removed} == {"toy-privileged", "toy-host-pid", "toy-ghost-subject"}
    assert (result.added, result.kept, result.refused, result.errors) == ((), (), (), ())
    assert result.rollouts == (WEB,)
    assert findings_of(result.snapshot) == ()
    assert findings_of(snapshot), "the Snapshot that was read is as it was"


def test_only_what_the_patches_name_changes() -> None:
    result = simulate(shop(), staged(shop()), CHECKS)
    before, after = result.before[WEB], result.after[WEB]
    assert before is not None
    assert after is not None
    spec = after["spec"]["template"]["spec"]
    assert spec.pop("hostPID", None) is None
    assert spec["containers"][0]["securityContext"] == {"privileged": False, "runAsUser": 7}
    spec["containers"][0]["securityContext"]["privileged"] = True
    spec["hostPID"] = True
    assert after == before


def test_live_pods_follow_their_template_and_keep_what_admission_added() -> None:
    result = simulate(shop(), staged(shop()), CHECKS)
    pod = result.snapshot.document(POD)
    assert pod is not None
    spec = pod["spec"]
    assert "hostPID" not in spec
    assert [item["name"] for item in spec["containers"]] == ["app", "side", "mesh"]
    assert spec["containers"][0]["securityContext"] == {"privileged": False, "runAsUser": 7}
    assert spec["containers"][0]["volumeMounts"][0]["name"] == "kube-api-access-x"
    assert spec["nodeName"] == "node-a"
    assert spec["volumes"] == [{"name": "kube-api-access-x", "projected": {"sources": []}}]
    assert "ephemeralContainers" not in spec, "debug containers do not outlive their pod"
    assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": "1"}


def test_a_pod_loses_its_token_with_its_template() -> None:
    snapshot = shop()
    fixed = template_patch(containers=UNPRIVILEGED, automountServiceAccountToken=False)
    result = with_fix("toy-privileged", fixed, snapshot=snapshot)
    pod = result.snapshot.document(POD)
    assert pod is not None
    assert "volumes" not in pod["spec"]
    assert not any("volumeMounts" in item for item in pod["spec"]["containers"])


def test_a_fix_that_leaves_its_finding_is_refused() -> None:
    result = with_fix("toy-privileged", template_patch(containers=[{"name": "side", "tty": False}]))
    assert not result.ok
    assert [item.check for item in result.kept] == ["toy-privileged"]
    assert [item.reason for item in result.refused] == [
        "It does not remove its finding: container app runs privileged."
    ]
    assert result.plan.staged == ()
    assert result.after == {}


def test_a_fix_that_brings_another_finding_is_refused_and_the_others_stay() -> None:
    snapshot = snapshot_of([web(hostPID=None), binding("ghost")])
    plan = staged(snapshot).stage(
        only(snapshot, "toy-privileged"),
        Fix("bad", (template_patch(hostPID=True, containers=UNPRIVILEGED),), Risk.SAFE),
    )
    result = simulate(snapshot, plan, CHECKS)
    assert [item.check for item in result.added] == ["toy-host-pid"]
    assert [item.reason for item in result.refused] == [
        "It would bring toy-host-pid on Deployment shop/web: it shares the host's process ids."
    ]
    assert [item.finding.check for item in result.plan.staged] == ["toy-ghost-subject"]
    assert [item.check for item in result.removed] == ["toy-ghost-subject"]
    assert set(result.after) == {READERS}


def test_new_evidence_on_a_known_finding_counts_as_a_new_finding() -> None:
    worse = [{"name": "side", "securityContext": {"privileged": True}}]
    result = with_fix("toy-host-pid", template_patch(hostPID=None, containers=worse))
    assert [item.reason for item in result.refused] == [
        "It would bring toy-privileged on Deployment shop/web: container app runs privileged (+1 more)."
    ]


def test_fixes_in_conflict_are_refused_with_both_values() -> None:
    snapshot = shop()
    plan = staged(snapshot).stage(
        only(snapshot, "toy-host-pid"),
        Fix(
            "other",
            (
                template_patch(
                    hostPID=None, containers=[{"name": "app", "securityContext": {"privileged": None}}]
                ),
            ),
            Risk.SAFE,
        ),
    )
    result = simulate(snapshot, plan, CHECKS)
    assert {item.staged.finding.check for item in result.refused} == {"toy-privileged", "toy-host-pid"}
    assert all("null against false" in error or "false against null" in error for error in result.errors)
    assert [item.finding.check for item in result.plan.staged] == ["toy-ghost-subject"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (template_patch(containers=[{"name": "typo", "tty": True}]), "There is no container typo"),
        (
            strategic(WEB, {"spec": {"selector": {"matchLabels": {"x": "y"}}}}),
            "The field spec.selector of a Deployment cannot be changed in place",
        ),
        (
            json_patch(WEB, op("test", "/metadata/name", "x")),
            "The value at /metadata/name is not the expected",
        ),
        (
            template_patch(containers=[{"name": "app", "env": [{"name": "P", "value": "(withheld: it)"}]}]),
            "withheld or altered for display",
        ),
        (template_patch(nodeSelector={"a\x1b": "x"}), "withheld or altered for display"),
        (strategic(WEB, {"spec": {"template": {"spec": {"hostPID": "no"}}}}), "is not readable"),
        (create(WEB, web()), "exists already"),
        (delete(READERS), "does not exist"),
        (
            strategic(POD, {"spec": {"hostPID": None}}),
            "The field spec.hostPID of a Pod cannot be changed in place",
        ),
    ],
)
def test_a_change_that_the_server_would_refuse_is_refused_here(change: Change, reason: str) -> None:
    snapshot = shop() if change.target == POD else snapshot_of([web()])
    result = with_fix("toy-privileged", change, snapshot=snapshot)
    (refused,) = result.refused
    assert reason in refused.reason
    assert refused.reason.endswith(".")
    assert result.plan.staged == ()


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        ({"name": "v", "emptyDir": {}}, "volume v would have two sources"),
        ({"name": "v", "hostPath": None, "emptyDir": {}}, ""),
    ],
)
def test_a_volume_never_gets_two_sources(volume: dict[str, Any], reason: str) -> None:
    snapshot = snapshot_of([web(volumes=[{"name": "v", "hostPath": {"path": "/"}}])])
    change = template_patch(volumes=[volume], containers=UNPRIVILEGED)
    result = with_fix("toy-privileged", change, snapshot=snapshot)
    assert result.ok is not bool(reason)
    assert reason.lower() in "".join(result.errors).lower()


def test_a_finding_that_is_gone_needs_no_fix() -> None:
    plan = staged(shop())
    result = simulate(snapshot_of([web(hostPID=None), binding("ghost")]), plan, CHECKS)
    gone = [item for item in result.refused if item.staged.finding.check == "toy-host-pid"]
    assert [item.reason for item in gone] == ["Its finding is not there any more."]


def partly_read() -> Snapshot:
    """The Deployment's document is not held, as with objects that a controller made."""
    builder = SnapshotBuilder(SourceInfo())
    made = web()
    owner = {"apiVersion": "example.org/v1", "kind": "App", "name": "a", "uid": "u", "controller": True}
    made["metadata"]["ownerReferences"] = [owner]
    builder.add(collect(DEPLOYMENT, [item_from_tree(DEPLOYMENT, made)], keep_all=False))
    for kind in KINDS:
        builder.cover(kind, KindCoverage(State.OK))
    return builder.snapshot()


def test_what_was_read_in_part_is_refused_until_the_whole_object_is_given() -> None:
    snapshot = partly_read()
    change = template_patch(containers=UNPRIVILEGED)
    plan = FixPlan().stage(only(snapshot, "toy-privileged"), Fix("try", (change,), Risk.SAFE))
    result = simulate(snapshot, plan, CHECKS)
    assert [item.reason for item in result.refused] == [
        "Only a part of Deployment shop/web was read, so that no patch of it can be proven."
    ]
    assert simulate(snapshot, plan, CHECKS, documents={WEB: web()}).ok


def test_manual_fixes_do_not_stand_in_the_way() -> None:
    snapshot = shop()
    manual = Fix("by hand", (), Risk.MANUAL, steps=("Do it.",))
    result = simulate(snapshot, staged(snapshot).stage(only(snapshot, "toy-host-pid"), manual), CHECKS)
    assert result.ok
    assert "toy-host-pid" not in {item.check for item in result.removed}


def test_the_outcome_does_not_depend_on_the_order_of_staging() -> None:
    snapshot = shop()
    items = staged(snapshot).staged
    outcomes = []
    for order in itertools.permutations(items):
        plan = FixPlan()
        for item in order:
            plan = plan.stage(item.finding, item.fix)
        outcome = simulate(snapshot, plan, CHECKS)
        outcomes.append((outcome.plan, outcome.removed, outcome.after, outcome.refused))
    assert all(outcome == outcomes[0] for outcome in outcomes)


@pytest.mark.parametrize(
    ("strategy", "note"),
    [({}, ""), ({"updateStrategy": {"type": "OnDelete"}}, "OnDelete")],
)
def test_it_is_said_when_pods_do_not_follow_by_themselves(strategy: dict[str, Any], note: str) -> None:
    daemon = web()
    daemon["kind"] = "DaemonSet"
    daemon["spec"] |= strategy
    snapshot = snapshot_of([daemon])
    result = simulate(snapshot, staged(snapshot), CHECKS)
    assert result.ok
    assert note in "".join(result.notes.values())
    assert bool(result.notes) is bool(note)


def test_pods_go_with_a_deleted_workload() -> None:
    snapshot = shop()
    result = with_fix("toy-privileged", delete(WEB), snapshot=snapshot)
    assert result.ok
    assert result.snapshot.get(POD) is None
    assert workload_named(result.snapshot, WEB) is None
    assert {item.check for item in result.removed} == {"toy-privileged", "toy-host-pid"}


@check(
    "toy-mode",
    "Mode cannot be told",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("toy",),
)
def mode(workload: Workload, _: Snapshot) -> Iterator[Unknown]:
    """The mode is set outside.

    ## Why
    Toy.

    ## Risky
    ```yaml
    {}
    ```

    ## Fixed
    ```yaml
    {}
    ```
    """
    if "mode" in workload.annotations:
        yield Unknown("the mode is set outside")


def test_a_fix_that_makes_a_known_verdict_unknown_is_refused() -> None:
    snapshot = snapshot_of([web()])
    body = {"spec": {"template": {"metadata": {"annotations": {"mode": "x"}}, "spec": {"hostPID": None}}}}
    plan = FixPlan().stage(only(snapshot, "toy-host-pid"), Fix("try", (strategic(WEB, body),), Risk.SAFE))
    result = simulate(snapshot, plan, (*CHECKS, mode))
    assert [item.reason for item in result.refused] == [
        "It would make toy-mode unknown on Deployment shop/web: the mode is set outside."
    ]


def test_among_many_good_fixes_only_the_bad_ones_are_refused() -> None:
    objects = []
    for number in range(12):
        made = web()
        made["metadata"]["name"] = f"web-{number}"
        objects.append(made)
    snapshot = snapshot_of(objects)
    plan = staged(snapshot)
    bad = [item for item in plan.staged if item.finding.subject.name in ("web-3", "web-7")]
    for item in bad:
        change = strategic(item.finding.subject, {"metadata": {"labels": {"x": "y"}}})
        plan = plan.stage(item.finding, Fix("useless", (change,), Risk.SAFE))
    result = simulate(snapshot, plan, CHECKS)
    assert {item.staged.fingerprint for item in result.refused} == {item.fingerprint for item in bad}
    assert len(result.plan.staged) == len(plan.staged) - len(bad)
    assert {item.fingerprint for item in result.removed} == {item.fingerprint for item in result.plan.staged}
