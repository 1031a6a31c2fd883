"""The node's files go out of exactly those containers that a check names, and what that breaks is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.checks.workloads.pods import (
    CHECKS,
    Tree,
    cluster,
    container,
    daemon_set,
    fixed,
    judged,
    live,
    spec_of,
)
from tests.checks.workloads.pods import fix as fix_of
from tests.checks.workloads.test_host_access import SENSITIVE, SOCKET
from tests.checks.workloads.test_host_files import CREDENTIALS
from tests.fixes.kubectl import needs_kubectl, patched

ETC: Tree = {"name": "etc", "hostPath": {"path": "/etc"}}
TMP: Tree = {"name": "tmp", "emptyDir": {}}


def mount(name: str, at: str = "", **more: Any) -> Tree:
    return {"name": name, "mountPath": at or f"/{name}", **more}


def using(name: str, *mounts: Tree, **fields: Any) -> Tree:
    return container(name, volumeMounts=list(mounts), **fields)


def test_each_mount_goes_whatever_list_its_container_is_in_and_nothing_else() -> None:
    tree = daemon_set(
        using("app", mount("tmp"), mount("etc", "/host/etc")),
        using("other", mount("tmp")),
        initContainers=[
            using("setup", mount("etc"), mount("tmp")),
            using("proxy", mount("etc"), restartPolicy="Always"),
        ],
        volumes=[TMP, ETC],
    )
    before = tree["spec"]["template"]["spec"]
    after = spec_of(fixed(SENSITIVE, tree), tree)
    assert after == {
        **before,
        "containers": [using("app", mount("tmp")), using("other", mount("tmp"))],
        "initContainers": [using("setup", mount("tmp")), using("proxy", restartPolicy="Always")],
        "volumes": [TMP],
    }
    made = fix_of(SENSITIVE, cluster(tree))
    assert (made.risk, made.rolls_out) == (Risk.REVIEW, True)
    assert made.title == "Take /etc of the node out of init container setup and 2 more"


def test_a_volume_stays_while_something_else_mounts_it() -> None:
    disk = {"name": "disk", "hostPath": {"path": "/"}}
    reader = using("reader", mount("disk", "/models", subPath="srv/models", readOnly=True))
    tree = daemon_set(using("app", mount("disk")), reader, volumes=[disk])
    after = spec_of(fixed(SENSITIVE, tree), tree)
    assert after["volumes"] == [disk]
    assert after["containers"] == [using("app"), reader]


def test_a_volume_that_a_webhook_mounts_into_its_own_container_stays() -> None:
    owner = daemon_set(using("app", mount("etc")), volumes=[ETC])
    sidecar = using("agent", mount("etc"))
    (change,) = fix_of(SENSITIVE, cluster(owner, live(owner, using("app", mount("etc")), sidecar))).changes
    assert set(change.body["spec"]["template"]["spec"]) == {"containers"}


def test_a_live_pod_that_differs_elsewhere_does_not_hold_the_volume() -> None:
    owner = daemon_set(using("app", mount("etc")), volumes=[ETC])
    altered = using("app", mount("etc"), securityContext={"privileged": True})
    (change,) = fix_of(SENSITIVE, cluster(owner, live(owner, altered))).changes
    assert change.body["spec"]["template"]["spec"]["volumes"] == [{"name": "etc", "$patch": "delete"}]


def test_what_only_live_pods_mount_is_told_where_it_is_added() -> None:
    owner = daemon_set(volumes=[ETC])
    snapshot = cluster(owner, live(owner, container(), using("agent", mount("etc"))))
    (finding,) = judged(SENSITIVE, snapshot)
    made = offer(finding, CHECKS.values(), snapshot)
    assert made is not None
    assert (made.risk, made.title) == (Risk.MANUAL, "Fix agent where it is added to the pods")


def alone(kind: str, spec: Tree, namespace: str = "shop") -> Tree:
    meta = {"name": "web", "namespace": namespace}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}
    return {"apiVersion": "batch/v1", "kind": kind, "metadata": meta, "spec": {"template": {"spec": spec}}}


@pytest.mark.parametrize("kind", ["Pod", "Job"])
@pytest.mark.parametrize("check", [SOCKET, SENSITIVE])
def test_what_cannot_be_changed_in_place_is_told_as_steps(kind: str, check: str) -> None:
    spec = {
        "containers": [using("app", mount("disk"))],
        "volumes": [{"name": "disk", "hostPath": {"path": "/"}}],
    }
    made = fix_of(check, snapshot_of([alone(kind, spec)]))
    assert (made.risk, made.changes) == (Risk.MANUAL, ())
    assert made.steps[0].startswith("Remove the volumeMounts of /")
    assert made.steps[-1].startswith(f"A {kind} cannot be changed in place")


def test_a_debug_container_of_a_bare_pod_is_told_as_steps() -> None:
    spec = {
        "containers": [container()],
        "ephemeralContainers": [using("shell", mount("etc"))],
        "volumes": [ETC],
    }
    made = fix_of(SENSITIVE, snapshot_of([alone("Pod", spec)]))
    assert (made.risk, made.changes) == (Risk.MANUAL, ())
    assert "debug container shell" in made.steps[0]


def test_kubernetes_own_components_keep_what_they_have() -> None:
    tree = daemon_set(using("app", mount("etc")), namespace="kube-system", volumes=[ETC])
    snapshot = cluster(tree)
    (finding,) = judged(SENSITIVE, snapshot)
    assert fix_for(finding, CHECKS.values(), snapshot) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"command": ["chroot", "/host"]}, "its command"),
        ({"args": ["--rootfs=/host/proc"]}, "its arguments"),
        ({"env": [{"name": "ROOT", "value": "file:///host"}]}, "variable ROOT"),
        ({"args": ["/hosts", "/my/host", "/host.bak"]}, ""),
    ],
)
def test_a_container_that_speaks_of_the_path_is_said_not_to_start(fields: Tree, said: str) -> None:
    tree = daemon_set(using("app", mount("etc", "/host"), **fields), volumes=[ETC])
    told = fix_of(SENSITIVE, cluster(tree)).may_break
    assert told.startswith("It breaks what uses /host (the node's /etc).")
    more = f" Container app names /host in {said}: it will hardly start without."
    assert told.removeprefix("It breaks what uses /host (the node's /etc).") == (more if said else "")
    assert "file:" not in told


@pytest.mark.parametrize(
    ("check", "path", "left"),
    [
        (SOCKET, "/run/docker.sock", "rootless builder"),
        (SENSITIVE, "/etc", "PersistentVolumeClaim"),
        (CREDENTIALS, "/root/.aws", "revoke what the file holds"),
    ],
)
def test_what_the_patch_cannot_do_is_left_as_a_step(check: str, path: str, left: str) -> None:
    tree = daemon_set(using("app", mount("host")), volumes=[{"name": "host", "hostPath": {"path": path}}])
    made = fix_of(check, cluster(tree))
    assert made.changes
    assert any(left in step for step in made.besides(gone=True))


def of_the_whole_disk() -> tuple[Tree, list[tuple[Finding, Fix]]]:
    """A workload in which three checks find mounts, one of them the same, with their fixes."""
    tree = daemon_set(
        using("app", mount("disk", "/host"), mount("tmp"), mount("aws", readOnly=True)),
        using("builder", mount("run")),
        volumes=[
            {"name": "disk", "hostPath": {"path": "/"}},
            TMP,
            {"name": "run", "hostPath": {"path": "/var/run"}},
            {"name": "aws", "hostPath": {"path": "/root/.aws"}},
        ],
    )
    tree["spec"]["updateStrategy"] = {"type": "OnDelete"}
    snapshot = cluster(tree)
    found = [finding for check in (SOCKET, SENSITIVE, CREDENTIALS) for finding in judged(check, snapshot)]
    pairs = [(finding, fix_for(finding, CHECKS.values(), snapshot)) for finding in found]
    return tree, [(finding, made) for finding, made in pairs if made is not None]


def test_the_fixes_of_several_checks_become_one_patch() -> None:
    tree, pairs = of_the_whole_disk()
    plan = FixPlan()
    for finding, made in pairs:
        plan = plan.stage(finding, made)
    result = simulate(cluster(tree), plan, tuple(CHECKS.values()))
    assert (result.ok, len(pairs), len(result.changes)) == (True, 3, 1)
    after = spec_of(result.snapshot, tree)
    assert after["containers"] == [using("app", mount("tmp")), using("builder")]
    assert after["volumes"] == [TMP]


@needs_kubectl
def test_kubectl_makes_the_same_of_it(tmp_path: Path) -> None:
    tree, pairs = of_the_whole_disk()
    plan = FixPlan()
    for finding, made in pairs:
        plan = plan.stage(finding, made)
    result = simulate(cluster(tree), plan, tuple(CHECKS.values()))
    (merged,) = result.changes
    given = tmp_path / "patch.json"
    given.write_text(json.dumps(merged.change.body))
    said = patched(tmp_path, tree, "strategic", given)
    assert said is not None
    after = result.after[merged.change.target]
    assert after is not None
    assert said["spec"]["template"] == after["spec"]["template"]
