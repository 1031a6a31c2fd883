"""Workloads are led to Pod Security restricted by one proven patch, or it is said why that cannot be."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.analysis.pod_security import evaluate, level_reached
from ksec_tui.analysis.workloads import Workload, workload_named, workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.ingest import Document, item_from_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod, PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Risk
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.restricted import Reach, restricted_changes
from ksec_tui.fixes.rollout import rolled_out
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

DUMP = Path(__file__).resolve().parents[3] / "shared" / "cluster"
needs_cluster = pytest.mark.skipif(not DUMP.is_dir(), reason="shared/cluster is not here")
CHECKS = all_checks()
MINOR = 36

Tree = dict[str, Any]


def deployment(*containers: Tree, **spec: Any) -> Tree:
    listed = list(containers or ({"name": "app", "image": "a:1"},))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {}, "spec": {"containers": listed, **spec}}},
    }


def reach(*trees: Tree) -> Reach:
    snapshot = snapshot_of([{"kind": "Cluster", "serverVersion": f"v1.{MINOR}.0"}, *trees])
    (first, *_) = workloads(snapshot)
    return restricted_changes(snapshot, first, CHECKS)


def admitted(template: Document) -> bool:
    meta = {**template.get("metadata", {}), "name": "tried"}
    item = item_from_tree(POD, {"metadata": meta, "spec": template["spec"]})
    assert isinstance(item.object, Pod), item.unreadable
    return evaluate(item.object.spec, item.object.metadata.annotations, "restricted", MINOR).allowed


def test_a_plain_workload_gets_there_by_one_patch() -> None:
    found = reach(deployment())
    assert found.reached
    assert found.fix is not None
    (change,) = found.fix.changes
    assert change.body["spec"]["template"]["spec"] == {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "app",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    }
    assert found.fix.risk is Risk.REVIEW
    assert "image runs as root" in found.fix.may_break
    assert {"wl-allow-priv-esc", "wl-cap-no-drop-all", "wl-root-possible", "wl-seccomp-missing"} == set(
        found.checks
    )


def test_one_that_is_there_already_needs_nothing() -> None:
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    shared = {"seccompProfile": {"type": "RuntimeDefault"}}
    found = reach(deployment({"name": "app", "securityContext": own}, securityContext=shared))
    assert found.reached
    assert found.fix is None


@pytest.mark.parametrize(
    ("containers", "spec"),
    [
        ([{"name": "a", "securityContext": {"privileged": True}}], {}),
        (
            [
                {
                    "name": "a",
                    "securityContext": {"capabilities": {"add": ["SYS_ADMIN", "CHOWN", "NET_BIND_SERVICE"]}},
                }
            ],
            {},
        ),
        ([{"name": "a", "securityContext": {"runAsUser": 0}}], {"hostPID": True, "hostIPC": True}),
        ([{"name": "a", "securityContext": {"runAsUser": 7}}], {"hostNetwork": True}),
        ([{"name": "a", "ports": [{"containerPort": 80, "hostPort": 80}]}], {}),
        ([{"name": "a", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}], {}),
        ([{"name": "a"}], {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}),
        ([{"name": "a"}], {"initContainers": [{"name": "i", "securityContext": {"privileged": True}}]}),
        ([{"name": "a", "livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}}], {}),
    ],
)
def test_what_no_human_must_decide_is_changed(containers: list[Tree], spec: Tree) -> None:
    found = reach(deployment(*containers, **spec))
    assert (found.reasons, found.reached) == ((), True)
    assert found.template is not None
    assert admitted(found.template)


def test_allowed_additions_stay() -> None:
    own = {"capabilities": {"add": ["CHOWN", "NET_BIND_SERVICE"]}}
    found = reach(deployment({"name": "a", "securityContext": own}))
    assert found.template is not None
    after = found.template["spec"]["containers"][0]["securityContext"]["capabilities"]
    assert after == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


def mounting(path: str) -> Tree:
    mounts = [{"name": "host", "mountPath": "/host"}, {"name": "tmp", "mountPath": "/tmp"}]
    volumes = [{"name": "host", "hostPath": {"path": path}}, {"name": "tmp", "emptyDir": {}}]
    return deployment({"name": "app", "volumeMounts": mounts}, volumes=volumes)


def test_a_directory_of_data_on_the_node_is_left_to_a_human_and_the_rest_is_changed() -> None:
    found = reach(mounting("/srv/data"))
    assert not found.reached
    assert found.reasons[0].startswith("Volume host is the node's /srv/data: ")
    assert found.fix is not None
    assert found.fix.changes
    assert found.template is not None
    assert found.template["spec"]["volumes"] == mounting("/srv/data")["spec"]["template"]["spec"]["volumes"]


def test_a_directory_that_decides_over_the_node_goes_and_that_is_said() -> None:
    found = reach(mounting("/var/log"))
    assert found.reached
    assert found.fix is not None
    assert found.template is not None
    assert admitted(found.template)
    assert found.template["spec"]["volumes"] == [{"name": "tmp", "emptyDir": {}}]
    assert found.fix.risk is Risk.REVIEW
    assert "It breaks what uses /host (the node's /var/log)." in found.fix.may_break
    assert any("PersistentVolumeClaim" in step for step in found.fix.steps)


def test_a_bare_pod_is_told_to_be_made_anew_and_how() -> None:
    spec = {"containers": [{"name": "app", "image": "a:1"}]}
    found = reach(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec}
    )
    assert found.reasons == (
        "A Pod cannot be changed in place: delete it and create it anew with the change.",
    )
    assert found.fix is not None
    assert (found.fix.changes, found.fix.risk) == ((), Risk.MANUAL)
    assert found.template is not None
    assert admitted(found.template)


def test_kubernetes_own_components_are_left_alone() -> None:
    tree = deployment()
    tree["metadata"]["namespace"] = "kube-system"
    found = reach(tree)
    assert found.fix is None
    assert "part of Kubernetes itself" in found.reasons[0]


def test_what_an_injector_adds_to_live_pods_stands_in_the_way() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web", "uid": "1", "controller": True}
    made = {**deployment(), "kind": "DaemonSet"}
    sidecar = {"name": "proxy", "securityContext": {"privileged": True}}
    live = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-x", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {"containers": [{"name": "app", "image": "a:1"}, sidecar]},
    }
    found = reach(made, live)
    assert not found.reached
    assert any("more than its template" in reason and "proxy" in reason for reason in found.reasons)


@functools.cache
def cluster() -> Snapshot:
    return load(FileSource([str(DUMP)]))[0]


def _kept(spec: Tree) -> object:
    """What a pod runs: no change of its rights may touch that."""
    fields = ("name", "image", "command", "args", "env", "envFrom", "volumeMounts", "resources", "workingDir")
    lists = ("initContainers", "containers")
    return (
        [[{name: item.get(name) for name in fields} for item in spec.get(key, [])] for key in lists],
        [
            [
                (port.get("name"), port["containerPort"], port.get("protocol"))
                for port in item.get("ports", [])
            ]
            for key in lists
            for item in spec.get(key, [])
        ],
        spec.get("volumes"),
        spec.get("serviceAccountName"),
    )


def _without_told(was: Tree, now: Tree, told: str) -> Tree:
    """`was` without the node's directories that a fix says it takes out."""
    names = {volume["name"] for volume in now.get("volumes", [])}
    gone = {
        item["name"]: item["hostPath"]["path"] for item in was.get("volumes", []) if item["name"] not in names
    }
    assert all(path in told for path in gone.values())
    kept = {"volumes": [item for item in was["volumes"] if item["name"] in names]} if gone else {}
    for key in ("initContainers", "containers") if gone else ():
        for item in was.get(key, []):
            mounts = [mount for mount in item.get("volumeMounts", []) if mount["name"] not in gone]
            fields = {**item, "volumeMounts": mounts} if "volumeMounts" in item else item
            kept.setdefault(key, []).append(fields)
    return {**was, **kept}


def _spec_in(workload: Workload, document: Document) -> Tree:
    here: Any = document
    for part in workload.pointer.strip("/").split("/"):
        here = here[part]
    found: Tree = here
    return found


def _levels(pods: dict[ObjectRef, Document | None]) -> set[str]:
    found = set()
    for tree in pods.values():
        item = item_from_tree(POD, tree)
        assert isinstance(item.object, Pod)
        found.add(level_reached(item.object.spec, item.object.metadata.annotations, MINOR))
    return found


@needs_cluster
def test_every_workload_of_a_real_cluster_gets_to_restricted_or_says_why_not() -> None:
    snapshot = cluster()
    reached = 0
    for workload in workloads(snapshot):
        found = restricted_changes(snapshot, workload, CHECKS)
        spec: PodSpec = workload.spec
        if found.reasons:
            assert all(reason.endswith(".") for reason in found.reasons)
            assert not (workload.patchable and not workload.system) or any(
                reason.startswith(("Volume ", "Its pods get more")) for reason in found.reasons
            ), (workload.ref, found.reasons)
            continue
        reached += 1
        if found.fix is None:
            assert evaluate(spec, workload.annotations, "restricted", MINOR).allowed
            continue
        before = snapshot.document(workload.object.ref)
        assert before is not None
        (change,) = found.fix.changes
        after = apply(before, change)
        assert after is not None
        patched = snapshot.with_documents({workload.object.ref: after})
        again = workload_named(patched, workload.ref)
        assert again is not None
        assert evaluate(again.spec, again.annotations, "restricted", MINOR).allowed, workload.ref
        was, now = _spec_in(workload, before), _spec_in(workload, after)
        assert _kept(_without_told(was, now, found.fix.may_break)) == _kept(now), workload.ref
        assert _levels(rolled_out(snapshot, workload.ref, before, after)) <= {"restricted"}, workload.ref
    assert reached >= 200


@needs_cluster
def test_what_must_be_made_anew_would_be_admitted_once_it_is() -> None:
    snapshot = cluster()
    tried = 0
    for workload in workloads(snapshot):
        found = restricted_changes(snapshot, workload, CHECKS)
        if not workload.patchable and len(found.reasons) == 1 and found.template is not None:
            assert admitted(found.template), workload.ref
            tried += 1
    assert tried >= 40
