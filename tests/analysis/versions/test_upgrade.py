"""What blocks the next minors, and which safeguards lie dormant."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.versions.safeguards import Status, safeguards
from ksec_tui.analysis.versions.upgrade import hops
from ksec_tui.cluster.kinds import CLUSTER_ROLE, NAMESPACE, POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.checks.versions.test_fitting import proxy, static
from tests.checks.versions.worlds import TODAY, cluster, node


def test_every_minor_up_to_the_newest_is_a_hop_of_its_own() -> None:
    assert [hop.line for hop in hops(cluster("v1.33.4"))] == ["1.34", "1.35", "1.36", "1.37"]
    assert hops(cluster("v1.37.0")) == ()
    assert hops(cluster("v1.99.0")) == ()
    assert hops(cluster("")) == ()


def test_a_kubelet_at_the_limit_blocks_the_very_next_hop_and_is_told_once() -> None:
    world = cluster("v1.33.4", node("v1.30.2", name="old"), node("v1.31.0", name="next"), node("v1.33.4"))
    told = {hop.line: [item.ref.name for item in hop.blockers] for hop in hops(world)}
    assert told == {"1.34": ["old"], "1.35": ["next"], "1.36": [], "1.37": ["worker-1"]}


def test_the_control_plane_comes_before_nodes_and_nodes_before_proxies() -> None:
    world = cluster(
        "v1.33.4",
        node("v1.30.2"),
        static("kube-scheduler", "registry.k8s.io/kube-scheduler:v1.32.0"),
        proxy("v1.30.2"),
    )
    first = hops(world)[0]
    assert [item.ref.kind for item in first.blockers] == ["Pod", "Node", "Pod"]
    assert [item.step for item in first.blockers] == [1, 2, 3]


def test_an_api_that_the_next_minor_drops_blocks_it() -> None:
    entry = {
        "manager": "helm",
        "operation": "Update",
        "apiVersion": "batch/v1beta1",
        "time": "2026-01-02T00:00:00Z",
    }
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "shop", "uid": "u", "managedFields": [entry]},
        "spec": {"schedule": "0 3 * * *"},
    }
    told = {hop.line: len(hop.blockers) for hop in hops(cluster("v1.23.17", job))}
    assert told["1.24"] == 0
    assert told["1.25"] == 1
    assert told["1.26"] == 0


def test_an_api_that_this_server_has_dropped_already_blocks_nothing_more() -> None:
    annotation = '{"apiVersion": "batch/v1beta1", "kind": "CronJob"}'
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": "report",
            "namespace": "shop",
            "uid": "u",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": annotation},
        },
        "spec": {"schedule": "0 3 * * *"},
    }
    assert [len(hop.blockers) for hop in hops(cluster("v1.33.4", job))] == [0, 0, 0, 0]
    assert sum(len(hop.blockers) for hop in hops(cluster("v1.24.17", job))) == 1


def status(snapshot: Snapshot, id: str) -> Status:  # noqa: A002
    return next(item.status for item in safeguards(snapshot) if item.feature.id == id)


def api_server(*flags: str) -> dict[str, Any]:
    pod = static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.36.5")
    pod["spec"]["containers"][0]["command"] = ["kube-apiserver", *flags]
    return pod


@pytest.mark.parametrize(
    ("flag", "id", "expected"),
    [
        ("--profiling=false", "apiserver-profiling", Status.ON),
        ("--profiling=true", "apiserver-profiling", Status.OFF),
        ("", "apiserver-profiling", Status.OFF),
        ("--anonymous-auth=false", "anonymous-endpoints", Status.ON),
        ("--authentication-config=/a", "anonymous-endpoints", Status.PARTLY),
        ("", "anonymous-endpoints", Status.OFF),
        ("--enable-admission-plugins=NodeRestriction", "node-restriction", Status.ON),
        ("", "node-restriction", Status.OFF),
        ("--encryption-provider-config=/a", "kms-v2", Status.PARTLY),
        ("", "kms-v2", Status.OFF),
        ("--kubelet-certificate-authority=/a", "kubelet-serving-ca", Status.ON),
        ("", "kubelet-serving-ca", Status.OFF),
        ("--audit-policy-file=/a", "audit-log", Status.OFF),
        ("--service-account-extend-token-expiration=false", "bound-sa-token", Status.ON),
        ("", "bound-sa-token", Status.OFF),
    ],
)
def test_a_safeguard_of_the_api_server_is_told_by_its_flags(flag: str, id: str, expected: Status) -> None:  # noqa: A002
    assert status(cluster("v1.36.5", api_server(*filter(None, (flag,)))), id) is expected
    assert status(cluster("v1.36.5"), id) is Status.HIDDEN


def namespace(**labels: str) -> dict[str, Any]:
    named = {f"pod-security.kubernetes.io/{key.replace('_', '-')}": value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": named}}


@pytest.mark.parametrize(
    ("labels", "level", "pin"),
    [
        ({}, Status.OFF, Status.ON),
        ({"enforce": "baseline"}, Status.ON, Status.ON),
        ({"enforce": "privileged"}, Status.OFF, Status.ON),
        ({"enforce": "baseline", "enforce_version": "v1.30"}, Status.ON, Status.PARTLY),
        ({"enforce": "baseline", "enforce_version": "v1.36"}, Status.ON, Status.ON),
    ],
)
def test_pod_security_is_told_by_the_labels_of_namespaces(
    labels: dict[str, str], level: Status, pin: Status
) -> None:
    found = cluster("v1.36.5", namespace(**labels))
    assert status(found, "pod-security-admission") is level
    assert status(found, "psa-version-pin") is pin


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        (NAMESPACE, "pod-security-admission"),
        (NAMESPACE, "psa-version-pin"),
        (POD, "audit-log"),
        (POD, "user-namespaces"),
        (CLUSTER_ROLE, "kubelet-fine-authz"),
    ],
)
def test_what_could_not_be_read_is_not_visible_and_never_on(kind: Any, id: str) -> None:  # noqa: A002
    world = [{"kind": "Cluster", "serverVersion": "v1.36.5", "today": TODAY}]
    assert status(snapshot_of(world, forbidden=(kind,)), id) is Status.HIDDEN


@pytest.mark.parametrize(
    ("server", "expected"), [("v1.36.5", Status.ON), ("v1.34.1", Status.NOT_YET), ("", Status.HIDDEN)]
)
def test_what_a_release_switches_on_is_told_by_the_version(server: str, expected: Status) -> None:
    assert status(cluster(server), "websocket-create-check") is expected


def test_a_feature_of_a_later_release_is_not_in_this_one() -> None:
    assert status(cluster("v1.36.5"), "conditional-authz") is Status.NOT_YET
    assert status(cluster("v1.37.0"), "conditional-authz") is Status.HIDDEN


def test_old_kubelets_keep_what_newer_ones_dropped() -> None:
    found = cluster("v1.36.5", node("v1.32.0", name="old"), node("v1.36.5"))
    assert status(found, "gitrepo-driver") is Status.PARTLY
    assert status(cluster("v1.36.5", node("v1.36.5")), "gitrepo-driver") is Status.ON


def test_a_pin_cannot_be_called_recent_without_the_servers_version() -> None:
    assert status(cluster("", namespace(enforce_version="v1.25")), "psa-version-pin") is Status.HIDDEN
    assert status(cluster("", namespace()), "psa-version-pin") is Status.ON


def test_a_node_of_unknown_version_keeps_the_others_from_speaking_for_all() -> None:
    found = cluster("v1.36.5", node("", name="silent"), node("v1.36.5"))
    assert status(found, "gitrepo-driver") is Status.HIDDEN
    found = cluster("v1.36.5", node("", name="silent"), node("v1.36.5"), node("v1.32.0", name="old"))
    assert status(found, "gitrepo-driver") is Status.PARTLY


def workload(pod: dict[str, Any], box: dict[str, Any]) -> dict[str, Any]:
    container = {"name": "a", "image": "a:1", "securityContext": box}
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [container], "securityContext": pod},
    }
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


@pytest.mark.parametrize(
    ("pod", "box", "expected"),
    [
        ("RuntimeDefault", "", Status.ON),
        ("", "Localhost", Status.ON),
        ("", "", Status.OFF),
        ("Unconfined", "", Status.OFF),
        ("RuntimeDefault", "Unconfined", Status.OFF),
        ("Unconfined", "RuntimeDefault", Status.ON),
    ],
)
def test_a_profile_that_confines_nothing_is_no_profile(pod: str, box: str, expected: Status) -> None:
    def profile(type_: str) -> dict[str, Any]:
        return {"seccompProfile": {"type": type_}} if type_ else {}

    found = cluster("v1.36.5", workload(profile(pod), profile(box)))
    assert status(found, "seccomp-default") is expected


@pytest.mark.parametrize(("server", "expected"), [("v1.35.9", Status.OFF), ("v1.36.0", Status.HIDDEN)])
def test_no_policy_object_proves_nothing_where_the_server_may_read_policies_from_files(
    server: str, expected: Status
) -> None:
    assert status(cluster(server), "validating-admission-policy") is expected
    assert status(cluster(server, api_server()), "validating-admission-policy") is Status.OFF
    reading = api_server("--admission-control-config-file=/a")
    assert status(cluster("v1.36.5", reading), "validating-admission-policy") is Status.HIDDEN


def test_what_is_on_in_a_server_newer_than_the_data_is_an_assumption() -> None:
    found = {item.feature.id: item.words for item in safeguards(cluster("v1.99.0"))}
    assert "assumed, since 1.99 is newer than the data" in found["websocket-create-check"]
    assert not any("assumed" in item.words for item in safeguards(cluster("v1.37.0")))
