"""Nodes: kubelets, runtimes, systems."""

import pytest

from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.verdict import Severity, Verdict
from tests.checks.versions.worlds import cluster, fixed, judged, node

ON_NODES = (
    "ver-node-skew",
    "ver-node-eol",
    "ver-kubelet-cve",
    "ver-runtime-eol",
    "ver-runtime-cve",
    "ver-os-eol",
)


@pytest.mark.parametrize(
    ("server", "kubelet", "severity"),
    [
        ("v1.36.5", "v1.36.5", None),
        ("v1.36.5", "v1.34.1", None),
        ("v1.36.5", "v1.33.2", Severity.MEDIUM),
        ("v1.36.5", "v1.32.3", Severity.HIGH),
        ("v1.36.5", "v1.37.0", Severity.HIGH),
        ("v1.27.1", "v1.24.17", Severity.HIGH),
    ],
)
def test_skew_is_judged_and_the_limit_is_told(server: str, kubelet: str, severity: Severity | None) -> None:
    found = judged("ver-node-skew", cluster(server, node(kubelet)))
    assert [item.severity for item in found] == ([] if severity is None else [severity])


def test_the_evidence_points_at_the_reported_version() -> None:
    (found,) = judged("ver-node-skew", cluster("v1.36.5", node("v1.32.3")))
    assert found.subject.name == "worker-1"
    assert found.evidence[0].path == "/status/nodeInfo/kubeletVersion"


def test_skew_against_an_unknown_server_is_unknown() -> None:
    (found,) = judged("ver-node-skew", cluster("", node("v1.36.5")))
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("kubelet", "labels", "severity"),
    [
        ("v1.35.0", {}, None),
        ("v1.34.1", {}, Severity.HIGH),
        ("v1.34.1", {"kubernetes.azure.com/cluster": "MC_x"}, None),
        ("v1.31.7", {"kubernetes.azure.com/cluster": "MC_x"}, Severity.LOW),
        ("v1.31.7-eks-4096722", {}, Severity.LOW),
        ("v1.30.10-gke.1070000", {}, Severity.HIGH),
    ],
)
def test_a_kubelet_out_of_support_is_told_by_whose_it_is(
    kubelet: str, labels: dict[str, str], severity: Severity | None
) -> None:
    found = judged("ver-node-eol", cluster("v1.36.5", node(kubelet, labels=labels)))
    assert [item.severity for item in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("runtime", "severity"),
    [
        ("containerd://2.3.4", None),
        ("containerd://1.7.34", Severity.MEDIUM),
        ("containerd://1.7.34-k3s2", Severity.LOW),
        ("cri-o://1.36.0", None),
        ("cri-o://1.30.0", Severity.MEDIUM),
    ],
)
def test_a_runtime_out_of_support_is_low_where_a_vendor_built_it(
    runtime: str, severity: Severity | None
) -> None:
    found = judged("ver-runtime-eol", cluster("v1.36.5", node(runtime=runtime)))
    assert [item.severity for item in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("image", "severity"),
    [
        ("Ubuntu 24.04.3 LTS", None),
        ("Debian GNU/Linux 12 (bookworm)", Severity.LOW),
        ("Amazon Linux 2", Severity.MEDIUM),
        ("Flatcar Container Linux by Kinvolk 4230.2.2 (Oklo)", None),
    ],
)
def test_a_system_out_of_support_is_low_where_extended_support_may_cover_it(
    image: str, severity: Severity | None
) -> None:
    found = judged("ver-os-eol", cluster("v1.36.5", node(image=image)))
    assert [item.severity for item in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize("check", ON_NODES)
def test_a_node_that_reports_nothing_is_unknown(check: str) -> None:
    bare = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"}}
    (found,) = judged(check, cluster("v1.36.5", bare))
    assert found.verdict is Verdict.UNKNOWN
    assert "worker-1" in found.reason


@pytest.mark.parametrize("check", ON_NODES)
def test_nodes_that_cannot_be_listed_are_unknown(check: str) -> None:
    snapshot = snapshot_of([{"kind": "Cluster", "serverVersion": "v1.36.5"}], forbidden=[NODE])
    (found,) = judged(check, snapshot)
    assert (found.verdict, found.subject) == (Verdict.UNKNOWN, CLUSTER)


def test_the_control_plane_goes_first_where_the_kubelet_would_be_newer() -> None:
    fix = fixed("ver-node-eol", cluster("v1.33.4", node("v1.33.4")))
    assert fix is not None
    assert fix.steps[0].startswith("First upgrade the control plane to 1.35")
    assert fix.steps[1] == "kubectl drain worker-1 --ignore-daemonsets --delete-emptydir-data"


def test_nodes_of_a_managed_service_are_replaced() -> None:
    fix = fixed("ver-node-eol", cluster("v1.36.5", node("v1.30.10-gke.1070000")))
    assert fix is not None
    assert "gcloud container clusters upgrade" in fix.steps[-1]
    assert not any("drain" in step for step in fix.steps)


def test_a_hostile_node_name_stays_one_argument_of_the_command() -> None:
    fix = fixed("ver-node-eol", cluster("v1.36.5", node("v1.30.2", name="a; rm -rf /")))
    assert fix is not None
    assert "kubectl drain 'a; rm -rf /' --ignore-daemonsets" in fix.steps[0]
