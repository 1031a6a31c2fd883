"""Free room above an enforced Pod Security level is offered safely; pods below it are told before they fall."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.pod_security import standings, tighten
from ksec_tui.cluster.kinds import CRON_JOB, POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.verdict import Verdict
from tests.checks.namespaces.test_namespaces import PSA, namespace
from tests.checks.workloads.pods import Tree, cluster, daemon_set, fix, fixed, judged, words

HARDENED: Tree = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "app",
            "image": "registry.example/app:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def deployment(replicas: int = 1, **spec: Any) -> Tree:
    body = {"replicas": replicas, "template": {"spec": {**HARDENED, **spec}}}
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": body}


def cron_job(**spec: Any) -> Tree:
    template = {"spec": {"template": {"spec": {**HARDENED, **spec}}}}
    meta = {"name": "nightly", "namespace": "shop"}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": {"jobTemplate": template}}


def pod(name: str = "debug", phase: str = "Running", meta: Tree | None = None, **spec: Any) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", **(meta or {})},
        "spec": {**HARDENED, **spec},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("more", "level"),
    [
        ((), "restricted"),
        ((cron_job(hostPID=True),), "privileged"),
        ((deployment(replicas=0, hostPID=True),), "privileged"),
        ((pod(hostPID=True),), "privileged"),
        ((pod(phase="Succeeded", hostPID=True),), "restricted"),
        ((cron_job(securityContext={}),), "baseline"),
    ],
)
def test_a_namespace_could_enforce_what_every_template_and_live_pod_meets(
    more: tuple[Tree, ...], level: str
) -> None:
    trees = {item["kind"]: item for item in (deployment(), *more)}
    assert tighten(snapshot_of([namespace(), *trees.values()]), "shop").level == level


def test_pods_of_an_owner_that_ran_to_their_end_do_not_count() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    done = pod("web-x", "Failed", {"ownerReferences": [owner]}, hostPID=True)
    replica_set = {**deployment(), "kind": "ReplicaSet"}
    assert tighten(snapshot_of([namespace(), replica_set, done]), "shop").level == "restricted"


def test_what_an_injector_gave_a_live_pod_counts() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    sidecar = {"name": "proxy", "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}
    live = pod("web-x", "Running", {"ownerReferences": [owner]}, initContainers=[sidecar])
    snapshot = snapshot_of([namespace(), {**deployment(), "kind": "ReplicaSet"}, live])
    found = tighten(snapshot, "shop")
    assert found.level == "privileged"
    (against,) = found.hindrances
    assert against.words == "ReplicaSet web (non-default capabilities)"
    assert against.object == ObjectRef("shop", "Pod", "web-x")
    assert against.barriers[0].fields == ("/spec/initContainers/0/securityContext/capabilities/add",)
    assert standings(snapshot)[against.ref].level == "privileged"


def test_a_pinned_version_decides_what_could_be_enforced() -> None:
    probing = {"name": "app", "livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}}
    template = deployment(containers=[probing])
    assert tighten(cluster(namespace(), template, version="v1.36.2"), "shop").level == "privileged"
    old = namespace(enforce_version="v1.33")
    assert tighten(cluster(old, template, version="v1.36.2"), "shop").level == "baseline"


def test_free_room_is_offered_as_a_safe_patch_that_goes_with_the_other_findings_fixes() -> None:
    snapshot = cluster(namespace(enforce="baseline"), deployment())
    assert words("ns-psa-can-tighten", *(namespace(enforce="baseline"), deployment())) == [
        "everything seen in it passes restricted; it enforces baseline"
    ]
    made = fix("ns-psa-can-tighten", snapshot)
    assert (made.risk, made.changes[0].body) == (
        Risk.SAFE,
        {"metadata": {"labels": {f"{PSA}enforce": "restricted"}}},
    )
    unlabelled = cluster(namespace(), deployment())
    assert fix("ns-psa-missing", unlabelled).changes == fix("ns-psa-can-tighten", unlabelled).changes
    fixed("ns-psa-can-tighten", namespace(enforce="privileged"), deployment())


@pytest.mark.parametrize(
    "trees",
    [
        (namespace(),),
        (namespace(enforce="restricted"), deployment()),
        (namespace(enforce="typo"), deployment()),
        (namespace(enforce="baseline"), daemon_set()),
    ],
)
def test_no_room_is_claimed_where_there_is_none(trees: tuple[Tree, ...]) -> None:
    assert judged("ns-psa-can-tighten", cluster(*trees)) == ()


def test_room_is_unknown_while_a_kind_of_workload_is() -> None:
    snapshot = snapshot_of([namespace(), deployment()], forbidden=[CRON_JOB])
    (found,) = judged("ns-psa-can-tighten", snapshot)
    assert found.verdict is Verdict.UNKNOWN
    assert tighten(snapshot, "shop").level is None


def test_pods_that_their_namespace_would_refuse_are_told_by_owner() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    pods = [pod(f"web-{at}", "Running", {"ownerReferences": [owner]}, hostIPC=True) for at in "ab"]
    trees = (namespace(enforce="baseline"), {**deployment(), "kind": "ReplicaSet"}, *pods)
    assert words("ns-psa-drift", *trees) == ["baseline would refuse pods of ReplicaSet web: host namespaces"]
    made = fix("ns-psa-drift", cluster(*trees))
    assert made.risk is Risk.MANUAL
    assert made.steps[0].startswith("Change ReplicaSet web (host namespaces)")


@pytest.mark.parametrize(
    "trees",
    [
        (namespace(enforce="baseline"), pod()),
        (namespace(), pod(hostIPC=True)),
        (namespace(enforce="baseline"), pod(phase="Succeeded", hostIPC=True)),
        (
            namespace(enforce="baseline"),
            pod(meta={"deletionTimestamp": "2026-11-21T00:00:00Z"}, hostIPC=True),
        ),
        (namespace(enforce="baseline"), deployment(hostIPC=True)),
    ],
)
def test_no_live_pod_below_the_level_is_no_drift(trees: tuple[Tree, ...]) -> None:
    assert judged("ns-psa-drift", cluster(*trees)) == ()


def test_drift_is_unknown_when_the_servers_version_decides_and_is_not_known() -> None:
    probing = {"name": "app", "livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}}
    trees = [namespace(enforce="baseline"), pod(containers=[probing])]
    (found,) = judged("ns-psa-drift", snapshot_of(trees))
    assert found.verdict is Verdict.UNKNOWN
    assert judged("ns-psa-drift", cluster(*trees, version="v1.33.0")) == ()
    (sure,) = judged("ns-psa-drift", cluster(*trees, version="v1.34.0"))
    assert sure.verdict is Verdict.FAIL
    unread = snapshot_of(trees, forbidden=[POD])
    assert [item.verdict for item in judged("ns-psa-drift", unread)] == [Verdict.UNKNOWN]
