"""Each part of the node's file system in a pod is told by one check, under what it is worst for."""

from __future__ import annotations

import pytest

from ksec_tui.findings.fix import Risk
from tests.checks.workloads.pods import (
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    severity,
    spec_of,
    words,
)
from tests.checks.workloads.test_host_access import SENSITIVE, SOCKET, WRITABLE, mounting

CREDENTIALS, PLAIN = "wl-hostpath-credentials", "wl-hostpath"
EVERY = (SOCKET, SENSITIVE, WRITABLE, CREDENTIALS, PLAIN)


@pytest.mark.parametrize(
    ("path", "read_only", "expected"),
    [
        ("/root/.aws", True, {CREDENTIALS: "critical"}),
        ("/home/ops/.aws/credentials", True, {CREDENTIALS: "critical"}),
        ("/root/.azure", False, {CREDENTIALS: "critical"}),
        ("/root/.config/gcloud", True, {CREDENTIALS: "critical"}),
        ("/root/.kube/config", True, {CREDENTIALS: "critical"}),
        ("/etc/kubernetes/admin.conf", True, {CREDENTIALS: "critical"}),
        ("/etc/kubernetes/azure.json", True, {CREDENTIALS: "critical"}),
        ("/var/lib/kubelet/kubeconfig", True, {CREDENTIALS: "critical"}),
        ("/etc/rancher/k3s/k3s.yaml", True, {CREDENTIALS: "critical"}),
        (r"C:\Users\ops\.aws", True, {CREDENTIALS: "critical"}),
        ("/root/.awsome", True, {SENSITIVE: "high"}),
        ("/root", True, {SENSITIVE: "high"}),
        ("/etc/kubernetes", True, {SENSITIVE: "high"}),
        ("/etc/kubernetes/manifests", False, {SENSITIVE: "critical"}),
        ("/srv/models", True, {PLAIN: "medium"}),
        ("/srv/models", False, {WRITABLE: "high"}),
        ("/etc/localtime", True, {PLAIN: "low"}),
        ("/dev/kvm", True, {PLAIN: "medium"}),
        ("/var/run/docker.sock", True, {SOCKET: "critical"}),
        ("/var/lib/kubelet/device-plugins", True, {PLAIN: "medium"}),
    ],
)
def test_a_part_of_the_node_is_told_once(path: str, read_only: bool, expected: dict[str, str]) -> None:
    tree = mounting(path, read_only=read_only)
    found = {check: severity(check, tree) for check in EVERY}
    assert {check: word for check, word in found.items() if word} == expected


def test_a_mount_made_read_only_is_told_less_severe_and_that_is_no_new_risk() -> None:
    tree = mounting("/srv/data")
    assert severity(PLAIN, tree) == ""
    after = fixed(WRITABLE, tree)
    left = spec_of(after, tree)
    assert left["containers"][0]["volumeMounts"][0]["readOnly"] is True
    assert words(PLAIN, {**tree, "spec": {**tree["spec"], "template": {"spec": left}}}) == [
        "container app may read /srv/data of the node"
    ]


UNUSED: Tree = {
    "volumes": [{"name": "old", "hostPath": {"path": "/etc"}}, {"name": "tmp", "emptyDir": {}}],
}


def test_a_volume_that_nothing_mounts_is_refused_by_admission_and_removed() -> None:
    tree = daemon_set(**UNUSED)
    assert words(PLAIN, tree) == ["volume old is /etc of the node, though no container mounts it"]
    assert severity(PLAIN, tree) == "low"
    assert spec_of(fixed(PLAIN, tree), tree)["volumes"] == [{"name": "tmp", "emptyDir": {}}]


def test_no_patch_is_made_for_what_a_container_reads() -> None:
    made = fix(PLAIN, cluster(mounting("/srv/models", read_only=True)))
    assert (made.risk, made.changes) == (Risk.MANUAL, ())


def test_an_init_container_that_mounts_it_counts() -> None:
    mount = {"volumeMounts": [{"name": "aws", "mountPath": "/aws", "subPath": ".aws", "readOnly": True}]}
    tree = daemon_set(
        initContainers=[container("setup", **mount)],
        volumes=[{"name": "aws", "hostPath": {"path": "/root"}}],
    )
    assert words(CREDENTIALS, tree) == ["init container setup has /root/.aws of the node: keys of AWS"]
