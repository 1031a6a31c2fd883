"""Pods that follow a changed template: what they keep, and when they do not follow by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.examples import snapshot_of
from ksec_tui.fixes.export import contents
from ksec_tui.fixes.rollout import pod_from, takes_effect
from ksec_tui.fixes.simulate import simulate
from tests.fixes.cluster import CHECKS, staged, web

CRITICAL = {"priorityClassName": "system-node-critical"}
LIVE = {**CRITICAL, "priority": 2000001000, "preemptionPolicy": "PreemptLowerPriority", "nodeName": "a"}


@pytest.mark.parametrize("new", [{}, {"priorityClassName": "low"}])
def test_a_pod_loses_the_priority_of_a_class_that_it_has_no_more(new: dict[str, Any]) -> None:
    """Admission works both out of the class; nothing of the old one is left in the next pod."""
    pod = {"metadata": {"name": "web-1"}, "spec": dict(LIVE)}
    made = pod_from(pod, {"spec": dict(CRITICAL)}, {"spec": new})["spec"]
    assert {key: made[key] for key in made if key not in ("containers", "volumes")} == {
        **new,
        "nodeName": "a",
    }


def test_a_pod_keeps_its_priority_with_its_class() -> None:
    pod = {"metadata": {"name": "web-1"}, "spec": dict(LIVE)}
    made = pod_from(pod, {"spec": dict(CRITICAL)}, {"spec": {**CRITICAL, "hostPID": False}})["spec"]
    assert (made["priority"], made["preemptionPolicy"]) == (2000001000, "PreemptLowerPriority")


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Deployment", {}, ""),
        ("Deployment", {"paused": True}, "It is paused: resume it"),
        ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": 0}}}, ""),
        (
            "StatefulSet",
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
            "keeps the pods below number 2",
        ),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": "2"}}}, ""),
    ],
)
def test_it_is_said_when_pods_do_not_follow_by_themselves(kind: str, spec: dict[str, Any], said: str) -> None:
    before = {"kind": kind, "spec": {**spec, "template": {"spec": {"hostPID": True}}}}
    after = {"kind": kind, "spec": {**spec, "template": {"spec": {}}}}
    note = takes_effect(before, after)
    assert said in note
    assert bool(note) is bool(said)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [("Deployment", {"paused": True}), ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}})],
)
def test_no_command_waits_for_a_rollout_that_does_not_begin(kind: str, spec: dict[str, Any]) -> None:
    """The one kubectl waits for without end, on the other it fails."""
    found = web()
    found["kind"] = kind
    owner = {"apiVersion": "apps/v1", "kind": kind, "name": "web", "uid": "1", "controller": True}
    meta = {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}, "ownerReferences": [owner]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": found["spec"]["template"]["spec"]}
    for stands, waits in (({}, 1), (spec, 0)):
        snapshot = snapshot_of([{**found, "spec": {**found["spec"], **stands}}, pod])
        plan = staged(snapshot)
        files = contents(simulate(snapshot, plan, CHECKS), plan, snapshot)
        assert files["kubectl/commands.sh"].count("kubectl rollout status") == waits
