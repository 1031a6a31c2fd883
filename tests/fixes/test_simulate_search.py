"""A plan with trouble in it: what is refused, what stays, and how quickly that is found out."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import Cancelled, Results, fix_for, run
from ksec_tui.fixes.build import strategic
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.progress import Progress
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.fixes.cluster import CHECKS, staged, web

EVERY = all_checks()


def webs(count: int) -> Snapshot:
    objects = []
    for number in range(count):
        made = web()
        made["metadata"] = {"name": f"web-{number}", "namespace": f"shop-{number % 3}"}
        objects.append(made)
    return snapshot_of(objects)


def spoiled(plan: FixPlan, *names: str) -> FixPlan:
    """The plan, in which the fixes of the named objects do nothing for their findings."""
    bad = [item for item in plan.staged if item.finding.subject.name in names]
    change = {"metadata": {"labels": {"x": "y"}}}
    return plan.stage_many(
        Staged(item.finding, Fix("useless", (strategic(item.finding.subject, change),), Risk.SAFE))
        for item in bad
    )


def progress_of(snapshot: Snapshot, plan: FixPlan) -> tuple[Simulation, list[Progress]]:
    told: list[Progress] = []
    return simulate(snapshot, plan, CHECKS, progress=told.append), told


def test_a_sound_plan_is_told_on_in_two_phases() -> None:
    snapshot = webs(12)
    outcome, told = progress_of(snapshot, staged(snapshot))
    assert outcome.ok
    assert list(dict.fromkeys(item.phase for item in told)) == ["Carrying out", "Looking again"]
    for phase, of in (("Carrying out", 12), ("Looking again", len(CHECKS))):
        assert [(item.done, item.of) for item in told if item.phase == phase] == [(n, of) for n in range(of)]


def test_bad_fixes_of_many_objects_are_found_at_once() -> None:
    snapshot = webs(60)
    names = [f"web-{number}" for number in range(0, 60, 3)]
    outcome, told = progress_of(snapshot, spoiled(staged(snapshot), *names))
    assert {item.staged.finding.subject.name for item in outcome.refused} == set(names)
    assert len(outcome.plan.staged) == 80
    rounds = [item for item in told if item.phase == "Finding out what does not go together"]
    assert len(rounds) < 5, "objects that have nothing to do with each other are tried together"
    assert [item.done for item in rounds] == sorted(item.done for item in rounds)


def test_a_simulation_can_be_given_up_at_every_step() -> None:
    snapshot = webs(6)
    plan = spoiled(staged(snapshot), "web-1")
    _, told = progress_of(snapshot, plan)
    results = run(snapshot, CHECKS)
    for last in range(len(told)):
        cancel, seen = threading.Event(), list[Progress]()

        def tell(now: Progress, seen: list[Progress] = seen, last: int = last) -> None:
            seen.append(now)
            if len(seen) > last:
                cancel.set()  # noqa: B023 - called before the next round

        with pytest.raises(Cancelled):
            simulate(snapshot, plan, CHECKS, results=results, cancel=cancel, progress=tell)
        assert seen == told[: last + 1]


def test_two_fixes_that_are_bad_only_together_cost_one_of_them() -> None:
    snapshot = snapshot_of([web(volumes=[{"name": "v", "hostPath": {"path": "/"}}])])
    (first, second) = staged(snapshot).staged
    halves = [{"name": "v", "emptyDir": {}}, {"name": "v", "hostPath": None}]
    plan = FixPlan().stage_many(
        Staged(
            item.finding,
            Fix(
                "half",
                (
                    *item.fix.changes,
                    strategic(item.finding.subject, {"spec": {"template": {"spec": {"volumes": [volume]}}}}),
                ),
                Risk.SAFE,
            ),
        )
        for item, volume in zip((first, second), halves, strict=True)
    )
    outcome = simulate(snapshot, plan, CHECKS)
    assert outcome.ok, "one takes the old source away, the other gives the new one"
    alone = simulate(snapshot, plan.unstage(second.fingerprint), CHECKS)
    assert [item.reason for item in alone.refused] == ["Volume v would have two sources."]


def container(**context: object) -> dict[str, Any]:
    return {"name": "app", "image": "reg.test/web:1", "securityContext": context}


def deployment(spec: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def every_fix(snapshot: Snapshot, *checks: str) -> tuple[Results, FixPlan]:
    """All fixes of the named checks' findings."""
    results = run(snapshot, EVERY)
    pairs = ((item, fix_for(item, EVERY, snapshot)) for item in results.findings if item.check in checks)
    return results, FixPlan().stage_many(Staged(item, fix) for item, fix in pairs if fix is not None)


def test_a_namespace_may_be_tightened_though_the_other_fixes_would_allow_still_more() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    spec = {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 7,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container(allowPrivilegeEscalation=True, capabilities={"drop": ["ALL"]})],
    }
    snapshot = snapshot_of([{"kind": "Cluster", "serverVersion": "v1.33.4"}, namespace, deployment(spec)])
    results, plan = every_fix(snapshot, "ns-psa-can-tighten", "wl-allow-priv-esc")
    assert len(plan.staged) == 2
    outcome = simulate(snapshot, plan, EVERY, results=results)
    assert outcome.ok, outcome.errors
    assert {item.finding for item in plan.staged} <= set(outcome.removed)
    after = {item.check: item.words for item in run(outcome.snapshot, EVERY).findings}
    assert after["ns-psa-can-tighten"] == "everything seen in it passes restricted; it enforces baseline"


def test_a_mount_that_a_fix_moves_in_its_list_is_still_the_same_mount() -> None:
    spec = {
        "containers": [
            {
                **container(),
                "volumeMounts": [
                    {"name": "certs", "mountPath": "/certs", "readOnly": True},
                    {"name": "log", "mountPath": "/logs"},
                ],
            }
        ],
        "volumes": [
            {"name": "log", "hostPath": {"path": "/srv/logs"}},
            {"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}},
        ],
    }
    snapshot = snapshot_of([deployment(spec)])
    results, plan = every_fix(snapshot, "wl-hostpath-writable")
    (item,) = plan.staged
    mounts = [{"name": "scratch", "mountPath": "/tmp"}, {"mountPath": "/logs", "readOnly": True}]
    spec = {
        "containers": [{"name": "app", "volumeMounts": mounts}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }
    change = strategic(item.finding.subject, {"spec": {"template": {"spec": spec}}})
    plan = plan.stage(item.finding, msgspec.structs.replace(item.fix, changes=(change,)))
    outcome = simulate(snapshot, plan, EVERY, results=results)
    assert outcome.ok, outcome.errors
    after = outcome.after[item.finding.subject]
    assert after is not None
    (found,) = after["spec"]["template"]["spec"]["containers"]
    assert [mount["mountPath"] for mount in found["volumeMounts"]].index("/logs") != 1


@pytest.mark.parametrize(("name", "follows"), [("web-x7k2p", True), ("base", False)])
def test_only_what_a_controller_made_keeps_containers_beyond_the_template(name: str, follows: bool) -> None:
    owner = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "name": "web",
        "uid": "u",
        "controller": True,
    }
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container()]}}
    controller = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
        "spec": {"selector": labels, "template": template},
    }
    other = {"name": "other", "image": "reg.test/other:1"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": [owner]},
        "spec": {"containers": [other, container()]},
    }
    snapshot = snapshot_of([controller, pod])
    results, plan = every_fix(snapshot, "wl-allow-priv-esc")
    assert len(plan.staged) == 1
    outcome = simulate(snapshot, plan, EVERY, results=results)
    assert outcome.ok is not follows, "a container that was injected comes again with the next pod"
    if not follows:
        document = outcome.snapshot.document(ObjectRef("shop", "Pod", name))
        assert document is not None
        assert [item["name"] for item in document["spec"]["containers"]] == ["app"]
