"""Where workloads run, with which numbers, on which storage, and what is retired or open to strangers."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import NODE
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Verdict
from tests.checks.workloads.pods import (
    CHECKS,
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    judged,
    secured,
    severity,
    spec_of,
    words,
)

PLACE, PRIORITY, GROUP, UID = (
    "wl-control-plane-scheduling",
    "wl-system-priority",
    "wl-root-group",
    "wl-low-uid",
)
ROLE = "node-role.kubernetes.io/control-plane"


def master(name: str = "master", *taints: Tree) -> Tree:
    meta = {"name": name, "labels": {ROLE: ""}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {"taints": list(taints)}}


TAINTED = master("master", {"key": ROLE, "effect": "NoSchedule"})
EVERY: Tree = {"operator": "Exists"}
AFFINITY: Tree = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": ROLE, "operator": "Exists"}]}]
        }
    }
}


@pytest.mark.parametrize(
    ("spec", "node", "found"),
    [
        ({"tolerations": [{"key": ROLE, "operator": "Exists"}]}, TAINTED, True),
        ({"tolerations": [{"key": ROLE, "operator": "Exists", "effect": "NoSchedule"}]}, TAINTED, True),
        ({"tolerations": [{"key": ROLE}]}, TAINTED, True),
        ({"tolerations": [{"key": ROLE, "value": "true"}]}, TAINTED, False),
        ({"tolerations": [{"key": ROLE, "operator": "Exists", "effect": "NoExecute"}]}, TAINTED, False),
        ({"tolerations": [EVERY]}, TAINTED, True),
        ({"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}, TAINTED, False),
        ({"tolerations": [{"key": "other", "operator": "Exists"}]}, TAINTED, False),
        ({"tolerations": [EVERY]}, master(), False),
        ({"nodeSelector": {ROLE: ""}}, master(), True),
        ({"affinity": AFFINITY}, TAINTED, True),
        ({"nodeName": "master"}, TAINTED, True),
        ({"nodeName": "worker"}, TAINTED, False),
        ({}, TAINTED, False),
    ],
)
def test_the_control_plane_is_reached_by_toleration_or_by_name(spec: Tree, node: Tree, found: bool) -> None:
    assert bool(words(PLACE, daemon_set(**spec), node)) is found


def test_without_nodes_of_the_control_plane_the_question_does_not_arise() -> None:
    worker = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker"}}
    result = run_one(cluster(daemon_set(tolerations=[EVERY]), worker), CHECKS[PLACE])
    assert result.tally.verdict is Verdict.NOT_APPLICABLE
    unread = run_one(snapshot_of([daemon_set(tolerations=[EVERY])], forbidden=[NODE]), CHECKS[PLACE])
    assert unread.tally.verdict is Verdict.UNKNOWN


def test_only_the_tolerations_that_open_the_control_plane_go() -> None:
    kept = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 30}
    tree = daemon_set(tolerations=[{"key": ROLE, "operator": "Exists"}, kept])
    assert spec_of(fixed(PLACE, tree, TAINTED), tree)["tolerations"] == [kept]
    assert fix(PLACE, cluster(daemon_set(affinity=AFFINITY), TAINTED)).risk is Risk.MANUAL


@pytest.mark.parametrize(
    ("name", "namespace", "expected"),
    [
        ("system-cluster-critical", "shop", "low"),
        ("system-node-critical", "shop", "low"),
        ("system-node-critical", "kube-system", ""),
        ("shop-critical", "shop", ""),
    ],
)
def test_the_systems_priority_is_for_the_system(name: str, namespace: str, expected: str) -> None:
    assert severity(PRIORITY, daemon_set(namespace=namespace, priorityClassName=name)) == expected


@pytest.mark.parametrize(
    ("own", "pod", "spec", "count"),
    [
        ({"runAsGroup": 0}, {}, {}, 1),
        ({}, {"runAsGroup": 0, "fsGroup": 0, "supplementalGroups": [1, 0]}, {}, 3),
        ({}, {"runAsGroup": 7, "supplementalGroups": [1]}, {}, 0),
        ({"runAsGroup": 0}, {}, {"hostUsers": False}, 0),
        ({"runAsGroup": 0}, {}, {"os": {"name": "windows"}}, 0),
    ],
)
def test_group_0_counts_wherever_it_is_set(own: Tree, pod: Tree, spec: Tree, count: int) -> None:
    assert len(words(GROUP, daemon_set(secured(**own), securityContext=pod, **spec))) == count


@pytest.mark.parametrize(
    ("user", "spec", "found"),
    [
        (0, {}, False),
        (1, {}, True),
        (10_000, {}, True),
        (10_001, {}, False),
        (1000, {"hostUsers": False}, False),
    ],
)
def test_a_low_user_may_be_somebody_on_the_node(user: int, spec: Tree, found: bool) -> None:
    assert bool(words(UID, daemon_set(secured(runAsUser=user), **spec))) is found


@pytest.mark.parametrize(
    ("volume", "check"),
    [
        ({"nfs": {"server": "nas", "path": "/"}}, "wl-volume-type"),
        ({"awsElasticBlockStore": {"volumeID": "vol-1"}}, "wl-volume-type"),
        ({"scaleIO": {"gateway": "https://x"}}, "wl-volume-type"),
        ({"gitRepo": {"repository": "https://git.example/x"}}, "wl-gitrepo-volume"),
        ({"hostPath": {"path": "/srv"}}, ""),
        ({"emptyDir": {}}, ""),
        ({"csi": {"driver": "x"}}, ""),
        ({"ephemeral": {}}, ""),
        ({"projected": {"sources": []}}, ""),
        ({}, ""),
    ],
)
def test_storage_that_a_pod_names_itself_is_told_once(volume: Tree, check: str) -> None:
    tree = daemon_set(volumes=[{"name": "data", **volume}])
    found = [name for name in ("wl-volume-type", "wl-gitrepo-volume") if words(name, tree)]
    assert found == ([check] if check else [])


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"ports": [{"containerPort": 22}]}, True),
        ({"ports": [{"containerPort": 22, "protocol": "UDP"}]}, False),
        ({"ports": [{"containerPort": 2222}]}, False),
        ({"command": ["/usr/sbin/sshd", "-D"]}, True),
        ({"args": ["sshd"]}, True),
        ({"command": ["web", "sshd"]}, False),
    ],
)
def test_ssh_is_told_by_its_port_or_its_server(own: Tree, found: bool) -> None:
    assert bool(words("wl-ssh-port", daemon_set(container(**own)))) is found


@pytest.mark.parametrize(
    ("resources", "spec", "count"),
    [
        ({}, {}, 1),
        ({}, {"volumes": [{"name": "a", "emptyDir": {}}]}, 2),
        ({}, {"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}]}, 1),
        ({}, {"volumes": [{"name": "a", "emptyDir": {"medium": "Memory"}}]}, 1),
        ({"limits": {"ephemeral-storage": "1Gi"}}, {"volumes": [{"name": "a", "emptyDir": {}}]}, 0),
    ],
)
def test_scratch_space_is_bounded_by_container_or_volume(resources: Tree, spec: Tree, count: int) -> None:
    tree = daemon_set(container(resources=resources), **spec)
    assert len(words("wl-no-pids-ephemeral-limit", tree)) == count


@pytest.mark.parametrize(
    ("image", "today", "said"),
    [
        ("registry.k8s.io/ingress-nginx/controller:v1.15.1", "2026-11-21", ["no fixes since March 2026"]),
        ("registry.k8s.io/ingress-nginx/controller:v1.15.1", "2026-03-31", []),
        ("registry.k8s.io/ingress-nginx/controller:v1.15.0", "2026-03-31", ["CVE-2026-4342"]),
        (
            "registry.k8s.io/ingress-nginx/controller:v1.11.4@sha256:" + "a" * 64,
            "2025-04-01",
            ["CVE-2025-1974", "CVE-2026-4342", "CVE-2026-24512"],
        ),
        (
            "registry.k8s.io/ingress-nginx/controller:v1.11.5",
            "2025-04-01",
            ["CVE-2026-4342", "CVE-2026-24512"],
        ),
        ("mirror.example/ingress-nginx/controller-chroot", "2026-11-21", ["no fixes since"]),
        ("docker.io/nginx/nginx-ingress:5.2.1", "2026-11-21", []),
        ("registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.4", "2026-11-21", []),
        (
            "quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.30.0",
            "2026-11-21",
            ["no fixes since"],
        ),
    ],
)
def test_ingress_nginx_is_judged_by_its_release_and_the_day(image: str, today: str, said: list[str]) -> None:
    tree = daemon_set(container(image=image))
    snapshot = snapshot_of([{"kind": "Cluster", "today": today}, tree])
    found = [
        piece.words for finding in judged("wl-ingress-nginx-eol", snapshot) for piece in finding.evidence
    ]
    for part in said:
        assert any(part in text for text in found), part
    assert bool(found) is bool(said)


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("ghcr.io/helm/tiller:v2.17.0", True),
        ("gcr.io/kubernetes-helm/tiller:v2.14.0", True),
        ("registry.example/tillerson:1.0", False),
        ("registry.example/tiller-docs:1.0", False),
    ],
)
def test_tiller_is_told_by_its_image(image: str, found: bool) -> None:
    assert bool(words("wl-tiller", daemon_set(container(image=image)))) is found
